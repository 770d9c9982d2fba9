// What-ifs: each says what then really happens, and does nothing.
import { beforeEach, describe, expect, it } from 'vitest'
import type { App } from '../../../control/src/app/app.ts'
import { Refusal } from '../../../control/src/app/refusal.ts'
import { check } from '../../../control/src/domain/check.ts'
import type { ResourcesView } from '../../../control/src/domain/host-resources.ts'
import { type StepOutcome, type WhatIfStep, whatIfSchema } from '../../../control/src/domain/what-if.ts'
import { TWO_NODES } from '../../fakes/topology.ts'
import { World } from '../../fakes/world.ts'
import { Chance, pool } from '../plan/random-hosts.ts'
import { draft } from './draft.ts'

const BY = 'operator'
const NOW = { dryRun: false, by: BY }
const fromKernel = { boot: { from: 'kernel', kernel: { datastore: 'local', file: 'vmlinuz' } } }
const any = () => true

let world: World
let app: App
async function begin(): Promise<void> {
  world = new World()
  // 4 threads of which 1 is kept, 4 GiB of which 356 MiB are.
  world.host.facts = { ...world.host.facts, memoryMiB: 4096 }
  world.host.made = { ...TWO_NODES, cpus: firstCpus(4) }
  app = await world.boot()
}
beforeEach(begin)

const pass = () => world.clock.advance(0)
const makeVm = (name: string, spec: object = {}) => app.vms.create(draft(name, { ...fromKernel, ...spec }), NOW).id

function stepsOf(steps: readonly object[]): readonly WhatIfStep[] {
  const checked = check(whatIfSchema, { steps }, 'what-if')
  if (!checked.ok) throw new Error(JSON.stringify(checked.problems))
  return checked.value.steps
}
/** A VM that is not there yet has none, and comes in no order. */
function withoutIds(view: ResourcesView): object {
  const vms = view.cpus.vms.map((vm) => ({ ...vm, id: '' })).sort((a, b) => (a.name < b.name ? -1 : 1))
  return { ...view, cpus: { ...view.cpus, vms } }
}

/** Of the machine of tests so many. */
function firstCpus(count: number) {
  const ids = TWO_NODES.cpus.slice(0, count).map(({ id }) => id)
  return TWO_NODES.cpus.slice(0, count).map((cpu) => ({ ...cpu, siblings: cpu.siblings.filter((id) => ids.includes(id)) }))
}

const ask = (...steps: readonly object[]) => app.whatIf(stepsOf(steps))
const outcomes = (steps: readonly StepOutcome[]) => steps.map(({ outcome, problems }) => [outcome, ...problems.map(({ code }) => code)])

describe('a what-if', () => {
  it('answers each step after those before it, and keeps nothing', async () => {
    const a = makeVm('a', { memoryMiB: 3000 })
    makeVm('b', { memoryMiB: 2000, vcpus: 4 })
    app.power.powerOn(a, BY)
    await pass()
    const before = app.resources.view()
    const { steps, resources } = ask(
      ...[
        { do: 'start', vm: 'b' },
        { do: 'stop', vm: a },
        { do: 'start', vm: 'b' },
      ],
      ...[
        { do: 'change', vm: 'b', patch: { cpuAllocation: { reservationCores: 3.5 } } },
        { do: 'stop', vm: 'nobody' },
      ],
    )
    expect(outcomes(steps)).toEqual([
      ['refused', 'admission.memory'],
      ['admitted'],
      ['admitted'],
      ['refused', 'admission.cpu-reservation'],
      ['refused', 'vm.not-found'],
    ])
    expect(resources.used.memoryMiB).toBeGreaterThan(2000)
    expect(resources.used.memoryMiB).toBeLessThan(2500)
    expect(app.resources.view()).toEqual(before)
  })

  it('says as a refusal does what is missing, and how many more like it fit', () => {
    const { steps } = ask(
      { do: 'start-new', spec: { name: 'x', memoryMiB: 1024, display: 'none' }, count: 2 },
      { do: 'start-new', spec: { name: 'y', memoryMiB: 1024, display: 'none' }, count: 2 },
    )
    expect(steps).toMatchObject([
      { outcome: 'admitted', started: 2, fits: 1 },
      {
        outcome: 'refused',
        started: 1,
        fits: 0,
        message: expect.stringContaining('y does not fit: 1085 MiB of memory are asked of the host'),
      },
    ])
  })

  it('of a machine with less tells who would start with it, and who would not', () => {
    makeVm('low', { memoryMiB: 1000, autostart: { enabled: true, order: 1 }, priority: 'low' })
    makeVm('high', { memoryMiB: 1000, autostart: { enabled: true, order: 2 }, priority: 'high' })
    makeVm('by-hand', { memoryMiB: 64 })
    const { steps, resources } = ask({ do: 'restart', memoryMiB: 2048 })
    expect(steps[0]?.vms).toMatchObject([
      { name: 'low', outcome: 'refused', problems: [{ code: 'admission.memory' }] },
      { name: 'high', outcome: 'admitted', problems: [] },
    ])
    expect([resources.missing, resources.used.vcpus]).toEqual([{ cores: 0, memoryMiB: 2048 }, 1])
  })
})

describe('whatever is asked', () => {
  const chance = new Chance(17)
  const size = () => 200 + 100 * chance.some(12)
  const fields = () => ({
    ...{ vcpus: 1 + chance.some(2), memoryMiB: size(), priority: chance.priority() },
    cpuPlacement: { mode: chance.some(9) === 0 ? 'dedicated' : 'shared' },
    cpuAllocation: { reservationCores: chance.some(3) / 2 },
    memoryAllocation: { reservationMiB: chance.some(1) * 200 },
  })
  const NAMES = ['a', 'b', 'c', 'd', 'e']
  const POOLS = ['p', 'q', 'r']

  function step(at: number): object {
    const vm = chance.one(NAMES)
    const name = chance.one(POOLS)
    const promise = { cpu: { reservationCores: chance.some(4) / 2 }, memory: { reservationMiB: 300 * chance.some(4) } }
    switch (chance.some(11)) {
      case 0:
      case 1:
      case 2:
        return { do: 'start', vm }
      case 3:
        return { do: 'stop', vm }
      case 4:
        return { do: 'change', vm, patch: fields() }
      case 5:
        return { do: 'change', vm, patch: { memoryMiB: size(), pool: chance.one(['host', ...POOLS]) } }
      case 6:
        return { do: 'make-pool', spec: { name, parent: chance.one(['host', ...POOLS]), priority: chance.priority(), ...promise } }
      case 7:
        return { do: 'change-pool', pool: name, patch: promise }
      case 8:
        return { do: 'delete-pool', pool: name }
      case 9:
        return {
          do: 'change-host',
          patch: { reserve: { cores: 0.5 + chance.some(3) / 2 }, overcommit: { memory: 1 + chance.some(1) / 2 } },
        }
      case 10:
        return {
          do: 'start-new',
          spec: { ...fields(), ...fromKernel, name: `new${at}`, pool: chance.one(['host', 'p']) },
          count: 1 + chance.some(2),
        }
      default:
        return { do: 'restart', cores: 2 + chance.some(2), memoryMiB: 2048 + 1024 * chance.some(2) }
    }
  }

  const idOf = (name: string) => app.vms.list().find(({ spec }) => spec.name === name)?.id ?? 'none'

  async function reallyDo(what: WhatIfStep): Promise<void> {
    switch (what.do) {
      case 'start':
        return void app.power.powerOn(idOf(what.vm), BY)
      case 'stop':
        return void app.power.powerOff(idOf(what.vm), BY)
      case 'change':
        return void app.vms.patch(idOf(what.vm), what.patch, any, NOW)
      case 'start-new':
        for (let at = 1; at <= what.count; at++) {
          const { id } = app.vms.create({ ...what.spec, name: what.count === 1 ? what.spec.name : `${what.spec.name}-${at}` }, NOW)
          try {
            app.power.powerOn(id, BY)
          } catch (error) {
            app.vms.remove(id, any, NOW)
            throw error
          }
          await pass()
        }
        return
      case 'make-pool':
        return void app.pools.create(what.spec, NOW)
      case 'change-pool':
        return void app.pools.patch(what.pool, what.patch, any, NOW)
      case 'delete-pool':
        return app.pools.remove(what.pool, any, NOW)
      case 'change-host':
        return void app.resources.change(what.patch, BY)
      case 'restart': {
        const { facts } = world.host
        const threads = what.cores ?? facts.cpu.threads
        world.powerCut()
        world.host.facts = { ...facts, cpu: { ...facts.cpu, threads }, memoryMiB: what.memoryMiB ?? facts.memoryMiB }
        world.host.made = { ...TWO_NODES, cpus: firstCpus(threads) }
        app = await world.boot()
        return world.clock.advance(10_000)
      }
    }
  }

  async function outcomeOf(what: WhatIfStep): Promise<object> {
    try {
      // What ended in the moment in which the host starts was stopped after that.
      await world.clock.advance(1000)
      await reallyDo(what)
      await pass()
      return { outcome: 'admitted', codes: [] }
    } catch (error) {
      if (!(error instanceof Refusal)) throw error
      const { code, problems } = error
      return { outcome: 'refused', codes: problems.length === 0 ? [code] : problems.map((one) => one.code) }
    }
  }

  it('is what then happens', async () => {
    const seen = new Map<string, number>()
    for (let round = 0; round < 120; round++) {
      await begin()
      app.pools.create(pool('p', { cpu: { reservationCores: chance.some(2) / 2 } }), NOW)
      for (const name of NAMES) {
        const autostart = { enabled: chance.some(2) > 0, order: chance.some(3) }
        makeVm(name, { ...fields(), maxVcpus: 4, maxMemoryMiB: 2048, autostart })
      }
      const steps = stepsOf(Array.from({ length: 12 }, (_, at) => step(at)))
      const foretold = app.whatIf(steps)
      for (const [at, what] of steps.entries()) {
        const told = foretold.steps[at]
        const now = { outcome: told?.outcome, codes: told?.problems.map(({ code }) => code) }
        expect(now, `round ${round}, step ${at}: ${JSON.stringify(what)}`).toEqual(await outcomeOf(what))
        const key = `${what.do} ${told?.outcome}`
        seen.set(key, (seen.get(key) ?? 0) + 1)
        const running = app.vms.list().filter(({ status }) => status.powerState === 'running')
        for (const { name, outcome } of told?.vms ?? []) {
          expect([name, running.some(({ spec }) => spec.name === name)], `round ${round}, step ${at}`).toEqual([
            name,
            outcome === 'admitted',
          ])
        }
      }
      expect(withoutIds(app.resources.view())).toEqual(withoutIds(foretold.resources))
    }
    const often = ['start', 'change', 'start-new', 'make-pool', 'change-pool', 'change-host'].flatMap((kind) => [
      `${kind} admitted`,
      `${kind} refused`,
    ])
    expect(often.filter((kind) => (seen.get(kind) ?? 0) < 5)).toEqual([])
    expect(Math.min(seen.get('start refused') ?? 0, seen.get('restart admitted') ?? 0)).toBeGreaterThan(30)
  })
})
