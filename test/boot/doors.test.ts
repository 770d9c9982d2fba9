// Every way into a booted appliance: what runs with which rights, what listens, what can be written or opened, against the reviewed list.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { differences, inventoryOf, parseReviewedList } from '../harness/inventory.ts'
import { repository } from '../harness/paths.ts'
import { pause, until } from '../harness/wait.ts'
import { booted } from './booted.ts'
import { kernelSettingsOf } from './settings.ts'
import { expectTlsGrade } from './tls-grade.ts'

/** A slot with a USB host, and a stick to put into it. */
const usb = { slot: 1, device: 'qemu-xhci', backend: ['-blockdev', 'null-co,node-name=stick,size=1048576,read-zeroes=on'] }
const host = booted({ name: 'doors', probe: true, memoryMiB: 1536, hardware: { cards: [usb] } }, (appliance) =>
  appliance.readyAndLoggedIn(),
)
const seen = (script: string) => host().probe.output(script)
const minutes = (count: number) => host().patience(count * 10_000)

const list = parseReviewedList(readFileSync(join(repository, 'test/boot/inventory.list'), 'utf8'))

/** What differs from the list; looked at again for a while, as programs that are being started look like others. */
async function surprises(vmRuns: boolean): Promise<string[]> {
  const deadline = performance.now() + minutes(1)
  for (;;) {
    const found = differences(inventoryOf(await seen('doors / /dev /dev/pts /run /tmp /state /datastores/local')), list, vmRuns)
    if (found.length === 0 || performance.now() > deadline) return found
    await pause(1000)
  }
}

describe('processes and their rights, sockets, mounts, and what is open to others than root', () => {
  it('are those of the reviewed list, test/boot/inventory.list', async () => {
    expect(await surprises(false)).toEqual([])
  })

  it('are with a VM running those and the VM’s', async () => {
    const { vms } = host()
    // Boots from an empty drive, and so stands still.
    const still = { memoryMiB: 64, boot: { from: 'order', devices: ['cdrom0'] }, cdroms: [{}], display: 'none', usb: false }
    const { id } = await vms.create({ ...still, name: 'still', tpm: true })
    await vms.power(id, 'power-on', minutes(2))
    await vms.waitForPowerState(id, 'running', minutes(1))
    await vms.power(id, 'pause', minutes(1))
    expect(await surprises(true)).toEqual([])
    await vms.power(id, 'power-off', minutes(1))
  })
})

describe('the kernel', () => {
  kernelSettingsOf(host)

  it('is locked to root, too: its memory is neither read nor written, and it is not debugged', async () => {
    expect(await seen('mkdir -p /tmp/lsm && mount -t securityfs lsm /tmp/lsm && cat /tmp/lsm/lockdown')).toBe(
      'none integrity [confidentiality]',
    )
    const refusals = await seen('(head -c 1 /proc/1/root/dev/mem; mkdir -p /tmp/debug; mount -t debugfs debug /tmp/debug) 2>&1; true')
    expect(refusals).toMatch(/^head: .*Operation not permitted\nmount: .*(Operation not permitted|No such device)$/)
  })

  it('runs no program for a core: neither controld nor gateway nor console has one, whatever ends them', async () => {
    const { probe } = host()
    const helper = '|/usr/bin/mkdir /run/dumped'
    const left = async (pid: number) => {
      await until(`end of ${pid}`, async () => (await probe.run(`kill -SEGV ${pid}`)).status !== 0, { timeoutMs: minutes(1) })
      return seen('ls -d /proc/1/root/run/dumped 2>/dev/null || true')
    }
    await seen(`echo '${helper}' >/proc/sys/kernel/core_pattern`)
    for (const [program, ...ends] of [['hv-core', 'controld.qjb'], ['gatewayd'], ['hv-core', 'dcui.qjb', 'tty1']] as const) {
      const [pid = 0] = await probe.pidsOf(program, ...ends)
      expect(pid).toBeGreaterThan(0)
      expect(await left(pid)).toBe('')
    }
    // What any other process leaves is seen.
    await seen('chroot /proc/1/root /usr/bin/sleep 1000 & echo $! >/tmp/sleeper')
    expect(await left(Number(await seen('cat /tmp/sleeper')))).toBe('/proc/1/root/run/dumped')
    await seen("rmdir /proc/1/root/run/dumped; echo '|/usr/bin/false' >/proc/sys/kernel/core_pattern")
    await host().ready()
  })
})

describe('the API’s TLS', () => {
  it('has no finding of testssl.sh above low, but for the certificate that the host makes itself', async () => {
    await expectTlsGrade(host(), 'corbel-test')
  })
})

describe('at the machine', () => {
  const press = (...keys: string[]) => host().machine.qmp.run('send-key', { keys: keys.map((data) => ({ type: 'qcode', data })) })
  /** All that would change if a key got further than to Corbel’s console. */
  const state = async () => {
    const log = (await seen('dmesg')).split('\n').filter((line) => /sysrq|SysRq|reboot:/i.test(line))
    const processes = (await host().probe.processes())
      .map(({ pid, argv }) => `${pid} ${argv.join(' ')}`)
      .filter((line) => /init|dcui|controld/.test(line))
    return { log, processes, resets: host().machine.resets, screen: await seen('cat /sys/class/tty/tty0/active') }
  }

  it.each<[string, string[][]]>([
    ['Ctrl-Alt-Del', [['ctrl', 'alt', 'delete']]],
    ['SysRq with the keys for restart, crash, kill and show', ['b', 'c', 'i', 'e', 't', 'h'].map((key) => ['alt', 'sysrq', key])],
    [
      'another virtual terminal',
      ['f2', 'f3', 'f12', 'right', 'up'].flatMap((key) => [
        ['alt', key],
        ['ctrl', 'alt', key],
      ]),
    ],
    ['the state of the kernel', [['shift', 'scroll_lock'], ['ctrl', 'scroll_lock'], ['alt_r', 'scroll_lock'], ['scroll_lock']]],
  ])('%s does nothing', async (_, combinations) => {
    const before = await state()
    expect(before).toMatchObject({ resets: 0, screen: 'tty1' })
    for (const keys of combinations) await press(...keys)
    await pause(1000)
    expect(await state()).toEqual(before)
  })

  it('a break on the serial line, with the same keys after it, does nothing; nor does what ends programs on other terminals', async () => {
    const { machine } = host()
    const before = await state()
    for (const key of ['b', 'c', 'i', 't', 'h']) {
      await machine.qmp.run('chardev-send-break', { id: 'serial0' })
      machine.console.write(key)
    }
    machine.console.write('\x03\x1c\x1a\x04')
    await pause(1000)
    expect(await state()).toEqual(before)
  })

  it('a keyboard and a stick that are plugged in now are used, another kind of device is not', async () => {
    const { machine } = host()
    const add = (driver: string, more: object = {}) => machine.qmp.run('device_add', { driver, bus: 'card1.0', id: driver, ...more })
    await add('usb-kbd')
    await add('usb-storage', { drive: 'stick' })
    await add('usb-serial', { chardev: 'serial1' }).catch(() => add('usb-audio'))
    const drivers = async () =>
      (await seen('for i in /sys/bus/usb/devices/*:*; do basename $(readlink $i/driver) 2>/dev/null || echo none; done | sort')).split('\n')
    // Drivers take their devices one after the other.
    const wanted = ['none', 'usb-storage', 'usbhid']
    const all = async () => {
      const now = await drivers()
      return wanted.every((driver) => now.includes(driver))
    }
    await until('drivers', all, { timeoutMs: minutes(1), intervalMs: 500 })
    await until('the stick', async () => (await seen('cat /sys/class/block/sd*/size 2>/dev/null || true')) === '2048', {
      timeoutMs: minutes(1),
    })
  })
})
