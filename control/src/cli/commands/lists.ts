// Commands that only look: lists and single things, as tables or as the host's documents.
import type { Datastore, DatastoreFile } from '../../domain/datastore.ts'
import type { Event } from '../../domain/event.ts'
import type { HostFacts, HostStatus } from '../../domain/host.ts'
import type { HostDevice } from '../../domain/pci-device.ts'
import type { Task } from '../../domain/task.ts'
import type { HostTopology } from '../../domain/topology.ts'
import type { Vm } from '../../domain/vm-status.ts'
import type { Client } from '../client.ts'
import type { Command } from '../command.ts'
import { findVm, segment } from '../names.ts'
import { type OperationName, operation, pathOf, whoMay } from '../operations.ts'
import { printResult } from '../output.ts'
import { formatBytes, formatSeconds } from '../quantity.ts'
import { type Column, renderPairs, renderTable } from '../table.ts'
import { renderTopology } from '../topology-view.ts'
import { vmPairs } from '../vm-view.ts'

type FileItem = DatastoreFile & { readonly usedBy: readonly string[] }

const mib = (count: number) => formatBytes(count * 1024 * 1024)
/** As the guest claims, while its agent answers. */
const guestAddress = ({ status: { guest } }: Vm) => (guest?.agent === 'responding' ? guest.claims?.addresses[0]?.address : null)
const state = ({ status: { powerState, pausedBecause } }: Vm) =>
  pausedBecause === undefined ? powerState : `${powerState} (${pausedBecause})`

const VM_COLUMNS: readonly Column<Vm>[] = [
  { title: 'NAME', value: ({ spec }) => spec.name },
  { title: 'STATE', value: state },
  { title: 'VCPUS', value: ({ spec }) => spec.vcpus, align: 'right' },
  { title: 'MEMORY', value: ({ spec }) => mib(spec.memoryMiB), align: 'right' },
  { title: 'GUEST ADDRESS', value: guestAddress },
  { title: 'PENDING', value: ({ status }) => status.pending?.join(', ') },
  { title: 'ID', value: ({ id }) => id },
]

const DATASTORE_COLUMNS: readonly Column<Datastore>[] = [
  { title: 'NAME', value: ({ name }) => name },
  { title: 'SIZE', value: ({ totalBytes }) => formatBytes(totalBytes), align: 'right' },
  { title: 'AVAILABLE', value: ({ availableBytes }) => formatBytes(availableBytes), align: 'right' },
  { title: 'UUID', value: ({ uuid }) => uuid },
]

const fileColumns = (names: ReadonlyMap<string, string>): readonly Column<FileItem>[] => [
  { title: 'NAME', value: ({ name }) => name },
  { title: 'SIZE', value: ({ sizeBytes }) => formatBytes(sizeBytes), align: 'right' },
  { title: 'TAKES', value: ({ allocatedBytes }) => formatBytes(allocatedBytes), align: 'right' },
  { title: 'CHANGED', value: ({ modifiedAt }) => modifiedAt },
  { title: 'USED BY', value: ({ usedBy }) => usedBy.map((id) => names.get(id) ?? id).join(', ') },
]

const taskColumns = (names: ReadonlyMap<string, string>): readonly Column<Task>[] => [
  { title: 'BEGUN', value: ({ createdAt }) => createdAt },
  { title: 'KIND', value: ({ kind }) => kind },
  { title: 'OF', value: ({ target }) => names.get(target.id) ?? target.id },
  { title: 'STATE', value: ({ state }) => state },
  { title: 'DONE', value: ({ progressPercent }) => `${progressPercent} %`, align: 'right' },
  { title: 'BY', value: ({ by }) => by },
  { title: 'ID', value: ({ id }) => id },
]

const deviceColumns = (names: ReadonlyMap<string, string>): readonly Column<HostDevice>[] => [
  { title: 'DEVICE', value: ({ id }) => id },
  { title: 'CLASS', value: ({ className }) => className },
  { title: 'ID', value: ({ vendorId, deviceId }) => `${vendorId ?? '?'}:${deviceId ?? '?'}` },
  { title: 'SERIAL', value: ({ serial }) => serial },
  { title: 'DRIVER', value: ({ driver }) => driver },
  { title: 'HAS', value: ({ interfaces }) => interfaces.join(', ') },
  { title: 'GROUP', value: ({ iommuGroup }) => iommuGroup, align: 'right' },
  { title: 'VM', value: ({ vm }) => (vm === null ? null : (names.get(vm) ?? vm)) },
  {
    title: 'VFS',
    value: ({ sriov }) => (sriov === null || sriov.physicalFunction !== null ? null : `${sriov.numVfs} of ${sriov.totalVfs}`),
  },
  { title: 'ASSIGNABLE', value: ({ reasons }) => (reasons.length === 0 ? 'yes' : reasons.map(({ message }) => message).join('; ')) },
]

const EVENT_COLUMNS: readonly Column<Event>[] = [
  { title: 'ID', value: ({ id }) => id, align: 'right' },
  { title: 'AT', value: ({ at }) => at },
  { title: 'SEVERITY', value: ({ severity }) => severity },
  { title: 'CODE', value: ({ code }) => code },
  { title: 'MESSAGE', value: ({ message }) => message },
]

/** Names of VMs by their ids, for tables. */
async function vmNames(client: Client): Promise<ReadonlyMap<string, string>> {
  const { items } = await client.call<{ items: readonly Vm[] }>('GET', '/v1/vms')
  return new Map(items.map(({ id, spec }) => [id, spec.name]))
}

const NO_NAMES: ReadonlyMap<string, string> = new Map()

/** `columns` is given the VMs' names, where it wants them. */
function listCommand<Item>(
  words: Command['words'],
  name: OperationName,
  columns: readonly Column<Item>[] | ((names: ReadonlyMap<string, string>) => readonly Column<Item>[]),
  { argument, summary }: { readonly argument?: { readonly default: string }; readonly summary?: string } = {},
): Command {
  const asked = operation(name)
  return {
    words,
    summary: summary ?? asked.summary,
    details: [whoMay(name)],
    ...(argument === undefined ? {} : { arguments: [{ name: 'DATASTORE', kind: 'datastore', optional: true }] }),
    async run(context) {
      const client = context.host()
      const path = pathOf(asked, { name: segment(context.given.arguments[0] ?? argument?.default ?? '') })
      const document = await client.call<{ items: readonly Item[] }>('GET', path)
      const names = typeof columns === 'function' && !context.json ? await vmNames(client) : NO_NAMES
      printResult(context, document, () => renderTable(typeof columns === 'function' ? columns(names) : columns, document.items))
    },
  }
}

export const listCommands: readonly Command[] = [
  listCommand(['vm', 'list'], 'GET /v1/vms', VM_COLUMNS),
  {
    words: ['vm', 'show'],
    summary: operation('GET /v1/vms/{id}').summary,
    details: ['Fields that are not in force yet are marked; what the guest says of itself is its own claim.', whoMay('GET /v1/vms/{id}')],
    arguments: [{ name: 'VM', kind: 'vm' }],
    async run(context) {
      const vm = await findVm(context.host(), context.given.arguments[0] ?? '')
      printResult(context, vm, () => renderPairs(vmPairs(vm)))
    },
  },
  listCommand(['datastore', 'list'], 'GET /v1/datastores', DATASTORE_COLUMNS),
  listCommand(['file', 'list'], 'GET /v1/datastores/{name}/files', fileColumns, { argument: { default: 'local' } }),
  listCommand(['task', 'list'], 'GET /v1/tasks', taskColumns),
  listCommand(['event', 'list'], 'GET /v1/events', EVENT_COLUMNS, { summary: 'The latest 1,000 events' }),
  listCommand(['host', 'devices'], 'GET /v1/host/devices', deviceColumns),
  {
    words: ['host', 'show'],
    summary: operation('GET /v1/host').summary,
    details: [whoMay('GET /v1/host')],
    async run(context) {
      const host = await context.host().call<{ facts: HostFacts; status: HostStatus }>('GET', '/v1/host')
      printResult(context, host, () => renderPairs(hostPairs(host.facts, host.status)))
    },
  },
  {
    words: ['host', 'topology'],
    summary: operation('GET /v1/host/topology').summary,
    details: [
      'Sockets, cores, caches, NUMA nodes, huge pages, IOMMU, KVM, PCI devices, and what is done about weaknesses of the processor.',
      whoMay('GET /v1/host/topology'),
    ],
    async run(context) {
      const topology = await context.host().call<HostTopology>('GET', '/v1/host/topology')
      printResult(context, topology, () => renderTopology(topology))
    },
  },
]

function hostPairs({ product, version, machine, cpu, kvm, tpm }: HostFacts, status: HostStatus): readonly (readonly [string, string])[] {
  return [
    ['Hostname', status.hostname],
    ['Version', `${product} ${version}`],
    ['Machine', [machine.vendor, machine.model, machine.serial].filter((part) => part !== '').join(' ')],
    ['CPU', `${cpu.model}, ${cpu.sockets} sockets, ${cpu.cores} cores, ${cpu.threads} threads`],
    ['Virtualisation', kvm.available ? `KVM, ${kvm.kind}` : 'none'],
    ['TPM', tpm === null ? 'none' : '2.0; `corbel host show --json` has its registers'],
    ['Memory', `${mib(status.memory.usedMiB)} of ${mib(status.memory.totalMiB)} in use`],
    ...status.addresses.map(({ adapter, address, origin }): [string, string] => ['Address', `${address} (${origin}, ${adapter})`]),
    ['Time', status.time],
    ['Up for', formatSeconds(status.uptimeSeconds)],
  ]
}
