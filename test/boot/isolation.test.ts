// What a VM's processes can reach on a booted appliance: an attack program in exactly their confinement tries it all, one by one, and in none at all, to see that it could.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeAll, describe, expect, it } from 'vitest'
import { guests } from '../harness/paths.ts'
import type { Vm } from '../harness/vm-client.ts'
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

function words(): string {
  const group = '/sys/fs/cgroup/corbel.vm'
  const [own, others] = [`${group}/${target.id}`, `${group}/${other.id}`]
  const files = `disk=/datastores/local/debian2.img monitor=/run/corbel/vm/${other.id}/qmp.sock`
  return `pid=${pids.other} controld=${pids.controld} ${files} cgroup=${others} own-cgroup=${own}`
}

/** The attack in the confinement that `description` tells of, with the filters that the process has taken upon itself since. */
async function attackAs(description: string, pid: number): Promise<string> {
  await seen(`mkdir -p /tmp/attack && filters ${pid} >/tmp/attack/filters && echo ${readFileSync(join(guests, 'attack.qjb')).toString('base64')} | base64 -d >/tmp/attack/attack.qjb`)
  const inside = '/proc/$$/root'
  const view = `/run/corbel/vm/${target.id}/${description}`
  const run = `/usr/bin/hv-core --turn-ms 60000 ${inside}/tmp/attack/attack.qjb ${view} ${inside}/tmp/attack/filters ${inside}/bin/attack ${words()}`
  return seen(`chroot /proc/1/root ${run} | cat`, minutes(6))
}

describe('a process of a VM', () => {
  it('ATTACK', async () => {
    const text = await attackAs('view.json', pids.qemu)
    console.log(text)
    const text2 = await attackAs('view-swtpm.json', pids.swtpm)
    console.log(text2)
    console.log(await seen(`chroot /proc/1/root /proc/$$/root/bin/attack control self=/proc/$$/root/bin/attack ${words()} 4</proc/1/root`, minutes(6)))
    console.log(await seen(`cat /proc/${pids.qemu}/status /proc/${pids.swtpm}/status; cat /proc/1/mounts; cat /proc/${pids.qemu}/mountinfo; mkdir -p /tmp/lsm; mount -t securityfs lsm /tmp/lsm; cat /tmp/lsm/lsm; cat /sys/kernel/mm/ksm/run; dmesg | tail -50`))
    console.log(Object.keys(outcomes(text)).length)
  })
})
