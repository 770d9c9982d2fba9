// Makes a checked draft a complete spec: presets, slots, UUID, MAC addresses. What an edit leaves alone stays as it is.
import { check } from './check.ts'
import { deriveMac } from './mac.ts'
import { checkPlacementRules } from './placement-rules.ts'
import type { Checked } from './problem.ts'
import { type VmDraft, type VmSpec, vmSpecSchema } from './vm.ts'
import { CDROM_SLOTS, DISK_SLOTS, NIC_SLOTS } from './vm-devices.ts'
import { applyPresets } from './vm-presets.ts'
import { checkRules } from './vm-rules.ts'
import { assignSlots } from './vm-slots.ts'

/** `before` is the spec that is edited, if there is one; `isTaken` tells of MAC addresses of other VMs, which derived ones keep clear of. */
export function completeSpec(id: string, input: VmDraft, before: VmSpec | null, isTaken: (mac: string) => boolean): Checked<VmSpec> {
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
  const spec = { ...draft, uuid: draft.uuid ?? before?.uuid ?? id, disks, cdroms, nics: withMacs } as VmSpec
  const problems = [...checkRules(spec), ...checkPlacementRules(spec)]
  return problems.length === 0 ? { ok: true, value: spec } : { ok: false, problems }
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
