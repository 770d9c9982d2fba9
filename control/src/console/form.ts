// A form of text fields that keys fill in: (form, key) → form. It knows neither what the fields mean nor how they look.
import type { Key } from './keys.ts'
import { isTypeable } from './sanitize.ts'

export interface Field {
  readonly label: string
  readonly value: string
  /** Shown as `*`. */
  readonly secret: boolean
  /** In UTF-16 units, as the rules of the API count. */
  readonly maxLength: number
}

export interface Form {
  readonly fields: readonly Field[]
  /** Index of the field that keys go to. */
  readonly focus: number
}

export function fieldValue(form: Form, index: number): string {
  return form.fields[index]?.value ?? ''
}

/** The same form with every field empty and the first one in focus. */
export function clearForm(form: Form): Form {
  return { fields: form.fields.map((field) => ({ ...field, value: '' })), focus: 0 }
}

function withFocus(form: Form, focus: number): Form {
  const count = form.fields.length
  return { ...form, focus: (focus + count) % count }
}

function withValue(form: Form, change: (field: Field) => string): Form {
  return { ...form, fields: form.fields.map((field, index) => (index === form.focus ? { ...field, value: change(field) } : field)) }
}

function typed(field: Field, char: string): string {
  const fits = field.value.length + char.length <= field.maxLength && isTypeable(char.codePointAt(0) ?? 0)
  return fits ? field.value + char : field.value
}

/** What a key does. `submitted` on Enter in the last field. Ctrl-U empties the field, Esc the form. */
export function editForm(form: Form, key: Key): { form: Form; submitted: boolean } {
  const edited = (next: Form) => ({ form: next, submitted: false })
  if (key.kind === 'char') return edited(withValue(form, (field) => typed(field, key.char)))
  if (key.kind === 'control' && key.letter === 'u') return edited(withValue(form, () => ''))
  if (key.kind !== 'named') return edited(form)
  switch (key.name) {
    case 'enter':
      return form.focus === form.fields.length - 1 ? { form, submitted: true } : edited(withFocus(form, form.focus + 1))
    case 'tab':
    case 'down':
      return edited(withFocus(form, form.focus + 1))
    case 'back-tab':
    case 'up':
      return edited(withFocus(form, form.focus - 1))
    case 'backspace':
      return edited(withValue(form, (field) => [...field.value].slice(0, -1).join('')))
    case 'escape':
      return edited(clearForm(form))
    default:
      return edited(form)
  }
}
