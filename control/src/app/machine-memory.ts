// What the machine had when it was booted last, so that a CPU or DIMM that is gone is noticed.
import type { MachineSize } from '../domain/host-resources.ts'
import { same } from '../domain/vm-difference.ts'
import { describeMissing, isMissing, largerSize, missingFrom } from '../plan/machine-size.ts'
import type { Draft, Ledger } from './ledger.ts'
import type { AppPorts } from './ports.ts'

export interface MachineMemory {
  /** Compares with the boot before, and tells what is gone or back. Once, at start; what cannot be written now is told at the next. */
  compare(): void
  /** As far as promises were made for it; null where nothing is missing. */
  before(): MachineSize | null
  missing(): MachineSize
  /** What is missing, in words; null where nothing is. */
  describe(): string | null
  /** What the machine has is what it is to have from now on. */
  accept(by: string): void
}

const SETTING = 'machine'
const HOST = { kind: 'host', id: 'host' } as const

/** What it has, and what it had before anything went missing. */
interface Kept {
  readonly has: MachineSize
  readonly had: MachineSize
}

export function createMachineMemory(
  { store, host, log }: Pick<AppPorts, 'store' | 'host' | 'log'>,
  ledger: Pick<Ledger, 'write'>,
): MachineMemory {
  const { cpu, memoryMiB } = host.facts
  const has: MachineSize = { cores: cpu.threads, memoryMiB }
  let had = has

  const missing = () => missingFrom(had, has)
  const isLess = () => isMissing(missing())
  const describe = () => (isLess() ? describeMissing(missing(), had) : null)

  function keep(tell: (draft: Draft) => void): void {
    ledger.write((draft) => {
      draft.putSetting(SETTING, { has, had } satisfies Kept)
      tell(draft)
    })
  }

  /** What has come since is taken as it is; of what is less, the most that there ever was is missed. */
  function compareWith(kept: Kept): void {
    const [gone, back] = [missingFrom(kept.has, has), missingFrom(has, kept.has)]
    const before = isMissing(missingFrom(kept.had, kept.has))
    had = largerSize(kept.had, has)
    if (isMissing(gone)) {
      const message = `${describeMissing(gone, kept.has)} are gone since the last boot.`
      keep((draft) => draft.event('host.capacity-lost', 'warning', HOST, message))
    } else if (before && isMissing(back)) {
      const message = isLess()
        ? `Of what is missing a part is back: ${describe()} are still missing.`
        : 'All CPUs and memory are there again.'
      keep((draft) => draft.event('host.capacity-back', 'info', HOST, message))
    } else if (!same(kept, { has, had })) keep(() => {})
  }

  return {
    compare() {
      const kept = store.getSetting(SETTING) as Kept | null
      try {
        if (kept === null) keep(() => {})
        else compareWith(kept)
      } catch (error) {
        log('error', `what the machine has could not be kept: ${String(error)}`)
      }
    },
    before: () => (isLess() ? had : null),
    missing,
    describe,
    accept(by) {
      const gone = describe()
      if (gone === null) return
      had = has
      keep((draft) => draft.event('host.capacity-accepted', 'info', HOST, `${gone} are missed no more, says ${by}.`))
    },
  }
}
