// Test projects: what runs where, and in which order. The slow ones come last, one file at a time.
import { defineConfig } from 'vitest/config'

/** One folder of test/ as a project. `serial` ones have the machine to themselves. */
function project(name: string, groupOrder: number, options: { serial?: boolean; timeoutMs?: number } = {}) {
  const { serial = false, timeoutMs = 20_000 } = options
  return {
    test: {
      name,
      include: [`test/${name}/**/*.test.ts`],
      testTimeout: timeoutMs,
      hookTimeout: timeoutMs,
      fileParallelism: !serial,
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
      project('boot', 5, { serial: true, timeoutMs: 900_000 }),
      // Hours long: only when asked for by `make campaign`.
      ...(process.env.CORBEL_CAMPAIGN === undefined ? [] : [project('campaign', 0, { serial: true, timeoutMs: 86_400_000 })]),
    ],
  },
})
