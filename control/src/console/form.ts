// A form of fields that keys fill in: (form, key) → form. It knows neither what the fields mean nor how they look.
import type { Key } from './keys.ts'
import { isTypeable } from './sanitize.ts'

export interface Choice {
  readonly value: string
  readonly label: string
}

export interface Field {
  /** As the API calls it; problems find their field by it. */
  readonly name: string
  readonly label: string
  readonly kind: 'text' | 'password' | 'number' | 'choice' | 'checkbox'
  /** Of a checkbox `true` or `false`, of a choice one of its values. */
  readonly value: string
  /** In UTF-16 units, as the rules of the API count. */
  readonly maxLength: number
  readonly choices: readonly Choice[]
  /** One sentence shown while the field is in focus. */
  readonly help: string
  /** What is wrong with it, or null. */
  readonly error: string | null
}

export interface Form {
  readonly fields: readonly Field[]
  /** Index of the field that keys go to. */
  readonly focus: number
  /** Characters before the cursor in it. */
  readonly at: number
}

const plain = { value: '', maxLength: 256, choices: [], help: '', error: null } as const
type More = Partial<Pick<Field, 'value' | 'maxLength' | 'help'>>

export function textField(name: string, label: string, more: More = {}): Field {
  return { ...plain, ...more, name, label, kind: 'text' }
}

/** Shown as `*`. */
export function passwordField(name: string, label: string, more: More = {}): Field {
  return { ...plain, maxLength: 128, ...more, name, label, kind: 'password' }
}

/** Takes digits only. */
export function numberField(name: string, label: string, more: More = {}): Field {
  return { ...plain, maxLength: 12, ...more, name, label, kind: 'number' }
}

export function choiceField(name: string, label: string, choices: readonly Choice[], more: More = {}): Field {
  return { ...plain, value: choices[0]?.value ?? '', ...more, name, label, kind: 'choice', choices }
}

export function checkboxField(name: string, label: string, checked: boolean, more: More = {}): Field {
  return { ...plain, ...more, value: String(checked), name, label, kind: 'checkbox' }
}

export function makeForm(fields: readonly Field[]): Form {
  return withFocus({ fields, focus: 0, at: 0 }, 0)
}

export function fieldValue(form: Form, index: number): string {
  return form.fields[index]?.value ?? ''
}

/** By name; empty for a name that the form has not. */
export function valueNamed(form: Form, name: string): string {
  return form.fields.find((field) => field.name === name)?.value ?? ''
}

/** Of each field its value, by name. */
export function valuesOf(form: Form): Readonly<Record<string, string>> {
  return Object.fromEntries(form.fields.map((field) => [field.name, field.value]))
}

/** The same form with these values; names that it has not are left out of account. */
export function fillForm(form: Form, values: Readonly<Record<string, string>>): Form {
  const fields = form.fields.map((field) => ({ ...field, value: values[field.name] ?? field.value }))
  return withFocus({ ...form, fields }, form.focus)
}

/** The same form with every field empty and the first one in focus. */
export function clearForm(form: Form): Form {
  return makeForm(form.fields.map((field) => ({ ...field, value: '' })))
}

export function clearErrors(form: Form): Form {
  return { ...form, fields: form.fields.map((field) => ({ ...field, error: null })) }
}

/** With each problem at its field and the first of these in focus; and the problems that are of no field. */
export function withProblems(
  form: Form,
  problems: readonly { readonly field: string; readonly message: string }[],
): { form: Form; others: readonly string[] } {
  const indexOf = (name: string) => form.fields.findIndex((field) => field.name === name)
  const fields = form.fields.map((field) => ({
    ...field,
    error: problems.find((problem) => problem.field === field.name)?.message ?? null,
  }))
  const others = problems.filter(({ field }) => indexOf(field) < 0).map(({ field, message }) => `${field} ${message}`.trim())
  const first = fields.findIndex((field) => field.error !== null)
  return { form: withFocus({ ...form, fields }, first < 0 ? form.focus : first), others }
}

function withFocus(form: Form, focus: number): Form {
  const count = form.fields.length
  const next = count === 0 ? 0 : (focus + count) % count
  return { ...form, focus: next, at: [...(form.fields[next]?.value ?? '')].length }
}

function change(form: Form, value: string, at: number): Form {
  const fields = form.fields.map((field, index) => (index === form.focus ? { ...field, value, error: null } : field))
  return { ...form, fields, at }
}

function typeInto(form: Form, field: Field, char: string): Form {
  const fits = field.value.length + char.length <= field.maxLength && isTypeable(char.codePointAt(0) ?? 0)
  if (!fits || (field.kind === 'number' && !/\d/.test(char))) return form
  const chars = [...field.value]
  return change(form, [...chars.slice(0, form.at), char, ...chars.slice(form.at)].join(''), form.at + 1)
}

/** The choice after or before the one that is chosen, round and round. */
function turned(field: Field, by: number): string {
  const count = field.choices.length
  const at = field.choices.findIndex(({ value }) => value === field.value)
  return field.choices[(at + by + count) % count]?.value ?? field.value
}

function editText(form: Form, field: Field, key: Key): Form {
  const chars = [...field.value]
  if (key.kind === 'char') return typeInto(form, field, key.char)
  if (key.kind === 'control' && key.letter === 'u') return change(form, '', 0)
  if (key.kind !== 'named') return form
  switch (key.name) {
    case 'backspace':
      return form.at === 0 ? form : change(form, [...chars.slice(0, form.at - 1), ...chars.slice(form.at)].join(''), form.at - 1)
    case 'delete':
      return form.at >= chars.length ? form : change(form, [...chars.slice(0, form.at), ...chars.slice(form.at + 1)].join(''), form.at)
    case 'left':
      return { ...form, at: Math.max(0, form.at - 1) }
    case 'right':
      return { ...form, at: Math.min(chars.length, form.at + 1) }
    case 'home':
      return { ...form, at: 0 }
    case 'end':
      return { ...form, at: chars.length }
    default:
      return form
  }
}

function editChoice(form: Form, field: Field, key: Key): Form {
  const space = key.kind === 'char' && key.char === ' '
  if (field.kind === 'checkbox') return space ? change(form, String(field.value !== 'true'), 0) : form
  if (space || (key.kind === 'named' && key.name === 'right')) return change(form, turned(field, 1), 0)
  return key.kind === 'named' && key.name === 'left' ? change(form, turned(field, -1), 0) : form
}

/** What a key does. `submitted` on Enter in the last field. Ctrl-U empties the field, Esc the form. */
export function editForm(form: Form, key: Key): { form: Form; submitted: boolean } {
  const edited = (next: Form) => ({ form: next, submitted: false })
  const field = form.fields[form.focus]
  if (field === undefined) return { form, submitted: key.kind === 'named' && key.name === 'enter' }
  if (key.kind === 'named') {
    switch (key.name) {
      case 'enter':
        return form.focus === form.fields.length - 1 ? { form, submitted: true } : edited(withFocus(form, form.focus + 1))
      case 'tab':
      case 'down':
        return edited(withFocus(form, form.focus + 1))
      case 'back-tab':
      case 'up':
        return edited(withFocus(form, form.focus - 1))
      case 'escape':
        return edited(clearForm(form))
    }
  }
  const text = field.kind !== 'choice' && field.kind !== 'checkbox'
  return edited(text ? editText(form, field, key) : editChoice(form, field, key))
}
