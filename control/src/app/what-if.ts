// What would become of this host if this and that were done. Nothing is done, and nothing kept.
import type { WhatIfAnswer, WhatIfStep } from '../domain/what-if.ts'
import { type Imagined, type ImaginedVm, imagine } from '../plan/what-if.ts'
import type { VmRecord } from '../ports/store.ts'
import type { Ledger } from './ledger.ts'
import type { MachineMemory } from './machine-memory.ts'
import type { Placements } from './placements.ts'
import type { PoolBook } from './pool-book.ts'
import type { Resources } from './resources.ts'
import { MAX_VMS } from './vms.ts'

export type WhatIf = (steps: readonly WhatIfStep[]) => WhatIfAnswer

export function createWhatIf(
  ledger: Pick<Ledger, 'vms'>,
  book: PoolBook,
  resources: Pick<Resources, 'situation'>,
  machine: Pick<MachineMemory, 'before'>,
  placements: Pick<Placements, 'plan' | 'threadsPerCore'>,
): WhatIf {
  return (steps) => {
    const { capacity, pools, running } = resources.situation()
    const has = { cores: capacity.cores, memoryMiB: capacity.memoryMiB }
    const asImagined = ({ id, spec, bootMemoryMiB, suspended }: VmRecord): ImaginedVm => ({
      ...{ id, spec, inForce: running.get(id) ?? null },
      bootMemoryMiB: bootMemoryMiB ?? suspended?.bootMemoryMiB ?? spec.memoryMiB,
      suspended: suspended?.spec ?? null,
    })
    const vms = [...ledger.vms.values()].map(asImagined)
    const host: Imagined = {
      ...{ has, had: machine.before() ?? has, settings: book.resources(), pools, vms, mostNewVms: MAX_VMS - vms.length },
      threadsPerCore: placements.threadsPerCore,
      planCpus: (cores, ...rest) => placements.plan(...rest, cores),
    }
    return imagine(host, steps)
  }
}
