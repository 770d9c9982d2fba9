// Test projects: what runs where, and in which order. The slow ones come last.
import { defineConfig } from 'vitest/config'

interface Options {
  /** Has the machine to itself. */
  readonly serial?: boolean
  /** How many files at once. */
  readonly workers?: number
  readonly timeoutMs?: number
  readonly include?: readonly string[]
  readonly exclude?: readonly string[]
}

/** One folder of test/ as a project, where nothing else is said. */
function project(name: string, groupOrder: number, options: Options = {}) {
  const { serial = false, workers, timeoutMs = 20_000, include = [`test/${name}/**/*.test.ts`], exclude = [] } = options
  return {
    test: {
      name,
      include: [...include],
      exclude: [...exclude],
      testTimeout: timeoutMs,
      hookTimeout: timeoutMs,
      fileParallelism: !serial,
      ...(workers === undefined ? {} : { maxWorkers: workers }),
      sequence: { groupOrder },
    },
  }
}

const boots = (...names: string[]) => names.map((name) => `test/boot/${name}.test.ts`)

/** Boots in which VMs work for long: emulated under an emulated KVM, they stand still now and then for want of a processor. */
const WITH_VMS = boots('cli', 'disks', 'isolation', 'live-update', 'vm-life')
/** `make e2e` has these too, and all rows where `make test` takes a sample (test/harness/sample.ts). */
const MORE = boots('boot-menu', 'cards', 'debug-image', 'durability', 'integrity', 'mirrors', 'ports', 'seed', 'tpm')
const MORE_WITH_VMS = boots('care', 'consoles', 'guest-agent', 'passthrough', 'vm-hardware', 'vms')
const all = process.env.CORBEL_E2E !== undefined
const withVms = [...WITH_VMS, ...(all ? MORE_WITH_VMS : [])]
/** For want of the image that they are about; `--exclude` on the command line reaches no project. */
const without = boots(...(process.env.CORBEL_WITHOUT ?? '').split(' ').filter((name) => name !== ''))
const elsewhere = [...WITH_VMS, ...MORE_WITH_VMS, ...(all ? [] : MORE), ...without]

export default defineConfig({
  test: {
    reporters: ['default', './test/reporter.ts'],
    projects: [
      project('static', 0, { workers: 2, timeoutMs: 120_000 }),
      project('unit', 0, { workers: 2 }),
      project('node', 0, { workers: 2 }),
      project('engine', 1, { workers: 2, timeoutMs: 60_000 }),
      project('hv-core', 2, { serial: true, timeoutMs: 180_000 }),
      project('gateway', 3, { serial: true, timeoutMs: 120_000 }),
      project('image', 4, { serial: true, timeoutMs: 600_000 }),
      // An emulated host with one processor leaves the other core to a second one.
      project('boot', 5, { workers: 2, timeoutMs: 900_000, exclude: elsewhere }),
      project('boot-vms', 6, { serial: true, timeoutMs: 900_000, include: withVms }),
      // Hours long: only when asked for by `make campaign`.
      ...(process.env.CORBEL_CAMPAIGN === undefined ? [] : [project('campaign', 0, { serial: true, timeoutMs: 86_400_000 })]),
    ],
  },
})
