// Bundles test files for hv-core, runs them in the sanitizer build inside the tools tree, and reads their reports.
import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { basename, resolve } from 'node:path'
import { build } from 'esbuild'
import type { CaseReport } from '../engine/vitest-shim.ts'

const BUILD = process.env.BUILD ?? 'build'
const DIRECTORY = `${BUILD}/hv-core/test`
const ASAN = `${BUILD}/hv-core/asan`
/** Processor time of a turn: the sanitizers slow a turn down many times, and so does a busy machine; an endless loop still ends before the deadline. */
const TURN_MS = 30_000

export interface EngineRun {
  readonly reports: readonly CaseReport[]
  readonly status: number | null
  readonly stderr: string
}

export function makeHvCore(): void {
  const targets = [`${ASAN}/hv-core`, `${ASAN}/hv-compile`]
  const made = spawnSync('make', ['-s', '-f', 'hv-core/hv-core.mk', `BUILD=${BUILD}`, ...targets], { encoding: 'utf8' })
  if (made.status !== 0) throw new Error(`${made.stdout}${made.stderr}`)
}

function inTools(...argv: string[]) {
  return spawnSync('image/in-tools', argv, { encoding: 'utf8', timeout: 170_000 })
}

export async function runInEngine(file: string): Promise<EngineRun> {
  const name = basename(file, '.test.ts')
  mkdirSync(DIRECTORY, { recursive: true })
  const directory = mkdtempSync(`${DIRECTORY}/${name}-`) // two runs at once do not meet
  try {
    return await runIn(directory, name, file)
  } finally {
    rmSync(directory, { recursive: true })
  }
}

async function runIn(directory: string, name: string, file: string): Promise<EngineRun> {
  const [script, bundle, report] = ['js', 'qjb', 'json'].map((ending) => `${directory}/${name}.${ending}`) as [string, string, string]
  await build({
    stdin: {
      contents: `import ${JSON.stringify(resolve(file))}\nimport './driver.ts'`,
      resolveDir: resolve('test/in-hv-core'),
      loader: 'ts',
    },
    outfile: script,
    bundle: true,
    format: 'esm',
    target: 'es2023',
    external: ['hv:*'],
    alias: { vitest: resolve('test/engine/vitest-shim.ts') },
    logLevel: 'error',
  })
  const compiled = inTools(`${ASAN}/hv-compile`, script, bundle, name)
  if (compiled.status !== 0) throw new Error(compiled.stderr)
  const ran = inTools(`${ASAN}/hv-core`, '--turn-ms', String(TURN_MS), bundle, resolve(report), resolve(ASAN))
  const reports = existsSync(report) ? (JSON.parse(readFileSync(report, 'utf8')) as CaseReport[]) : []
  return { reports, status: ran.status, stderr: ran.stderr }
}
