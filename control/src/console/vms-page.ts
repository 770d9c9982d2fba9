// The VMs of the host: name, state, size, and whether they start with the host. Enter opens one.
import { formatCount } from './format.ts'
import { flagAt, listAt, numberAt, textAt } from './json.ts'
import { listPage } from './list-page.ts'
import type { Page } from './page.ts'
import { vmPage } from './vm-page.ts'
import { stateOf, stateStyle } from './vm-state.ts'

const everyMs = 3_000

export function vmsPage(): Page {
  return listPage<unknown>({
    title: 'VMs',
    path: '/v1/vms',
    everyMs,
    items: (body) => listAt(body, 'items'),
    id: (vm) => textAt(vm, 'id'),
    label: (vm) => textAt(vm, 'spec.name'),
    columns: [
      { title: 'Name', width: 0, text: (vm) => textAt(vm, 'spec.name') },
      { title: 'State', width: 20, text: stateOf, style: stateStyle },
      { title: 'vCPUs', width: 5, align: 'right', text: (vm) => textAt(vm, 'spec.vcpus') },
      { title: 'Memory', width: 11, align: 'right', text: (vm) => `${formatCount(numberAt(vm, 'spec.memoryMiB') ?? 0)} MiB` },
      { title: 'Autostart', width: 9, text: (vm) => (flagAt(vm, 'spec.autostart.enabled') ? 'yes' : 'no') },
    ],
    empty: 'There are no VMs. They are made with the command line or the API.',
    keys: [{ key: 'enter', hint: 'Open', run: (vm) => [{ kind: 'push', page: vmPage(textAt(vm, 'id'), textAt(vm, 'spec.name')) }] }],
  })
}
