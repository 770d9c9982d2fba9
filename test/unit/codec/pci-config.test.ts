// The search for a serial number in configuration spaces: honest ones, and those that lie.
import { describe, expect, it } from 'vitest'
import { findDeviceSerial } from '../../../control/src/codec/pci-config.ts'

interface Capability {
  readonly at: number
  readonly id: number
  readonly next: number
  readonly body?: readonly number[]
}

/** A configuration space with these extended capabilities. */
function space(capabilities: readonly Capability[], bytes = 4096): Uint8Array {
  const config = new Uint8Array(4096)
  const view = new DataView(config.buffer)
  for (const { at, id, next, body = [] } of capabilities) {
    view.setUint32(at, id | (1 << 16) | (next << 20), true)
    config.set(body, at + 4)
  }
  return config.slice(0, bytes)
}

/** As it is written, and as it lies in the space: lowest byte first. */
const SERIAL = '52-54-00-ff-ff-12-34-56'
const SERIAL_BYTES = [0x56, 0x34, 0x12, 0xff, 0xff, 0x00, 0x54, 0x52]
const serialAt = (at: number, next = 0): Capability => ({ at, id: 3, next, body: SERIAL_BYTES })
const errorsAt = (at: number, next: number): Capability => ({ at, id: 1, next })
const found = { kind: 'found', serial: SERIAL }
const none = { kind: 'none' }

describe('the serial number of a device', () => {
  it.each<[string, Uint8Array, unknown]>([
    ['first in the list', space([serialAt(0x100)]), found],
    ['after others', space([errorsAt(0x100, 0x148), { at: 0x148, id: 0xe, next: 0x200 }, serialAt(0x200, 0x300)]), found],
    ['before what points backwards', space([errorsAt(0x200, 0), errorsAt(0x100, 0x300), serialAt(0x300, 0x100)]), found],
    ['at the very end of the space', space([errorsAt(0x100, 0xff4), serialAt(0xff4)]), found],
    ['just within what was read', space([errorsAt(0x100, 0x1f4), serialAt(0x1f4)], 512), found],
    ['a list without it', space([errorsAt(0x100, 0x140), { at: 0x140, id: 0x19, next: 0 }]), none],
    ['an empty list', space([]), none],
    ['a device that has gone', new Uint8Array(4096).fill(0xff), none],
    ['a list that ends at a device that has gone', space([errorsAt(0x100, 0x140), { at: 0x140, id: 0xffff, next: 0xfff }]), none],
    ['an item that points to itself', space([errorsAt(0x100, 0x100)]), none],
    ['a circle', space([errorsAt(0x100, 0x140), errorsAt(0x140, 0x180), errorsAt(0x180, 0x140)]), none],
    ['an item below the extended space', space([errorsAt(0x100, 0x40), serialAt(0x40)]), none],
    ['an item at no multiple of four', space([errorsAt(0x100, 0x142), serialAt(0x142)]), none],
    ['an item that hangs over the end', space([errorsAt(0x100, 0xff8)]), none],
    ['a number never set', space([{ at: 0x100, id: 3, next: 0, body: [0, 0, 0, 0, 0, 0, 0, 0] }]), none],
    ['a number of erased memory', space([{ at: 0x100, id: 3, next: 0, body: Array<number>(8).fill(0xff) }]), none],
  ])('%s', (_name, config, result) => {
    expect(findDeviceSerial(config)).toEqual(result)
  })

  it.each<[string, Uint8Array, number]>([
    ['nothing', new Uint8Array(0), 0x10c],
    ['what anybody may read', space([serialAt(0x100)], 64), 0x10c],
    ['the space of a device without PCI Express', space([], 256), 0x10c],
    ['half of the number', space([errorsAt(0x100, 0x1f8), serialAt(0x1f8)], 512), 0x204],
    ['less than the list', space([errorsAt(0x100, 0x140), errorsAt(0x140, 0x300), serialAt(0x300)], 512), 0x30c],
  ])('needs more than %s', (_name, config, bytes) => {
    expect(findDeviceSerial(config)).toEqual({ kind: 'beyond', bytes })
  })

  it('is found in a part of a larger buffer', () => {
    const larger = new Uint8Array(5000)
    larger.set(space([serialAt(0x100)]), 100)
    expect(findDeviceSerial(larger.subarray(100, 100 + 4096))).toEqual(found)
  })

  it('is looked for to an end, whatever the space says', () => {
    let seed = 1
    const random = () => {
      seed = (Math.imul(seed, 1_103_515_245) + 12_345) >>> 0
      return seed >>> 16
    }
    for (let round = 0; round < 2000; round++) {
      const config = new Uint8Array(4096)
      const view = new DataView(config.buffer)
      // Every place holds an item that leads to a place where there can be one.
      for (let at = 0x100; at < 4096; at += 4) view.setUint32(at, (4 + (random() % 30)) | ((0x100 + (random() % 960) * 4) << 20), true)
      expect(findDeviceSerial(config)).toEqual(none)
    }
  })
})
