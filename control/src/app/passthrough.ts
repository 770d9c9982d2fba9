// Which VM has which device of the host: checked when a spec names it and again when it is started, so that nothing the host needs ever leaves it.
import type { HostDevice, PciIdentity, SeenDevice } from '../domain/pci-device.ts'
import type { Problem } from '../domain/problem.ts'
import type { VmSpec } from '../domain/vm.ts'
import { same } from '../domain/vm-difference.ts'
import {
  assignDevices,
  describeDevices,
  findHeld,
  findUnassignable,
  type Holders,
  NOTHING_PASSED,
  type PassedDevices,
} from '../plan/passthrough.ts'
import type { Ledger } from './ledger.ts'
import type { AppPorts } from './ports.ts'
import { Refusal } from './refusal.ts'
import { tellHost } from './tell-host.ts'
import type { VfBook } from './virtual-functions.ts'

export interface Passthrough {
  list(): readonly HostDevice[]
  /** At start: gives back what VMs that are gone have left behind; what cannot be is told as an event. Never rejects. */
  settle(): Promise<void>
  /** What a device is; null for one that is not there. */
  identify(device: string): PciIdentity | null
  /** Refuses devices that no VM may have. Those that `before` had in the same way may be away by now, or needed by the host since: that is for the next power-on. */
  requireAssignable(spec: VmSpec, before: VmSpec | null): void
  /** Refuses to start a VM with devices that it cannot have now. */
  requireFree(id: string, spec: VmSpec): void
  /** From now on they are the VM's; the returned function ends that, for a VM that has not come to run. */
  hold(id: string, spec: VmSpec): () => void
  /** Where they are, looked up anew. Refuses as `requireFree` does. */
  assign(id: string, spec: VmSpec): PassedDevices
}

export function createPassthrough(
  { pciDevices, log }: Pick<AppPorts, 'pciDevices' | 'log'>,
  ledger: Pick<Ledger, 'vms' | 'write'>,
  book: Pick<VfBook, 'counts'>,
): Passthrough {
  /** Being started, by id. */
  const held = new Map<string, VmSpec>()

  function holders(): Holders {
    const running = [...ledger.vms.values()].flatMap(({ id, process, startedSpec }) =>
      process === null || startedSpec === null ? [] : [[id, startedSpec] as const],
    )
    return new Map(
      [...running, ...held].flatMap(([id, spec]) => spec.pciDevices.map(({ device }) => [device, { id, name: spec.name }] as const)),
    )
  }

  function refuse(spec: VmSpec, what: string, problems: readonly Problem[]): void {
    const [first] = problems
    if (first === undefined) return
    throw new Refusal('conflict', first.code, `${spec.name} cannot ${what}: ${first.got} ${first.message}.`, problems)
  }

  function requireNow(id: string, spec: VmSpec, seen: readonly SeenDevice[]): void {
    refuse(spec, 'start', [...findUnassignable(spec.pciDevices, seen), ...findHeld(id, spec.pciDevices, seen, holders())])
  }

  return {
    list() {
      const wantedBy = new Map<string, string[]>()
      for (const { id, spec } of ledger.vms.values()) {
        for (const { device } of spec.pciDevices) wantedBy.set(device, [...(wantedBy.get(device) ?? []), id])
      }
      return describeDevices(pciDevices.observe(), holders(), wantedBy, book.counts())
    },

    async settle() {
      for (const problem of await pciDevices.settle()) {
        tellHost(ledger, log, 'host.device-not-given-back', `A device could not be given back to the host: ${problem}.`)
      }
    },

    identify(device) {
      const found = pciDevices.observe().find(({ id }) => id === device)
      if (found === undefined || found.vendorId === null || found.deviceId === null) return null
      return { vendorId: found.vendorId, deviceId: found.deviceId, serial: found.serial }
    },

    requireAssignable(spec, before) {
      const known = (one: VmSpec['pciDevices'][number]) => before?.pciDevices.some((earlier) => same(earlier, one)) === true
      if (spec.pciDevices.every(known)) return
      const problems = findUnassignable(spec.pciDevices, pciDevices.observe())
      const fresh = problems.filter(({ got }) => !spec.pciDevices.some((one) => one.device === got && known(one)))
      refuse(spec, 'have the device', fresh)
    },

    requireFree(id, spec) {
      if (spec.pciDevices.length > 0) requireNow(id, spec, pciDevices.observe())
    },

    hold(id, spec) {
      if (spec.pciDevices.length === 0) return () => {}
      held.set(id, spec)
      return () => held.delete(id)
    },

    assign(id, spec) {
      if (spec.pciDevices.length === 0) return NOTHING_PASSED
      const seen = pciDevices.observe()
      requireNow(id, spec, seen)
      return assignDevices(spec.pciDevices, seen)
    },
  }
}
