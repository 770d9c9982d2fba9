// Devices of the host as QEMU takes them over VFIO. Pure. @source QEMU 10 hw/vfio/pci.c; Linux Documentation/driver-api/vfio.rst
import type { ViewEntry } from '../domain/effect.ts'
import type { DeviceProperties } from '../domain/live-step.ts'
import type { VmSpec } from '../domain/vm.ts'
import type { PassedDevices } from './passthrough.ts'
import { passedPlace } from './vm-layout.ts'
import { device } from './vm-view.ts'

/** Through which VFIO is asked for memory to be mapped; there for everybody, of no use without a group. */
const CONTAINER = '/dev/vfio/vfio'

function passedName(slot: number): string {
  return `pci${slot}`
}

export function groupDevice(group: number): string {
  return `/dev/vfio/${group}`
}

/** Where QEMU finds out about the device: it has no sysfs, and needs of it no more than the name of the IOMMU group. Its last part must be the address. */
function directoryOf(address: string): string {
  return `/pci/${address}`
}

export function passedDevices(spec: Pick<VmSpec, 'pciDevices'>, { addresses }: PassedDevices): readonly DeviceProperties[] {
  return spec.pciDevices.map(({ slot }) => {
    const address = addresses[slot]
    if (address === undefined) throw new Error(`no address for ${passedName(slot)}`)
    return { driver: 'vfio-pci', id: passedName(slot), sysfsdev: directoryOf(address), ...passedPlace(slot) }
  })
}

/** What of the host QEMU sees for its devices: their groups, and nothing else. */
export function passedView({ groups }: PassedDevices): ViewEntry[] {
  const numbers = [...new Set(Object.values(groups))]
  return numbers.length === 0 ? [] : [device(CONTAINER), ...numbers.map((group) => device(groupDevice(group)))]
}

/** Symbolic links in the view: target by name. */
export function passedLinks({ groups }: PassedDevices): Readonly<Record<string, string>> {
  return Object.fromEntries(
    Object.entries(groups).map(([address, group]) => [`${directoryOf(address)}/iommu_group`, `/sys/kernel/iommu_groups/${group}`]),
  )
}
