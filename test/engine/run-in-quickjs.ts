// Runs one portable test file inside QuickJS and tells how each of its cases ended.
import { resolve } from 'node:path'
import { build } from 'esbuild'
import { newQuickJSWASMModule, type QuickJSContext, RELEASE_SYNC } from 'quickjs-emscripten'
import type { CaseReport } from './vitest-shim.ts'

const HERE = import.meta.dirname
const DEADLINE_MS = 60_000
const MEMORY_BYTES = 512 * 2 ** 20
const STACK_BYTES = 2 ** 20

/** One script, with `vitest` being the stand-in. `hv:*` modules are refused: a portable test has none. */
async function bundle(file: string): Promise<string> {
  const shim = resolve(HERE, 'vitest-shim.ts')
  const contents = `
    import ${JSON.stringify(resolve(HERE, 'globals.ts'))}
    import ${JSON.stringify(resolve(file))}
    import { run, runningCase } from ${JSON.stringify(shim)}
    globalThis.runningCase = runningCase
    run((outcome) => report(JSON.stringify(outcome))).then(() => finish())`
  const result = await build({
    stdin: { contents, resolveDir: HERE, sourcefile: 'entry.ts', loader: 'ts' },
    alias: { vitest: shim },
    ...{ bundle: true, write: false, format: 'iife', target: 'es2023', logLevel: 'silent' },
  })
  return result.outputFiles[0]?.text ?? ''
}

export async function runInQuickJs(file: string): Promise<readonly CaseReport[]> {
  const code = await bundle(file)
  // An engine of its own for each file, dropped whole afterwards: freeing a context aborts where a test leaves promises that never settle.
  const engine = await newQuickJSWASMModule(RELEASE_SYNC)
  return runScript(engine.newContext(), code)
}

function runScript(context: QuickJSContext, code: string): readonly CaseReport[] {
  const reports: CaseReport[] = []
  let finished = false
  const { runtime } = context
  const deadline = Date.now() + DEADLINE_MS
  runtime.setMemoryLimit(MEMORY_BYTES)
  runtime.setMaxStackSize(STACK_BYTES)
  runtime.setInterruptHandler(() => Date.now() > deadline)
  define(context, 'report', (text) => reports.push(JSON.parse(text) as CaseReport))
  define(context, 'finish', () => {
    finished = true
  })

  const failure = evaluate(context, code)
  if (failure !== null) return [{ name: '(loading)', ok: false, error: failure }]
  while (!finished) {
    const jobs = runtime.executePendingJobs()
    const error = jobs.error === undefined ? null : text(jobs.error.context, jobs.error)
    jobs.dispose()
    if (error !== null) return [...reports, { name: evaluateText(context, 'String(runningCase())'), ok: false, error }]
    if (finished || runtime.hasPendingJob()) continue
    if (evaluateText(context, 'String(fireNextTimer())') !== 'true') {
      return [
        ...reports,
        { name: evaluateText(context, 'String(runningCase())'), ok: false, error: 'waits for something that never happens' },
      ]
    }
  }
  return reports
}

function define(context: QuickJSContext, name: string, act: (text: string) => void): void {
  const handle = context.newFunction(name, (argument) => {
    act(argument === undefined ? '' : context.getString(argument))
  })
  context.setProp(context.global, name, handle)
  handle.dispose()
}

/** What it threw, or null. */
function evaluate(context: QuickJSContext, code: string): string | null {
  const result = context.evalCode(code, 'bundle.js')
  try {
    return result.error === undefined ? null : text(context, result.error)
  } finally {
    result.dispose()
  }
}

function evaluateText(context: QuickJSContext, code: string): string {
  const result = context.evalCode(code)
  try {
    return result.error === undefined ? context.getString(result.value) : text(context, result.error)
  } finally {
    result.dispose()
  }
}

function text(context: QuickJSContext, handle: Parameters<QuickJSContext['dump']>[0]): string {
  const value: unknown = context.dump(handle)
  return typeof value === 'object' && value !== null ? `${JSON.stringify(value)}` : String(value)
}
