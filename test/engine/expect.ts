// `expect` for the shim: the common matchers of vitest, and no others. Portable ECMAScript.
import { Asymmetric, same } from './equality.ts'
import { inspect } from './inspect.ts'

/** A matcher's verdict; `wanted` completes "expected X …". */
interface Verdict {
  readonly pass: boolean
  readonly wanted: string
}

type Matcher = (actual: unknown, ...expected: never[]) => Verdict

type Throwable = string | RegExp | Error | (new (...parameters: never[]) => unknown) | undefined

const verdict = (pass: boolean, wanted: string): Verdict => ({ pass, wanted })

function compare(word: string, test: (a: number | bigint, b: number | bigint) => boolean) {
  return (actual: unknown, limit: number | bigint) =>
    verdict((typeof actual === 'number' || typeof actual === 'bigint') && test(actual, limit), `to be ${word} ${limit}`)
}

function contains(actual: unknown, item: unknown): boolean {
  if (typeof actual === 'string') return typeof item === 'string' && actual.includes(item)
  return isIterable(actual) && [...actual].some((candidate) => Object.is(candidate, item))
}

function isIterable(value: unknown): value is Iterable<unknown> {
  return typeof value === 'object' && value !== null && Symbol.iterator in value
}

function lengthOf(value: unknown): unknown {
  return typeof value === 'string'
    ? value.length
    : typeof value === 'object' && value !== null && 'length' in value
      ? value.length
      : undefined
}

function propertyAt(value: unknown, path: string | readonly (string | number)[]): { readonly found: boolean; readonly value?: unknown } {
  const steps = typeof path === 'string' ? path.split(/[.[\]]+/).filter((step) => step !== '') : path
  let here = value
  for (const step of steps) {
    if (here === null || here === undefined || !(step in Object(here))) return { found: false }
    here = (here as Record<string | number, unknown>)[step]
  }
  return { found: true, value: here }
}

function isThrown(error: unknown, expected: Throwable): boolean {
  const message = error instanceof Error ? error.message : String(error)
  if (expected === undefined) return true
  if (typeof expected === 'string') return message.includes(expected)
  if (expected instanceof RegExp) return expected.test(message)
  if (expected instanceof Error) return message === expected.message
  if (expected instanceof Asymmetric) return expected.matches(error)
  return error instanceof expected
}

function wantedError(expected: Throwable): string {
  return expected === undefined ? 'to throw' : `to throw ${inspect(expected)}`
}

const matchers = {
  toBe: (actual: unknown, expected: unknown) => verdict(Object.is(actual, expected), `to be ${inspect(expected)}`),
  toEqual: (actual: unknown, expected: unknown) => verdict(same(actual, expected, 'equal'), `to equal ${inspect(expected)}`),
  toStrictEqual: (actual: unknown, expected: unknown) =>
    verdict(same(actual, expected, 'strict'), `to strictly equal ${inspect(expected)}`),
  toMatchObject: (actual: unknown, expected: unknown) => verdict(same(actual, expected, 'subset'), `to match ${inspect(expected)}`),
  toBeNull: (actual: unknown) => verdict(actual === null, 'to be null'),
  toBeUndefined: (actual: unknown) => verdict(actual === undefined, 'to be undefined'),
  toBeDefined: (actual: unknown) => verdict(actual !== undefined, 'to be defined'),
  toBeNaN: (actual: unknown) => verdict(Number.isNaN(actual), 'to be NaN'),
  toBeTruthy: (actual: unknown) => verdict(Boolean(actual), 'to be truthy'),
  toBeFalsy: (actual: unknown) => verdict(!actual, 'to be falsy'),
  toBeTypeOf: (actual: unknown, type: string) => verdict(typeof actual === type, `to be of type ${type}`),
  toBeInstanceOf: (actual: unknown, type: new (...parameters: never[]) => unknown) =>
    verdict(actual instanceof type, `to be a ${type.name}`),
  toBeGreaterThan: compare('above', (a, b) => a > b),
  toBeGreaterThanOrEqual: compare('at least', (a, b) => a >= b),
  toBeLessThan: compare('below', (a, b) => a < b),
  toBeLessThanOrEqual: compare('at most', (a, b) => a <= b),
  toBeCloseTo: (actual: unknown, expected: number, digits = 2) =>
    verdict(typeof actual === 'number' && Math.abs(actual - expected) < 10 ** -digits / 2, `to be close to ${expected}`),
  toContain: (actual: unknown, item: unknown) => verdict(contains(actual, item), `to contain ${inspect(item)}`),
  toContainEqual: (actual: unknown, item: unknown) =>
    verdict(
      isIterable(actual) && [...actual].some((candidate) => same(candidate, item, 'equal')),
      `to contain an equal of ${inspect(item)}`,
    ),
  toHaveLength: (actual: unknown, length: number) => verdict(lengthOf(actual) === length, `to have length ${length}`),
  toHaveProperty: (actual: unknown, path: string | readonly (string | number)[], ...value: unknown[]) => {
    const at = propertyAt(actual, path)
    return verdict(
      at.found && (value.length === 0 || same(at.value, value[0], 'equal')),
      `to have ${inspect(path)} ${value.map(inspect).join()}`,
    )
  },
  toMatch: (actual: unknown, pattern: string | RegExp) =>
    verdict(
      typeof actual === 'string' && (typeof pattern === 'string' ? actual.includes(pattern) : pattern.test(actual)),
      `to match ${inspect(pattern)}`,
    ),
  toBeOneOf: (actual: unknown, choices: readonly unknown[]) =>
    verdict(
      choices.some((choice) => same(actual, choice, 'equal')),
      `to be one of ${inspect(choices)}`,
    ),
  toSatisfy: (actual: unknown, predicate: (value: unknown) => boolean) => verdict(predicate(actual), 'to satisfy the predicate'),
  toThrow: (actual: unknown, expected?: Throwable) => {
    try {
      ;(actual as () => unknown)()
    } catch (error) {
      return verdict(isThrown(error, expected), `${wantedError(expected)}, it threw ${inspect(error)}`)
    }
    return verdict(false, wantedError(expected))
  },
} satisfies Record<string, Matcher>

type Bound<Result> = {
  readonly [Name in keyof typeof matchers]: (typeof matchers)[Name] extends (actual: unknown, ...expected: infer Rest) => Verdict
    ? (...expected: Rest) => Result
    : never
}
type Asserting<Result> = Bound<Result> & { readonly not: Bound<Result> }

function conclude(actual: unknown, { pass, wanted }: Verdict, negated: boolean, label: string | undefined): void {
  if (pass !== negated) return
  throw new Error(`${label === undefined ? '' : `${label}: `}expected ${inspect(actual)} ${negated ? 'not ' : ''}${wanted}`)
}

/** Binds every matcher, `apply` deciding when the actual value is known. */
function bind<Result>(apply: (run: (actual: unknown) => void) => Result, negated: boolean, label: string | undefined): Bound<Result> {
  const bound: Record<string, (...expected: never[]) => Result> = {}
  for (const [name, matcher] of Object.entries(matchers) as [string, Matcher][]) {
    bound[name] = (...expected) => apply((actual) => conclude(actual, matcher(actual, ...expected), negated, label))
  }
  return bound as unknown as Bound<Result>
}

function both<Result>(apply: (run: (actual: unknown) => void) => Result, label: string | undefined): Asserting<Result> {
  return { ...bind(apply, false, label), not: bind(apply, true, label) }
}

async function settled(subject: unknown, wanted: 'resolves' | 'rejects'): Promise<unknown> {
  const promise = typeof subject === 'function' ? (subject as () => unknown)() : subject
  let value: unknown
  try {
    value = await promise
  } catch (error) {
    if (wanted === 'rejects') return error
    throw new Error(`expected a promise to resolve, it rejected with ${inspect(error)}`)
  }
  if (wanted === 'resolves') return value
  throw new Error(`expected a promise to reject, it resolved to ${inspect(value)}`)
}

/** `rejects.toThrow` looks at the reason itself, so it is handed over as something that throws it. */
function rejection(label: string | undefined, subject: unknown): Asserting<Promise<void>> {
  const plain = both<Promise<void>>(async (run) => run(await settled(subject, 'rejects')), label)
  const throwing = both<Promise<void>>(async (run) => {
    const reason = await settled(subject, 'rejects')
    run(() => {
      throw reason
    })
  }, label)
  return { ...plain, toThrow: throwing.toThrow, not: { ...plain.not, toThrow: throwing.not.toThrow } }
}

class Standing extends Asymmetric {
  constructor(
    private readonly test: (actual: unknown) => boolean,
    private readonly text: string,
  ) {
    super()
  }
  override matches(actual: unknown): boolean {
    return this.test(actual)
  }
  override describe(): string {
    return this.text
  }
}

const PRIMITIVES = new Map<unknown, string>([
  [String, 'string'],
  [Number, 'number'],
  [Boolean, 'boolean'],
  [Function, 'function'],
])

function isA(actual: unknown, type: new (...parameters: never[]) => unknown): boolean {
  const primitive = PRIMITIVES.get(type)
  return primitive === undefined ? actual instanceof type : typeof actual === primitive
}

function assert(actual: unknown, label?: string) {
  return {
    ...both<void>((run) => run(actual), label),
    resolves: both<Promise<void>>(async (run) => run(await settled(actual, 'resolves')), label),
    rejects: rejection(label, actual),
  }
}

export const expect = Object.assign(assert, {
  any: (type: new (...parameters: never[]) => unknown) => new Standing((actual) => isA(actual, type), `any ${type.name}`),
  anything: () => new Standing((actual) => actual !== null && actual !== undefined, 'anything'),
  objectContaining: (part: object) => new Standing((actual) => same(actual, part, 'subset'), `an object containing ${inspect(part)}`),
  arrayContaining: (items: readonly unknown[]) =>
    new Standing(
      (actual) => Array.isArray(actual) && items.every((item) => actual.some((candidate) => same(candidate, item, 'equal'))),
      `an array containing ${inspect(items)}`,
    ),
  stringContaining: (part: string) =>
    new Standing((actual) => typeof actual === 'string' && actual.includes(part), `a string containing ${inspect(part)}`),
  stringMatching: (pattern: RegExp) =>
    new Standing((actual) => typeof actual === 'string' && pattern.test(actual), `a string matching ${pattern}`),
  fail(message: string): never {
    throw new Error(message)
  },
})
