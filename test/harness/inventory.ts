// What an appliance offers to whoever would come in, as the probe's `doors` sees it, and how it differs from a reviewed list.

/** @source capabilities(7), in the order of their numbers */
const CAPABILITIES = [
  ...['chown', 'dac_override', 'dac_read_search', 'fowner', 'fsetid', 'kill', 'setgid', 'setuid', 'setpcap', 'linux_immutable'],
  ...['net_bind_service', 'net_broadcast', 'net_admin', 'net_raw', 'ipc_lock', 'ipc_owner', 'sys_module', 'sys_rawio', 'sys_chroot'],
  ...['sys_ptrace', 'sys_pacct', 'sys_admin', 'sys_boot', 'sys_nice', 'sys_resource', 'sys_time', 'sys_tty_config', 'mknod', 'lease'],
  ...['audit_write', 'audit_control', 'setfcap', 'mac_override', 'mac_admin', 'syslog', 'wake_alarm', 'block_suspend', 'audit_read'],
  ...['perfmon', 'bpf', 'checkpoint_restore'],
]

function capabilityNames(hex: string): string {
  const bits = BigInt(`0x${hex}`)
  const names = CAPABILITIES.filter((_, bit) => (bits >> BigInt(bit)) & 1n)
  if (names.length === CAPABILITIES.length) return 'all'
  return names.length === 0 ? 'none' : names.join(',')
}

/** One number where all four kinds of it are the same; every VM has one of its own from 20000 on. */
function ids(text: string): string {
  const different = [...new Set(text.split(','))].map((id) => (Number(id) >= 20_000 ? 'vm' : id))
  return different.join(',')
}

/** `process NAME uid=… gid=… caps=… own=NAMESPACES root=… nnp=… filter=… oom=… core=…`; the other sets of capabilities only where they are not as the effective one. */
function processLine(name: string, fields: ReadonlyMap<string, string>): string {
  const field = (key: string) => fields.get(key) ?? ''
  const effective = capabilityNames(field('effective'))
  const others = ['permitted', 'inheritable', 'ambient', 'bounding'].map((set) => [set, capabilityNames(field(set))] as const)
  const words = [
    `uid=${ids(field('uid'))} gid=${ids(field('gid'))}`,
    ...(field('groups') === '' ? [] : [`groups=${field('groups')}`]),
    `caps=${effective}`,
    ...others.filter(([, names]) => names !== effective).map(([set, names]) => `${set}=${names}`),
    `own=${field('own') === '' ? 'nothing' : field('own')} root=${field('root')}`,
    `nnp=${field('nnp') === '1' ? 'yes' : 'no'} filter=${field('seccomp') === '2' ? 'yes' : 'no'}`,
    `oom=${field('oom')} core=${field('core')}`,
  ]
  return `process ${name} ${words.join(' ')}`
}

const UUID = /[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}/g

/** The lines of `doors` as the reviewed list has them, each once, in order. */
export function inventoryOf(doors: string): string[] {
  const lines = doors.split('\n').flatMap((raw) => {
    const line = raw.trim().replace(UUID, 'ID')
    if (!line.startsWith('process ')) return line === '' ? [] : [line]
    const [, name = '', ...words] = line.split(' ')
    return [processLine(name, new Map(words.map((word) => [word.slice(0, word.indexOf('=')), word.slice(word.indexOf('=') + 1)])))]
  })
  return [...new Set(lines)].sort()
}

/** A line of the list: `[maybe|with-vm ]WHAT IS SEEN  # REASON`. */
interface Reviewed {
  readonly line: string
  readonly when: 'always' | 'maybe' | 'with-vm'
}

export interface ReviewedList {
  readonly lines: readonly Reviewed[]
  /** Lines that have no reason. */
  readonly bare: readonly string[]
}

export function parseReviewedList(text: string): ReviewedList {
  const rows = text.split('\n').filter((row) => row.trim() !== '' && !row.startsWith('#'))
  const lines = rows.map((row): Reviewed => {
    const [, when = '', line = ''] = /^(maybe |with-vm )?(.*?)\s*(#.*)?$/.exec(row) ?? []
    return { line, when: when === 'maybe ' ? 'maybe' : when === 'with-vm ' ? 'with-vm' : 'always' }
  })
  return { lines, bare: rows.filter((row) => !/ # \S/.test(row)) }
}

/** What to do about the list, one sentence for each difference. */
export function differences(seen: readonly string[], { lines }: ReviewedList, vmRuns: boolean): string[] {
  const allowed = new Set(lines.filter(({ when }) => when !== 'with-vm' || vmRuns).map(({ line }) => line))
  const wanted = lines.filter(({ when }) => when === 'always' || (when === 'with-vm' && vmRuns)).map(({ line }) => line)
  return [
    ...seen
      .filter((line) => !allowed.has(line))
      .map((line) => `is it meant to be there? Then add this to the list, with its reason: ${line}`),
    ...wanted
      .filter((line) => !seen.includes(line))
      .map((line) => `gone from the appliance: remove it from the list, or put "maybe" before it: ${line}`),
  ]
}
