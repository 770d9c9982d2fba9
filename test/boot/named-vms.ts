// VMs of one file's tests, by their names.
import type { Appliance } from '../harness/appliance.ts'
import { SerialSocket } from '../harness/serial-socket.ts'
import type { Vm } from '../harness/vm-client.ts'

export interface NamedVms {
  vm(name: string): Vm
  /** Makes it and powers it on; returns its console. */
  start(name: string, spec: object): Promise<SerialSocket>
}

export function namedVms(host: () => Appliance): NamedVms {
  const made = new Map<string, Vm>()
  return {
    vm(name) {
      const found = made.get(name)
      if (found === undefined) throw new Error(`the VM ${name} was not made`)
      return found
    },
    async start(name, spec) {
      const { api, patience, vms } = host()
      const created = await vms.create(spec)
      made.set(name, created)
      await vms.power(created.id, 'power-on', patience(10_000))
      return SerialSocket.open(api, created.id)
    },
  }
}
