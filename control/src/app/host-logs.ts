// Reading the host's log: the latest lines of a kind, those after or before one, those with a text in them. A file at a time, so that others have their turn.
import { LOG_KIND_WORDS, LOG_KINDS, type LogKind, type LogKindSummary, type LogLine } from '../domain/host-log.ts'
import type { LogFile } from '../ports/host-logs.ts'
import type { AppPorts } from './ports.ts'
import { Refusal } from './refusal.ts'

export interface LogQuestion {
  /** Or `all`: in the order in which they were said. */
  readonly kind: string
  /** Lines with a larger number, the first of them. */
  readonly after?: number | undefined
  /** Lines with a smaller number, the last of them. */
  readonly before?: number | undefined
  /** Only lines with this in their text, in capitals or not. */
  readonly search?: string | undefined
  readonly limit: number
}

export interface LogPage {
  /** Oldest first. */
  readonly items: readonly LogLine[]
  /** For `after`, to go on where this ends; also where a search has found nothing. */
  readonly next: number
}

export interface HostLogReader {
  kinds(): readonly LogKindSummary[]
  /** Refuses with `log.kind-unknown`. */
  read(question: LogQuestion): Promise<LogPage>
}

export function createHostLogReader({ hostLogs, clock }: Pick<AppPorts, 'hostLogs' | 'clock'>): HostLogReader {
  const turn = () => new Promise<void>((resolve) => clock.after(0, resolve))
  /** The last line of each file when it was this large: whoever follows the log asks every second, and most files are as they were. */
  const ends = new Map<string, { readonly sizeBytes: number; readonly last: number }>()
  const endOf = ({ kind, first, sizeBytes }: LogFile): number | null => {
    const known = ends.get(`${kind} ${first}`)
    return known?.sizeBytes === sizeBytes ? known.last : null
  }

  function linesOf(file: LogFile): readonly LogLine[] {
    const lines = hostLogs.read(file)
    if (ends.size > 200) ends.clear()
    ends.set(`${file.kind} ${file.first}`, { sizeBytes: file.sizeBytes, last: lines.at(-1)?.number ?? file.first })
    return lines
  }

  /** At most `limit` lines of one kind: from the front after a number, from the end otherwise. */
  async function readKind(files: readonly LogFile[], question: LogQuestion): Promise<readonly LogLine[]> {
    const { after, before = Number.POSITIVE_INFINITY, search, limit } = question
    const wanted = search?.toLowerCase()
    const fits = ({ number, text }: LogLine) =>
      number > (after ?? -1) && number < before && (wanted === undefined || text.toLowerCase().includes(wanted))
    // A file ends where the next one begins.
    const inReach = files.filter(
      (file, index) => file.first < before && (files[index + 1]?.first ?? Number.POSITIVE_INFINITY) > (after ?? -1),
    )
    const found: LogLine[] = []
    for (const file of after === undefined ? inReach.reverse() : inReach) {
      if (after !== undefined && (endOf(file) ?? Number.POSITIVE_INFINITY) <= after) continue
      const lines = linesOf(file).filter(fits)
      if (after === undefined) found.unshift(...lines.slice(-(limit - found.length)))
      else found.push(...lines.slice(0, limit - found.length))
      if (found.length >= limit) break
      await turn()
    }
    return found
  }

  return {
    kinds() {
      const files = hostLogs.files()
      return LOG_KINDS.map((kind) => ({
        kind,
        description: LOG_KIND_WORDS[kind],
        sizeBytes: files.filter((file) => file.kind === kind).reduce((sum, { sizeBytes }) => sum + sizeBytes, 0),
      }))
    },
    async read(question) {
      const kinds: readonly LogKind[] = question.kind === 'all' ? LOG_KINDS : LOG_KINDS.filter((kind) => kind === question.kind)
      if (kinds.length === 0) throw new Refusal('not-found', 'log.kind-unknown', `The log has no kind ${question.kind}.`)
      const files = hostLogs.files()
      const found: LogLine[] = []
      for (const kind of kinds)
        found.push(
          ...(await readKind(
            files.filter((file) => file.kind === kind),
            question,
          )),
        )
      found.sort((a, b) => a.number - b.number)
      const items = question.after === undefined ? found.slice(-question.limit) : found.slice(0, question.limit)
      const wanted = files.filter(({ kind }) => kinds.includes(kind))
      const isAll = question.before === undefined && (question.after === undefined || items.length < question.limit)
      const end = isAll ? Math.max(0, ...wanted.map((file) => endOf(file) ?? 0)) : 0
      return { items, next: Math.max(items.at(-1)?.number ?? 0, question.after ?? 0, end) }
    },
  }
}
