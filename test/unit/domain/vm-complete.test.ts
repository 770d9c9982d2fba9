// From a draft to a complete spec: presets, what is assigned, and what an earlier version kept.
import { describe, expect, it } from 'vitest'
import { check } from '../../../control/src/domain/check.ts'
import { mergePatch } from '../../../control/src/domain/merge-patch.ts'
import { type VmSpec, vmSpecSchema } from '../../../control/src/domain/vm.ts'
import { completeSpec, upgradeSpec } from '../../../control/src/domain/vm-complete.ts'
import { spec } from '../../fakes/spec.ts'

const ID = '6b9f2a52-8a3c-4c1e-9a58-0f6d1c2b3a4d'
const disk = (file: string) => ({ datastore: 'local', file, format: 'raw' })

function patched(before: VmSpec, patch: object): VmSpec {
  const checked = check(vmSpecSchema, mergePatch(before, patch), 'vm')
  const complete = checked.ok ? completeSpec(ID, checked.value, before, () => false) : checked
  if (!complete.ok) throw new Error(JSON.stringify(complete.problems))
  return complete.value
}

describe('defaults', () => {
  it.each<[string, object, object]>([
    ['linux', {}, { chipset: 'q35', firmware: 'bios', tpm: false, hypervEnlightenments: false, clock: 'utc' }],
    ['windows', {}, { chipset: 'q35', firmware: 'uefi-secure-boot', tpm: true, hypervEnlightenments: true, clock: 'localtime' }],
    ['other', {}, { chipset: 'i440fx', firmware: 'bios', tpm: false, hypervEnlightenments: false, clock: 'utc' }],
    ['windows', { tpm: false, clock: 'utc' }, { tpm: false, clock: 'utc', firmware: 'uefi-secure-boot' }],
    ['windows', { chipset: 'i440fx' }, { firmware: 'uefi' }],
  ])('of the guest type %s with %o', (guestType, given, expected) => {
    expect(spec(ID, { name: 'a', guestType, ...given })).toMatchObject(expected)
  })

  it.each([
    ['linux', 'virtio-blk', 'virtio'],
    ['windows', 'sata', 'e1000e'],
    ['other', 'ide', 'e1000'],
  ])('of devices follow the guest type %s', (guestType, bus, model) => {
    const { disks, nics } = spec(ID, { name: 'a', guestType, disks: [disk('a')], nics: [{ network: 'nat' }] })
    expect([disks[0]?.bus, nics[0]?.model]).toEqual([bus, model])
  })

  it('are what the chipset has where it was chosen', () => {
    expect(spec(ID, { name: 'a', guestType: 'other', chipset: 'q35', disks: [disk('a')] }).disks[0]?.bus).toBe('sata')
    const old = spec(ID, { name: 'a', guestType: 'windows', chipset: 'i440fx', disks: [disk('a')], nics: [{ network: 'nat' }] })
    expect([old.disks[0]?.bus, old.nics[0]?.model]).toEqual(['ide', 'e1000'])
  })
})

describe('an edit', () => {
  const before = spec(ID, { name: 'a', disks: [disk('a'), disk('b')], nics: [{ network: 'nat' }, { network: 'nat' }], cdroms: [{}, {}] })

  it('leaves what it does not name alone: UUID, slots, addresses', () => {
    expect(patched(before, { name: 'b' })).toEqual({ ...before, name: 'b' })
  })

  it('keeps the slot of a disk when the one before it goes', () => {
    expect(patched(before, { disks: [disk('b')] }).disks.map(({ file, slot }) => [file, slot])).toEqual([['b', 1]])
  })

  it('keeps slot and address of a NIC named by its address, and gives a new one the free slot', () => {
    const [, second] = before.nics
    const { nics } = patched(before, {
      nics: [
        { network: 'nat', mac: second?.mac },
        { network: 'nat', mac: '52:54:00:00:00:09' },
      ],
    })
    expect(nics.map(({ slot, mac }) => [slot, mac])).toEqual([
      [1, second?.mac],
      [0, '52:54:00:00:00:09'],
    ])
  })

  it('takes a NIC without an address for the one that was in its place', () => {
    expect(patched(before, { nics: [{ network: 'nat' }] }).nics).toEqual([before.nics[0]])
  })

  it('does not change what the guest type had chosen before', () => {
    expect(patched(before, { guestType: 'windows' })).toMatchObject({ firmware: 'bios', clock: 'utc', tpm: false })
    expect(patched(before, { guestType: 'windows', firmware: null }).firmware).toBe('uefi-secure-boot')
  })
})

it('a spec of the first version is kept whole, with the defaults of what has come since', () => {
  const kept = {
    ...{ name: 'web1', vcpus: 2, memoryMiB: 256, boot: { from: 'disk' }, cdrom: { datastore: 'local', file: 'x.iso' } },
    ...{ disks: [{ ...disk('a'), readOnly: false }], nics: [{ network: 'nat', mac: '52:54:00:00:00:01' }] },
  }
  expect(upgradeSpec(ID, kept)).toEqual(
    spec(ID, {
      ...{ name: 'web1', vcpus: 2, memoryMiB: 256, cdroms: [{ medium: { datastore: 'local', file: 'x.iso' } }] },
      ...{ disks: [disk('a')], nics: [{ network: 'nat', mac: '52:54:00:00:00:01' }] },
    }),
  )
  expect(() => upgradeSpec(ID, { name: '' })).toThrow('vm.name.invalid')
})

describe('a passed-through device', () => {
  const CARD = { vendorId: '8086', deviceId: '10d3', serial: 'S1' }
  const OTHER = { vendorId: '8086', deviceId: '1521', serial: 'S2' }
  const device = 'PCI0-1c.0-00.0'
  const complete = (pciDevices: readonly object[], there: typeof CARD | null, before: VmSpec | null = null) => {
    const checked = check(vmSpecSchema, { name: 'a', pciDevices }, 'vm')
    return checked.ok
      ? completeSpec(
          ID,
          checked.value,
          before,
          () => false,
          () => there,
        )
      : checked
  }

  it('is known by what it was when it was named first, whatever is in its place by now', () => {
    const first = complete([{ device }], CARD)
    if (!first.ok) throw new Error('refused')
    expect(first.value.pciDevices).toEqual([{ device, slot: 0, ...CARD }])
    for (const there of [OTHER, null]) expect(complete([{ device }], there, first.value)).toEqual(first)
  })

  it('can be said to be another', () => {
    const said = { device, slot: 3, vendorId: '8086', deviceId: '1521', serial: null }
    expect(complete([said], null)).toMatchObject({ ok: true, value: { pciDevices: [said] } })
    expect(complete([{ device, serial: 'S9' }], CARD)).toMatchObject({ value: { pciDevices: [{ ...CARD, serial: 'S9' }] } })
  })

  it('must be there when it is named first', () => {
    const message = 'is no device of this host; GET /v1/host/devices has them'
    const problem = { code: 'pci.device.unknown', field: 'pciDevices[0].device', message, got: device }
    expect(complete([{ device }], null)).toEqual({ ok: false, problems: [problem] })
  })
})
