// One appliance for all tests of a file: started before them, ended after them on every path.
import { afterAll, beforeAll } from 'vitest'
import { Appliance, type ApplianceOptions } from '../harness/appliance.ts'

export { withAppliance } from '../harness/with-appliance.ts'

/** Returns a function that gives the running appliance. `prepare` runs once it has been switched on. */
export function booted(options: ApplianceOptions, prepare: (appliance: Appliance) => Promise<unknown>): () => Appliance {
  let appliance: Appliance | undefined
  beforeAll(async () => {
    appliance = await Appliance.start(options)
    await prepare(appliance)
  })
  afterAll(async () => {
    await appliance?.stop()
  })
  return () => {
    if (appliance === undefined) throw new Error('the appliance did not start')
    return appliance
  }
}
