// How differences of the configuration, and what a restore does, are shown as text.
import type { FieldDifference, ObjectDifference } from '../domain/generation.ts'
import type { RestoreStep } from '../domain/restore.ts'
import { printable } from './printable.ts'

export interface RestoreAnswer {
  readonly steps: readonly RestoreStep[]
}

const DONE = { added: '+', changed: '~', removed: '-' } as const
const TO_DO = { add: '+', change: '~', remove: '-', keep: '=' } as const
const VALUE_MAX = 120

export function renderDifference(objects: readonly ObjectDifference[]): string {
  return objects.map(({ kind, name, action, fields }) => lines(`${DONE[action]} ${kind} ${name}`, fields)).join('')
}

export function renderRestore(steps: readonly RestoreStep[]): string {
  if (steps.length === 0) return 'Nothing is different.\n'
  return steps
    .map(({ kind, name, action, note, fields }) =>
      lines(`${TO_DO[action]} ${kind} ${name}${note === null ? '' : ` (${note})`}`, action === 'keep' ? [] : fields),
    )
    .join('')
}

export function isNetworkChanged(steps: readonly RestoreStep[]): boolean {
  return steps.some(({ kind, id, action }) => kind === 'setting' && id === 'network' && action !== 'keep')
}

function lines(title: string, fields: readonly FieldDifference[]): string {
  const inside = fields.map(
    ({ field, before, after }) => `    ${field === '' ? '' : `${field}: `}${valueText(before)} -> ${valueText(after)}`,
  )
  return `${[title, ...inside].map(printable).join('\n')}\n`
}

function valueText(value: unknown): string {
  const text = JSON.stringify(value) ?? 'null'
  return text.length <= VALUE_MAX ? text : `${text.slice(0, VALUE_MAX)}…`
}
