// What a field's schema says of it, as a line of help: meaning, range, default, when a change counts.
import { choicesOf, fieldsOf, type Schema, withoutNull } from './schema.ts'

const WHEN: Readonly<Record<string, string>> = {
  live: 'counts at once',
  'live-where-possible': 'counts at once where possible',
  'next-power-on': 'counts at the next power-on',
}

/** `Memory. Live between … 64 to 4194304 MiB; default 512; counts at once where possible.` */
export function fieldHelp(schema: Schema): string {
  const { title = '', description = '' } = schema
  const inner = withoutNull(schema).type === 'array' ? [] : Object.keys(fieldsOf(schema))
  const facts = [range(schema), defaults(schema), WHEN[schema['x-takes-effect'] ?? ''] ?? ''].filter((fact) => fact !== '')
  const fields = inner.length > 0 ? `Fields: ${inner.join(', ')}` : ''
  const sentences = [title, description.replace(/\.$/, ''), fields, capitalised(facts.join('; '))].filter((sentence) => sentence !== '')
  return sentences.map((sentence) => `${sentence}.`).join(' ')
}

function range(schema: Schema): string {
  const { minimum, maximum, maxLength, type } = withoutNull(schema)
  if (type === 'integer' || type === 'number') {
    if (minimum === undefined || maximum === undefined) return minimum === undefined ? '' : `at least ${minimum}`
    const unit = schema['x-unit']
    return `${minimum} to ${maximum}${unit === undefined ? '' : ` ${unit}`}`
  }
  return type === 'string' && maxLength !== undefined && choicesOf(schema).length === 0 ? `at most ${maxLength} characters` : ''
}

function defaults({ default: value, presets }: Schema): string {
  if (presets !== undefined) {
    const different = new Set(Object.values(presets)).size > 1
    if (!different) return `default ${String(Object.values(presets)[0])}`
    const each = Object.entries(presets).map(([type, preset]) => `${String(preset)} for ${type}`)
    return `default ${each.join(', ')}`
  }
  if (value === undefined || value === '' || (typeof value === 'object' && value !== null && Object.keys(value).length === 0)) return ''
  if (typeof value === 'object' && value !== null) {
    return `default ${Object.entries(value)
      .map(([name, inner]) => `${name}=${String(inner)}`)
      .join(',')}`
  }
  return `default ${String(value)}`
}

function capitalised(text: string): string {
  return text === '' ? '' : text.charAt(0).toUpperCase() + text.slice(1)
}
