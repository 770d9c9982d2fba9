// VMs as the API answers them, for the console's tests.
import { type Answers, administrator, said } from './play.ts'

interface Some {
  readonly state?: string
  readonly autostart?: boolean
  readonly cause?: string
}

export function vmOf(id: string, name: string, { state = 'running', autostart = false, cause }: Some = {}) {
  return {
    id,
    revision: 3,
    spec: {
      ...{ name, vcpus: 2, memoryMiB: 4096, firmware: 'uefi', pool: 'root', autostart: { enabled: autostart, order: 100 } },
      disks: [{ slot: 0, datastore: 'local', file: `${name}.qcow2`, bus: 'virtio-blk' }],
      nics: [{ slot: 0, mac: '52:54:00:12:34:56', network: 'nat', model: 'virtio-net' }],
    },
    status: {
      powerState: state,
      ...(cause === undefined ? {} : { pausedBecause: cause }),
      ...(state === 'running' ? { startedAt: '2026-11-20T11:00:00Z', guest: { agent: 'answers' } } : {}),
    },
  }
}

export const ids = ['11111111-1111-4111-8111-111111111111', '22222222-2222-4222-8222-222222222222', '33333333-3333-4333-8333-333333333333']

const [web = '', db = '', old = ''] = ids

const vms = [
  vmOf(web, 'web1', { autostart: true }),
  vmOf(db, 'db1', { state: 'paused', cause: 'out-of-space' }),
  vmOf(old, 'old', { state: 'off' }),
]

export const vmAnswers: Answers = {
  ...administrator,
  'GET /v1/vms': { items: vms },
  ...Object.fromEntries(vms.map((vm) => [`GET /v1/vms/${vm.id}`, said({ status: 200, body: vm, etag: '"3"' })])),
  [`GET /v1/vms/${web}/console/log`]: '\x1b[2J\x1b[1;31mBooting\x1b[0m web1\r\n50 %\r100 %\r\n\r\nweb1 login: ',
}
