// Deep equality of values, in the senses of toEqual, toStrictEqual and toMatchObject. Portable ECMAScript; never touches a test.

/** `equal` ignores properties that are undefined, `strict` does not and compares classes, `subset` lets the actual value have more. */
export type Sense = 'equal' | 'strict' | 'subset'

/** A value that stands for many, such as `expect.any(String)`. */
export abstract class Asymmetric {
  abstract matches(actual: unknown): boolean
  abstract describe(): string
}

type Pairs = [unknown, unknown][]

export function same(actual: unknown, expected: unknown, sense: Sense, pairs: Pairs = []): boolean {
  if (expected instanceof Asymmetric) return expected.matches(actual)
  if (actual instanceof Asymmetric) return actual.matches(expected)
  if (Object.is(actual, expected)) return true
  if (typeof actual !== 'object' || typeof expected !== 'object' || actual === null || expected === null) return false
  if (pairs.some(([a, b]) => a === actual && b === expected)) return true
  const deeper: Pairs = [...pairs, [actual, expected]]
  // An object of properties describes an error too, as far as it goes.
  const described = sense === 'subset' && actual instanceof Error && !(expected instanceof Error)
  if (!described && Object.prototype.toString.call(actual) !== Object.prototype.toString.call(expected)) return false
  if (sense === 'strict' && Object.getPrototypeOf(actual) !== Object.getPrototypeOf(expected)) return false
  if (actual instanceof Date && expected instanceof Date) return Object.is(actual.getTime(), expected.getTime())
  if (actual instanceof RegExp) return String(actual) === String(expected)
  if (actual instanceof Error && expected instanceof Error) return actual.message === expected.message && actual.name === expected.name
  if (actual instanceof Map && expected instanceof Map) return sameEntries([...actual], [...expected], sense, deeper)
  if (actual instanceof Set && expected instanceof Set) return sameEntries([...actual], [...expected], sense, deeper)
  if (isList(actual) && isList(expected)) return sameLists(actual, expected, sense, deeper)
  return sameProperties(actual as Record<string, unknown>, expected as Record<string, unknown>, sense, deeper)
}

function isList(value: unknown): value is ArrayLike<unknown> {
  return Array.isArray(value) || (ArrayBuffer.isView(value) && !(value instanceof DataView))
}

function sameLists(actual: ArrayLike<unknown>, expected: ArrayLike<unknown>, sense: Sense, pairs: Pairs): boolean {
  if (actual.length !== expected.length) return false
  for (let index = 0; index < actual.length; index++) {
    if (sense === 'strict' && index in actual !== index in expected) return false
    if (!same(actual[index], expected[index], sense, pairs)) return false
  }
  return true
}

/** Members in any order. */
function sameEntries(actual: unknown[], expected: unknown[], sense: Sense, pairs: Pairs): boolean {
  if (actual.length !== expected.length) return false
  const left = [...actual]
  for (const wanted of expected) {
    const index = left.findIndex((candidate) => same(candidate, wanted, sense, pairs))
    if (index < 0) return false
    left.splice(index, 1)
  }
  return true
}

function sameProperties(actual: Record<string, unknown>, expected: Record<string, unknown>, sense: Sense, pairs: Pairs): boolean {
  const keys = new Set([...Object.keys(expected), ...(sense === 'subset' ? [] : Object.keys(actual))])
  for (const key of keys) {
    if (sense === 'strict' && Object.hasOwn(actual, key) !== Object.hasOwn(expected, key)) return false
    if (sense === 'subset' && !(key in actual)) return false
    if (!same(actual[key], expected[key], sense, pairs)) return false
  }
  return true
}
