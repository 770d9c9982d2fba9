// The state of a VM in words and in colour.
import { formatCount } from './format.ts'
import { listAt, textAt } from './json.ts'
import { severityStyle, theme } from './theme.ts'

export function stateOf(vm: unknown): string {
  const cause = textAt(vm, 'status.pausedBecause')
  const state = textAt(vm, 'status.powerState')
  return cause === '' ? state : `${state}: ${cause.replaceAll('-', ' ')}`
}

export function stateStyle(vm: unknown): number {
  if (textAt(vm, 'status.pausedBecause') !== '') return severityStyle('warning')
  const state = textAt(vm, 'status.powerState')
  if (state === 'crashed' || state === 'unknown') return severityStyle('error')
  return state === 'running' ? severityStyle('info') : theme.body
}

/** Of all VMs how many are in which state. */
export function vmCounts(body: unknown): readonly string[] {
  const counts = new Map<string, number>()
  for (const vm of listAt(body, 'items')) counts.set(stateOf(vm), (counts.get(stateOf(vm)) ?? 0) + 1)
  return counts.size === 0 ? ['None'] : [...counts].map(([state, count]) => `${formatCount(count)} ${state}`)
}
