// What is promised of a host with VMs: checked at any time, and once nothing is under way.
import type { VmSpec } from '../../../control/src/domain/vm.ts'
import { mostVcpus } from '../../../control/src/domain/vm-rules.ts'
import { tapName, vmPaths } from '../../../control/src/plan/vm-paths.ts'
import type { VmRecord } from '../../../control/src/ports/store.ts'
import type { FakeKernel } from '../../fakes/kernel.ts'
import type { FakeMachine } from '../../fakes/machine.ts'
import type { World } from '../../fakes/world.ts'
import type { History } from './history.ts'

/** What must be so at any time, whether or not there is a controld. */
export function check(history: History): void {
  const { world, acknowledged, app } = history
  const { store } = world
  history.changes = history.changes.filter(({ task, vm, spec }) => {
    const state = store.getTask(task)?.state
    if (state === 'succeeded') acknowledged.set(vm, spec)
    return state === 'running'
  })
  const records = store.listVms()
  const ids = records.map(({ id }) => id)
  mustBe('the VMs', [...ids].sort(), [...acknowledged.keys()].sort())
  for (const record of records) mustBe(`the spec of ${record.id}`, specText(record), acknowledged.get(record.id))
  if (app !== null)
    mustBe(
      'the VMs shown',
      app.vms.list().map(({ id }) => id),
      ids,
    )
  mustBe('files written twice', repeated(writtenFiles(world)), [])
  mustBe('VMs with two processes', repeated(machinesOf(world).map(({ vmId }) => vmId)), [])
}

/** What must be so once nothing is under way: memory, store and host agree, every task has ended, and nothing is left over. */
export function checkSettled({ world, app, tasks, cutOff }: Pick<History, 'world' | 'app' | 'tasks' | 'cutOff'>): void {
  const { store, vmHost, clock } = world
  if (app === null) throw new Error('no controld')
  const { kernel } = vmHost
  const records = store.listVms()
  const machines = machinesOf(world)
  const running = machines.map(({ vmId }) => vmId).sort()
  for (const record of records) {
    const { id, process, changingTo, lastExit, suspended } = record
    const machine = machines.find(({ vmId }) => vmId === id) ?? null
    const { powerState, pid } = app.vms.get(id).status
    if (!statesOf(record, machine).includes(powerState)) throw new Error(`${id} is shown as ${powerState}`)
    mustBe('the process shown', pid, machine?.identity.pid)
    mustBe('the process remembered', process, machine?.identity ?? null)
    mustBe('a change under way', changingTo, null)
    if (lastExit?.reason === 'host-restarted' && !cutOff.has(id)) throw new Error(`${id} was not ended by a restart of the host`)
    // What is resumed must be there, and what is not suspended must never be resumed.
    const memory = vmPaths(id).suspended
    mustBe(
      'saved memory',
      [...kernel.kept].filter((path) => path.startsWith(memory)),
      suspended === null ? [] : [memory],
    )
    if (machine === null) continue
    mustBe('suspended though it runs', suspended, null)
    checkMachine(machine, record)
  }
  mustBe(
    'processes of nobody',
    running.filter((id) => store.getVm(id) === null),
    [],
  )
  mustBe('tasks that do not end', [...store.listRunningTasks(), ...tasks.filter((id) => store.getTask(id)?.state === 'running')], [])
  // Nothing of what is made for a process outlives it.
  mustBe('cgroups', [...kernel.cgroups.keys()].map((path) => path.slice(path.lastIndexOf('/') + 1)).sort(), running)
  const taps = records.flatMap(({ id, uid, startedSpec }) =>
    running.includes(id) ? (startedSpec?.nics ?? []).map(({ slot }) => tapName(uid, slot)) : [],
  )
  mustBe('TAPs', kernel.taps(), taps.sort())
  mustBe(
    'descriptors of nobody',
    [...kernel.descriptors.values()].filter(({ holder }) => !machines.some((one) => one === holder)).length,
    0,
  )
  // Nothing of the host stays away from it without a VM that has it.
  const groups = new Set(
    records
      .filter(({ id }) => running.includes(id))
      .flatMap(({ startedSpec }) => (startedSpec?.pciDevices ?? []).map(({ device }) => groupOf(kernel, device))),
  )
  const taken = kernel.pci.observe().filter(({ iommuGroup }) => groups.has(iommuGroup))
  mustBe('devices away from the host', [...kernel.pci.away()].sort(), taken.map(({ address }) => address).sort())
  mustBe('devices remembered as away', [...kernel.pci.records.keys()].sort(), taken.map(({ address }) => address).sort())
  mustBe('device nodes of VMs', kernel.pci.nodes.size, groups.size)
  mustBe('memory of other hardware', kernel.mismatches, [])
  // Nothing of a VM outlives it.
  const owners = [...kernel.kept, ...kernel.directories].map((path) => path.split('/').find((part) => part.length === 36) ?? path)
  mustBe(
    'files of deleted VMs',
    owners.filter((id) => store.getVm(id) === null),
    [],
  )
  mustBe('timers', clock.pendingTimers, 0)
}

function groupOf({ pci }: FakeKernel, device: string): number | null {
  return pci.observe().find(({ id }) => id === device)?.iommuGroup ?? null
}

const specTexts = new WeakMap<VmRecord, string>()

/** Records in the store never change, they are put anew. */
function specText(record: VmRecord): string {
  const known = specTexts.get(record)
  if (known !== undefined) return known
  const text = JSON.stringify(record.spec)
  specTexts.set(record, text)
  return text
}

function mustBe(what: string, seen: unknown, wanted: unknown): void {
  const [before, after] = [JSON.stringify(seen), JSON.stringify(wanted)]
  if (before !== after) throw new Error(`${what}: ${before} instead of ${after}`)
}

function repeated(names: readonly string[]): readonly string[] {
  return names.filter((name, index) => names.indexOf(name) !== index)
}

function machinesOf({ vmHost }: World): readonly FakeMachine[] {
  return [...vmHost.machines.values()].filter(({ exit }) => exit === null)
}

function statesOf({ suspended, lastExit }: VmRecord, machine: FakeMachine | null): readonly string[] {
  if (machine !== null) return [machine.state === 'running' ? 'running' : 'paused']
  if (suspended !== null) return ['suspended']
  return lastExit?.reason === 'host-restarted' ? ['off'] : ['off', 'crashed']
}

/** What the process has is what the record says is in force. */
function checkMachine(machine: FakeMachine, { uid, startedSpec }: VmRecord): void {
  if (startedSpec === null) throw new Error('runs with nothing in force')
  const { qmp, kernel } = machine
  const { cdroms, nics, vcpus } = startedSpec
  mustBe('devices', machine.devices(), devicesOf(startedSpec))
  mustBe(
    'media',
    [...qmp.media].map(([drive, node]) => [drive, node !== null]),
    cdroms.map(({ slot, medium }) => [`cdrom${slot}`, medium !== null]),
  )
  mustBe('open trays', [...qmp.openTrays], [])
  // Each disk and each medium stands on two nodes, and there are no others.
  const based = startedSpec.disks.length + cdroms.filter(({ medium }) => medium !== null).length
  if (qmp.nodes.size !== 2 * based) mustBe('nodes', [...qmp.nodes.keys()], `${2 * based} nodes`)
  mustBe('descriptors that nothing uses', [...qmp.fds.keys()], [])
  mustBe('netdevs', [...qmp.netdevs.keys()].sort(), nics.map(({ slot }) => `nic${slot}-net`).sort())
  mustBe('unplugged cables', [...qmp.unlinked].sort(), nics.flatMap(({ slot, connected }) => (connected ? [] : [`nic${slot}`])).sort())
  mustBe('vCPUs', [qmp.vcpus.size, qmp.mostVcpus], [vcpus, mostVcpus(startedSpec)])
  mustBe(
    'saving',
    [...qmp.fdsets.values()].filter(({ opaque }) => opaque.startsWith('saving')),
    [],
  )
  const disks = startedSpec.disks.filter(({ readOnly }) => !readOnly).map(({ file }) => `/datastores/local/${file}`)
  mustBe('files written', [...machine.writtenFiles()].sort(), disks.sort())
  mustBe(
    'owners of disks',
    disks.filter((disk) => kernel.owners.get(disk) !== uid),
    [],
  )
}

/** Names of the disks and NICs that a spec has. */
function devicesOf({ disks, nics }: VmSpec): readonly string[] {
  return [...disks.map(({ slot }) => `disk${slot}`), ...nics.map(({ slot }) => `nic${slot}`)].sort()
}

/** Every file that a process has open for writing, or that a suspended VM goes on writing when it is resumed. */
function writtenFiles(world: World): readonly string[] {
  const machines = machinesOf(world)
  const running = new Set(machines.map(({ vmId }) => vmId))
  // One that is being resumed has both.
  const suspended = world.store
    .listVms()
    .flatMap((record) => (record.suspended !== null && !running.has(record.id) ? [record.suspended] : []))
  return [
    ...machines.flatMap((machine) => machine.writtenFiles()),
    ...suspended.flatMap(({ spec }) => spec.disks.filter(({ readOnly }) => !readOnly).map(({ file }) => `/datastores/local/${file}`)),
  ]
}
