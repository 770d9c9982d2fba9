// What the options of `corbel seed make` say, as a seed. Rules are the schema's.
import type { Given, Option } from './command.ts'

export const SEED_OPTIONS: readonly Option[] = [
  { name: 'from', value: 'FILE', kind: 'local-file', help: 'A seed to begin with; options replace what it says' },
  { name: 'hostname', value: 'NAME', help: 'Name of the host' },
  { name: 'password-hash', value: 'HASH', help: 'Of the first password: argon2id, as a PHC string' },
  { name: 'password', help: 'Ask for the first password, or read it from the first line of the input; it is in the seed as it is' },
  { name: 'adapter', value: 'MAC', repeated: true, help: 'Of the management network; default: the first with a link' },
  { name: 'vlan', value: 'NUMBER', help: 'Of the management network' },
  { name: 'address', value: 'ADDRESS/BITS', help: 'A static IPv4 address; default: DHCP' },
  { name: 'gateway', value: 'ADDRESS', help: 'With --address' },
  { name: 'dns', value: 'ADDRESS', repeated: true, help: 'Name server; may be given three times' },
  { name: 'keyboard', value: 'LAYOUT', help: 'Layout of the keyboard at the screen' },
  { name: 'install', help: 'Corbel installs itself; the options below say on what' },
  { name: 'disk-serial', value: 'SERIAL', help: 'On the disk with this serial number' },
  { name: 'disk-path', value: 'PATH', kind: 'text', help: 'On the disk at this place, such as /dev/disk/by-path/NAME' },
  { name: 'min-gib', value: 'NUMBER', help: 'On a disk of at least so many GiB' },
  { name: 'max-gib', value: 'NUMBER', help: 'On a disk of at most so many GiB' },
  { name: 'ssd', help: 'On a disk without moving parts' },
  { name: 'mirror', help: 'And on a second disk, which the rules for the first hold for as well, but its name' },
  { name: 'mirror-serial', value: 'SERIAL', help: 'And on the second disk with this serial number' },
  { name: 'mirror-path', value: 'PATH', kind: 'text', help: 'And on the second disk at this place' },
  {
    name: 'wipe',
    value: 'WHAT',
    values: ['if-blank', 'datastore-kept', 'everything'],
    help: 'What may become of what is on the disk; default: if-blank',
  },
  { name: 'then', value: 'WHAT', values: ['restart', 'power-off'], help: 'After the installation; default: restart' },
]

/** Options that mean nothing without `--install`. */
const INSTALL_OPTIONS = [
  ...['disk-serial', 'disk-path', 'min-gib', 'max-gib', 'ssd', 'mirror', 'mirror-serial', 'mirror-path', 'wipe', 'then'],
]

type Json = Readonly<Record<string, unknown>>

/** Leaves out what was not given. */
function given(fields: Json): Json {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined))
}

function objectOf(value: unknown): Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Json) : {}
}

/** What is no number stays as it is, for the schema to refuse. */
function numberOf(text: string | undefined): unknown {
  return text !== undefined && /^\d{1,9}$/.test(text) ? Number(text) : text
}

function listOf(values: readonly string[]): readonly string[] | undefined {
  return values.length === 0 ? undefined : values
}

/** `administrator` is what was made of the password; undefined for none. */
export function seedOf(base: Json, options: Given, administrator: Json | undefined): Json {
  const value = (name: string) => options.value(name)
  const address = value('address')
  const ipv4 = address === undefined ? undefined : given({ mode: 'static', address, gateway: value('gateway') })
  const network = given({
    adapters: listOf(options.values('adapter')),
    vlan: numberOf(value('vlan')),
    ipv4,
    dns: listOf(options.values('dns')),
  })
  const management = { ...objectOf(base.management), ...network }
  return {
    version: 1,
    ...base,
    ...given({ hostname: value('hostname'), keyboard: value('keyboard'), administrator }),
    ...(Object.keys(management).length === 0 ? {} : { management }),
    ...installOf(base, options),
  }
}

function installOf(base: Json, options: Given): Json {
  const isAsked = options.has('install') || INSTALL_OPTIONS.some((name) => options.has(name) || options.value(name) !== undefined)
  if (!isAsked) return {}
  const before = objectOf(base.install)
  const rules = given({
    minGiB: numberOf(options.value('min-gib')),
    maxGiB: numberOf(options.value('max-gib')),
    ssd: options.has('ssd') ? true : undefined,
  })
  const named = (what: string) => given({ serial: options.value(`${what}-serial`), path: options.value(`${what}-path`) })
  const target = { ...objectOf(before.target), ...named('disk'), ...rules }
  const isMirrored = options.has('mirror') || Object.keys(named('mirror')).length > 0
  const mirror = isMirrored ? { ...objectOf(before.mirror), ...named('mirror'), ...rules } : undefined
  const words = given(Object.fromEntries(['wipe', 'then'].map((name) => [name, options.value(name)])))
  const install = { ...before, ...words, ...given({ mirror }) }
  return { install: Object.keys(target).length === 0 ? install : { ...install, target } }
}
