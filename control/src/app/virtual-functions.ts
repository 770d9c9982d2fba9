// How many virtual functions devices with SR-IOV have: kept by device, made at once, and made again at each start of the host.
import { check } from '../domain/check.ts'
import { type HostDevice, type SeenDevice, type VirtualFunctions, virtualFunctionsSchema } from '../domain/pci-device.ts'
import { findVfProblems } from '../plan/passthrough.ts'
import type { Ledger } from './ledger.ts'
import type { Passthrough } from './passthrough.ts'
import type { AppPorts } from './ports.ts'
import { Refusal } from './refusal.ts'
import { tellHost } from './tell-host.ts'
import type { Change } from './vms.ts'

const SETTING = 'virtualFunctions'

/** What is kept. */
export interface VfBook {
  /** By id of the physical function. */
  counts(): ReadonlyMap<string, number>
  all(): readonly VirtualFunctions[]
  put(one: VirtualFunctions, by: string): void
}

export function createVfBook({ store, log }: Pick<AppPorts, 'store' | 'log'>, ledger: Pick<Ledger, 'write' | 'onReplaced'>): VfBook {
  function read(): readonly VirtualFunctions[] {
    const checked = check(virtualFunctionsSchema, store.getSetting(SETTING) ?? [], 'virtualFunctions')
    if (!checked.ok) log('error', 'the kept numbers of virtual functions cannot be understood')
    return checked.ok ? checked.value : []
  }

  let kept = read()
  ledger.onReplaced(() => {
    kept = read()
  })
  return {
    counts: () => new Map(kept.map(({ device, count }) => [device, count])),
    all: () => kept,
    put(one, by) {
      const others = kept.filter(({ device }) => device !== one.device)
      const next = one.count === 0 ? others : [...others, one]
      ledger.write((draft) => {
        draft.putSetting(SETTING, next)
        const message = `The number of virtual functions of ${one.device} was set to ${one.count} by ${by}.`
        draft.event('host.virtual-functions-changed', 'info', { kind: 'host', id: 'host' }, message)
      }, by)
      kept = next
    },
  }
}

export interface SriovSettings {
  /** Refuses with `pci.device.unknown`, `pci.sriov.…` or `pci.device.in-use`. Resolves with the device as it is then, or with a dry run as it is. */
  set(device: string, count: number, change: Change): Promise<HostDevice>
  /** Makes what is kept where it is not so; what cannot be made is told as an event. Never rejects. */
  restore(): Promise<void>
}

export function createSriovSettings(
  { pciDevices, log }: Pick<AppPorts, 'pciDevices' | 'log'>,
  ledger: Pick<Ledger, 'write'>,
  book: VfBook,
  passthrough: Pick<Passthrough, 'list'>,
): SriovSettings {
  let changing = false

  function find(device: string): HostDevice {
    const found = passthrough.list().find(({ id }) => id === device)
    if (found === undefined) throw new Refusal('not-found', 'pci.device.unknown', `There is no PCI device ${device}.`)
    return found
  }

  function requirePossible(device: HostDevice, count: number): void {
    const all = passthrough.list()
    const holders = new Map(all.flatMap(({ id, vm }) => (vm === null ? [] : [[id, { id: vm, name: vm }] as const])))
    const problems = findVfProblems(device, count, all, holders)
    const [first] = problems
    if (first !== undefined)
      throw new Refusal('conflict', first.code, `The number of virtual functions of ${device.id} ${first.message}.`, problems)
  }

  function isSame(kept: VirtualFunctions, { vendorId, deviceId, serial }: SeenDevice): boolean {
    return kept.vendorId === vendorId && kept.deviceId === deviceId && (kept.serial === null || kept.serial === serial)
  }

  async function restoreOne(kept: VirtualFunctions): Promise<void> {
    const seen = pciDevices.observe().find(({ id }) => id === kept.device)
    if (seen === undefined) throw new Error('it is not in the machine')
    if (!isSame(kept, seen)) throw new Error('it is another device now')
    if (seen.sriov?.numVfs !== kept.count) await pciDevices.setVirtualFunctions(seen.address, kept.count)
  }

  return {
    async set(device, count, { dryRun, by }) {
      const found = find(device)
      requirePossible(found, count)
      if (dryRun) return found
      if (changing) throw new Refusal('conflict', 'pci.sriov.busy', 'Another number of virtual functions is being set.')
      changing = true
      try {
        if (count !== found.sriov?.numVfs) await pciDevices.setVirtualFunctions(found.address, count)
        const { vendorId, deviceId, serial } = found
        book.put({ device, vendorId: vendorId ?? '', deviceId: deviceId ?? '', serial, count }, by)
        return find(device)
      } finally {
        changing = false
      }
    },

    async restore() {
      for (const kept of book.all()) {
        try {
          await restoreOne(kept)
        } catch (error) {
          const why = error instanceof Error ? error.message : String(error)
          tellHost(
            ledger,
            log,
            'host.virtual-functions-failed',
            `${kept.device} does not have its ${kept.count} virtual functions: ${why}.`,
          )
        }
      }
    },
  }
}
