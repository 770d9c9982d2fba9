// The consoles of VMs: screen and serial ports for viewers, one-time tickets to them, pictures of the screen, keys.

import type { ConsoleKind, ConsoleTicket } from '../domain/console-ticket.ts'
import { combinationsOf, type KeyPress } from '../domain/keys.ts'
import { SERIAL_LOG_BYTES, vmPaths } from '../plan/vm-paths.ts'
import type { VmRecord } from '../ports/store.ts'
import type { VmProcess } from '../ports/vm-host.ts'
import type { Fleet } from './fleet.ts'
import type { AppPorts } from './ports.ts'
import { Refusal } from './refusal.ts'

/** What a new viewer of a serial port sees of what was said before. */
const REPLAY_BYTES = 65_536
const TICKET_MS = 30_000
const TICKETS_AT_MOST = 1_000
const TICKETS_PER_USER = 64

/** A console by which a viewer gets its bytes; all are sockets that the caller owns. */
export interface Consoles {
  /** The latest of a VM's first serial port; refuses with `vm.not-found`. */
  serialLog(id: string): Uint8Array
  /** Refuses with `vm.power.wrong-state`, `vm.serial.no-such-port`. */
  attachSerial(id: string, port: number): number
  /** The screen, by the RFB protocol; refuses with `vm.power.wrong-state`, `vm.display.none`. */
  attachVnc(id: string): Promise<number>
  /** A ticket for one console, good once within 30 s, by which whoever has it gets in while its issuer `may`; refuses as attaching does, and with `console.too-many-tickets`. */
  issueTicket(id: string, console: ConsoleKind, port: number, by: string, may: () => boolean): ConsoleTicket
  /** Refuses with `console.ticket-invalid` whatever is wrong with the ticket, and as attaching does. */
  useTicket(ticket: string): Promise<{ readonly descriptor: number; readonly may: () => boolean }>
  /** A PNG of the screen as it is; refuses as `attachVnc` does. */
  screenshot(id: string): Promise<Uint8Array>
  /** Refuses with `vm.power.wrong-state`. */
  pressKeys(id: string, press: KeyPress): Promise<void>
}

interface Issued {
  readonly id: string
  readonly console: ConsoleKind
  readonly port: number
  readonly by: string
  readonly may: () => boolean
  readonly expiresMs: number
}

export function createConsoles({ vmHost, clock, random, passwords }: AppPorts, fleet: Fleet): Consoles {
  /** By the hash of the ticket, oldest first; what has expired is dropped when the next is issued. */
  const tickets = new Map<string, Issued>()

  function running(id: string): { readonly record: VmRecord; readonly process: VmProcess } {
    const record = fleet.record(id)
    const process = fleet.process(id)
    if (process === null) throw new Refusal('conflict', 'vm.power.wrong-state', `${record.spec.name} does not run.`)
    return { record, process }
  }

  function withScreen(id: string): VmProcess {
    const { record, process } = running(id)
    if ((record.startedSpec ?? record.spec).display === 'none') {
      throw new Refusal('conflict', 'vm.display.none', `${record.spec.name} runs without a display.`)
    }
    return process
  }

  function withPort(id: string, port: number): VmProcess {
    const { record, process } = running(id)
    if (port < (record.startedSpec?.serialPorts ?? 1)) return process
    throw new Refusal('not-found', 'vm.serial.no-such-port', `${record.spec.name} has no serial port ${port}.`)
  }

  function attachSerial(id: string, port: number): number {
    return withPort(id, port).attachSerial(port, REPLAY_BYTES)
  }

  const attachVnc = async (id: string): Promise<number> => withScreen(id).attachVnc()

  function dropExpired(): void {
    const nowMs = clock.monotonicMs()
    for (const [hash, { expiresMs }] of tickets) if (expiresMs <= nowMs) tickets.delete(hash)
  }

  return {
    serialLog(id) {
      fleet.record(id)
      return vmHost.readSerialLog(vmPaths(id).serialLog, SERIAL_LOG_BYTES)
    },
    attachSerial,
    attachVnc,

    issueTicket(id, console, port, by, may) {
      if (console === 'vnc') withScreen(id)
      else withPort(id, port)
      dropExpired()
      const own = [...tickets.values()].filter((issued) => issued.by === by).length
      if (tickets.size >= TICKETS_AT_MOST || own >= TICKETS_PER_USER) {
        throw new Refusal('rate-limited', 'console.too-many-tickets', 'Too many tickets wait to be used.', [], TICKET_MS / 1000)
      }
      const ticket = random.token(32)
      tickets.set(passwords.digest(ticket), { id, console, port, by, may, expiresMs: clock.monotonicMs() + TICKET_MS })
      return { ticket, path: `/v1/consoles/${ticket}`, validSeconds: TICKET_MS / 1000 }
    },

    async useTicket(ticket) {
      const hash = passwords.digest(ticket)
      const issued = tickets.get(hash)
      tickets.delete(hash)
      if (issued === undefined || issued.expiresMs <= clock.monotonicMs() || !issued.may()) {
        throw new Refusal('not-found', 'console.ticket-invalid', 'The ticket is not, or no longer, good. Ask for another.')
      }
      const descriptor = issued.console === 'vnc' ? await attachVnc(issued.id) : attachSerial(issued.id, issued.port)
      return { descriptor, may: issued.may }
    },

    screenshot: async (id) => withScreen(id).screenshot(),

    async pressKeys(id, { keys, text, holdMs }) {
      const { process } = running(id)
      if (keys.length > 0) return process.sendKeys(keys, holdMs)
      // QEMU queues them: a key is pressed when the one before it has been released.
      for (const combination of combinationsOf(text)) await process.sendKeys(combination, Math.ceil(holdMs / 10))
    },
  }
}
