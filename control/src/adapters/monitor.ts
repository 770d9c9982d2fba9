// What the steps of a running VM need of its QMP link: commands, and events that are waited for with a deadline.
import type { Clock } from '../ports/clock.ts'
import { VmHostFailure } from './host-failure.ts'
import type { ExecuteOptions, QmpEvent } from './qmp-client.ts'

export interface Qmp {
  execute(command: string, commandArguments?: Readonly<Record<string, unknown>>, options?: ExecuteOptions): Promise<unknown>
}

interface Waiter {
  readonly matches: (event: QmpEvent) => boolean
  readonly resolve: (event: QmpEvent) => void
}

export class Monitor implements Qmp {
  readonly #qmp: Qmp
  readonly #clock: Clock
  readonly #waiters = new Set<Waiter>()

  constructor(qmp: Qmp, clock: Clock) {
    this.#qmp = qmp
    this.#clock = clock
  }

  execute(command: string, commandArguments?: Readonly<Record<string, unknown>>, options?: ExecuteOptions): Promise<unknown> {
    return this.#qmp.execute(command, commandArguments, options)
  }

  /** True when somebody was waiting for it. */
  receive(event: QmpEvent): boolean {
    const waiting = [...this.#waiters].filter(({ matches }) => matches(event))
    for (const waiter of waiting) {
      this.#waiters.delete(waiter)
      waiter.resolve(event)
    }
    return waiting.length > 0
  }

  /** Runs `command`, and resolves with the first event that matches from before it on; null when none comes within `timeoutMs`. Rejects as the command does. */
  async executeAndWait(
    command: () => Promise<unknown>,
    matches: (event: QmpEvent) => boolean,
    timeoutMs: number,
  ): Promise<QmpEvent | null> {
    let waiter: Waiter | null = null
    let cancel = () => {}
    const event = new Promise<QmpEvent | null>((resolve) => {
      waiter = { matches, resolve }
      this.#waiters.add(waiter)
      cancel = this.#clock.after(timeoutMs, () => resolve(null))
    })
    try {
      await command()
      return await event
    } finally {
      cancel()
      if (waiter !== null) this.#waiters.delete(waiter)
    }
  }

  async sleep(ms: number): Promise<void> {
    await new Promise<void>((resolve) => this.#clock.after(ms, resolve))
  }
}

/** Carries on where QEMU says that what is to be removed is not there. */
export async function unlessGone(action: Promise<unknown>): Promise<void> {
  try {
    await action
  } catch (error) {
    if (!(error instanceof VmHostFailure) || !error.code.startsWith('qmp.error.')) throw error
  }
}

type JsonObject = Readonly<Record<string, unknown>>

/** An answer that is a list of objects; anything else is none of QEMU's. */
export function objects(answer: unknown, command: string): readonly JsonObject[] {
  if (!Array.isArray(answer)) throw new VmHostFailure('qmp.malformed', command, 'the answer is no list')
  return answer.filter((item): item is JsonObject => typeof item === 'object' && item !== null && !Array.isArray(item))
}

export function objectOf(answer: unknown, command: string): JsonObject {
  if (typeof answer === 'object' && answer !== null && !Array.isArray(answer)) return answer as JsonObject
  throw new VmHostFailure('qmp.malformed', command, 'the answer is no object')
}

/** Hands a file to QEMU, which knows it as `/dev/fdset/N` from then on, whatever its view. `opaque` names it for `dropFile`. Takes the descriptor over. */
export async function passFile(qmp: Qmp, descriptor: number, opaque: string, close: (descriptor: number) => void): Promise<string> {
  try {
    const answer = objectOf(await qmp.execute('add-fd', { opaque }, { descriptors: [descriptor] }), 'add-fd')
    const id = answer['fdset-id']
    if (typeof id !== 'number') throw new VmHostFailure('qmp.malformed', 'add-fd', 'no number of a set in the answer')
    return `/dev/fdset/${id}`
  } finally {
    close(descriptor)
  }
}

/** QEMU closes what was handed to it under this name as soon as nothing uses it. */
export async function dropFile(qmp: Qmp, opaque: string): Promise<void> {
  for (const set of objects(await qmp.execute('query-fdsets'), 'query-fdsets')) {
    const names = objects(set.fds ?? [], 'query-fdsets').map((fd) => fd.opaque)
    if (names.includes(opaque)) await unlessGone(qmp.execute('remove-fd', { 'fdset-id': set['fdset-id'] }))
  }
}
