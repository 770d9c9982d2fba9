// Makes a checked draft a complete spec: presets, slots, UUID, MAC addresses. What an edit leaves alone stays as it is.
import { check } from './check.ts'
import { deriveMac } from './mac.ts'
import { PCI_SLOTS, type PciIdentity } from './pci-device.ts'
import { checkPlacementRules } from './placement-rules.ts'
import type { Checked, Problem } from './problem.ts'
import { type PassedDevice, type VmDraft, type VmSpec, vmSpecSchema } from './vm.ts'
import { CDROM_SLOTS, DISK_SLOTS, NIC_SLOTS } from './vm-devices.ts'
import { applyPresets } from './vm-presets.ts'
import { checkRules } from './vm-rules.ts'
import { assignSlots } from './vm-slots.ts'

/**
 * `before` is the spec that is edited, if there is one; `isTaken` tells of MAC addresses of other VMs, which derived ones keep clear of; `identify` of a device of
 * the host what it is, null for one that is not there.
 */
export function completeSpec(
  id: string,
  input: VmDraft,
  before: VmSpec | null,
  isTaken: (mac: string) => boolean,
  identify: (device: string) => PciIdentity | null = () => null,
): Checked<VmSpec> {
  const draft = applyPresets(input)
  const disks = assignSlots(draft.disks, before?.disks ?? [], DISK_SLOTS, (a, b) => a.datastore === b.datastore && a.file === b.file)
  const cdroms = assignSlots(draft.cdroms, before?.cdroms ?? [], CDROM_SLOTS, (_, b, position) => before?.cdroms[position] === b)
  const nics = assignSlots(draft.nics, before?.nics ?? [], NIC_SLOTS, (a, b, position) =>
    a.mac === undefined ? before?.nics[position] === b : a.mac === b.mac,
  )
  const own = new Set(nics.flatMap(({ mac }) => mac ?? []))
  const withMacs = nics.map((nic) => ({
    ...nic,
    mac: nic.mac ?? before?.nics.find(({ slot }) => slot === nic.slot)?.mac ?? freeMac(id, nic.slot, own, isTaken),
  }))
  const passed = identifyAll(
    assignSlots(draft.pciDevices, before?.pciDevices ?? [], PCI_SLOTS, (a, b) => a.device === b.device),
    before?.pciDevices ?? [],
    identify,
  )
  const { devices: pciDevices } = passed
  const spec = { ...draft, uuid: draft.uuid ?? before?.uuid ?? id, disks, cdroms, nics: withMacs, pciDevices } as VmSpec
  const problems = [...passed.problems, ...checkRules(spec), ...checkPlacementRules(spec)]
  return problems.length === 0 ? { ok: true, value: spec } : { ok: false, problems }
}

type DraftDevice = VmDraft['pciDevices'][number] & { readonly slot: number }

/** A device that the spec had before is still the one that it was then, whatever is in its place now. */
function identifyAll(
  wanted: readonly DraftDevice[],
  before: readonly PassedDevice[],
  identify: (device: string) => PciIdentity | null,
): { readonly devices: readonly PassedDevice[]; readonly problems: readonly Problem[] } {
  const problems: Problem[] = []
  const devices = wanted.flatMap((one, index): PassedDevice[] => {
    const { device, slot, vendorId, deviceId, serial } = one
    if (vendorId !== undefined && deviceId !== undefined && serial !== undefined) return [{ device, slot, vendorId, deviceId, serial }]
    const known = before.find((earlier) => earlier.device === device) ?? identify(device)
    if (known === null) {
      const message = 'is no device of this host; GET /v1/host/devices has them'
      problems.push({ code: 'pci.device.unknown', field: `pciDevices[${index}].device`, message, got: device })
      return []
    }
    const identity = { vendorId: vendorId ?? known.vendorId, deviceId: deviceId ?? known.deviceId }
    return [{ device, slot, ...identity, serial: serial === undefined ? known.serial : serial }]
  })
  return { devices, problems }
}

function freeMac(id: string, slot: number, own: Set<string>, isTaken: (mac: string) => boolean): string {
  let attempt = 0
  let mac = deriveMac(id, slot, attempt)
  while (own.has(mac) || isTaken(mac)) mac = deriveMac(id, slot, ++attempt)
  own.add(mac)
  return mac
}

/** A spec as an earlier version kept it: what has come since has its default. Throws where nothing can be made of it. */
export function upgradeSpec(id: string, kept: Readonly<Record<string, unknown>>): VmSpec {
  const { cdrom, ...rest } = kept
  const upgraded = 'cdroms' in kept ? kept : { ...rest, ...(cdrom === null || cdrom === undefined ? {} : { cdroms: [{ medium: cdrom }] }) }
  const checked = check(vmSpecSchema, upgraded, 'vm')
  const complete = checked.ok ? completeSpec(id, checked.value, null, () => false) : checked
  if (complete.ok) return complete.value
  throw new TypeError(`the kept spec of VM ${id} breaks rules: ${complete.problems.map(({ code }) => code).join(', ')}`)
}
