// Stands in for vitest where there is no Node: collects the cases of a bundled test file and runs them one after the other.
// An entry imports its test files (with `vitest` aliased to this file) and then calls `run`. Portable ECMAScript, no timers.
export { expect } from './expect.ts'

type Body = () => unknown
type Hook = 'beforeAll' | 'afterAll' | 'beforeEach' | 'afterEach'

interface Suite {
  readonly name: string
  readonly parent: Suite | null
  readonly hooks: Record<Hook, Body[]>
  readonly members: (Suite | Case)[]
}
interface Case {
  readonly title: string
  readonly body: Body
}

/** How one case ended. `name` is the titles of its suites and its own, joined by ` > `; `error` is the message and stack, or null. */
export interface CaseReport {
  readonly name: string
  readonly ok: boolean
  readonly error: string | null
}

function suite(name: string, parent: Suite | null): Suite {
  return { name, parent, hooks: { beforeAll: [], afterAll: [], beforeEach: [], afterEach: [] }, members: [] }
}

const root = suite('', null)
let collecting = root
let running: string | null = null

function defineSuite(name: string, body: () => void): void {
  const outer = collecting
  const inner = suite(name, outer)
  outer.members.push(inner)
  collecting = inner
  try {
    body()
  } finally {
    collecting = outer
  }
}

/** The time limit that vitest takes third is left to whoever runs this. */
function defineCase(title: string, body: Body, _timeoutMs?: number): void {
  collecting.members.push({ title, body })
}

function title(template: string, row: unknown, index: number): string {
  const values = Array.isArray(row) ? [...row] : [row]
  const withArguments = template.replace(/%[sdifjo#%]/g, (mark) => {
    if (mark === '%%') return '%'
    if (mark === '%#') return String(index)
    if (values.length === 0) return mark
    const value: unknown = values.shift()
    return mark === '%j' || mark === '%o' || (typeof value === 'object' && value !== null) ? JSON.stringify(value) : String(value)
  })
  if (typeof row !== 'object' || row === null || Array.isArray(row)) return withArguments
  return withArguments.replace(/\$([\w.]+)/g, (mark, path: string) => {
    let here: unknown = row
    for (const step of path.split('.')) here = Object(here)[step]
    return here === undefined ? mark : typeof here === 'string' ? here : JSON.stringify(here)
  })
}

type EachBody = (...row: never[]) => unknown

function each(define: (title: string, body: Body) => void) {
  return (rows: readonly unknown[]) => (template: string, body: EachBody, _timeoutMs?: number) => {
    rows.forEach((row, index) => {
      const parameters = (Array.isArray(row) ? row : [row]) as never[]
      define(title(template, row, index), () => body(...parameters))
    })
  }
}

const hook = (kind: Hook) => (body: Body) => {
  collecting.hooks[kind].push(body)
}

export const describe = Object.assign(defineSuite, { each: each((name, body) => defineSuite(name, () => void body())) })
export const it = Object.assign(defineCase, { each: each(defineCase) })
export const beforeAll = hook('beforeAll')
export const afterAll = hook('afterAll')
export const beforeEach = hook('beforeEach')
export const afterEach = hook('afterEach')

/** The name of the case that runs now: whoever waits for `run` in vain can say which one hangs. */
export function runningCase(): string | null {
  return running
}

/** Runs everything that was collected, telling the outcome of each case as soon as it is known. Resolves to the number of failures; no case at all is one. */
export async function run(report: (outcome: CaseReport) => void): Promise<number> {
  let count = 0
  let failures = 0
  await runSuite(root, [], (outcome) => {
    count++
    if (!outcome.ok) failures++
    report(outcome)
  })
  if (count > 0) return failures
  report({ name: '(no case)', ok: false, error: 'the test file defines no case' })
  return 1
}

async function runSuite(here: Suite, titles: readonly string[], report: (outcome: CaseReport) => void): Promise<void> {
  const path = here.parent === null ? titles : [...titles, here.name]
  const prepared = await attempt([...path, 'beforeAll'].join(' > '), here.hooks.beforeAll)
  if (!prepared.ok) report(prepared)
  for (const member of here.members) {
    if ('members' in member) await runSuite(member, path, report)
    else report(prepared.ok ? await runCase(here, member, path) : { ...prepared, name: [...path, member.title].join(' > ') })
  }
  const cleaned = await attempt([...path, 'afterAll'].join(' > '), here.hooks.afterAll)
  if (!cleaned.ok) report(cleaned)
}

async function runCase(here: Suite, { title, body }: Case, path: readonly string[]): Promise<CaseReport> {
  const line: Suite[] = []
  for (let each: Suite | null = here; each !== null; each = each.parent) line.push(each)
  const before = [...line].reverse().flatMap((each) => each.hooks.beforeEach)
  const after = line.flatMap((each) => each.hooks.afterEach)
  const name = [...path, title].join(' > ')
  const outcome = await attempt(name, [...before, body])
  const cleaned = await attempt(name, after)
  return outcome.ok ? cleaned : outcome
}

async function attempt(name: string, bodies: readonly Body[]): Promise<CaseReport> {
  running = name
  try {
    for (const body of bodies) await body()
    return { name, ok: true, error: null }
  } catch (error) {
    const text = error instanceof Error ? `${error.name}: ${error.message}\n${error.stack ?? ''}` : String(error)
    return { name, ok: false, error: text }
  } finally {
    running = null
  }
}
