// Rules between the fields of a VM's spec: what no single field can tell.
import type { Problem } from './problem.ts'
import type { VmSpec } from './vm.ts'

type Rule = (spec: VmSpec) => readonly Problem[]

/** Drives that the chipset's own controller takes: AHCI with six ports, IDE with two channels of two. */
const DRIVE_POSITIONS = { q35: 6, i440fx: 4 } as const
/** Slots of virtio-blk disks on i440fx, whose bus has 32 places in all. */
const I440FX_DISK_SLOTS = 8

export function refuse(holds: boolean, code: string, field: string, message: string, got?: Problem['got']): readonly Problem[] {
  return holds ? [] : [{ code, field, message, ...(got === undefined ? {} : { got }) }]
}

/** How many vCPUs there can ever be while the VM runs. */
export function mostVcpus({ vcpus, maxVcpus }: Pick<VmSpec, 'vcpus' | 'maxVcpus'>): number {
  return maxVcpus ?? vcpus
}

const RULES: readonly Rule[] = [
  ({ vcpus, maxVcpus }) =>
    refuse(maxVcpus === null || maxVcpus >= vcpus, 'vm.maxVcpus.below-vcpus', 'maxVcpus', 'must not be below vcpus', maxVcpus),
  (spec) => {
    const { topology } = spec
    const product = topology === null ? 0 : topology.sockets * topology.cores * topology.threads
    const most = mostVcpus(spec)
    const message = `must multiply to ${most}, the most vCPUs there can be`
    return refuse(topology === null || product === most, 'vm.topology.wrong-product', 'topology', message, product)
  },
  ({ memoryMiB, maxMemoryMiB }) =>
    refuse(
      maxMemoryMiB === null || maxMemoryMiB >= memoryMiB,
      'vm.maxMemoryMiB.below-memory',
      'maxMemoryMiB',
      'must not be below memoryMiB',
      maxMemoryMiB,
    ),
  ({ memoryMiB, maxMemoryMiB }) =>
    refuse(
      maxMemoryMiB === null || (maxMemoryMiB - memoryMiB) % 4 === 0,
      'vm.maxMemoryMiB.not-in-steps',
      'maxMemoryMiB',
      'must be memoryMiB plus a multiple of 4',
      maxMemoryMiB,
    ),
  ({ memoryMiB, memoryTargetMiB }) =>
    refuse(
      memoryTargetMiB === null || memoryTargetMiB <= memoryMiB,
      'vm.memoryTargetMiB.above-memory',
      'memoryTargetMiB',
      'must not be above memoryMiB',
      memoryTargetMiB,
    ),
  (spec) => {
    const { reservationCores, limitCores } = spec.cpuAllocation
    const most = Math.min(limitCores ?? Number.POSITIVE_INFINITY, mostVcpus(spec))
    const message = `must not be above ${most}: what it can use at most`
    return refuse(reservationCores <= most, 'vm.cpuAllocation.above-use', 'cpuAllocation.reservationCores', message, reservationCores)
  },
  ({ memoryMiB, memoryAllocation: { reservationMiB } }) => {
    const message = 'must not be above memoryMiB'
    return refuse(
      reservationMiB <= memoryMiB,
      'vm.memoryAllocation.above-memory',
      'memoryAllocation.reservationMiB',
      message,
      reservationMiB,
    )
  },
  ({ firmware, chipset }) =>
    refuse(
      firmware !== 'uefi-secure-boot' || chipset === 'q35',
      'vm.firmware.not-on-chipset',
      'firmware',
      'uefi-secure-boot needs the chipset q35',
      firmware,
    ),
  ({ disks, chipset }) =>
    disks.flatMap(({ bus }, index) => {
      const lacking = chipset === 'q35' ? 'ide' : 'sata'
      return refuse(bus !== lacking, 'vm.disks.bus.not-on-chipset', `disks[${index}].bus`, `the chipset ${chipset} has no ${lacking}`, bus)
    }),
  ({ disks, chipset }) =>
    disks.flatMap(({ bus, slot }, index) =>
      refuse(
        chipset === 'q35' || bus !== 'virtio-blk' || slot < I440FX_DISK_SLOTS,
        'vm.disks.slot.not-on-chipset',
        `disks[${index}].slot`,
        `the chipset i440fx has places for virtio-blk in the slots 0 to ${I440FX_DISK_SLOTS - 1}`,
        slot,
      ),
    ),
  ({ disks, cdroms, chipset }) => {
    const last = DRIVE_POSITIONS[chipset] - 1
    const cds = new Set(cdroms.map(({ slot }) => last - slot))
    return disks.flatMap(({ bus, slot }, index) =>
      refuse(
        (bus !== 'sata' && bus !== 'ide') || (slot <= last && !cds.has(slot)),
        'vm.disks.slot.not-on-bus',
        `disks[${index}].slot`,
        `${bus} has the slots 0 to ${last}, the last of them taken by CD drives`,
        slot,
      ),
    )
  },
  ({ nics, chipset }) =>
    nics.flatMap(({ model }, index) =>
      refuse(
        model !== 'e1000e' || chipset === 'q35',
        'vm.nics.model.not-on-chipset',
        `nics[${index}].model`,
        'e1000e needs the chipset q35',
        model,
      ),
    ),
  ({ boot, disks, cdroms }) => {
    if (boot.from !== 'order') return []
    const there = new Set([...disks.map(({ slot }) => `disk${slot}`), ...cdroms.map(({ slot }) => `cdrom${slot}`)])
    return boot.devices.flatMap((name, index) =>
      refuse(
        there.has(name) && boot.devices.indexOf(name) === index,
        there.has(name) ? 'vm.boot.devices.duplicate' : 'vm.boot.devices.unknown',
        `boot.devices[${index}]`,
        there.has(name) ? 'is named twice' : 'is no device of this VM',
        name,
      ),
    )
  },
  // VFIO pins the guest's memory for as long as the VM runs, and what a device does cannot be written to a file.
  (spec) => {
    const given = spec.pciDevices.length === 0
    const { chipset, maxMemoryMiB, memoryTargetMiB, onHostShutdown } = spec
    const memory = 'the memory of a VM with passed-through devices is fixed'
    return [
      ...refuse(given || chipset === 'q35', 'vm.pciDevices.not-on-chipset', 'pciDevices', 'need the chipset q35', chipset),
      ...refuse(given || maxMemoryMiB === null, 'vm.maxMemoryMiB.passthrough', 'maxMemoryMiB', `must be null: ${memory}`, maxMemoryMiB),
      ...refuse(
        given || memoryTargetMiB === null,
        'vm.memoryTargetMiB.passthrough',
        'memoryTargetMiB',
        `must be null: ${memory}`,
        memoryTargetMiB,
      ),
      ...refuse(
        given || onHostShutdown.action !== 'suspend',
        'vm.onHostShutdown.passthrough',
        'onHostShutdown.action',
        'must not be suspend: a VM with passed-through devices cannot be suspended',
        onHostShutdown.action,
      ),
    ]
  },
]

/** Every broken rule. */
export function checkRules(spec: VmSpec): readonly Problem[] {
  return RULES.flatMap((rule) => rule(spec))
}
