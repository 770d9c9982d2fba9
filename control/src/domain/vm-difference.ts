// What differs between two specs of a VM, field by field; devices are told by their slots, not by their places in a list.
import type { VmSpec } from './vm.ts'
import { HOST_FIELDS } from './vm-fields.ts'

type Slotted = { readonly slot: number }

const DEVICES = { disks: 'disk', cdroms: 'cdrom', nics: 'nic', pciDevices: 'pciDevice' } as const

/** What of `wanted` waits: fields that concern the host alone are in force as soon as they are kept. */
export function pendingFields(inForce: VmSpec, wanted: VmSpec): readonly string[] {
  return differingFields(withHostFields(inForce, wanted), wanted)
}

/** What is in force with those fields of `wanted` that concern the host alone. */
export function withHostFields(inForce: VmSpec, wanted: VmSpec): VmSpec {
  return { ...inForce, ...pick(wanted, HOST_FIELDS) }
}

function pick<Key extends keyof VmSpec>(spec: VmSpec, names: readonly Key[]): Pick<VmSpec, Key> {
  return Object.fromEntries(names.map((name) => [name, spec[name]])) as Pick<VmSpec, Key>
}

/** Paths such as `vcpus`, `smbios.serial`, `disk1` (there in one of them only), `disk1.readOnly`. In the order of the table; empty when they are alike. */
export function differingFields(a: VmSpec, b: VmSpec): readonly string[] {
  return (Object.keys(b) as (keyof VmSpec)[]).flatMap((name) => {
    const kind = DEVICES[name as keyof typeof DEVICES]
    if (kind === undefined) return differing(a[name], b[name], name)
    return differingDevices(a[name] as unknown as readonly Slotted[], b[name] as unknown as readonly Slotted[], kind)
  })
}

/** Names of the disks and NICs that a spec has. */
export function deviceNames({ disks, nics }: VmSpec): readonly string[] {
  return [...disks.map(({ slot }) => `disk${slot}`), ...nics.map(({ slot }) => `nic${slot}`)]
}

/** The spec with what of it is there: disks and NICs by name, and so many vCPUs. */
export function withHardware(spec: VmSpec, devices: readonly string[], vcpus: number): VmSpec {
  const left = <T extends Slotted>(all: readonly T[], kind: string) => all.filter(({ slot }) => devices.includes(`${kind}${slot}`))
  return { ...spec, disks: left(spec.disks, 'disk'), nics: left(spec.nics, 'nic'), vcpus }
}

function differingDevices(a: readonly Slotted[], b: readonly Slotted[], kind: string): string[] {
  const slots = [...new Set([...a, ...b].map(({ slot }) => slot))].sort((left, right) => left - right)
  return slots.flatMap((slot) => {
    const find = (devices: readonly Slotted[]) => devices.find((device) => device.slot === slot)
    return differing(find(a), find(b), `${kind}${slot}`)
  })
}

function differing(a: unknown, b: unknown, path: string): string[] {
  if (!isPlain(a) || !isPlain(b)) return same(a, b) ? [] : [path]
  const names = [...new Set([...Object.keys(a), ...Object.keys(b)])]
  return names.flatMap((name) => (same(a[name], b[name]) ? [] : [`${path}.${name}`]))
}

/** Equal as JSON, whatever the order of fields. */
export function same(a: unknown, b: unknown): boolean {
  if (Array.isArray(a) && Array.isArray(b)) return a.length === b.length && a.every((item, index) => same(item, b[index]))
  if (!isPlain(a) || !isPlain(b)) return a === b
  return [...new Set([...Object.keys(a), ...Object.keys(b)])].every((name) => same(a[name], b[name]))
}

function isPlain(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
