// Whether the host does what it did before: what a slot has to show before it is confirmed.

import type { Ledger } from './ledger.ts'
import type { AppPorts } from './ports.ts'

type Ports = Pick<AppPorts, 'host' | 'network' | 'datastores' | 'selfTest'>

/** What is not as it should be, in words; empty when the slot can be confirmed. `vms` ran when it was chosen. */
export async function missingForHealth(
  { host, network, datastores, selfTest }: Ports,
  ledger: Pick<Ledger, 'vms'>,
  vms: readonly string[],
): Promise<readonly string[]> {
  const { bootOutcome } = host
  const applied = network.applied()
  const addresses = host.observeStatus().addresses.filter(({ origin }) => origin !== 'link-local')
  const waiting = vms.flatMap((id) => {
    const record = ledger.vms.get(id)
    // Deleted, changed or left off meanwhile by somebody who could get in: then it is not for us to wait for it.
    return record === undefined || record.process !== null || !record.spec.autostart.enabled ? [] : [record.spec.name]
  })
  const found: (string | false)[] = [
    !(await selfTest.apiAnswers()) && 'the API does not answer',
    applied === null && 'the management network is not set up',
    applied !== null && applied.problem !== null && `the management network: ${applied.problem}`,
    addresses.length === 0 && 'the management network has no address',
    bootOutcome.state !== 'persistent' &&
      `the state is not on its disk${bootOutcome.stateProblem === null ? '' : `: ${bootOutcome.stateProblem}`}`,
    datastores.list().length === 0 &&
      `the datastore is not mounted${bootOutcome.datastore.problem === null ? '' : `: ${bootOutcome.datastore.problem}`}`,
    waiting.length > 0 && `VMs that ran before do not run: ${waiting.slice(0, 10).join(', ')}`,
  ]
  return found.filter((words) => words !== false)
}
