// One appliance for one measurement, ended on every path.
import { Appliance, type ApplianceOptions } from '../harness/appliance.ts'

export async function withAppliance<T>(options: ApplianceOptions, use: (appliance: Appliance) => Promise<T>): Promise<T> {
  const appliance = await Appliance.start(options)
  try {
    return await use(appliance)
  } finally {
    await appliance.stop()
  }
}
