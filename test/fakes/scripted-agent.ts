// The guest's end of an agent's channel: reads commands as qemu-ga does, and answers well or as badly as it is told to. Bytes in, bytes out.
import type { GuestClaims } from '../../control/src/domain/guest.ts'
import type { AgentBehaviour } from './guest-agent.ts'

const SENTINEL = 0xff

interface Command {
  readonly execute: string
  readonly arguments?: Readonly<Record<string, unknown>>
}

const QUESTIONS = ['guest-info', 'guest-fsfreeze-status', 'guest-get-host-name', 'guest-get-osinfo', 'guest-network-get-interfaces']
const ACTS = ['guest-fsfreeze-freeze', 'guest-fsfreeze-thaw', 'guest-shutdown', 'guest-set-time']
const WHILE_FROZEN = ['guest-info', 'guest-fsfreeze-status', 'guest-fsfreeze-thaw']

export class ScriptedAgent {
  behaviour: AgentBehaviour = 'good'
  claims: Omit<GuestClaims, 'frozen'> = { hostname: null, os: null, addresses: [] }
  frozen = false
  shutdowns = 0
  timesSet = 0
  /** Names of what was asked, synchronisations too. */
  readonly asked: string[] = []
  /** Given for a command instead of its answer; null: none. */
  readonly answers = new Map<string, string | null>()
  #text = ''

  constructor(readonly say: (bytes: Uint8Array) => void) {}

  hear(bytes: Uint8Array): void {
    for (const byte of bytes) {
      if (byte === SENTINEL) this.#text = ''
      else if (byte === 0x0a) this.#take()
      else this.#text += String.fromCharCode(byte)
    }
  }

  /** Text whose characters are bytes. */
  write(text: string): void {
    this.say(Uint8Array.from(text, (character) => character.charCodeAt(0)))
  }

  #take(): void {
    const command = JSON.parse(this.#text) as Command
    this.#text = ''
    this.asked.push(command.execute)
    if (this.behaviour === 'silent') return
    const scripted = this.answers.get(command.execute)
    const line = scripted === undefined ? this.#line(command) : scripted
    if (line !== null) this.write(line)
  }

  #line(command: Command): string | null {
    if (command.execute === 'guest-sync-delimited') return `${String.fromCharCode(SENTINEL)}{"return": ${command.arguments?.id}}\n`
    if (this.behaviour === 'malformed') return '{"return":\n'
    const answer = this.#answer(command)
    return answer === null ? null : `${JSON.stringify(answer)}\n`
  }

  #answer({ execute }: Command): object | null {
    if (!this.#isEnabled(execute)) return error('CommandNotFound', `${execute} has been disabled`)
    if (this.behaviour === 'failing' && ACTS.includes(execute)) return error('GenericError', 'it failed')
    switch (execute) {
      case 'guest-info':
        return {
          return: {
            version: '10.0',
            supported_commands: [...QUESTIONS, ...ACTS].map((name) => ({ name, enabled: this.#isEnabled(name), 'success-response': true })),
          },
        }
      case 'guest-fsfreeze-status':
        return { return: this.frozen ? 'frozen' : 'thawed' }
      case 'guest-get-host-name':
        return { return: { 'host-name': this.claims.hostname } }
      case 'guest-get-osinfo': {
        const { os } = this.claims
        return { return: { id: os?.id, 'pretty-name': os?.name, 'version-id': os?.version, 'kernel-release': os?.kernel } }
      }
      case 'guest-network-get-interfaces':
        return { return: this.#interfaces() }
      case 'guest-fsfreeze-freeze':
        this.frozen = true
        return { return: 2 }
      case 'guest-fsfreeze-thaw': {
        const count = this.frozen ? 2 : 0
        this.frozen = false
        return { return: count }
      }
      case 'guest-shutdown':
        this.shutdowns++
        return null
      case 'guest-set-time':
        this.timesSet++
        return { return: {} }
      default:
        return error('CommandNotFound', `The command ${execute} has not been found`)
    }
  }

  #isEnabled(name: string): boolean {
    if (this.frozen && !WHILE_FROZEN.includes(name)) return false
    return this.behaviour !== 'limited' || !ACTS.includes(name)
  }

  #interfaces(): object[] {
    const loopback = { 'ip-address-type': 'ipv4', 'ip-address': '127.0.0.1', prefix: 8 }
    return [
      { name: 'lo', 'hardware-address': '00:00:00:00:00:00', 'ip-addresses': [loopback] },
      ...this.claims.addresses.map((one) => ({
        ...{ name: one.interface, 'hardware-address': one.mac },
        'ip-addresses': [
          { 'ip-address': one.address, 'ip-address-type': one.address.includes(':') ? 'ipv6' : 'ipv4', prefix: one.prefixLength },
        ],
      })),
    ]
  }
}

function error(errorClass: string, desc: string): object {
  return { error: { class: errorClass, desc } }
}
