// What the console is told, health in words above all.
import { describe, expect, it } from 'vitest'
import type { BootOutcome } from '../../../control/src/domain/boot-outcome.ts'
import { DEBUG_PRODUCT } from '../../../control/src/domain/host.ts'
import type { AppliedNetwork } from '../../../control/src/domain/network-state.ts'
import { BOOT_OUTCOME } from '../../fakes/host.ts'
import { PASSWORD, World } from '../../fakes/world.ts'
import { draft } from './draft.ts'

async function healthy(): Promise<World> {
  const world = new World()
  await (await world.boot()).sessions.setUp(PASSWORD)
  return world
}

const outcome = (rest: Partial<BootOutcome>) => (world: World) => {
  world.host.bootOutcome = { ...BOOT_OUTCOME, ...rest }
}

describe('the console status', () => {
  it('has nothing to complain about on a host in order', async () => {
    const world = await healthy()
    expect((await world.boot()).consoleStatus()).toEqual({
      ...{ product: 'Corbel', version: '0.1.0', hostname: 'corbel', machine: { vendor: 'Vendor', model: 'Model', serial: 'S1' } },
      ...{ cpu: { model: 'CPU', cores: 2, threads: 4 }, memory: { totalMiB: 8192, usedMiB: 512 } },
      ...{ urls: [{ url: 'https://10.0.2.15/', origin: 'dhcp' }], certificateSha256: 'AA:BB', setupRequired: false },
      lockdown: { mode: 'normal', hasRecoveryCode: false },
      network: { pending: null, replacements: 0 },
      install: { mode: 'none', state: 'idle' },
      ...{
        seed: { state: 'absent', problems: [] },
        state: 'persistent',
        system: { slot: null, generation: 2 },
        datastore: { present: true, problem: null },
      },
      ...{ health: [], vms: { running: 0, defined: 0, runningNames: [] }, time: world.clock.now() },
    })
  })

  it.each<[string, (world: World) => void, string]>([
    [
      'no KVM',
      (world) => Object.assign(world.host, { facts: { ...world.host.facts, kvm: { available: false, kind: null } } }),
      'error No hardware virtualisation (KVM): VMs cannot start. Look for it in the firmware settings.',
    ],
    [
      'the debug image',
      (world) => Object.assign(world.host, { facts: { ...world.host.facts, product: DEBUG_PRODUCT } }),
      'error This is the debug image: whoever is at the second serial port has a root shell. Not for production.',
    ],
    ['a state that cannot be used', outcome({ stateProblem: 'it is full.' }), 'error The state: it is full.'],
    [
      'a datastore that cannot be used',
      outcome({ datastore: { present: false, problem: 'no such disk' } }),
      'error The datastore: no such disk',
    ],
    [
      'a management network that is not as it is wanted',
      ({ kernelNetwork }) => kernelNetwork.record({ ...(kernelNetwork.applied() as AppliedNetwork), problem: 'eth0 has no link.' }),
      'error The management network: eth0 has no link.',
    ],
    ['no network for VMs', outcome({ nat: { ready: false, problem: 'no bridge' } }), 'error The network of the VMs: no bridge'],
  ])('tells of %s', async (_what, prepare, line) => {
    const world = await healthy()
    prepare(world)
    const { health } = (await world.boot()).consoleStatus()
    expect(health.map(({ severity, message }) => `${severity} ${message}`)).toEqual([line])
  })

  it('says nothing twice: what has a field of its own is not in the health', async () => {
    const world = new World()
    outcome({
      seed: { state: 'refused', problems: [], document: null },
      state: 'volatile',
      datastore: { present: false, problem: null },
    })(world)
    Object.assign(world.host, { addresses: [], fingerprint: null })
    expect((await world.boot()).consoleStatus()).toMatchObject({
      ...{ seed: { state: 'refused' }, state: 'volatile', datastore: { present: false }, setupRequired: true },
      ...{ urls: [], certificateSha256: null, health: [] },
    })
  })

  it('writes an IPv6 address as URLs have it, and leaves link-local ones out', async () => {
    const world = await healthy()
    world.host.addresses = [
      { adapter: 'eth0', address: '2001:db8::1', family: 6, origin: 'static' },
      { adapter: 'eth0', address: 'fe80::1', family: 6, origin: 'link-local' },
    ]
    expect((await world.boot()).consoleStatus().urls).toEqual([{ url: 'https://[2001:db8::1]/', origin: 'static' }])
  })

  it('names running VMs and complains of crashed ones', async () => {
    const world = await healthy()
    const app = await world.boot()
    const [a, b] = ['a', 'b'].map(
      (name) =>
        app.vms.create(draft(name, { boot: { from: 'cdrom' }, cdroms: [{ medium: { datastore: 'local', file: 'x.iso' } }] }), {
          dryRun: false,
          by: 'x',
        }).id,
    )
    for (const id of [a, b]) app.power.powerOn(id ?? '', 'x')
    await world.clock.advance(0)
    world.vmHost.machine(b ?? '').crash()
    await world.clock.advance(0)
    expect(app.consoleStatus()).toMatchObject({
      vms: { running: 1, defined: 2, runningNames: ['a'] },
      health: [{ severity: 'warning', message: 'The VM b crashed (crashed).' }],
    })
  })
})
