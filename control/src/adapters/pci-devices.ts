// PCI devices of the host with their lasting names and what the host uses them for; gives back what nobody has any more, and makes virtual functions.
import { writeControl } from 'hv:fs'
import { functionAbove, hostBridgeOf, pciIdOf } from '../codec/pci-path.ts'
import type { SeenDevice } from '../domain/pci-device.ts'
import type { PciDevice } from '../domain/topology.ts'
import type { PciDevices } from '../ports/pci-devices.ts'
import { findUses } from './device-uses.ts'
import { VmHostFailure } from './host-failure.ts'
import { raiseAdapters } from './network-tools.ts'
import { giveBackStrays, type PciTools } from './pci-hand-over.ts'
import { writeSysfs } from './pci-tools.ts'
import { linkedName, linkOrNull, namesIn, textOrNull } from './sysfs.ts'
import { readPciDevices } from './topology-pci.ts'

export interface PciPlaces {
  /** Put before /sys, /proc and /dev; empty on the appliance. */
  readonly root: string
  /** The adapter that the management network is on; null while it is on none. */
  readonly management: () => string | null
  /** Ids of VMs that have processes, or may have. */
  readonly vmsWithProcesses: () => ReadonlySet<string>
}

export function createPciDevices({ root, management, vmsWithProcesses }: PciPlaces, tools: PciTools): PciDevices {
  return {
    observe: () => observe(root, management()),

    settle: () => giveBackStrays(vmsWithProcesses(), tools),

    async setVirtualFunctions(address, count) {
      const folder = `${root}/sys/bus/pci/devices/${address}`
      // They are for VMs: a driver of the host would make adapters and disks of them.
      if (textOrNull(`${folder}/sriov_drivers_autoprobe`) !== null) writeControl(`${folder}/sriov_drivers_autoprobe`, '0')
      const before = textOrNull(`${folder}/sriov_numvfs`)?.trim() ?? '0'
      // From one number to another there is no way but by none.
      if (before !== '0') await writeSysfs(`${folder}/sriov_numvfs`, '0')
      try {
        if (count > 0) await writeSysfs(`${folder}/sriov_numvfs`, String(count))
      } catch (error) {
        if (before !== '0') await writeSysfs(`${folder}/sriov_numvfs`, before)
        throw error
      }
      if (textOrNull(`${folder}/sriov_numvfs`)?.trim() !== String(count)) {
        throw new VmHostFailure('pci.sriov.failed', 'set-virtual-functions', `${address} does not have ${count} virtual functions`)
      }
      // What the virtual ones send leaves by the physical one, which nobody may have brought up.
      if (count > 0) await raiseAdapters(namesIn(`${folder}/net`))
    },
  }
}

function observe(root: string, management: string | null): readonly SeenDevice[] {
  const pci = readPciDevices(root)
  const found = findUses({ root, management, pci })
  const serials = new Map(pci.map(({ address, serial }) => [address, serial ?? nvmeSerial(root, address)]))
  return pci.flatMap((device): SeenDevice[] => {
    const { address, sriov } = device
    const id = idOf(root, device)
    if (id === null) return []
    const physical = sriov?.physicalFunction ?? null
    const serial = serials.get(address) ?? (physical === null ? null : (serials.get(physical) ?? null))
    return [{ ...device, id, serial, uses: found.uses.get(address) ?? [], interfaces: found.interfaces.get(address) ?? [] }]
  })
}

/** Virtual functions may be on a bus of their own beside that of their physical one, so they go by its name and their number. */
function idOf(root: string, { address, sriov }: PciDevice): string | null {
  const physical = sriov?.physicalFunction ?? null
  if (physical === null) return ownId(root, address)
  const folder = `${root}/sys/bus/pci/devices/${physical}`
  const link = namesIn(folder).find((name) => name.startsWith('virtfn') && linkedName(`${folder}/${name}`) === address)
  const base = ownId(root, physical)
  return link === undefined || base === null ? null : `${base}-vf${link.slice('virtfn'.length)}`
}

function ownId(root: string, address: string): string | null {
  const path = linkOrNull(`${root}/sys/bus/pci/devices/${address}`) ?? ''
  if (functionAbove(path) !== address) return null
  const bridge = hostBridgeOf(path)
  return pciIdOf(path, textOrNull(`${root}/sys/devices/${bridge}/firmware_node/path`)?.trim() ?? null)
}

/** Of the controller, which few NVMe disks repeat as the serial number of the PCI device. */
function nvmeSerial(root: string, address: string): string | null {
  const folder = `${root}/sys/bus/pci/devices/${address}/nvme`
  const [name] = namesIn(folder)
  return name === undefined ? null : textOrNull(`${folder}/${name}/serial`)?.trim() || null
}
