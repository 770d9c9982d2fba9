// An installed disk whose systems are no more as they were written: what nobody reads is found and told; what VMs need has the other system started.
import { rmSync } from 'node:fs'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Task } from '../../control/src/domain/task.ts'
import type { Appliance } from '../harness/appliance.ts'
import { inTools } from '../harness/in-tools.ts'
import { flipBitInSlot, makeInstalledDisk, readEnvironment } from '../harness/installed-disk.ts'
import { freshLogDirectory, imageFile } from '../harness/paths.ts'
import { leftToE2e } from '../harness/sample.ts'
import { guestSpecs } from '../harness/vm-client.ts'
import { until } from '../harness/wait.ts'
import { withAppliance } from './booted.ts'
import { ConsoleMenu } from './console-menu.ts'
import { becomesConfirmed, slotsOf } from './system-slots.ts'

const password = 'as it was written'
const seed = { version: 1, hostname: 'rack3', administrator: { password } }
const BOTH = { order: 'a b', a_tries: '3', a_state: 'good', b_tries: '3', b_state: 'good', once: '' }
const ROOT = ['corbel', 'root.img'] as const

/** Where the root image has the first of this file's bytes. */
function placeInRoot(file: string): number {
  const told = inTools('dump.erofs', `--path=${file}`, '-e', imageFile('root.img'))
  const place = /^ +0: .*: +(\d+)\.\. *\d+ \|/m.exec(told)?.[1]
  if (place === undefined) throw new Error(`${file} is not in the root image:\n${told}`)
  return Number(place)
}

const codesOf = async ({ api }: Appliance) =>
  (await api.call<{ items: readonly { code: string }[] }>('GET', '/v1/events')).items.map(({ code }) => code)

describe('a system that has decayed', () => {
  let directory = ''
  let disk = ''
  const options = { medium: 'none', seed } as const
  beforeAll(() => {
    directory = freshLogDirectory('decay-disk')
    disk = makeInstalledDisk(directory, BOTH)
  })
  afterAll(() => rmSync(directory, { recursive: true, force: true }))

  it('where nothing reads it runs on, is not taken for whole, and says what is damaged, as the other one does when it is looked at', async () => {
    flipBitInSlot(disk, 'a', ROOT, placeInRoot('/usr/share/OVMF/OVMF_CODE_4M.fd'))
    flipBitInSlot(disk, 'b', ['boot', 'initrd'], 1_000_000)
    await withAppliance({ ...options, name: 'decay/unread', dataDisk: disk }, async (appliance) => {
      const { api, machine, patience, screen, vms } = appliance
      await appliance.ready(patience(60_000))
      await api.login(password)
      await screen.waitFor(/Slot A on \/dev\/vda is damaged/, patience(30_000), machine.died)
      expect(await slotsOf(appliance)).toMatchObject({ running: 'a', confirmed: false, missing: ['damaged: corbel/root.img'] })
      await vms.follow(await api.call<Task>('POST', '/v1/host/slots/check', { body: {} }), patience(60_000))
      const { items } = await slotsOf(appliance)
      expect(items.map(({ damaged }) => damaged)).toEqual([['corbel/root.img on /dev/vda'], ['boot/initrd on /dev/vda']])
      expect(await codesOf(appliance)).toEqual(expect.arrayContaining(['slot.damaged', 'slot.checked']))
      const console = new ConsoleMenu(appliance)
      await console.logIn(password)
      await console.choose('System slots')
      screen.type('\r')
      await console.shown(/B .*damaged/)
      expect(machine.resets).toBe(0)
      await appliance.powerOff()
    })
    expect(readEnvironment(disk, directory)).toMatchObject({ a_tries: '2', a_state: 'good', b_state: 'good' })
  })

  it.skipIf(leftToE2e)('where VMs need it gives way to the other one, though its API answers each time', async () => {
    rmSync(disk)
    makeInstalledDisk(directory, BOTH)
    await withAppliance({ ...options, name: 'decay/before', dataDisk: disk }, async (appliance) => {
      await appliance.ready(appliance.patience(60_000))
      await appliance.api.login(password)
      await appliance.vms.makeEmptyDisk('web1', appliance.patience(30_000))
      await appliance.vms.create(guestSpecs.idle('web1'))
      await becomesConfirmed(appliance)
      await appliance.powerOff()
    })
    flipBitInSlot(disk, 'a', ROOT, placeInRoot('/usr/share/seabios/bios-256k.bin'))
    await withAppliance({ ...options, name: 'decay/needed', dataDisk: disk, mayPanic: true }, async (appliance) => {
      const { api, machine, patience, vms } = appliance
      const look = async () => {
        try {
          await api.login(password)
          if ((await slotsOf(appliance)).running === 'b') return true
          // On a busy machine its start with the host may have failed for lack of time.
          const [vm] = await vms.list()
          if (vm?.status.powerState === 'off') await vms.ask(vm.id, 'power-on')
          return false
        } catch {
          return false
        }
      }
      await until('the other system', look, { timeoutMs: patience(240_000), intervalMs: 1_000, signal: machine.died })
      expect(machine.console.text.match(/dm-verity device corrupted/g)).toHaveLength(3)
      const [vm] = await vms.list()
      await vms.waitForPowerState(vm?.id ?? '', 'running', patience(60_000))
      await becomesConfirmed(appliance)
      expect(await codesOf(appliance)).toContain('slot.fell-back')
      await appliance.powerOff()
    })
    expect(readEnvironment(disk, directory)).toMatchObject({ a_tries: '0', a_state: 'bad', b_tries: '3', b_state: 'good' })
  })
})
