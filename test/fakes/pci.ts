// The PCI bus of a fake host: functions with their drivers, as the kernel keeps them whatever becomes of a controld.
import { giveBackStrays, type HandedOver, type PciTools, VFIO_DRIVER } from '../../control/src/adapters/pci-hand-over.ts'
import type { SeenDevice } from '../../control/src/domain/pci-device.ts'
import type { PciDevices } from '../../control/src/ports/pci-devices.ts'
import type { ControlProcess } from './control-process.ts'
import { FakeFailure } from './failure.ts'

interface FakeFunction {
  seen: SeenDevice
  /** The driver that takes it when any may. */
  readonly home: string | null
  override: string | null
}

const card = (id: string, address: string, group: number | null, rest: Partial<SeenDevice> = {}): SeenDevice => ({
  ...{ id, address, vendorId: '8086', deviceId: '10d3', subsystemVendorId: '8086', subsystemDeviceId: '0000' },
  ...{ class: '020000', className: 'Ethernet controller', driver: 'e1000e', iommuGroup: group, node: 0, slot: null },
  ...{ serial: `serial of ${id}`, sriov: null, uses: [], interfaces: [], ...rest },
})

/** A bridge, what holds the datastore, the management adapter; then free ones: an adapter, a card of two functions, one with SR-IOV. */
const MACHINE: readonly SeenDevice[] = [
  card('PCI0-00.0', '0000:00:00.0', 0, {
    ...{ class: '060000', className: 'Host bridge', driver: null, serial: null },
    uses: [{ kind: 'host-part', what: 'bridge' }],
  }),
  card('PCI0-02.0', '0000:00:02.0', 2, { interfaces: ['eth0'], uses: [{ kind: 'management', what: 'eth0' }] }),
  card('PCI0-03.0', '0000:00:03.0', 3, {
    ...{ class: '010700', className: 'SAS controller', driver: 'mpt3sas', interfaces: ['sda'] },
    uses: [{ kind: 'datastore', what: '/datastores/local on sda2' }],
  }),
  card('PCI0-1c.0-00.0', '0000:01:00.0', 10, { interfaces: ['eth1'] }),
  card('PCI0-1d.0-00.0', '0000:02:00.0', 11),
  card('PCI0-1d.0-00.1', '0000:02:00.1', 11, { driver: null }),
  card('PCI0-1e.0-00.0', '0000:03:00.0', 12, { sriov: { totalVfs: 2, numVfs: 0, physicalFunction: null } }),
]

export class FakePci {
  readonly functions = new Map<string, FakeFunction>()
  readonly records = new Map<string, HandedOver>()
  /** Owners of device nodes. */
  readonly nodes = new Map<string, number>()
  /** Functions that no driver takes until they are told otherwise: of vfio-pci, and of all. */
  readonly refusing = new Map<string, 'vfio' | 'all'>()
  /** Whether a process has a function open. */
  isOpen: (address: string) => boolean = () => false

  constructor(devices: readonly SeenDevice[] = MACHINE) {
    for (const seen of devices) this.add(seen)
  }

  add(seen: SeenDevice): void {
    this.functions.set(seen.address, { seen, home: seen.driver, override: null })
  }

  remove(address: string): void {
    this.functions.delete(address)
  }

  observe(): readonly SeenDevice[] {
    return [...this.functions.values()].map(({ seen }) => seen)
  }

  /** Addresses that the host does not have as it would without VMs. */
  away(): readonly string[] {
    return [...this.functions.values()]
      .filter(({ seen, home, override }) => seen.driver !== home || override !== null)
      .map(({ seen }) => seen.address)
  }

  /** Virtual functions go with the power. */
  powerCut(): void {
    this.records.clear()
    this.nodes.clear()
    for (const [address, one] of this.functions) {
      if (one.seen.sriov !== null && one.seen.sriov.physicalFunction !== null) {
        this.functions.delete(address)
        continue
      }
      const sriov = one.seen.sriov === null ? null : { ...one.seen.sriov, numVfs: 0 }
      Object.assign(one, { override: null, seen: { ...one.seen, driver: one.home, sriov } })
    }
  }

  for(controld: ControlProcess): PciDevices {
    const tools = this.tools(controld)
    return {
      observe: () => this.observe(),
      settle: () => giveBackStrays(this.running(), tools),
      setVirtualFunctions: (address, count) => controld.perform(() => this.#setVirtualFunctions(address, count)),
    }
  }

  /** Ids of VMs that have processes. */
  running: () => ReadonlySet<string> = () => new Set()

  tools(controld: ControlProcess): PciTools {
    const at = (address: string) => {
      const found = this.functions.get(address)
      if (found === undefined) throw new FakeFailure('pci.sysfs', `${address} is not there`)
      return found
    }
    return {
      driverOf: (address) => this.functions.get(address)?.seen.driver ?? null,
      isThere: (address) => this.functions.has(address),
      records: () => [...this.records.values()],
      keep: (record) => controld.act(() => void this.records.set(record.address, record)),
      forget: (address) => controld.act(() => void this.records.delete(address)),
      setOverride: (address, driver) =>
        controld.perform(() => {
          at(address).override = driver
        }),
      unbind: (address) =>
        controld.perform(() => {
          // The kernel would wait for whoever has it open, and controld with it.
          if (this.isOpen(address)) throw new Error(`${address} is unbound while a process has it open`)
          this.#bind(at(address), null)
        }),
      probe: (address) =>
        controld.perform(() => {
          const one = at(address)
          const refusing = this.refusing.get(address)
          const wanted = one.override ?? one.home
          if (refusing === 'all' || (refusing === 'vfio' && wanted === VFIO_DRIVER) || one.seen.driver !== null) return
          this.#bind(one, wanted)
        }),
    }
  }

  #bind(one: FakeFunction, driver: string | null): void {
    one.seen = { ...one.seen, driver }
    // The node is there for as long as vfio-pci has anything of the group.
    const { iommuGroup } = one.seen
    const inGroup = this.observe().filter((seen) => seen.iommuGroup === iommuGroup)
    if (inGroup.every((seen) => seen.driver !== VFIO_DRIVER)) this.nodes.delete(`/dev/vfio/${iommuGroup}`)
  }

  #setVirtualFunctions(address: string, count: number): void {
    const physical = this.functions.get(address)
    if (physical === undefined || physical.seen.sriov === null) throw new FakeFailure('pci.sysfs', address)
    if (this.refusing.has(address)) throw new FakeFailure('pci.sriov.failed', address)
    for (const { seen } of [...this.functions.values()]) if (seen.sriov?.physicalFunction === address) this.functions.delete(seen.address)
    const { seen } = physical
    physical.seen = { ...seen, sriov: { ...physical.seen.sriov, numVfs: count } }
    for (let index = 0; index < count; index++) {
      const vf = { ...seen, id: `${seen.id}-vf${index}`, address: address.replace(/\.0$/, `.${index + 1}`), driver: null, deviceId: '10ca' }
      this.add({ ...vf, iommuGroup: 20 + index, sriov: { totalVfs: 0, numVfs: 0, physicalFunction: address } })
    }
  }
}
