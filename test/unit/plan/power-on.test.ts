// The steps that start a VM, and their order.
import { describe, expect, it } from 'vitest'
import type { Effect } from '../../../control/src/domain/effect.ts'
import type { Nic, VmSpec } from '../../../control/src/domain/vm.ts'
import { type Place, planPowerOn } from '../../../control/src/plan/power-on.ts'
import { shapeNic } from '../../../control/src/plan/traffic.ts'
import { spec } from '../../fakes/spec.ts'
import { ID } from './argv-cases.ts'

const file = (name: string) => ({ datastore: 'local', file: name })
const SPECS = {
  disk: spec(ID, {
    ...{ name: 'web1', memoryMiB: 256, nics: [{ network: 'nat', mac: '52:54:00:00:00:01' }] },
    disks: [
      { ...file('a.qcow2'), format: 'qcow2' },
      { ...file('c.raw'), format: 'raw', readOnly: true },
    ],
  }),
  kernel: spec(ID, { name: 'web1', boot: { from: 'kernel', kernel: file('vmlinuz'), initrd: file('initrd') } }),
  passed: spec(ID, {
    ...{ name: 'p', memoryMiB: 256, boot: { from: 'kernel', kernel: file('vmlinuz') } },
    pciDevices: [{ device: 'PCI0-1c.0-00.0', vendorId: '8086', deviceId: '10d3', serial: null }],
  }),
  windows: spec(ID, { name: 'w', guestType: 'windows', memoryMiB: 8192, disks: [{ ...file('w.qcow2'), format: 'qcow2' }] }),
}
const pathOf = ({ datastore, file }: { readonly datastore: string; readonly file: string }) => `/datastores/${datastore}/${file}`
const group = { path: `/sys/fs/cgroup/corbel.vm/pool.a/${ID}`, kind: 'vm', files: { 'pids.max': '1024' } } as const
const place: Place = { group, vcpuGroup: null, vcpus: null, nodes: null, memoryNodes: [0, 1] }
const shapeOf = (nic: Nic) => shapeNic([], new Map(), 20_003, 'host', nic)
const planOf = (spec: VmSpec) => planPowerOn({ id: ID, uid: 20_003, spec, pathOf, place, shapeOf, suspended: null })
const disk = planOf(SPECS.disk)

function only<Kind extends Effect['kind']>(plan: readonly Effect[], kind: Kind): Extract<Effect, { kind: Kind }> {
  const found = plan.filter((effect): effect is Extract<Effect, { kind: Kind }> => effect.kind === kind)
  const [first] = found
  if (first === undefined || found.length > 1) throw new Error(`${found.length} of ${kind}`)
  return first
}

describe('the plan of a power-on', () => {
  it('makes everything that QEMU inherits before it, and checks KVM before the guest runs', () => {
    expect(disk.map(({ kind }) => kind)).toEqual([
      'own-file',
      'own-file',
      'make-cgroup',
      'make-run-directory',
      'listen',
      'listen',
      'listen',
      'open-tap',
      'start-process',
      'open-serial',
      'attach-agent',
      'connect-qmp',
      'continue',
    ])
  })

  it('gives a writable disk to the VM alone and shares a read-only one', () => {
    expect(disk.slice(0, 2)).toEqual([
      { kind: 'own-file', path: '/datastores/local/c.raw', uid: 20_003, shared: true },
      { kind: 'own-file', path: '/datastores/local/a.qcow2', uid: 20_003, shared: false },
    ])
  })

  it('passes the descriptors under the numbers that the command line names', () => {
    const { argv, descriptors } = only(disk, 'start-process')
    expect(descriptors).toEqual({ 3: 'qmp', 4: 'serial0', 5: 'agent', 6: 'nic0' })
    expect(argv).toContain('socket,id=qmp,fd=3,server=on,wait=off')
    expect(argv).toContain('socket,id=serial0,fd=4,server=on,wait=off')
    expect(argv).toContain('socket,id=agent,fd=5,server=on,wait=off')
    expect(argv).toContain('{"type":"tap","id":"nic0-net","fd":"6","vhost":false}')
  })

  it('names the TAP by uid and NIC, within 15 bytes', () => {
    expect(only(disk, 'open-tap')).toEqual({ kind: 'open-tap', name: 'nic0', device: 'vm3n0', bridge: 'corbel-nat0' })
  })

  it('shows the VM its own files and what is public, nothing else of the host', () => {
    const { view } = only(disk, 'start-process')
    const own = view.filter(({ source }) => !source.startsWith('/usr/'))
    expect(own.map(({ source, target, readOnly }) => [source, target, readOnly])).toEqual([
      ['/dev/kvm', '/dev/kvm', false],
      ['/dev/null', '/dev/null', false],
      ['/dev/urandom', '/dev/urandom', false],
      ['/datastores/local/a.qcow2', '/disk/0', false],
      ['/datastores/local/c.raw', '/disk/1', true],
    ])
    expect(view.filter(({ source, readOnly }) => source.startsWith('/usr/') && !readOnly)).toEqual([])
    expect(view.filter(({ executable }) => executable).every(({ source }) => source.startsWith('/usr/'))).toBe(true)
  })

  it('shares kernel, initial RAM disk and CD, each once', () => {
    const medium = { datastore: 'local', file: 'vmlinuz' }
    const plan = planOf({ ...SPECS.kernel, cdroms: [{ slot: 0, medium }] })
    expect(plan.filter(({ kind }) => kind === 'own-file')).toEqual([
      { kind: 'own-file', path: '/datastores/local/vmlinuz', uid: 20_003, shared: true },
      { kind: 'own-file', path: '/datastores/local/initrd', uid: 20_003, shared: true },
    ])
  })

  it('keeps UEFI variables and TPM state with the VM, those of each firmware apart', () => {
    const kept = `/datastores/local/.vm/${ID}`
    const plan = planOf(SPECS.windows)
    expect(plan.slice(1, 4)).toEqual([
      { kind: 'make-directory', path: kept, uid: 0 },
      {
        kind: 'copy-once',
        source: '/usr/share/OVMF/OVMF_VARS_4M.ms.fd',
        path: `${kept}/nvram.uefi-secure-boot.fd`,
        uid: 20_003,
      },
      { kind: 'make-directory', path: `${kept}/tpm`, uid: 20_003 },
    ])
    expect(only(plan, 'start-process').view).toContainEqual({
      ...{ source: `${kept}/nvram.uefi-secure-boot.fd`, target: '/nvram' },
      ...{ readOnly: false, device: false, executable: false },
    })
    expect(only(planOf({ ...SPECS.windows, firmware: 'uefi' }), 'copy-once')).toMatchObject({ path: `${kept}/nvram.uefi.fd` })
  })

  it('starts the TPM before QEMU, as the same uid in the same cgroup, seeing its own state and nothing else of the VM', () => {
    const plan = planOf(SPECS.windows)
    const kinds = plan.map(({ kind }) => kind)
    expect(kinds.indexOf('start-helper')).toBeLessThan(kinds.indexOf('start-process'))
    const [helper, qemu] = [only(plan, 'start-helper'), only(plan, 'start-process')]
    expect([helper.uid, helper.cgroup]).toEqual([qemu.uid, qemu.cgroup])
    expect(helper.view.filter(({ source }) => !source.startsWith('/usr/')).map(({ target }) => target)).toEqual([
      '/tpm',
      '/dev/urandom',
      '/dev/null',
    ])
  })

  it('makes the seed of cloud-init in the run directory, with a name and an id where none are given', () => {
    const plan = planOf({
      ...SPECS.disk,
      name: 'Web_1.example',
      cloudInit: { userData: '#cloud-config\n', metaData: null, networkConfig: null },
    })
    expect(only(plan, 'make-seed')).toEqual({
      ...{ kind: 'make-seed', path: `/run/corbel/vm/${ID}/cloud-init.img`, label: 'CIDATA' },
      files: { 'meta-data': `instance-id: ${ID}\nlocal-hostname: web-1-example\n`, 'user-data': '#cloud-config\n' },
    })
  })

  it('sets what only QMP can set before the guest runs', () => {
    const [nic] = SPECS.disk.nics
    if (nic === undefined) throw new Error('no nic')
    const plan = planOf({ ...SPECS.disk, memoryTargetMiB: 128, nics: [{ ...nic, connected: false }] })
    expect(plan.slice(-3)).toEqual([
      { kind: 'configure', step: { kind: 'set-link', name: 'nic0', up: false } },
      { kind: 'configure', step: { kind: 'set-balloon', bytes: 128 * 1_048_576 } },
      { kind: 'continue' },
    ])
  })

  it('holds vCPUs to their CPUs before the guest runs', () => {
    const vcpuGroup = { path: `${group.path}/vcpus`, kind: 'vcpus', files: { 'cpuset.cpus': '2-3' } } as const
    const there: Place = { ...place, vcpuGroup, vcpus: [[2], [3]], nodes: [1] }
    const plan = planPowerOn({ id: ID, uid: 20_003, spec: SPECS.disk, pathOf, place: there, shapeOf, suspended: null })
    expect(plan.slice(-2)).toEqual([{ kind: 'place-vcpus', group: group.path, apart: vcpuGroup, cpus: [[2], [3]] }, { kind: 'continue' }])
    expect(only(plan, 'start-process').argv.join(' ')).toContain('"host-nodes":[1],"policy":"preferred"')
  })

  it('takes huge pages from where they were set aside', () => {
    expect(only(planOf({ ...SPECS.disk, hugePages: '2MiB' }), 'start-process').argv.join(' ')).toContain(
      '"host-nodes":[0,1],"policy":"bind"',
    )
  })

  it('restores a suspended VM with the memory that it was started with, and does not let it run yet', () => {
    const spec = { ...SPECS.disk, memoryMiB: 512, maxMemoryMiB: 1024 }
    const plan = planPowerOn({ id: ID, uid: 20_003, spec, pathOf, place, shapeOf, suspended: { bootMemoryMiB: 256 } })
    expect(plan.at(-1)).toMatchObject({ kind: 'restore', path: `/datastores/local/.vm/${ID}/memory` })
    expect(only(plan, 'start-process').argv).toContain('size=256M,maxmem=1024M')
    expect(plan.map(({ kind }) => kind)).not.toContain('continue')
  })

  it('hands whole IOMMU groups over before QEMU starts, which sees their nodes and may lock what the VM may have', () => {
    const passed = { addresses: { 0: '0000:01:00.0' }, groups: { '0000:01:00.0': 10 }, leaving: ['0000:01:00.0', '0000:01:00.1'] }
    const plan = planPowerOn({ id: ID, uid: 20_003, spec: SPECS.passed, pathOf, place, shapeOf, suspended: null, passed })
    const kinds = plan.map(({ kind }) => kind)
    expect(kinds.indexOf('make-cgroup')).toBeLessThan(kinds.indexOf('hand-over'))
    expect(kinds.indexOf('own-device')).toBeLessThan(kinds.indexOf('start-process'))
    expect(plan.filter(({ kind }) => kind === 'hand-over' || kind === 'own-device')).toEqual([
      { kind: 'hand-over', address: '0000:01:00.0', vm: ID },
      { kind: 'hand-over', address: '0000:01:00.1', vm: ID },
      { kind: 'own-device', path: '/dev/vfio/10', uid: 20_003 },
    ])
    const { view, links, lockableBytes = 0 } = only(plan, 'start-process')
    const nodes = view.filter(({ source }) => source.startsWith('/dev/vfio'))
    expect(nodes.map(({ source, device }) => [source, device])).toEqual([
      ['/dev/vfio/vfio', true],
      ['/dev/vfio/10', true],
    ])
    expect(links).toEqual({ '/pci/0000:01:00.0/iommu_group': '/sys/kernel/iommu_groups/10' })
    expect(lockableBytes).toBeGreaterThan(256 * 1_048_576)
    expect(only(disk, 'start-process').lockableBytes).toBeUndefined()
  })
})
