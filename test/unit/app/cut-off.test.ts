// Everything that is done to a VM is cut off before each of its effects in turn, and so is what the next controld does about that: what is promised is so afterwards.
import { describe, expect, it } from 'vitest'
import type { App } from '../../../control/src/app/app.ts'
import { World } from '../../fakes/world.ts'
import { draft } from './draft.ts'
import { checkSettled } from './promises.ts'

const BY = 'administrator'
const CHANGE = { dryRun: false, by: BY }
const disk = (file: string) => ({ datastore: 'local', file, format: 'qcow2' })
/** What a second controld is cut off after at most; few acts have it do more. The engine under WebAssembly is far slower than Node. */
const RECOVERY_EFFECTS = 'process' in globalThis ? 16 : 1

interface Scene {
  readonly world: World
  readonly app: App
  readonly id: string
}

type Act = (scene: Scene) => unknown

const settle = ({ clock }: World) => clock.advance(60_000)
const running: Act = async ({ world, app, id }) => {
  app.power.powerOn(id, BY)
  await settle(world)
}
const paused: Act = async (scene) => {
  await running(scene)
  scene.app.power.pause(scene.id, BY)
  await settle(scene.world)
}
const suspended: Act = async (scene) => {
  await running(scene)
  scene.app.power.suspend(scene.id, BY)
  await settle(scene.world)
}
const edit = ({ app, id }: Scene, patch: object) => app.vms.patch(id, patch, () => true, CHANGE)

/** A card alone in its group, and one of two functions of which the VM wants one. */
const withDevices: Act = (scene) => void edit(scene, { pciDevices: [{ device: 'PCI0-1c.0-00.0' }, { device: 'PCI0-1d.0-00.0' }] })
const runningWithDevices: Act = async (scene) => {
  withDevices(scene)
  await running(scene)
}

const ACTS: readonly (readonly [string, Act, Act, readonly string[]])[] = [
  ['a power-on', () => {}, ({ app, id }) => app.power.powerOn(id, BY), ['off', 'running']],
  ['a power-on with devices of the host', withDevices, ({ app, id }) => app.power.powerOn(id, BY), ['off', 'running']],
  ['a power-off with them', runningWithDevices, ({ app, id }) => app.power.powerOff(id, BY), ['running', 'off', 'crashed']],
  ['the end of a VM that crashed with them', runningWithDevices, ({ world, id }) => world.vmHost.machine(id).crash(), ['crashed']],
  ['a power-off', running, ({ app, id }) => app.power.powerOff(id, BY), ['running', 'off', 'crashed']],
  ['the end of a VM that crashed', running, ({ world, id }) => world.vmHost.machine(id).crash(), ['crashed']],
  ['a suspend', running, ({ app, id }) => app.power.suspend(id, BY), ['running', 'suspended']],
  ['a suspend of what stands still', paused, ({ app, id }) => app.power.suspend(id, BY), ['paused', 'suspended']],
  ['a resume', suspended, ({ app, id }) => app.power.resume(id, BY), ['suspended', 'running']],
  ['giving up what is suspended', suspended, ({ app, id }) => app.power.powerOff(id, BY), ['suspended', 'off']],
  [
    'the host going down, which suspends it',
    async (scene) => {
      edit(scene, { onHostShutdown: { action: 'suspend' } })
      await running(scene)
    },
    ({ app }) => app.hostPower.restart(BY),
    ['running', 'suspended'],
  ],
  ['a deletion', () => {}, ({ app, id }) => app.vms.remove(id, () => true, CHANGE), ['off', 'deleted']],
  [
    'plugging in',
    running,
    (scene) =>
      edit(scene, {
        ...{ disks: [disk('a.qcow2'), disk('b.qcow2')], nics: [{ network: 'nat' }, { network: 'nat', connected: false }] },
        ...{ vcpus: 3, cdroms: [{ medium: { datastore: 'local', file: 'x.iso' } }] },
      }),
    ['running'],
  ],
  ['unplugging', running, (scene) => edit(scene, { disks: [], nics: [] }), ['running']],
]

/** Null when it was through before; else the scene after a controld that was let live. */
async function cutOff(before: Act, act: Act, effects: number, recoveryEffects: number): Promise<Scene | null> {
  const world = new World()
  const { app, process, started } = world.begin()
  await started
  const spec = { maxVcpus: 4, tpm: true, firmware: 'uefi', onCrash: { action: 'stay-off' }, cdroms: [{ medium: null }] }
  const { id } = app.vms.create(draft('web1', { ...spec, disks: [disk('a.qcow2')], nics: [{ network: 'nat' }] }), CHANGE)
  const scene = { world, app, id }
  await before(scene)
  process.effectsLeft = effects
  try {
    await act(scene)
  } catch (error) {
    if (process.isAlive) throw error
  }
  await settle(world)
  if (process.isAlive) return null
  const second = world.begin()
  second.process.effectsLeft = recoveryEffects
  // In vain if it is killed meanwhile.
  second.started.catch(() => {})
  await settle(world)
  const last = await world.boot()
  await settle(world)
  return { world, app: last, id }
}

function stateOf({ world, app, id }: Scene): string {
  return world.store.getVm(id) === null ? 'deleted' : app.vms.get(id).status.powerState
}

describe('cut off before any of its effects, and again after that,', () => {
  it.each(ACTS)(
    '%s leaves nothing half done',
    async (_what, before, act, states) => {
      const seen = new Set<string>()
      let effects = 0
      for (let scene: Scene | null = null; effects === 0 || scene !== null; effects++) {
        for (let recoveryEffects = 0; recoveryEffects <= RECOVERY_EFFECTS; recoveryEffects++) {
          scene = await cutOff(before, act, effects, recoveryEffects)
          if (scene === null) break
          try {
            checkSettled({ ...scene, tasks: [], cutOff: new Set() })
          } catch (error) {
            throw new Error(`after ${effects} effects, then ${recoveryEffects}: ${String(error)}`)
          }
          seen.add(stateOf(scene))
        }
      }
      expect([...states]).toEqual(expect.arrayContaining([...seen]))
      expect(effects).toBeGreaterThan(1)
    },
    120_000,
  )
})
