// Messages of the guest agent: commands → lines, and lines → what the guest claims. Everything is checked and bounded, as a guest may say anything.
// @source QEMU docs/interop/qemu-ga.rst, qga/qapi-schema.json
import type { GuestAddress, GuestOs } from '../domain/guest.ts'
import { parseIpv4 } from '../domain/ipv4.ts'
import { isIpv6 } from '../domain/ipv6.ts'
import { parseJson } from '../domain/json.ts'

/** Before a command it makes the agent forget what it has of an unfinished one; it begins the answer to `guest-sync-delimited`. Never part of UTF-8. */
export const SENTINEL = 0xff

export type AgentReply =
  | { readonly kind: 'return'; readonly value: unknown }
  | { readonly kind: 'error'; readonly errorClass: string; readonly description: string }

/** The agent said what no agent says. */
export class MalformedReply extends Error {
  override readonly name = 'MalformedReply'
}

type JsonObject = Readonly<Record<string, unknown>>

const INTERFACES_AT_MOST = 32
const ADDRESSES_PER_INTERFACE = 16
/** Of a whole guest, so that a thousand guests cannot fill the host's memory with names. */
const ADDRESSES_AT_MOST = 64
const TEXT_AT_MOST = 255
const INTERFACE_NAME_AT_MOST = 64

/** One line with its line break; ASCII as long as the arguments are. */
export function renderAgentCommand(command: string, commandArguments?: JsonObject): string {
  return `${JSON.stringify(commandArguments === undefined ? { execute: command } : { execute: command, arguments: commandArguments })}\n`
}

/** Throws MalformedReply. */
export function parseAgentReply(line: string): AgentReply {
  const parsed = parseJson(line)
  if (!parsed.ok) throw new MalformedReply(`it ${parsed.problems[0]?.message ?? 'must be JSON'}`)
  const message = object(parsed.value, 'an answer')
  if (message.error === undefined) {
    if (!('return' in message)) throw new MalformedReply('neither return nor error')
    return { kind: 'return', value: message.return }
  }
  const error = object(message.error, 'an error')
  return { kind: 'error', errorClass: text(error.class) ?? 'unknown', description: text(error.desc) ?? 'no description' }
}

/** Names of the commands that the agent would carry out now. @source guest-info */
export function parseSupportedCommands(value: unknown): ReadonlySet<string> {
  const commands = list(object(value, 'guest-info').supported_commands, 'supported_commands')
  return new Set(
    commands.flatMap((item) => {
      const { name, enabled } = object(item, 'a command')
      return typeof name === 'string' && enabled === true ? [name] : []
    }),
  )
}

/** @source guest-get-host-name */
export function parseHostName(value: unknown): string | null {
  return text(object(value, 'guest-get-host-name')['host-name'])
}

/** @source guest-get-osinfo */
export function parseOsInfo(value: unknown): GuestOs {
  const info = object(value, 'guest-get-osinfo')
  return {
    id: text(info.id),
    name: text(info['pretty-name']) ?? text(info.name),
    version: text(info['version-id']) ?? text(info.version),
    kernel: text(info['kernel-release']),
  }
}

/** The first addresses of the first interfaces; what is no name or no address is left out. @source guest-network-get-interfaces */
export function parseInterfaces(value: unknown): readonly GuestAddress[] {
  const found: GuestAddress[] = []
  let interfaces = 0
  for (const item of list(value, 'guest-network-get-interfaces')) {
    const addresses = addressesOf(object(item, 'an interface'))
    if (addresses.length > 0) interfaces++
    if (interfaces > INTERFACES_AT_MOST) break
    found.push(...addresses)
  }
  return found.slice(0, ADDRESSES_AT_MOST)
}

/** @source guest-fsfreeze-status */
export function parseFreezeStatus(value: unknown): boolean {
  if (value !== 'frozen' && value !== 'thawed') throw new MalformedReply('neither frozen nor thawed')
  return value === 'frozen'
}

/** How many file systems. @source guest-fsfreeze-freeze, guest-fsfreeze-thaw */
export function parseCount(value: unknown): number {
  if (typeof value !== 'number' || !Number.isSafeInteger(value) || value < 0) throw new MalformedReply('no count')
  return value
}

function addressesOf(item: JsonObject): readonly GuestAddress[] {
  const name = text(item.name, INTERFACE_NAME_AT_MOST)
  if (name === null || item['ip-addresses'] === undefined) return []
  const hardware = item['hardware-address']
  const mac = typeof hardware === 'string' && /^[0-9a-fA-F]{2}(:[0-9a-fA-F]{2}){5}$/.test(hardware) ? hardware.toLowerCase() : null
  const addresses = list(item['ip-addresses'], 'ip-addresses').flatMap((entry): GuestAddress[] => {
    const { 'ip-address': address, prefix: prefixLength } = object(entry, 'an address')
    if (typeof address !== 'string' || typeof prefixLength !== 'number' || !Number.isInteger(prefixLength)) return []
    const bits = bitsOf(address)
    if (bits === null || prefixLength < 0 || prefixLength > bits) return []
    return [{ interface: name, mac, address: address.toLowerCase(), prefixLength }]
  })
  return addresses.slice(0, ADDRESSES_PER_INTERFACE)
}

/** 32 or 128; null for what is no address, or one of the loopback. */
function bitsOf(address: string): 32 | 128 | null {
  const ipv4 = parseIpv4(address)
  if (ipv4 !== null) return ipv4 >>> 24 === 127 ? null : 32
  return isIpv6(address) && !/^(0*:)*:?0*1$/.test(address) ? 128 : null
}

function object(value: unknown, what: string): JsonObject {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw new MalformedReply(`${what} that is no object`)
  return value as JsonObject
}

function list(value: unknown, what: string): readonly unknown[] {
  if (!Array.isArray(value)) throw new MalformedReply(`${what} that is no list`)
  return value
}

/** Null for what is no text, is empty, too long, or would not show as what it is. */
function text(value: unknown, most = TEXT_AT_MOST): string | null {
  return typeof value === 'string' && value.length > 0 && value.length <= most && !UNSHOWABLE.test(value) ? value : null
}

/** Controls, marks without width or that change the direction, lone surrogates, private and unassigned characters, separators of lines. */
const UNSHOWABLE = /[\p{Cc}\p{Cf}\p{Cs}\p{Co}\p{Cn}\p{Zl}\p{Zp}]/u
