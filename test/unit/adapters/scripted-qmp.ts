// A QEMU of few words: commands are recorded, and answered as told.
import { VmHostFailure } from '../../../control/src/adapters/host-failure.ts'
import { Monitor } from '../../../control/src/adapters/monitor.ts'
import type { ExecuteOptions } from '../../../control/src/adapters/qmp-client.ts'
import { FakeClock } from '../../fakes/clock.ts'

type Arguments = Readonly<Record<string, unknown>>

export class ScriptedQmp {
  readonly clock = new FakeClock()
  readonly monitor = new Monitor(this, this.clock)
  /** `device_del disk1`: the command and the first of its arguments. */
  readonly heard: string[] = []
  readonly asked: { readonly command: string; readonly commandArguments: Arguments; readonly descriptors: readonly number[] }[] = []
  /** What commands return; `{}` where nothing is said. */
  readonly answers = new Map<string, unknown | ((commandArguments: Arguments) => unknown)>([
    ['add-fd', { 'fdset-id': 7 }],
    ['query-fdsets', [{ 'fdset-id': 7, fds: [{ fd: 3, opaque: 'disk1' }] }]],
    ['qom-list', []],
  ])
  readonly failing = new Set<string>()

  async execute(command: string, commandArguments: Arguments = {}, { descriptors = [] }: ExecuteOptions = {}): Promise<unknown> {
    this.heard.push([command, ...Object.values(commandArguments).slice(0, 1).map(String)].join(' '))
    this.asked.push({ command, commandArguments, descriptors })
    if (this.failing.has(command)) throw new VmHostFailure('qmp.error.GenericError', command, `${command} failed`)
    const answer = this.answers.get(command)
    return typeof answer === 'function' ? answer(commandArguments) : (answer ?? {})
  }
}

/** The code that a promise was rejected with. */
export async function codeOf(attempt: Promise<unknown>): Promise<string> {
  try {
    await attempt
  } catch (error) {
    return (error as { code: string }).code
  }
  throw new Error('it did not fail')
}
