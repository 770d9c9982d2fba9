// A VM's process as one app has it in hands: its commands take their turns in that app's life; steps and saving are the real ones, over a fake monitor.

import { VmHostFailure } from '../../control/src/adapters/host-failure.ts'
import type { LiveTools } from '../../control/src/adapters/live-steps.ts'
import { goneDevice, observeHardware, takeLiveStep } from '../../control/src/adapters/live-steps.ts'
import { Monitor } from '../../control/src/adapters/monitor.ts'
import type { ExecuteOptions } from '../../control/src/adapters/qmp-client.ts'
import type { UndoStack } from '../../control/src/adapters/undo-stack.ts'
import { abandonSave, type SaveTools, saveState } from '../../control/src/adapters/vm-save.ts'
import type { GuestAgent } from '../../control/src/ports/guest-agent.ts'
import type { RunState, VmExit, VmProcess } from '../../control/src/ports/vm-host.ts'
import type { ControlProcess } from './control-process.ts'
import { FakeFailure } from './failure.ts'
import type { FakeKernel } from './kernel.ts'
import type { FakeMachine } from './machine.ts'

type Arguments = Readonly<Record<string, unknown>>

/** What an app does with a machine. */
function performer(machine: FakeMachine, controld: ControlProcess) {
  return <T>(what: () => T): Promise<T> =>
    controld.perform(() => {
      if (!machine.answering) throw new FakeFailure('qmp.timeout')
      if (machine.exit !== null) throw new FakeFailure('qmp.closed')
      return what()
    })
}

export function monitorOf(machine: FakeMachine, controld: ControlProcess): Monitor {
  const perform = performer(machine, controld)
  const execute = (command: string, given: Arguments = {}, { descriptors = [] }: ExecuteOptions = {}) =>
    perform(() => {
      if (machine.failNextCommand === command) {
        machine.failNextCommand = null
        throw new VmHostFailure('qmp.error.GenericError', command, `${command} failed`)
      }
      return machine.qmp.execute(command, given, descriptors)
    })
  return new Monitor({ execute }, controld.clock)
}

/** What is done on the host for a machine that runs. */
export function toolsOf(kernel: FakeKernel, controld: ControlProcess): LiveTools & SaveTools {
  return {
    openFile: (path, uid, shared) =>
      controld.act(() => {
        kernel.owners.set(path, shared ? 0 : uid)
        return kernel.openFile(controld, path, !shared)
      }),
    openTap: (device) => controld.perform(() => kernel.openTap(controld, device)),
    close: (descriptor) => controld.act(() => kernel.close(descriptor)),
    shapeNic: (shape) => controld.perform(() => kernel.traffic.hold(shape)),
    create: (path) =>
      controld.act(() => {
        kernel.directories.add(path.slice(0, path.lastIndexOf('/')))
        kernel.kept.add(path)
        return kernel.openFile(controld, path, true)
      }),
    openForReading: (path) =>
      controld.act(() => {
        if (!kernel.kept.has(path)) throw new FakeFailure('host.ENOENT', path)
        return kernel.openFile(controld, path, false)
      }),
    async commit(from, to) {
      await controld.perform(() => {
        if (!kernel.kept.delete(from)) throw new FakeFailure('host.ENOENT', from)
        kernel.kept.add(to)
        kernel.saved.set(to, kernel.saved.get(from) ?? '')
      })
      await controld.perform(() => {})
    },
    remove: (path) => controld.act(() => void kernel.kept.delete(path)),
  }
}

/** A new connection of an app. `cleanUp` removes what was made for the VM once it has ended. */
export function connect(machine: FakeMachine, controld: ControlProcess, cleanUp: UndoStack): VmProcess {
  machine.disconnect()
  const perform = performer(machine, controld)
  const monitor = monitorOf(machine, controld)
  const tools = toolsOf(machine.kernel, controld)
  let stateHandler: ((state: RunState) => void) | null = null
  let goneHandler: (name: string) => void = () => {}
  const exited = new Promise<VmExit>((resolve) => {
    if (machine.exit !== null) resolve(machine.exit)
    machine.connection = {
      ended: resolve,
      changed: (state) => stateHandler?.(state),
      happened: (event) => {
        if (monitor.receive(event)) return
        const gone = goneDevice(event)
        if (gone === null) return
        goneHandler(gone)
      },
    }
  })
  const ended = exited.then(async (exit) => {
    await cleanUp.undoAll()
    return exit
  })
  return {
    identity: machine.identity,
    ended,
    agent: inTurn(
      machine.guest.agent(() => machine.exit === null && machine.state === 'running'),
      controld,
    ),
    onStateChange: (handler) => {
      stateHandler = handler
      if (!machine.takeMissed()) return
      perform(() => handler(machine.state)).catch(() => {})
    },
    queryState: () => perform(() => machine.state),
    pressPowerButton: () => perform(() => machine.pressPowerButton()),
    reset: () => perform(() => machine.reset()),
    powerOff: async () => {
      await controld.perform(() => (machine.answering ? machine.end('host-qmp-quit') : machine.crash()))
      return ended
    },
    attachSerial: (port) => 100 + machine.identity.pid + port,
    attachVnc: () => perform(() => 200 + machine.identity.pid),
    screenshot: () => perform(() => Uint8Array.of(0x89, 0x50, 0x4e, 0x47)),
    sendKeys: (keys) => perform(() => void machine.pressed.push(keys.join('+'))),
    pause: async () => void (await monitor.execute('stop')),
    resume: async () => void (await monitor.execute('cont')),
    resizeDisk: (device, sizeBytes) => perform(() => machine.resize(device, sizeBytes)),
    async take(step) {
      if (machine.failNextStep === step.kind) {
        machine.failNextStep = null
        throw new FakeFailure('qmp.error.GenericError', `${step.kind} failed`)
      }
      await takeLiveStep(step, monitor, tools)
      machine.taken.push(step)
    },
    observeDevices: () => perform(() => machine.devicesInUse),
    observeBalloon: () => perform(() => ({ actualBytes: machine.devicesInUse.balloonBytes, guest: machine.devicesInUse.guestMemory })),
    onDeviceGone: (handler) => {
      goneHandler = handler
    },
    hardware: () => observeHardware(monitor),
    save: (path, progress) => saveState(path, monitor, tools, progress),
    cancelSave: async () => void (await monitor.execute('migrate_cancel')),
    abandonSave: (path) => abandonSave(path, monitor, tools),
  }
}

function inTurn(agent: GuestAgent, controld: ControlProcess): GuestAgent {
  const turn = async <T>(ask: () => Promise<T>): Promise<T> => {
    await controld.perform(() => {})
    return ask()
  }
  return {
    get isOpen() {
      return agent.isOpen
    },
    onChange: (handler) => agent.onChange(handler),
    observe: () => turn(() => agent.observe()),
    shutdown: () => turn(() => agent.shutdown()),
    freeze: () => turn(() => agent.freeze()),
    thaw: () => turn(() => agent.thaw()),
    setTime: () => turn(() => agent.setTime()),
  }
}
