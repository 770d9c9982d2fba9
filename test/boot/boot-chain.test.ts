// An installed disk: a slot that cannot be started, or does not come up, gives way to the other with nobody present.
import { rmSync } from 'node:fs'
import { afterAll, describe, expect, it } from 'vitest'
import { changeInSlot, flipBitInSlot, makeInstalledDisk, readEnvironment } from '../harness/installed-disk.ts'
import { freshLogDirectory } from '../harness/paths.ts'
import type { Firmware } from '../harness/qemu-argv.ts'
import { sample } from '../harness/sample.ts'
import { withAppliance } from './booted.ts'

const TRYING = { order: 'a b', a_tries: '1', b_tries: '3', a_state: 'trying', b_state: 'good', once: '' }

/** A word more on slot A's command line: the last that is said of a thing counts. It takes the place of words about the looks of the screen. */
function tellKernel(disk: string, word: string): void {
  changeInSlot(disk, 'a', ['corbel', 'slot.cfg'], (bytes) => {
    const text = bytes.toString('latin1')
    const spare = 'fbcon=font:TER16x32 vt.global_cursor_default=0'
    if (!text.includes(spare) || word.length > spare.length) throw new Error('the command line in /corbel/slot.cfg is not as expected')
    // From the same place on all that comes after it is the word's, which so comes last.
    const [head = '', tail = ''] = text.split(spare)
    const end = tail.lastIndexOf('"')
    return Buffer.from(`${head}${tail.slice(0, end)} ${word.padEnd(spare.length - 1)}${tail.slice(end)}`, 'latin1')
  })
}

/** The file ends with it: what verifies the rest finds it as it was. */
function flipBitOfSignature(kernel: Buffer): Buffer {
  const at = kernel.length - 128
  kernel.writeUInt8(kernel.readUInt8(at) ^ 0x10, at)
  return kernel
}

interface Fall {
  readonly name: string
  readonly firmware: Firmware
  readonly damage: (disk: string) => void
}

const falls: readonly Fall[] = [
  {
    name: 'its kernel is missing',
    firmware: 'bios',
    damage: (disk) => changeInSlot(disk, 'a', ['boot', 'vmlinuz'], (bytes) => bytes.fill(0)),
  },
  { name: 'a bit of its kernel has flipped', firmware: 'bios', damage: (disk) => flipBitInSlot(disk, 'a', ['boot', 'vmlinuz'], 6_000_000) },
  {
    name: 'a bit of its root image has flipped',
    firmware: 'uefi',
    damage: (disk) => flipBitInSlot(disk, 'a', ['corbel', 'root.img'], 1024),
  },
  {
    name: 'a bit of its kernel’s signature has flipped',
    firmware: 'secure-boot',
    damage: (disk) => changeInSlot(disk, 'a', ['boot', 'vmlinuz'], flipBitOfSignature),
  },
  // No first program can be found, and none goes on.
  { name: 'its kernel panics', firmware: 'bios', damage: (disk) => tellKernel(disk, 'rdinit=/none') },
  { name: 'its first program crashes', firmware: 'bios', damage: (disk) => tellKernel(disk, 'rdinit=/bin/busybox') },
  // What listens for the API wants a socket of both families.
  { name: 'nothing answers at its API', firmware: 'bios', damage: (disk) => tellKernel(disk, 'ipv6.disable=1 corbel.confirm=60') },
  {
    name: 'it takes so long that the watchdog restarts the machine',
    firmware: 'bios',
    damage: (disk) => tellKernel(disk, 'iTCO_wdt.heartbeat=4'),
  },
]

const times: { slot: string; firmware: Firmware; seconds: number }[] = []

describe('a slot gives way to the other', () => {
  afterAll(() => console.table(times))

  it.each(sample(falls, 2))('when $name', async ({ name, firmware, damage }) => {
    const run = `boot-chain/${name.replaceAll(/\W+/g, '-')}`
    const directory = freshLogDirectory(`${run}-disk`)
    const disk = makeInstalledDisk(directory, TRYING)
    damage(disk)
    try {
      await withAppliance({ name: run, firmware, medium: 'none', dataDisk: disk, mayPanic: true }, async (appliance) => {
        const ms = await appliance.ready(appliance.patience(60_000))
        times.push({ slot: name, firmware, seconds: Math.round(ms / 1000) })
        expect(appliance.machine.resets).toBeGreaterThan(0)
        await appliance.api.login(appliance.password)
        expect(await appliance.api.call('GET', '/v1/host/slots')).toMatchObject({ running: 'b' })
      })
      expect(readEnvironment(disk, directory)).toMatchObject({ a_tries: '0', b_state: 'good' })
    } finally {
      rmSync(disk)
    }
  })
})
