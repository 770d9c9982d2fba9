// An installed host that runs and has confirmed its slot, and an update that could be its next.
import type { UpdateManifest } from '../../control/src/domain/update-manifest.ts'
import { installedSlots } from './boot-slots.ts'
import { Client, World } from './world.ts'

export const UPDATE_HEADER = 4096

/** Nothing is new in it but the control plane of {@link FakeControlPlane}. */
export const UPDATE_MANIFEST: UpdateManifest = {
  ...{ format: 1, version: '0.2.0', base: 'debian', host: 'ab'.repeat(32), programs: 'ef'.repeat(32), minimumFrom: '0.1.0' },
  payload: { bytes: 1000, sha256: 'cd'.repeat(32) },
}

export async function installedWorld(): Promise<{ readonly world: World; readonly client: Client }> {
  const world = new World()
  world.bootSlots.seen = installedSlots()
  const client = await Client.open(world)
  void client.app.systemSlots.start()
  await world.clock.advance(0)
  world.bootSlots.done.length = 0
  return { world, client }
}
