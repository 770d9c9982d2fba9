// One appliance for one piece of work, ended on every path.
import { Appliance, type ApplianceOptions } from './appliance.ts'

/** Runs `use` with an appliance that is ended afterwards, whatever happens. */
export async function withAppliance<T>(options: ApplianceOptions, use: (appliance: Appliance) => Promise<T>): Promise<T> {
  const appliance = await Appliance.start(options)
  try {
    return await use(appliance)
  } finally {
    await appliance.stop()
  }
}
