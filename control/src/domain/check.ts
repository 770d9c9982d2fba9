// Runs a schema over an input and turns what valibot finds into problems. Knows no resource.
import * as v from 'valibot'
import type { Checked, Problem } from './problem.ts'

/** A predicate of a `v.check` together with the last part of its problem's code. */
export interface NamedRule {
  readonly rule: string
}

/** A check with a code of its own: `v.pipe(schema, rule('duplicate', 'names the same file twice', predicate))`. */
export function rule<T>(name: string, sentence: string, predicate: (value: T) => boolean) {
  return v.check<T, string>(
    Object.assign((value: T) => predicate(value), { rule: name }),
    sentence,
  )
}

/** An object whose fields are exactly these; every unknown one is a problem of its own, where valibot's strictObject stops at the first. A list is none. */
export function closed<const Entries extends v.ObjectEntries>(entries: Entries): v.StrictObjectSchema<Entries, undefined> {
  const base = v.objectWithRest(entries, v.never())
  const schema: typeof base = {
    ...base,
    '~run'(dataset, config) {
      if (!Array.isArray(dataset.value)) return base['~run'](dataset, config)
      v._addIssue(this, 'type', dataset, config)
      return dataset as unknown as v.OutputDataset<never, never>
    },
  }
  return schema as unknown as v.StrictObjectSchema<Entries, undefined>
}

/**
 * The checked value, or all problems. Codes are `request.unknown-field`, `request.missing-field`, `request.wrong-type`, or
 * `PREFIX.FIELD.RULE` with RULE out of `below-minimum above-maximum not-integer too-short too-long too-few too-many not-allowed invalid`
 * and those named by {@link rule}. `secret` leaves values out of the problems.
 */
export function check<Schema extends v.GenericSchema>(
  schema: Schema,
  input: unknown,
  prefix: string,
  options: { readonly secret?: boolean } = {},
): Checked<v.InferOutput<Schema>> {
  const result = v.safeParse(schema, input)
  if (result.success) return { ok: true, value: result.output }
  return { ok: false, problems: result.issues.map((issue) => problem(issue, prefix, options.secret === true)) }
}

type Issue = v.BaseIssue<unknown>

function problem(issue: Issue, prefix: string, secret: boolean): Problem {
  const keys = (issue.path ?? []).map((item) => item.key as string | number)
  const field = fieldPath(keys)
  const got = secret ? {} : gotOf(issue.input)
  if (issue.kind === 'schema') {
    if (issue.type === 'never') return { code: 'request.unknown-field', field, message: 'is not a known field' }
    if (issue.received === 'undefined') return { code: 'request.missing-field', field, message: 'is required' }
    if (isChoice(issue)) {
      const allowed = choices(issue.expected ?? '')
      return { code: code(prefix, keys, 'not-allowed'), field, message: `must be one of ${allowed.join(', ')}`, ...got, allowed }
    }
    return { code: 'request.wrong-type', field, message: `must be ${typeName(issue)}`, ...got }
  }
  const { name, message, ...limits } = broken(issue)
  return { code: code(prefix, keys, name), field, message, ...got, ...limits }
}

/** `disks[0].file`. */
function fieldPath(keys: readonly (string | number)[]): string {
  return keys.map((key, index) => (typeof key === 'number' ? `[${key}]` : index === 0 ? key : `.${key}`)).join('')
}

/** `vm.disks.file.invalid`: without indices, so that the code is stable. */
function code(prefix: string, keys: readonly (string | number)[], name: string): string {
  return [prefix, ...keys.filter((key) => typeof key === 'string'), name].join('.')
}

function gotOf(input: unknown): Pick<Problem, 'got'> {
  if (typeof input === 'string') return { got: input.length > 100 ? `${input.slice(0, 100)}…` : input }
  return typeof input === 'number' || typeof input === 'boolean' || input === null ? { got: input } : {}
}

/** One of a few strings was wanted, and some other string given. */
function isChoice(issue: Issue): boolean {
  return typeof issue.input === 'string' && wantsString(issue)
}

function wantsString(issue: Issue): boolean {
  return (issue.expected ?? '').replace('(', '').startsWith('"')
}

/** The members of valibot's `("a" | "b")`. */
function choices(expected: string): readonly string[] {
  return expected
    .replace(/^\(|\)$/g, '')
    .split(' | ')
    .map((choice) => choice.replace(/^"|"$/g, ''))
}

const TYPE_NAMES: Readonly<Record<string, string>> = {
  string: 'a string',
  number: 'a number',
  boolean: 'true or false',
  array: 'a list',
  object_with_rest: 'an object',
  variant: 'an object',
  record: 'an object',
}

function typeName(issue: Issue): string {
  return wantsString(issue) ? 'a string' : (TYPE_NAMES[issue.type] ?? `${issue.expected}`)
}

interface Broken extends Pick<Problem, 'min' | 'max'> {
  readonly name: string
  readonly message: string
}

function broken(issue: Issue): Broken {
  const limit = issue.requirement
  if (typeof limit === 'function' && 'rule' in limit) return { name: (limit as unknown as NamedRule).rule, message: issue.message }
  if (issue.type === 'integer' || issue.type === 'safe_integer') return { name: 'not-integer', message: 'must be a whole number' }
  if (typeof limit !== 'number') return { name: 'invalid', message: issue.message }
  const list = Array.isArray(issue.input)
  switch (issue.type) {
    case 'min_value':
      return { name: 'below-minimum', message: `must be at least ${limit}`, min: limit }
    case 'max_value':
      return { name: 'above-maximum', message: `must be at most ${limit}`, max: limit }
    case 'min_length':
      return list
        ? { name: 'too-few', message: `must have at least ${limit} entries`, min: limit }
        : { name: 'too-short', message: `must have at least ${limit} characters`, min: limit }
    case 'max_length':
      return list
        ? { name: 'too-many', message: `must have at most ${limit} entries`, max: limit }
        : { name: 'too-long', message: `must have at most ${limit} characters`, max: limit }
    default:
      return { name: 'invalid', message: issue.message }
  }
}
