// System slots through the program that works on them, which is this program once more, over made-up disks: what is promised, and what it leaves open.
import { sha256 as hash, randomBytes } from 'hv:crypto'
import { mkdir, readDir, readFile, readText, statOrNull, symlink, unlink, writeFileAtomic } from 'hv:fs'
import { args } from 'hv:process'
import { type Connection, fromFd } from 'hv:socket'
import { encodeUtf8, toHex } from 'hv:text'
import { afterEach, describe, expect, it } from 'vitest'
import { createBootSlots, readGuardNote } from '../../control/src/adapters/boot-slots.ts'
import { createClock } from '../../control/src/adapters/clock.ts'
import { copySlot } from '../../control/src/adapters/installation.ts'
import { damagedBelow, damagedFiles } from '../../control/src/adapters/slot-check.ts'
import { fillSlot } from '../../control/src/adapters/slot-filler.ts'
import { readBootSlots, slotToCheck, slotToCopy, slotToFill, writeBootEnvironment } from '../../control/src/adapters/system-disks.ts'
import type { BootEnvironment } from '../../control/src/domain/boot-slot.ts'
import { runLineJob } from '../../control/src/main/line-job.ts'
import { bootSlotsContract } from '../contract/boot-slots.contract.ts'
import { type SlotUpdateBench, slotUpdatesContract } from '../contract/slot-updates.contract.ts'
import { addArray, addSystemDisk, systemPlaces } from './system-tree.ts'
import { removeDirectory } from './temporary.ts'

/** Known to both programs; what runs in the tools has a /tmp of its own. */
const ROOT = '/tmp/corbel-slots'
const MEDIUM = `${ROOT}/booted`
const BUNDLE =
  readText('/proc/self/cmdline')
    .split('\0')
    .find((word) => word.endsWith('.qjb')) ?? ''

async function work(print: (line: unknown) => void): Promise<void> {
  const places = systemPlaces(ROOT, readText(MEDIUM))
  if (args[0] === 'read') print({ seen: await readBootSlots(places) })
  else if (args[0] === 'write') {
    await writeBootEnvironment(places, JSON.parse(readText('/proc/self/fd/0')) as BootEnvironment)
    print({ done: true })
  } else if (args[0] === 'copy') {
    const { from, to } = slotToCopy(places, args[1], args[2], args[3])
    await copySlot(`${ROOT}${from}`, readFile(`${ROOT}${from}`).length, `${ROOT}${to}`, { at: 0, of: 1 }, print)
    print({ done: true })
  } else if (args[0] === 'check') {
    print({ damaged: await damagedBelow(`${ROOT}${slotToCheck(places, args[1], args[2])}.files`) })
  } else {
    const [first, ...others] = slotToFill(places, args[1])
    print({ done: await fillSlot([`${ROOT}${first}`, ...others.map((device) => `${ROOT}${device}`)], { source: 0, permission: 3 }, print) })
  }
}

if (['read', 'write', 'fill', 'copy', 'check'].includes(args[0] ?? '')) {
  runLineJob('slots', work)
  // Its output's end is the end.
  await new Promise(() => {})
}

const clock = createClock()
const NEW: BootEnvironment = { order: ['a', 'b'], slots: { a: { mark: 'good', tries: 3 }, b: { mark: 'empty', tries: 0 } }, once: null }
const HEADER_BYTES = 4096
/** More than is taken at once, so that there is progress in the middle. */
const PAYLOAD_BYTES = 8 * 1024 * 1024 + 65_536
const payload = encodeUtf8(`Corbel 0.2.0\n${toHex(randomBytes(16))}`.padEnd(PAYLOAD_BYTES, '.'))
const header = encodeUtf8(`CORBELUP1\n${JSON.stringify({ version: '0.2.0' })}\n${'A'.repeat(86)}==`.padEnd(HEADER_BYTES, '\0'))
const sha256 = toHex(hash(payload))
let senders: Connection[] = []

function makeDisk(medium: string) {
  addSystemDisk(ROOT, 'vda')
  writeFileAtomic(MEDIUM, medium)
  addFiles('/dev/vda3')
  return createBootSlots({ engine: '/proc/self/exe', bundle: BUNDLE, directory: ROOT, trial: `${ROOT}/trial.json` }, clock)
}

const IMAGE = encodeUtf8('the root image')

/** As a release has them, and says what they are to be. */
function addFiles(device: string, image = IMAGE): void {
  const sums = `${toHex(hash(IMAGE))}  corbel/root.img\n${toHex(hash(encodeUtf8('')))}  boot/vmlinuz\n`
  for (const [name, bytes] of Object.entries({
    'corbel/root.img': image,
    'boot/vmlinuz': encodeUtf8(''),
    'corbel/system.sums': encodeUtf8(sums),
  })) {
    const path = `${ROOT}${device}.files/${name}`
    mkdir(path.slice(0, path.lastIndexOf('/')), { recursive: true })
    writeFileAtomic(path, bytes)
  }
}

function send(descriptor: number, ...parts: readonly Uint8Array[]): Connection {
  const sender = fromFd(descriptor)
  // Whoever takes it may have gone.
  sender.onClose(() => {})
  for (const part of parts) sender.write(part)
  senders.push(sender)
  return sender
}

function make(comes: 'update' | 'other' | 'held'): SlotUpdateBench {
  const slots = makeDisk('vda3')
  let offered = 0
  return {
    slots,
    offer(descriptor) {
      offered++
      if (comes === 'held') send(descriptor, header, payload.subarray(1))
      else send(descriptor, comes === 'other' ? new Uint8Array(HEADER_BYTES) : header, payload).closeWhenSent(5_000)
    },
    offered: () => offered,
    payload: { bytes: PAYLOAD_BYTES, sha256 },
    damage: (slot) => addFiles(slot === 'a' ? '/dev/vda3' : '/dev/vda4', encodeUtf8('the r\u007fot image')),
    leave: (trial) => writeFileAtomic(`${ROOT}/trial.json`, JSON.stringify(trial)),
    guardNote: () => readGuardNote(ROOT),
  }
}

afterEach(() => {
  for (const sender of senders) sender.close()
  senders = []
  removeDirectory(ROOT)
})

bootSlotsContract((installed) => makeDisk(installed ? 'vda3' : 'sr0'))
slotUpdatesContract(make)

describe('the program that fills a slot', () => {
  const following = { progress: () => {}, cancellation: { requested: false, onRequest: () => {} } }
  const fill = (sent: readonly Uint8Array[], wanted = { bytes: PAYLOAD_BYTES, sha256 }) =>
    makeDisk('vda3').fill(
      'b',
      (descriptor) => void send(descriptor, ...sent).closeWhenSent(5_000),
      () => Promise.resolve(wanted),
      following,
    )

  it('tells what was cut off from what is damaged', async () => {
    await expect(fill([header.subarray(1)])).rejects.toMatchObject({ code: 'update.truncated' })
    removeDirectory(ROOT)
    await expect(fill([header, payload.subarray(1)])).rejects.toMatchObject({ code: 'update.truncated' })
    removeDirectory(ROOT)
    await expect(fill([header, payload], { bytes: PAYLOAD_BYTES, sha256: sha256.replace(/./, 'x') })).rejects.toMatchObject({
      code: 'update.digest',
    })
  })

  it('fills it on each disk of a mirror, and has failed where one of them cannot be written', async () => {
    addSystemDisk(ROOT, 'vdb')
    addArray(ROOT, 'md127', 'raid1', { vda5: 'in_sync', vdb5: 'in_sync' })
    await fill([header, payload])
    for (const disk of ['vda', 'vdb']) expect(toHex(hash(readFile(`${ROOT}/dev/${disk}4`, 2 * PAYLOAD_BYTES)))).toBe(sha256)
    removeDirectory(ROOT)
    addSystemDisk(ROOT, 'vdb')
    addArray(ROOT, 'md127', 'raid1', { vda5: 'in_sync', vdb5: 'in_sync' })
    unlink(`${ROOT}/dev/vdb4`)
    // Takes all, and cannot be flushed.
    symlink('/dev/null', `${ROOT}/dev/vdb4`)
    await expect(fill([header, payload])).rejects.toMatchObject({ code: 'host.EINVAL' })
  })

  it('copies one to the mirror of the disk that was booted and back, to no other disk, and not over what runs', async () => {
    addSystemDisk(ROOT, 'vdb')
    addSystemDisk(ROOT, 'vdc')
    addArray(ROOT, 'md127', 'raid1', { vda5: 'in_sync', vdb5: 'in_sync' })
    const slots = makeDisk('vda3')
    writeFileAtomic(`${ROOT}/dev/vda4`, payload)
    await slots.copy('b', '/dev/vda', '/dev/vdb')
    expect((await slots.read())?.others).toEqual([{ disk: '/dev/vdb', versions: { a: '0.1.0', b: '0.2.0' } }])
    for (const disk of ['/dev/vdc', '/dev/vda', '/dev/vdb4'])
      await expect(slots.copy('b', '/dev/vda', disk)).rejects.toMatchObject({ code: 'slots.not-installed' })
    await expect(slots.copy('a', '/dev/vdb', '/dev/vda')).rejects.toMatchObject({ code: 'slots.not-installed' })
  })

  it('finds what is damaged, what has gone, and sums that are none; a release without any is taken as it is', async () => {
    const slots = makeDisk('vda3')
    const files = `${ROOT}/dev/vda3.files`
    unlink(`${files}/boot/vmlinuz`)
    expect(await slots.check('a', '/dev/vda')).toEqual(['boot/vmlinuz'])
    writeFileAtomic(`${files}/corbel/system.sums`, encodeUtf8('\u0000\u0000'))
    expect(await slots.check('a', '/dev/vda')).toEqual(['corbel/system.sums'])
    unlink(`${files}/corbel/system.sums`)
    expect(await slots.check('a', '/dev/vda')).toEqual([])
    expect(await damagedFiles('/dev/null')).toEqual(['its file system'])
  })

  it('leaves no descriptor open, whether it is refused or done', async () => {
    const count = () => readDir('/proc/self/fd').length
    await fill([header, payload])
    const before = count()
    removeDirectory(ROOT)
    await fill([header, payload])
    removeDirectory(ROOT)
    await expect(fill([header.subarray(1)])).rejects.toMatchObject({ code: 'update.truncated' })
    expect(count()).toBe(before)
  })

  it('that cannot be started is a failure of the host that leaves nothing open, not even what would have been offered', async () => {
    makeDisk('vda3')
    const slots = createBootSlots({ engine: '/nowhere/engine', bundle: BUNDLE, directory: ROOT, trial: `${ROOT}/trial.json` }, clock)
    const before = readDir('/proc/self/fd').length
    const failure = { name: 'HostFailure', code: 'host.ENOENT' }
    const environment: BootEnvironment = { ...NEW, once: 'b' }
    await expect(slots.read()).rejects.toMatchObject(failure)
    await expect(slots.write(environment)).rejects.toMatchObject(failure)
    const filling = slots.fill(
      'b',
      () => expect('offered').toBe('not offered'),
      () => Promise.resolve({ bytes: 1, sha256 }),
      following,
    )
    await expect(filling).rejects.toMatchObject(failure)
    expect(readDir('/proc/self/fd').length).toBe(before)
  })

  it('finds no trial in a file that is none', () => {
    const slots = makeDisk('vda3')
    writeFileAtomic(`${ROOT}/trial.json`, '{')
    expect(slots.trial()).toBeNull()
    expect(statOrNull(`${ROOT}/trial.json`)).not.toBeNull()
  })
})
