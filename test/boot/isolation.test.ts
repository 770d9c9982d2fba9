// What a VM's processes can reach on a booted appliance: an attack program in exactly their confinement tries it all, one by one, and in none at all, to see that it could.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeAll, describe, expect, it } from 'vitest'
import { guests } from '../harness/paths.ts'
import type { Vm } from '../harness/vm-client.ts'
import { OF_QEMU, WITHOUT_CONFINEMENT } from './attack-outcomes.ts'
import { booted } from './booted.ts'

const file = (name: string) => ({ datastore: 'local', file: name })
/** Boots from an empty drive, and so stands still; its disk is there to be reached. */
const still = { memoryMiB: 64, boot: { from: 'order', devices: ['cdrom0'] }, cdroms: [{}], display: 'none', usb: false }

let target: Vm
let other: Vm
/** Of QEMU and swtpm of the target, QEMU of the other. */
let pids: { readonly qemu: number; readonly swtpm: number; readonly other: number; readonly controld: number }
const host = booted({ name: 'isolation', probe: true, memoryMiB: 1536 }, (appliance) => appliance.readyAndLoggedIn())
const minutes = (count: number) => host().patience(count * 10_000)
const seen = (script: string, timeoutMs?: number) => host().probe.output(script, timeoutMs)

beforeAll(async () => {
  target = await started({ ...still, name: 'target', tpm: true, disks: [{ ...file('empty.qcow2'), format: 'qcow2' }] })
  other = await started({ ...still, name: 'other', disks: [{ ...file('debian2.img'), format: 'raw' }] })
  const processes = await host().probe.processes()
  const of = (program: string) => processes.find(({ argv }) => argv.some((word) => word.endsWith(program)))?.pid ?? 0
  pids = { qemu: target.status.pid ?? 0, swtpm: of('/swtpm'), other: other.status.pid ?? 0, controld: of('/controld.qjb') }
  expect(Object.values(pids).every((pid) => pid > 0)).toBe(true)
}, 300_000)

async function started(spec: object): Promise<Vm> {
  const { vms } = host()
  const { id } = await vms.create(spec)
  await vms.power(id, 'power-on', minutes(1))
  const running = await vms.waitForPowerState(id, 'running', minutes(1))
  await vms.power(id, 'pause', minutes(1))
  return running
}

/** `NAME` → `done`, or what refused it. */
function outcomes(text: string): Record<string, string> {
  const lines = text.split('\n').map((line) => /^(DONE|refused) (\S+) ?(\S*)$/.exec(line) ?? [])
  return Object.fromEntries(lines.map(([, what, name, how]) => [name, what === 'DONE' ? 'done' : how]))
}

/** Names by what came of them; a filter that kills refuses, too. */
function byOutcome(found: Record<string, string>): Record<string, readonly string[]> {
  const names = Object.keys(found)
  const how = (name: string) => (found[name] === 'SIGSYS' ? 'EPERM' : (found[name] ?? ''))
  return sorted(Object.fromEntries(names.map((name) => [how(name), names.filter((other) => how(other) === how(name))])))
}

function sorted(groups: Readonly<Record<string, readonly string[]>>): Record<string, readonly string[]> {
  return Object.fromEntries(Object.entries(groups).map(([how, names]) => [how, [...names].sort()]))
}

function tally(found: Record<string, string>): string {
  const done = Object.values(found).filter((how) => how === 'done').length
  return `${Object.keys(found).length} attempts, ${done} done`
}

function words(): string {
  const group = '/sys/fs/cgroup/corbel.vm'
  const [own, others] = [`${group}/${target.id}`, `${group}/${other.id}`]
  const files = `disk=/datastores/local/debian2.img monitor=/run/corbel/vm/${other.id}/qmp.sock`
  return `pid=${pids.other} controld=${pids.controld} ${files} cgroup=${others} own-cgroup=${own}`
}

/** Where the attack lies in the appliance: a file system that programs may be run from, as nothing that the appliance can write to is one. */
const PLACE = '/run/attack'

async function bring(): Promise<void> {
  const [place, bundle] = [`/proc/1/root${PLACE}`, readFileSync(join(guests, 'attack.qjb')).toString('base64')]
  await seen(
    `mkdir ${place} && mount -t tmpfs -o mode=0755 attack ${place} && cp /bin/attack ${place}/ && echo ${bundle} | base64 -d >${place}/attack.qjb`,
  )
}

/** The attack in the confinement that `description` tells of, with the filters that the process has taken upon itself since. */
async function attackAs(description: string, pid: number): Promise<string> {
  const view = `/run/corbel/vm/${target.id}/${description}`
  const run = `/usr/bin/hv-core --turn-ms 60000 ${PLACE}/attack.qjb ${view} ${PLACE}/filters ${PLACE}/attack ${words()}`
  return seen(`filters ${pid} >/proc/1/root${PLACE}/filters && chroot /proc/1/root ${run} | cat`, minutes(6))
}

describe.each(['qemu', 'swtpm'] as const)('%s', (program) => {
  const proc = (name: string) => seen(`cat /proc/${pids[program]}/${name}`)

  it('is the VM’s user without any right, alone in every namespace, under our filter and its own', async () => {
    const status = await proc('status')
    expect(status).toMatch(/^Uid:\t(2\d{4})\t\1\t\1\t\1\nGid:\t\1\t\1\t\1\t\1\n/m)
    expect(status).toMatch(new RegExp(`^NSpid:\\t${pids[program]}\\t1$`, 'm'))
    for (const set of ['Inh', 'Prm', 'Eff', 'Bnd', 'Amb']) expect(status).toMatch(new RegExp(`^Cap${set}:\\t0+$`, 'm'))
    expect(status).toMatch(/^NoNewPrivs:\t1\nSeccomp:\t2\nSeccomp_filters:\t2$/m)
    const namespaces = async (pid: number | 1) =>
      (await seen(`for name in mnt net ipc uts pid cgroup; do readlink /proc/${pid}/ns/$name; done`)).split('\n')
    const everybody = await Promise.all([1, pids.controld, pids.qemu, pids.swtpm, pids.other].map(namespaces))
    const own = await namespaces(pids[program])
    expect(own).toHaveLength(6)
    expect(own.map((name) => everybody.flat().filter((one) => one === name).length)).toEqual([1, 1, 1, 1, 1, 1])
  })

  it('has its cgroup, and limits of descriptors, core files and locked memory', async () => {
    expect(await proc('cgroup')).toBe(`0::/corbel.vm/${target.id}`)
    const limits = await proc('limits')
    expect(limits).toMatch(/^Max core file size +0 +0 /m)
    expect(limits).toMatch(/^Max locked memory +65536 +65536 /m)
    expect(limits).toMatch(program === 'qemu' ? /^Max open files +4096 +4096 /m : /^Max open files +64 +64 /m)
  })

  it('can write to nothing that can be run', async () => {
    const mounts = (await proc('mountinfo')).split('\n').map((line) => line.split(' '))
    const writable = mounts.filter(([, , , , , options = '']) => /^rw\b/.test(options))
    expect(writable.length).toBeGreaterThan(0)
    for (const [, , , , place = '', options = ''] of writable) {
      expect(`${place} ${options}`).toMatch(place.startsWith('/dev/') ? /nosuid,noexec/ : /nosuid,nodev,noexec/)
    }
  })
})

describe('the attack', () => {
  let tried: readonly string[] = []

  it('as QEMU reaches the VM’s own disk and /dev/kvm, and nothing else', async () => {
    await bring()
    const text = await attackAs('view.json', pids.qemu)
    console.log(`as QEMU:\n${text}`)
    const found = outcomes(text)
    tried = Object.keys(found)
    expect(byOutcome(found)).toEqual(sorted(OF_QEMU))
  })

  it('as the TPM reaches nothing at all', async () => {
    const found = outcomes(await attackAs('view-swtpm.json', pids.swtpm))
    console.log(`as swtpm: ${tally(found)}`)
    expect(Object.keys(found)).toEqual(tried)
    expect(byOutcome(found).done).toBeUndefined()
  })

  it('as root without confinement reaches all of it but what the host has forbidden itself', async () => {
    const control = `${PLACE}/attack control self=${PLACE}/attack ${words()} 4</proc/1/root`
    const found = outcomes(await seen(`chroot /proc/1/root ${control}`, minutes(3)))
    console.log(`without confinement: ${tally(found)}`)
    expect(Object.keys(found)).toEqual(tried)
    const { done = [], ...refused } = byOutcome(found)
    expect(refused).toEqual(sorted(WITHOUT_CONFINEMENT))
    expect(done.length).toBeGreaterThan(95)
  })

  it('leaves the host and the VMs as they were', async () => {
    await seen(`umount /proc/1/root${PLACE} && rmdir /proc/1/root${PLACE}`)
    for (const vm of [target, other])
      expect((await host().vms.get(vm.id)).status).toMatchObject({ powerState: 'paused', pid: vm.status.pid })
    expect((await host().api.request('GET', '/v1/health')).status).toBe(200)
  })
})

describe('the host', () => {
  it('has nothing mounted that is both writable and executable', async () => {
    const mounts = (await seen('cat /proc/1/mounts')).split('\n').map((line) => line.split(' '))
    const weak = mounts.filter(([, place = '', , options = '']) => {
      const flags = options.split(',')
      const needed = place === '/dev' || place === '/dev/pts' ? ['nosuid', 'noexec'] : ['nosuid', 'nodev', 'noexec']
      return flags.includes('rw') ? !needed.every((flag) => flags.includes(flag)) : !flags.includes('nosuid')
    })
    expect(mounts.map(([, place]) => place)).toEqual(expect.arrayContaining(['/', '/dev', '/run', '/tmp', '/state', '/datastores/local']))
    expect(weak).toEqual([])
  })

  it('merges no pages, and no VM offers its own', async () => {
    expect(['0', 'absent']).toContain(await seen('cat /sys/kernel/mm/ksm/run 2>/dev/null || echo absent'))
    expect(await seen(`grep -c '^VmFlags:' /proc/${pids.qemu}/smaps`)).toMatch(/^[1-9]/)
    expect(await seen(`grep '^VmFlags:' /proc/${pids.qemu}/smaps | grep -c ' mg' || true`)).toBe('0')
  })

  it('has Landlock in force', async () => {
    expect(await seen('mkdir -p /tmp/lsm && mount -t securityfs lsm /tmp/lsm && cat /tmp/lsm/lsm')).toMatch(/\blandlock\b/)
  })
})
