// NICs as QEMU knows them: the same for the command line and for hot-plug. Pure.
import type { DeviceProperties } from '../domain/live-step.ts'
import type { Nic, VmSpec } from '../domain/vm.ts'
import type { NicModel } from '../domain/vm-devices.ts'
import { nicPlace } from './vm-layout.ts'

const DRIVERS: Readonly<Record<NicModel, string>> = { virtio: 'virtio-net-pci', e1000e: 'e1000e', e1000: 'e1000' }

export function nicName(slot: number): string {
  return `nic${slot}`
}

/** Nothing is booted from the network: no option ROM. */
export function nicDevice({ chipset }: Pick<VmSpec, 'chipset'>, { slot, mac, model }: Nic): DeviceProperties {
  const id = nicName(slot)
  return { driver: DRIVERS[model], id, netdev: `${id}-net`, mac, ...nicPlace(chipset, slot), romfile: '' }
}

/** `fd` is a descriptor's number on the command line, its name in QMP. */
export function nicBackend({ slot }: Pick<Nic, 'slot'>, fd: string): DeviceProperties {
  return { type: 'tap', id: `${nicName(slot)}-net`, fd, vhost: false }
}
