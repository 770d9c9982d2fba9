// What deleted VMs leave is removed, sooner or later.
import { beforeEach, expect, it } from 'vitest'
import type { App } from '../../../control/src/app/app.ts'
import { World } from '../../fakes/world.ts'
import { draft } from './draft.ts'

const CHANGE = { dryRun: false, by: 'administrator' }
let world: World
let app: App
let id: string

beforeEach(async () => {
  world = new World()
  app = await world.boot()
  id = app.vms.create(draft('web1', {}), CHANGE).id
  world.vmHost.kept.add(`/datastores/local/.vm/${id}/nvram.uefi.fd`)
})

it('is gone with its VM', () => {
  app.vms.remove(id, () => true, CHANGE)
  expect([world.vmHost.kept.size, world.store.getSetting('deleted-vms')]).toEqual([0, []])
})

it('that cannot be removed is tried again by the next controld, and no other VM loses anything', async () => {
  const other = '/datastores/local/.vm/other/nvram.uefi.fd'
  world.vmHost.kept.add(other)
  world.vmHost.failNextRemoval = true
  app.vms.remove(id, () => true, CHANGE)
  expect(world.vmHost.kept.size).toBe(2)
  await world.boot()
  expect([[...world.vmHost.kept], world.store.getSetting('deleted-vms')]).toEqual([[other], []])
})
