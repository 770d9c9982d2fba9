// What `qemu-img` prints → types. It never decides what an answer means.
// @source QEMU docs/tools/qemu-img.rst; util/qemu-progress.c

/** Takes its progress out of what it prints, in chunks of any size. */
export class ProgressReader {
  #rest = ''

  /** The latest percentage that the text completed; null when it completed none. */
  push(text: string): number | null {
    const parts = (this.#rest + text).split('\r')
    this.#rest = (parts.pop() ?? '').slice(-64)
    const percents = parts.flatMap((part) => /^\s*\((\d{1,3}\.\d\d)\/100%\)$/.exec(part)?.[1] ?? [])
    const latest = Number(percents.at(-1))
    return percents.length > 0 && latest <= 100 ? latest : null
  }
}

/** The bytes that an image would take, from `qemu-img measure --output=json`; null when the text is no such answer. */
export function parseMeasure(text: string): number | null {
  try {
    const answer: unknown = JSON.parse(text)
    const required = typeof answer === 'object' && answer !== null && 'required' in answer ? answer.required : null
    return typeof required === 'number' && Number.isSafeInteger(required) && required >= 0 ? required : null
  } catch {
    return null
  }
}

/** What it, or a program of ours, complains of, without its own name and the files' places in its view; whether the complaint is that there is no room. */
export function parseComplaint(text: string): { readonly message: string; readonly noRoom: boolean } {
  // Warnings come before what ended it.
  const line = text.split('\n').findLast((candidate) => candidate.trim() !== '') ?? ''
  const message = line
    .trim()
    .replace(/^(?:(?:\S*\/)?qemu-img|<\d>\w+): /, '')
    .replace(/\/image\/(\w+)/g, '$1')
    .slice(0, 300)
  return { message, noRoom: /No space left on device|Disk quota exceeded/.test(text) }
}
