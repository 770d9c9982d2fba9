// Commands that follow from an operation of the API with nothing to add: a line each.
import type { Command } from '../command.ts'
import { operationCommand } from '../operation-command.ts'

export const operationCommands: readonly Command[] = [
  operationCommand(['vm', 'delete'], 'DELETE /v1/vms/{id}', { done: 'deleted' }),
  operationCommand(['vm', 'power-on'], 'POST /v1/vms/{id}/power-on', { done: 'powered on' }),
  operationCommand(['host', 'accept'], 'POST /v1/host/resources/accept', {
    done: 'what is missing is missed no more',
    details: ['For a CPU or memory that was taken out on purpose: what was promised of it is then what it can be.'],
  }),
  operationCommand(['vm', 'shutdown'], 'POST /v1/vms/{id}/shutdown'),
  operationCommand(['vm', 'power-off'], 'POST /v1/vms/{id}/power-off'),
  operationCommand(['vm', 'reset'], 'POST /v1/vms/{id}/reset'),
  operationCommand(['vm', 'pause'], 'POST /v1/vms/{id}/pause'),
  operationCommand(['vm', 'resume'], 'POST /v1/vms/{id}/resume'),
  operationCommand(['vm', 'suspend'], 'POST /v1/vms/{id}/suspend'),
  operationCommand(['vm', 'freeze'], 'POST /v1/vms/{id}/guest/freeze'),
  operationCommand(['vm', 'thaw'], 'POST /v1/vms/{id}/guest/thaw'),
  operationCommand(['disk', 'create'], 'POST /v1/datastores/{name}/disks', {
    positional: ['sizeBytes'],
    details: ['SIZE is such as 20GiB. The format is told by the file’s name (.qcow2, .raw, .img), or by --format.'],
  }),
  operationCommand(['disk', 'grow'], 'POST /v1/datastores/{name}/files/{file}/grow', {
    positional: ['sizeBytes'],
    details: ['SIZE is what the disk shall have, such as 40GiB.'],
  }),
  operationCommand(['disk', 'copy'], 'POST /v1/datastores/{name}/files/{file}/copy', {
    positional: ['to'],
    details: ['TO is a file in the same datastore.'],
  }),
  operationCommand(['disk', 'delete'], 'DELETE /v1/datastores/{name}/files/{file}', {
    done: 'deleted',
    question: (name) => `Delete ${name} and all that is on it?`,
  }),
  operationCommand(['file', 'delete'], 'DELETE /v1/datastores/{name}/files/{file}', {
    done: 'deleted',
    question: (name) => `Delete ${name}?`,
  }),
  operationCommand(['host', 'virtual-functions'], 'PUT /v1/host/devices/{device}/virtual-functions', {
    positional: ['count'],
    done: 'set',
    details: ['DEVICE is as `corbel host devices` names it. They are made again at each start of the host.'],
  }),
  operationCommand(['host', 'power-off'], 'POST /v1/host/power-off', {
    hostGoesDown: true,
    question: (name) => `Shut down all VMs of ${name} and power it off?`,
  }),
  operationCommand(['host', 'restart'], 'POST /v1/host/restart', {
    hostGoesDown: true,
    question: (name) => `Shut down all VMs of ${name} and restart it?`,
  }),
]
