// Freezing and thawing the file systems of guests by their agents, for backups from outside: never for longer than was said, whatever becomes of who asked.
import type { Task } from '../domain/task.ts'
import type { GuestAgent } from '../ports/guest-agent.ts'
import { eventually } from './eventually.ts'
import type { Fleet } from './fleet.ts'
import type { GuestInfo, Hold } from './guest-info.ts'
import type { Ledger } from './ledger.ts'
import type { AppPorts } from './ports.ts'
import { Refusal } from './refusal.ts'
import type { VmTasks } from './vm-tasks.ts'

export interface GuestFreeze {
  /** Both refuse with `vm.not-found`, `vm.power.wrong-state`, `vm.busy`, `guest-agent.absent`; freeze with `vm.already-frozen`, too. When the time is over the guest is thawed; a restarted controld thaws it at once. */
  freeze(id: string, timeoutSeconds: number, by: string): Task
  thaw(id: string, by: string): Task
}

export function createGuestFreeze(
  ports: Pick<AppPorts, 'clock' | 'log'>,
  ledger: Ledger,
  fleet: Fleet,
  vmTasks: VmTasks,
  guests: GuestInfo,
): GuestFreeze {
  const holds = new Map<string, { readonly hold: Hold; readonly cancel: () => void }>()

  function agentOf(id: string): GuestAgent {
    const { agent } = vmTasks.process(id)
    if (agent.isOpen) return agent
    throw new Refusal('conflict', 'guest-agent.absent', `No agent runs in the guest of ${fleet.record(id).spec.name}.`)
  }

  function onTimeOver(id: string, name: string, hold: Hold): void {
    holds.delete(id)
    if (!hold.isInForce()) return
    hold.letGo()
    void eventually(ports, `the thawing of VM ${id}`, () => {
      ledger.write((draft) => draft.event('vm.thawed', 'warning', { kind: 'vm', id }, `${name} is thawed, as its time was over.`))
    })
  }

  return {
    freeze(id, timeoutSeconds, by) {
      const { name } = vmTasks.admit(id, 'vm.freeze', ['running']).spec
      agentOf(id)
      if (guests.isHeld(id)) throw new Refusal('conflict', 'vm.already-frozen', `The file systems of ${name} are frozen already.`)
      return vmTasks.start(id, 'vm.freeze', by, null, async () => {
        const hold = guests.hold(id)
        let count: number
        try {
          count = await agentOf(id).freeze()
        } catch (error) {
          hold.letGo()
          throw error
        }
        const message = `${count} file systems of ${name} were frozen by ${by}, for ${timeoutSeconds} s at most.`
        return {
          write: (draft) => draft.event('vm.frozen', 'info', { kind: 'vm', id }, message),
          written: () => {
            holds.set(id, { hold, cancel: ports.clock.after(timeoutSeconds * 1_000, () => onTimeOver(id, name, hold)) })
            guests.lookNow(id)
          },
          undo: async () => hold.letGo(),
        }
      })
    },

    thaw(id, by) {
      const { name } = vmTasks.admit(id, 'vm.thaw', ['running']).spec
      agentOf(id)
      return vmTasks.start(id, 'vm.thaw', by, null, async () => {
        const count = await agentOf(id).thaw()
        const held = holds.get(id)
        holds.delete(id)
        held?.cancel()
        held?.hold.forget()
        return {
          write: (draft) => draft.event('vm.thawed', 'info', { kind: 'vm', id }, `${count} file systems of ${name} were thawed by ${by}.`),
        }
      })
    },
  }
}
