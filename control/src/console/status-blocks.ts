// The parts of the status screen, each a block that makes do with few rows or uses many.
import type { ConsoleStatus, HealthItem } from '../domain/console-status.ts'
import type { Severity } from '../domain/event.ts'
import type { Problem } from '../domain/problem.ts'
import type { Model } from './app.ts'
import { glyphs, putGlyphs, type Screen } from './cells.ts'
import { formatCount, formatFingerprint, formatPlural, percentOf } from './format.ts'
import { type Block, bounded, inside, type Line, putBox, putLine, putLines, type Rect, wrap } from './layout.ts'
import { displayable } from './sanitize.ts'
import { severityStyle, severityWord, theme } from './theme.ts'

const labelColumns = 12

/** Lines beside a label. */
function labelled(label: string, lines: readonly Line[]): readonly Line[] {
  return lines.map((line, index) => [{ text: (index === 0 ? label : '').padEnd(labelColumns), style: theme.label }, ...line])
}

const body = (text: string): Line => [{ text, style: theme.body }]
const value = (text: string): Line => [{ text, style: theme.value }]
const missing = (count: number): Line => body(`and ${formatCount(count)} more`)

/** A block of the lines that fit, and of what says that there are more. */
function linesBlock(label: string, minRows: number, lines: readonly Line[], more: (count: number) => Line = missing): Block {
  return {
    minRows: Math.min(minRows, lines.length),
    wantedRows: lines.length,
    draw: (screen, rect) => putLines(screen, rect, labelled(label, bounded(lines, rect.rows, more))),
  }
}

function lockdownLine(mode: 'locked' | 'strict'): Line {
  const [word, said] =
    mode === 'locked'
      ? ['LOCKED', '  the console is for its break-glass users']
      : ['STRICT', '  nobody may log in here; the recovery code opens it']
  return [
    { text: word, style: severityStyle('warning') },
    { text: said, style: theme.body },
  ]
}

function machineLines(status: ConsoleStatus): readonly Line[] {
  const { machine, cpu, state, datastore, lockdown } = status
  const model = [machine.vendor, machine.model].filter((part) => part !== '').join(' ')
  const serial = machine.serial === '' ? '' : `  serial ${machine.serial}`
  const volatile: Line = [
    { text: 'VOLATILE', style: severityStyle('warning') },
    { text: '  in memory only, gone at power-off', style: theme.body },
  ]
  const stored: Line =
    datastore.problem !== null
      ? // Why is in the health, where it has room.
        [{ text: 'Cannot be used', style: severityStyle('warning') }]
      : body(datastore.present ? 'Ready' : 'None: no disk for VMs was given')
  return [
    ...labelled('Machine', [
      [
        { text: model === '' ? 'Unknown' : model, style: theme.value },
        { text: serial, style: theme.body },
      ],
    ]),
    ...labelled('CPU', [
      [
        { text: cpu.model, style: theme.value },
        { text: `  ${formatPlural(cpu.cores, 'core', 'cores')}, ${formatPlural(cpu.threads, 'thread', 'threads')}`, style: theme.body },
      ],
    ]),
    // Its gauge is drawn beside it.
    ...labelled('Memory', [value(`${formatCount(status.memory.usedMiB)} of ${formatCount(status.memory.totalMiB)} MiB used`)]),
    ...labelled('State', [state === 'volatile' ? volatile : [...body('Kept on disk'), ...systemParts(status)]]),
    ...labelled('Datastore', [stored]),
    ...(lockdown.mode === 'normal' ? [] : labelled('Lockdown', [lockdownLine(lockdown.mode)])),
  ]
}

/** Which slot runs, and which generation of the configuration counts. */
function systemParts({ system: { slot, generation } }: ConsoleStatus): Line {
  return [
    ...(generation === null ? [] : body(`  generation ${formatCount(generation)}`)),
    ...(slot === null ? [] : body(`  slot ${slot.name.toUpperCase()}`)),
    ...(slot === null || slot.confirmed ? [] : [{ text: '  not confirmed yet', style: severityStyle('warning') }]),
  ]
}

const gauge = { column: 46, columns: 20 }

function drawGauge(screen: Screen, rect: Rect, percent: number): void {
  const full = Math.round((percent / 100) * gauge.columns)
  const column = rect.column + gauge.column
  putGlyphs(screen, column, rect.row, glyphs.full, full, theme.gauge)
  putGlyphs(screen, column + full, rect.row, glyphs.shade, gauge.columns - full, theme.gauge)
  putLine(screen, column + gauge.columns + 2, rect.row, body(`${percent} %`), 6)
}

export function machineBlock(status: ConsoleStatus): Block {
  const lines = machineLines(status)
  return {
    minRows: lines.length,
    wantedRows: lines.length,
    draw(screen, rect) {
      putLines(screen, rect, lines)
      drawGauge(screen, { ...rect, row: rect.row + 2 }, percentOf(status.memory.usedMiB, status.memory.totalMiB))
    },
  }
}

const originWords = { static: 'static', dhcp: 'DHCP', slaac: 'SLAAC' } as const

function urlLines(status: ConsoleStatus): readonly Line[] {
  if (status.urls.length === 0) return [[{ text: 'No network address yet', style: severityStyle('warning') }]]
  return status.urls.map(({ url, origin }) => [
    { text: url, style: theme.important },
    { text: `  (${originWords[origin]})`, style: theme.body },
  ])
}

const fingerprintLabel = 'Certificate SHA-256  '

function fingerprintLines(status: ConsoleStatus, width: number): readonly Line[] {
  if (status.certificateSha256 === null) return [body('No certificate yet')]
  return formatFingerprint(status.certificateSha256, width - fingerprintLabel.length).map((text, index) => [
    { text: (index === 0 ? fingerprintLabel : '').padEnd(fingerprintLabel.length), style: theme.label },
    { text, style: theme.value },
  ])
}

/** The addresses and the certificate in a frame. `columns` is the width it will get. */
export function accessBlock(status: ConsoleStatus, columns: number): Block {
  const urls = urlLines(status)
  const certificate = fingerprintLines(status, columns - 6)
  const fixed = certificate.length + 2
  return {
    minRows: fixed + 1,
    wantedRows: fixed + urls.length + 3,
    draw(screen, rect) {
      putBox(screen, rect, 'Manage this host at', theme.frame, theme.frameTitle)
      const room = rect.rows - fixed
      const shown = bounded(urls, Math.min(urls.length, room), missing)
      const spare = room - shown.length
      const area = inside(rect, 3, 1)
      const top = area.row + (spare >= 2 ? 1 : 0)
      putLines(screen, { ...area, row: top }, shown)
      putLines(screen, { ...area, row: top + shown.length + (spare >= 1 ? 1 : 0) }, certificate)
    },
  }
}

const severityOrder: readonly Severity[] = ['error', 'warning', 'info']

function healthLines(items: readonly HealthItem[], width: number): readonly Line[] {
  const sorted = severityOrder.flatMap((severity) => items.filter((item) => item.severity === severity))
  return sorted.flatMap(({ severity, message }) =>
    wrap(message, width - labelColumns - 9).map(
      (text, index): Line => [
        { text: (index === 0 ? severityWord(severity) : '').padEnd(9), style: severityStyle(severity) },
        { text, style: theme.body },
      ],
    ),
  )
}

/** `columns` is the width it will get. */
export function healthBlock(model: Model, columns: number): Block {
  if (model.service === 'away') {
    const items: HealthItem[] = [{ severity: 'error', message: 'Management service not answering. Running VMs go on.' }]
    return linesBlock('Health', 1, healthLines(items, columns))
  }
  if (model.service === 'starting') return linesBlock('Health', 1, [[{ text: 'The management service is starting', style: theme.body }]])
  const items = model.status?.health ?? []
  const fine: Line = [
    { text: 'OK       ', style: severityStyle('info') },
    { text: 'Management service answers', style: theme.body },
  ]
  const lines = healthLines(items, columns)
  // Lines are not items, so they are not counted.
  return linesBlock('Health', 4, items.every(({ severity }) => severity === 'info') ? [fine, ...lines] : lines, () => body('and more'))
}

function problemLines({ field, message }: Problem, width: number): readonly Line[] {
  const subject = displayable(field === '' ? 'document' : field)
  return wrap(`${subject}: ${message}`, width).map((text, index): Line => {
    const named = index === 0 ? Math.min(subject.length, text.length) : 0
    return [
      { text: text.slice(0, named), style: theme.value },
      { text: text.slice(named), style: theme.body },
    ]
  })
}

/** What is wrong with the seed, field by field; null unless it was refused. `columns` is the width it will get. */
export function seedBlock(status: ConsoleStatus, columns: number): Block | null {
  if (status.seed.state !== 'refused') return null
  const heading: Line = [
    { text: 'REFUSED', style: severityStyle('error') },
    { text: '  nothing in it was applied', style: theme.body },
  ]
  const problems = status.seed.problems.flatMap((problem) => problemLines(problem, columns - labelColumns))
  return linesBlock('Seed', 4, [heading, ...problems])
}

/** As many names as fit into `rows` lines, and how many are missing. */
function nameLines(names: readonly string[], total: number, width: number, rows: number): readonly string[] {
  const lines: string[] = []
  let line = ''
  for (const [index, name] of names.entries()) {
    const last = lines.length === rows - 1
    const rest = total - index - 1
    const joined = line === '' ? name : `${line}, ${name}`
    const reserve = last && rest > 0 ? `, and ${formatCount(rest)} more`.length : 0
    if (joined.length + reserve <= width) line = joined
    else if (last) return [...lines, `${line === '' ? '' : `${line}, `}and ${formatCount(total - index)} more`]
    else {
      lines.push(`${line},`)
      line = name
    }
  }
  const unnamed = total - names.length
  return [...lines, unnamed > 0 ? `${line}, and ${formatCount(unnamed)} more` : line]
}

/** `columns` is the width it will get. */
export function vmBlock(status: ConsoleStatus, columns: number): Block {
  const { running, defined, runningNames } = status.vms
  const width = columns - labelColumns
  const summary = value(`${formatCount(running)} of ${formatCount(defined)} running`)
  const names = (rows: number) => (runningNames.length === 0 || rows <= 0 ? [] : nameLines(runningNames, running, width, rows))
  return {
    minRows: Math.min(2, 1 + runningNames.length),
    // Without a bound the lines are as many as the names need.
    wantedRows: 1 + names(Number.MAX_SAFE_INTEGER).length,
    draw: (screen, rect) => putLines(screen, rect, labelled('VMs', [summary, ...names(rect.rows - 1).map(body)])),
  }
}
