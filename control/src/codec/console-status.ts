// The answers that the console reads: JSON text → types, every field checked, so that drawing needs no doubts. Unknown fields are ignored.
import { SLOT_NAMES } from '../domain/boot-slot.ts'
import type { ConsoleStatus, ConsoleUrl, HealthItem } from '../domain/console-status.ts'
import type { Severity } from '../domain/event.ts'
import { LOCKDOWN_MODES } from '../domain/lockdown.ts'
import type { Problem } from '../domain/problem.ts'

type Json = Record<string, unknown>

/** Thrown inside this file only. */
class Mismatch extends Error {}

function object(value: unknown): Json {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw new Mismatch()
  return value as Json
}

function text(value: unknown): string {
  if (typeof value !== 'string') throw new Mismatch()
  return value
}

function textOrNull(value: unknown): string | null {
  return value === null ? null : text(value)
}

/** Not negative. */
function count(value: unknown): number {
  if (typeof value !== 'number' || !Number.isFinite(value) || value < 0) throw new Mismatch()
  return value
}

function flag(value: unknown): boolean {
  if (typeof value !== 'boolean') throw new Mismatch()
  return value
}

function oneOf<T extends string>(value: unknown, allowed: readonly T[]): T {
  const found = allowed.find((candidate) => candidate === value)
  if (found === undefined) throw new Mismatch()
  return found
}

function list<T>(value: unknown, item: (value: unknown) => T): readonly T[] {
  if (!Array.isArray(value)) throw new Mismatch()
  return value.map(item)
}

const severities: readonly Severity[] = ['info', 'warning', 'error']

function problem(value: unknown): Problem {
  const { code, field, message } = object(value)
  return { code: text(code), field: text(field), message: text(message) }
}

function url(value: unknown): ConsoleUrl {
  const { url: address, origin } = object(value)
  return { url: text(address), origin: oneOf(origin, ['static', 'dhcp', 'slaac']) }
}

function healthItem(value: unknown): HealthItem {
  const { severity, message } = object(value)
  return { severity: oneOf(severity, severities), message: text(message) }
}

function network(value: unknown): ConsoleStatus['network'] {
  const { pending, replacements } = object(value)
  return { pending: pending === null ? null : waiting(object(pending)), replacements: count(replacements) }
}

function waiting({ secondsLeft, phase }: Json): NonNullable<ConsoleStatus['network']['pending']> {
  return { secondsLeft: count(secondsLeft), phase: oneOf(phase, ['applying', 'applied', 'undoing']) }
}

function install({ mode, state }: Json): ConsoleStatus['install'] {
  return { mode: oneOf(mode, ['none', 'ask', 'seed', 'done']), state: oneOf(state, ['idle', 'running', 'done', 'failed']) }
}

function system({ slot, generation }: Json): ConsoleStatus['system'] {
  const seen = slot === null ? null : object(slot)
  return {
    slot: seen === null ? null : { name: oneOf(seen.name, SLOT_NAMES), confirmed: flag(seen.confirmed) },
    generation: generation === null ? null : count(generation),
  }
}

function consoleStatus(json: Json): ConsoleStatus {
  const machine = object(json.machine)
  const cpu = object(json.cpu)
  const memory = object(json.memory)
  const seed = object(json.seed)
  const lockdown = object(json.lockdown)
  const datastore = object(json.datastore)
  const vms = object(json.vms)
  return {
    product: text(json.product),
    version: text(json.version),
    hostname: text(json.hostname),
    machine: { vendor: text(machine.vendor), model: text(machine.model), serial: text(machine.serial) },
    cpu: { model: text(cpu.model), cores: count(cpu.cores), threads: count(cpu.threads) },
    memory: { totalMiB: count(memory.totalMiB), usedMiB: count(memory.usedMiB) },
    urls: list(json.urls, url),
    certificateSha256: textOrNull(json.certificateSha256),
    setupRequired: flag(json.setupRequired),
    lockdown: { mode: oneOf(lockdown.mode, LOCKDOWN_MODES), hasRecoveryCode: flag(lockdown.hasRecoveryCode) },
    seed: { state: oneOf(seed.state, ['absent', 'applied', 'refused']), problems: list(seed.problems, problem) },
    state: oneOf(json.state, ['persistent', 'volatile']),
    datastore: { present: flag(datastore.present), problem: textOrNull(datastore.problem) },
    health: list(json.health, healthItem),
    vms: { running: count(vms.running), defined: count(vms.defined), runningNames: list(vms.runningNames, text) },
    network: network(json.network),
    install: install(object(json.install)),
    system: system(object(json.system)),
    time: text(json.time),
  }
}

function parse<T>(json: string, read: (object: Json) => T): T | null {
  try {
    return read(object(JSON.parse(json)))
  } catch {
    return null
  }
}

/** The body of `GET /v1/console/status`, or null when it is none. */
export function parseConsoleStatus(json: string): ConsoleStatus | null {
  return parse(json, consoleStatus)
}

/** One sentence from an `application/problem+json` body: what its problems say, else its title. Null when it is no such body. */
export function parseRefusal(json: string): string | null {
  return parse(json, ({ title, problems }) => {
    const found = problems === undefined ? [] : list(problems, problem)
    return found.length === 0 ? text(title) : found.map(({ field, message }) => `${field} ${message}`.trim()).join('; ')
  })
}
