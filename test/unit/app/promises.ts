// What is promised of a host with VMs: checked at any time, and once nothing is under way.
import { expect } from 'vitest'
import type { VmSpec } from '../../../control/src/domain/vm.ts'
import { mostVcpus } from '../../../control/src/domain/vm-rules.ts'
import { tapName, vmPaths } from '../../../control/src/plan/vm-paths.ts'
import type { VmRecord } from '../../../control/src/ports/store.ts'
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
  for (const [id, spec] of acknowledged) expect(JSON.stringify(store.getVm(id)?.spec)).toBe(spec)
  const ids = store.listVms().map(({ id }) => id)
  expect([...ids].sort()).toEqual([...acknowledged.keys()].sort())
  if (app !== null) expect(app.vms.list().map(({ id }) => id)).toEqual(ids)
  const written = writtenFiles(world)
  expect(written).toHaveLength(new Set(written).size)
  const alive = machinesOf(world).map(({ vmId }) => vmId)
  expect(alive).toHaveLength(new Set(alive).size)
}

/** What must be so once nothing is under way: memory, store and host agree, every task has ended, and nothing is left over. */
export function checkSettled({ world, app, tasks, cutOff }: History): void {
  const { store, vmHost, clock } = world
  if (app === null) throw new Error('no controld')
  const { kernel } = vmHost
  const records = store.listVms()
  for (const record of records) {
    const machine = machinesOf(world).find(({ vmId }) => vmId === record.id) ?? null
    const { powerState, pid } = app.vms.get(record.id).status
    expect([powerState, pid]).toEqual([expect.stringMatching(stateOf(record, machine)), machine?.identity.pid])
    expect(record.process).toEqual(machine?.identity ?? null)
    expect(record.changingTo).toBeNull()
    if (record.lastExit?.reason === 'host-restarted') expect([...cutOff]).toContain(record.id)
    // What is resumed must be there, and what is not suspended must never be resumed.
    expect([...kernel.kept].filter((path) => path.startsWith(vmPaths(record.id).suspended))).toEqual(
      record.suspended === null ? [] : [vmPaths(record.id).suspended],
    )
    if (machine !== null) expect(record.suspended).toBeNull()
    if (machine !== null) checkMachine(machine, record)
  }
  const running = machinesOf(world).map(({ vmId }) => vmId)
  expect(running.filter((id) => store.getVm(id) === null)).toEqual([])
  expect(store.listRunningTasks()).toEqual([])
  for (const id of tasks) expect(store.getTask(id)?.state).not.toBe('running')
  // Nothing of what is made for a process outlives it.
  expect([...kernel.cgroups.keys()].sort()).toEqual(running.map((id) => vmPaths(id).cgroup).sort())
  expect(
    [...kernel.runFiles]
      .filter((path) => path.split('/').length === 5)
      .map((path) => path.split('/')[4])
      .sort(),
  ).toEqual([...running].sort())
  const taps = records.flatMap(({ id, uid, startedSpec }) =>
    running.includes(id) ? (startedSpec?.nics ?? []).map(({ slot }) => tapName(uid, slot)) : [],
  )
  expect(kernel.taps()).toEqual(taps.sort())
  for (const { holder } of kernel.descriptors.values()) expect(machinesOf(world)).toContain(holder)
  // Nothing of a VM outlives it.
  const owners = [...kernel.kept, ...kernel.directories].map((path) => path.split('/').find((part) => part.length === 36) ?? path)
  expect([...new Set(owners)].filter((id) => store.getVm(id) === null)).toEqual([])
  expect(clock.pendingTimers).toBe(0)
}

function machinesOf({ vmHost }: World): readonly FakeMachine[] {
  return [...vmHost.machines.values()].filter(({ exit }) => exit === null)
}

function stateOf({ suspended, lastExit }: VmRecord, machine: FakeMachine | null): RegExp {
  if (machine !== null) return machine.state === 'running' ? /^running$/ : /^paused$/
  if (suspended !== null) return /^suspended$/
  return lastExit?.reason === 'host-restarted' ? /^off$/ : /^(?:off|crashed)$/
}

/** What the process has is what the record says is in force. */
function checkMachine(machine: FakeMachine, { uid, startedSpec }: VmRecord): void {
  if (startedSpec === null) throw new Error('runs with nothing in force')
  const { qmp, kernel } = machine
  expect(machine.devices()).toEqual(devicesOf(startedSpec))
  const media = startedSpec.cdroms.map(({ slot, medium }): [string, boolean] => [`cdrom${slot}`, medium !== null])
  expect([...qmp.media].map(([drive, node]) => [drive, node !== null])).toEqual(media)
  expect(qmp.openTrays.size).toBe(0)
  // Each disk and each medium stands on two nodes, and there are no others.
  expect(qmp.nodes.size).toBe(2 * (startedSpec.disks.length + media.filter(([, inserted]) => inserted).length))
  expect([...qmp.fds.keys()]).toEqual([])
  expect([...qmp.netdevs.keys()].sort()).toEqual(startedSpec.nics.map(({ slot }) => `nic${slot}-net`).sort())
  expect([...qmp.unlinked].sort()).toEqual(startedSpec.nics.flatMap(({ slot, connected }) => (connected ? [] : [`nic${slot}`])).sort())
  expect(qmp.vcpus.size).toBe(startedSpec.vcpus)
  expect(qmp.mostVcpus).toBe(mostVcpus(startedSpec))
  expect([...qmp.fdsets.values()].map(({ opaque }) => opaque)).not.toContain('state')
  const disks = startedSpec.disks.filter(({ readOnly }) => !readOnly).map(({ file }) => `/datastores/local/${file}`)
  expect([...machine.writtenFiles()].sort()).toEqual(disks.sort())
  for (const disk of disks) expect([disk, kernel.owners.get(disk)]).toEqual([disk, uid])
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
