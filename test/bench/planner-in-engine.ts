// The planner measured in the shipped engine: compiled for hv-core as released, and run by it in the tools tree.
import { spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { build as bundle } from 'esbuild'
import { build } from '../harness/paths.ts'
import type { PlannerCost } from './planner.ts'

const HV_CORE = join(build, 'hv-core')
/** Of one turn: all is measured in one. */
const TURN_MS = 300_000

export async function measurePlannerInEngine(rounds: number): Promise<readonly PlannerCost[]> {
  mkdirSync(join(HV_CORE, 'test'), { recursive: true })
  const directory = mkdtempSync(join(HV_CORE, 'test', 'planner-'))
  try {
    const [script, compiled] = [join(directory, 'planner.js'), join(directory, 'planner.qjb')]
    const contents = `
      import { monotonicMs } from 'hv:system'
      import { exit } from 'hv:process'
      import { measurePlanner } from ${JSON.stringify(resolve('test/bench/planner.ts'))}
      import { writeFileAtomic } from 'hv:fs'
      writeFileAtomic(${JSON.stringify(resolve(directory, 'costs.json'))}, JSON.stringify(measurePlanner(monotonicMs, ${rounds})))
      exit(0)`
    await bundle({
      stdin: { contents, resolveDir: resolve('test/bench'), loader: 'ts' },
      outfile: script,
      ...{ bundle: true, format: 'esm', target: 'es2023', external: ['hv:*'], logLevel: 'error' },
    })
    const run = (...argv: string[]) => {
      const { status, stderr } = spawnSync('image/in-tools', argv, { encoding: 'utf8' })
      if (status !== 0) throw new Error(`${argv[0]}: ${stderr}`)
    }
    run(join(HV_CORE, 'release/hv-compile'), script, compiled, 'planner')
    run(join(HV_CORE, 'release/hv-core'), '--turn-ms', String(TURN_MS), '--memory-mib', '256', compiled)
    return JSON.parse(readFileSync(join(directory, 'costs.json'), 'utf8')) as PlannerCost[]
  } finally {
    rmSync(directory, { recursive: true })
  }
}
