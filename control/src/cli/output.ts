// How results are printed: the host's documents, or text for people.
import type { Context } from './command.ts'
import { note, print } from './io.ts'
import { renderJson } from './printable.ts'

export function printDocument({ io }: Pick<Context, 'io'>, document: unknown): void {
  print(io, `${renderJson(document)}\n`)
}

/** The document with `--json`, else the text. */
export function printResult(context: Pick<Context, 'io' | 'json'>, document: unknown, text: () => string): void {
  if (context.json) printDocument(context, document)
  else print(context.io, text())
}

/** What was done, beside results; nothing with `--json`. */
export function say({ io, json }: Pick<Context, 'io' | 'json'>, text: string): void {
  if (!json) note(io, text)
}
