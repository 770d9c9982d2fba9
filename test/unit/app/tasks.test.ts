// What can be asked of a task while it runs and after it has ended, and of what an earlier version remembered.
import { beforeEach, describe, expect, it } from 'vitest'
import type { App } from '../../../control/src/app/app.ts'
import type { Refusal } from '../../../control/src/app/refusal.ts'
import type { Task } from '../../../control/src/domain/task.ts'
import { World } from '../../fakes/world.ts'

const BY = 'operator'
const newDisk = { file: 'new', format: 'raw', sizeBytes: 1_048_576, preallocation: 'none' } as const

let world: World
let app: App
beforeEach(async () => {
  world = new World()
  app = await world.boot()
})

function codeOf(act: () => unknown): string {
  try {
    act()
  } catch (error) {
    return (error as Refusal).code
  }
  return 'was not refused'
}

describe('a task', () => {
  it('can be cancelled once, while it runs, and is refused that afterwards', async () => {
    world.diskImages.gate = new Promise(() => {})
    const { id } = app.disks.create('local', newDisk, BY)
    expect(app.tasks.cancel(id)).toMatchObject({ state: 'running', cancellable: false })
    expect(app.tasks.cancel(id)).toMatchObject({ state: 'running', cancellable: false })
    await world.clock.advance(0)
    expect(app.tasks.get(id)).toMatchObject({ state: 'cancelled', progressPercent: 50, cancellable: false, error: null })
    expect(codeOf(() => app.tasks.cancel(id))).toBe('task.ended')
  })

  it('is in the log and among the events when it fails, not when it was cancelled', async () => {
    world.diskImages.gate = new Promise(() => {})
    app.tasks.cancel(app.disks.create('local', newDisk, BY).id)
    await world.clock.advance(0)
    expect([world.logged, world.store.latestEvents(9)]).toEqual([[], []])
  })

  it('that has to end by itself cannot be cancelled', async () => {
    world.diskImages.gate = new Promise(() => {})
    const { id } = app.disks.grow({ datastore: 'local', file: 'c.raw' }, { sizeBytes: 1_048_576 }, BY)
    expect(codeOf(() => app.tasks.cancel(id))).toBe('task.not-cancellable')
    expect(codeOf(() => app.tasks.cancel('x'))).toBe('task.not-found')
  })

  it('keeps in the store that it succeeded, whatever it showed on the way', async () => {
    const { id } = app.disks.create('local', newDisk, BY)
    await world.clock.advance(0)
    expect(world.store.getTask(id)).toMatchObject({ state: 'succeeded', progressPercent: 100, cancellable: false })
  })
})

describe('a task that a restart cut off when its file was whole already', () => {
  it('has succeeded', async () => {
    world.diskImages.gate = new Promise(() => {})
    const { id } = app.disks.create('local', newDisk, BY)
    await world.clock.advance(0)
    world.datastores.contents?.set('new', 1_048_576)
    app = await world.boot()
    expect(app.tasks.get(id)).toMatchObject({ state: 'succeeded', progressPercent: 100, error: null })
  })
})

describe('a task that an earlier version wrote', () => {
  const old = (id: string, state: Task['state'], endedAt: string | null): Task => {
    const { cancellable: _cancellable, ...document }: Task = {
      ...{ id, kind: 'vm.reset', target: { kind: 'vm', id: 'v' }, state, progressPercent: 0, cancellable: true },
      ...{ createdAt: '2025-01-01T00:00:00.000Z', endedAt, error: null, by: BY },
    }
    return document as Task
  }

  it('is shown like others, and cannot be cancelled', () => {
    world.store.putTask(old('t', 'failed', '2025-01-01T00:00:01.000Z'))
    expect(app.tasks.get('t').cancellable).toBe(false)
    expect(app.tasks.list().map(({ cancellable }) => cancellable)).toEqual([false])
  })

  it('and that was cut off is ended', async () => {
    world.store.putTask(old('t', 'running', null))
    app = await world.boot()
    expect(app.tasks.get('t')).toMatchObject({ state: 'failed', cancellable: false, error: { code: 'task.interrupted' } })
  })
})
