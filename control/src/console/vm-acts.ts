// What can be done with a VM at the console: when it makes sense, which permission it needs, what it means, what is asked of the API.
import { flagAt, textAt } from './json.ts'
import type { Page, PageCommand } from './page.ts'
import { serialLogPage } from './serial-log-page.ts'
import { serialPage } from './serial-page.ts'

export interface VmAct {
  readonly id: string
  readonly title: string
  readonly permission: string
  when(vm: unknown): boolean
  /** Asked first; without it, it is done at once. */
  readonly question?: { readonly effect: string; readonly action: string; readonly dangerous: boolean }
  /** Of the VM as it was last seen; `etag` is of its spec. */
  run(id: string, vm: unknown, etag: string | null): PageCommand
  /** Said when the API has accepted it. */
  readonly done: string
}

type Power = 'power-on' | 'shutdown' | 'power-off' | 'reset' | 'resume' | 'suspend'

function isIn(...states: readonly string[]): (vm: unknown) => boolean {
  return (vm) => states.includes(textAt(vm, 'status.powerState'))
}

function power(verb: Power): VmAct['run'] {
  return (id) => ({ kind: 'request', id: verb, method: 'POST', path: `/v1/vms/${id}/${verb}`, body: {} })
}

function opens(page: (id: string, name: string) => Page): VmAct['run'] {
  return (id, vm) => ({ kind: 'push', page: page(id, textAt(vm, 'spec.name')) })
}

function autostart(enabled: boolean): VmAct['run'] {
  const body = { autostart: { enabled } }
  return (id, _vm, etag) => ({
    ...{ kind: 'request', id: enabled ? 'autostart-on' : 'autostart-off', method: 'PATCH', path: `/v1/vms/${id}`, body },
    ifMatch: etag ?? '*',
  })
}

export const vmActs: readonly VmAct[] = [
  {
    id: 'power-on',
    title: 'Start',
    permission: 'vm.power',
    when: isIn('off', 'crashed'),
    run: power('power-on'),
    done: 'It is being started.',
  },
  {
    id: 'resume',
    title: 'Resume',
    permission: 'vm.power',
    when: isIn('paused', 'suspended'),
    run: power('resume'),
    done: 'It goes on.',
  },
  {
    id: 'shutdown',
    title: 'Shut down',
    permission: 'vm.power',
    when: isIn('running'),
    question: { effect: 'The guest is asked to shut down, as by its power button.', action: 'Shut down', dangerous: false },
    run: power('shutdown'),
    done: 'The guest was asked to shut down.',
  },
  {
    id: 'console',
    title: 'Use the serial console',
    permission: 'vm.console',
    when: isIn('running', 'paused'),
    run: opens(serialPage),
    done: '',
  },
  {
    id: 'log',
    title: 'Read the serial log',
    permission: 'vm.view',
    when: () => true,
    run: opens(serialLogPage),
    done: '',
  },
  {
    id: 'autostart-on',
    title: 'Start it with the host',
    permission: 'vm.configure',
    when: (vm) => !flagAt(vm, 'spec.autostart.enabled'),
    run: autostart(true),
    done: 'It starts with the host.',
  },
  {
    id: 'autostart-off',
    title: 'Do not start it with the host',
    permission: 'vm.configure',
    when: (vm) => flagAt(vm, 'spec.autostart.enabled'),
    run: autostart(false),
    done: 'It no longer starts with the host.',
  },
  {
    id: 'suspend',
    title: 'Suspend',
    permission: 'vm.power',
    when: isIn('running'),
    question: {
      effect: 'Its memory is written to the datastore and its process ends. Resume lets it go on.',
      action: 'Suspend',
      dangerous: false,
    },
    run: power('suspend'),
    done: 'It is being suspended.',
  },
  {
    id: 'reset',
    title: 'Reset',
    permission: 'vm.power',
    when: isIn('running', 'paused'),
    question: { effect: 'It starts anew at once. What the guest has not written to its disks is lost.', action: 'Reset', dangerous: true },
    run: power('reset'),
    done: 'It is being reset.',
  },
  {
    id: 'power-off',
    title: 'Power off',
    permission: 'vm.power',
    when: isIn('running', 'paused', 'starting', 'stopping', 'resuming', 'unknown'),
    question: {
      effect: 'It is cut off at once, as by pulling the plug. What the guest has not written to its disks is lost.',
      action: 'Power off',
      dangerous: true,
    },
    run: power('power-off'),
    done: 'It is being powered off.',
  },
]
