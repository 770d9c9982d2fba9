// Test projects: what runs where, and in which order. The slow ones come last.
import { defineConfig } from 'vitest/config'

/** One folder of test/ as a project. `serial` ones have the machine to themselves; `workers` says how many files at once. */
function project(name: string, groupOrder: number, options: { serial?: boolean; workers?: number; timeoutMs?: number } = {}) {
  const { serial = false, workers, timeoutMs = 20_000 } = options
  return {
    test: {
      name,
      include: [`test/${name}/**/*.test.ts`],
      testTimeout: timeoutMs,
      hookTimeout: timeoutMs,
      fileParallelism: !serial,
      ...(workers === undefined ? {} : { maxWorkers: workers }),
      sequence: { groupOrder },
    },
  }
}

export default defineConfig({
  test: {
    reporters: ['default', './test/reporter.ts'],
    projects: [
      project('static', 0, { timeoutMs: 120_000 }),
      project('unit', 0),
      project('node', 0),
      project('engine', 1, { timeoutMs: 60_000 }),
      project('hv-core', 2, { serial: true, timeoutMs: 180_000 }),
      project('gateway', 3, { serial: true, timeoutMs: 120_000 }),
      project('image', 4, { serial: true, timeoutMs: 600_000 }),
      // An emulated host with one processor leaves the other core to a second one.
      project('boot', 5, { workers: 2, timeoutMs: 900_000 }),
      // Hours long: only when asked for by `make campaign`.
      ...(process.env.CORBEL_CAMPAIGN === undefined ? [] : [project('campaign', 0, { serial: true, timeoutMs: 86_400_000 })]),
    ],
  },
})
