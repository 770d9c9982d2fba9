// The quick base with the release's kernel: it starts, serves, runs a guest under KVM, and what its configuration closes is closed.
import { describe, expect, it } from 'vitest'
import { isoOf } from '../harness/paths.ts'
import { pictureOf } from '../harness/screendump.ts'
import { SerialSocket } from '../harness/serial-socket.ts'
import { guestSpecs } from '../harness/vm-client.ts'
import { booted } from './booted.ts'
import { coreSchedulingOf } from './core-scheduling.ts'
import { expectRefusal } from './secure-boot.ts'
import { kernelSettingsOf } from './settings.ts'

const iso = isoOf('debian-own-kernel')
/** Two threads of a core, for VMs that do not share one. */
const hardware = { cpus: { sockets: 1, cores: 1, threads: 2 } }
const host = booted({ name: 'own-kernel', iso, probe: true, memoryMiB: 1536, hardware }, (appliance) => appliance.readyAndLoggedIn())
const seen = (script: string) => host().probe.output(script)

/** The appliance's own view of its files and devices. */
const root = '/proc/1/root'

/** The records of the kernel itself, of this severity or worse, without their times. @source Linux, Documentation/ABI/testing/dev-kmsg */
async function kernelRecords(severityAtMost: number): Promise<string[]> {
  const raw = await seen('dmesg -r')
  return raw.split('\n').flatMap((line) => {
    const [, level = '', text = ''] = /^<(\d+)>(?:\[[^\]]*\] )?(.*)$/.exec(line) ?? []
    return level !== '' && Number(level) <= severityAtMost ? [text] : []
  })
}

describe('the release’s kernel', () => {
  it('is the one that runs', async () => {
    expect(await seen('uname -r')).toMatch(/^6\.12\.\d+-corbel$/)
  })

  // Before there is a guest: KVM logs what guests ask of it.
  it('had nothing to complain of at boot', async () => {
    expect(await kernelRecords(3)).toEqual([])
  })

  it('runs a guest under KVM', async () => {
    const { api, vms, machine, patience } = host()
    const { facts } = await api.call<{ facts: { kvm: { available: boolean } } }>('GET', '/v1/host')
    expect(facts.kvm.available).toBe(true)
    const { id } = await vms.create(guestSpecs.hello('hello'))
    await vms.power(id, 'power-on', patience(10_000))
    const console = await SerialSocket.open(api, id)
    await console.waitFor(/corbel-guest: hello/, patience(40_000), machine.died)
    console.close()
    await vms.power(id, 'power-off', patience(10_000))
  })

  it('hands all controllers of cgroup v2 down to VMs', async () => {
    const controllers = await seen(`cat ${root}/sys/fs/cgroup/corbel.vm/cgroup.controllers`)
    expect(controllers.split(' ').sort()).toEqual(['cpu', 'cpuset', 'hugetlb', 'io', 'memory', 'pids'])
    expect(await seen(`cat ${root}/proc/pressure/cpu`)).toMatch(/^some avg10=/)
  })

  it('shows the console in 80 columns or more', async () => {
    const [rows, columns] = (await seen(`stty -F ${root}/dev/tty1 size`)).split(' ').map(Number)
    expect(columns).toBeGreaterThanOrEqual(80)
    expect(rows).toBeGreaterThanOrEqual(24)
    await pictureOf(host().machine, 'console', 0, 1, host().patience(10_000))
  })
})

coreSchedulingOf(host)

describe('without a signature that the firmware knows', () => {
  it('is refused by UEFI with Secure Boot', () => expectRefusal(iso))
})

describe('closed to root', () => {
  it('is the running kernel: lockdown is on', async () => {
    expect(await seen('mkdir -p /tmp/lsm && mount -t securityfs lsm /tmp/lsm && cat /tmp/lsm/lockdown')).toBe(
      'none integrity [confidentiality]',
    )
  })

  it('is loading a module that was not signed with it, before the boot is over', async () => {
    expect(await seen('cat /sys/module/module/parameters/sig_enforce')).toBe('Y')
  })

  kernelSettingsOf(host, [
    ...['kernel.sysrq', 'kernel.core_pattern', 'kernel.unprivileged_bpf_disabled', 'vm.unprivileged_userfaultfd'],
    ...['user.max_user_namespaces', 'net.core.bpf_jit_harden'],
  ])

  it.each([
    ['memory and ports', '/dev/mem /dev/port /dev/kmem /proc/kcore'],
    ['the registers of the processor', '/dev/cpu/0/msr /dev/cpu/0/cpuid'],
    ['debugging', '/sys/kernel/debug /sys/kernel/tracing /proc/sysrq-trigger /proc/config.gz'],
    ['namespaces of users', '/proc/self/ns/user'],
  ])('are %s, for there is nothing to open', async (_, paths) => {
    expect(await seen(`for path in ${paths}; do [ ! -e ${root}$path ] || echo $path; done`)).toBe('')
  })

  it('are file systems that nothing here is kept on', async () => {
    const known = (await seen('cat /proc/filesystems')).split('\n').map((line) => line.replace(/^nodev/, '').trim())
    for (const name of ['debugfs', 'tracefs', 'fuse', 'overlay', 'nfs', 'bpf', 'autofs']) expect(known).not.toContain(name)
    // What is needed is there, so the list is what it seems to be.
    for (const name of ['erofs', 'ext4', 'iso9660', 'cgroup2', 'tmpfs']) expect(known).toContain(name)
  })
})
