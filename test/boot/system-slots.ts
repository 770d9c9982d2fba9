// The system slots of a booted appliance.
import type { SystemSlotsView } from '../../control/src/domain/boot-slot.ts'
import type { Appliance } from '../harness/appliance.ts'
import { until } from '../harness/wait.ts'

export function slotsOf({ api }: Appliance): Promise<SystemSlotsView> {
  return api.call<SystemSlotsView>('GET', '/v1/host/slots')
}

/** The slot that runs is. */
export async function becomesConfirmed(appliance: Appliance): Promise<void> {
  const isConfirmed = async () => (await slotsOf(appliance)).confirmed
  const { machine, patience } = appliance
  await until('a confirmed slot', isConfirmed, { timeoutMs: patience(30_000), intervalMs: 1_000, signal: machine.died })
}
