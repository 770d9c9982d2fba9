// The steps that start a VM, and their order.
import { describe, expect, it } from 'vitest'
import type { Effect } from '../../../control/src/domain/effect.ts'
import { planPowerOn } from '../../../control/src/plan/power-on.ts'
import { ID, SPECS } from './argv-cases.ts'

const NO_FILES = { disks: [], cdrom: null, kernel: null, initrd: null }
const disk = planPowerOn({
  id: ID,
  uid: 20_003,
  spec: SPECS.disk,
  files: { ...NO_FILES, disks: ['/datastores/local/a.qcow2', '/datastores/local/c.raw'] },
})

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
      'make-run-directory',
      'make-cgroup',
      'listen',
      'listen',
      'open-tap',
      'start-process',
      'open-serial',
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
    expect(descriptors).toEqual({ 3: 'qmp', 4: 'serial', 5: 'nic0' })
    expect(argv).toContain('socket,id=qmp,fd=3,server=on,wait=off')
    expect(argv).toContain('socket,id=serial,fd=4,server=on,wait=off')
    expect(argv).toContain('tap,id=nic0,fd=5,vhost=off')
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
    const files = { disks: [], cdrom: '/d/x.iso', kernel: '/d/x.iso', initrd: '/d/initrd' }
    const plan = planPowerOn({ id: ID, uid: 20_000, spec: SPECS.kernel, files })
    expect(plan.filter(({ kind }) => kind === 'own-file')).toEqual([
      { kind: 'own-file', path: '/d/x.iso', uid: 20_000, shared: true },
      { kind: 'own-file', path: '/d/initrd', uid: 20_000, shared: true },
    ])
  })
})
