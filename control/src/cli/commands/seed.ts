// Commands that make and check a seed on the operator's machine. They ask no host.
import { readFileSync, writeFileSync } from 'node:fs'
import { SEED_FILE, SEED_LABEL, SEED_MAX_BYTES, validateSeed } from '../../domain/seed.ts'
import type { Command, Context } from '../command.ts'
import { readPassword } from '../confirm.ts'
import { EXIT } from '../exit-codes.ts'
import { Failure, failure } from '../failure.ts'
import { renderFatImage } from '../fat-image.ts'
import { print } from '../io.ts'
import { printResult, say } from '../output.ts'
import { SEED_OPTIONS, seedOf } from '../seed-options.ts'

export const seedCommands: readonly Command[] = [
  {
    words: ['seed', 'make'],
    summary: 'Make a seed: the document by which a host sets itself up, or installs itself, unattended',
    details: [
      'It is checked as the host will check it. Without --output and --image it is printed.',
      `--image is a FAT image labelled ${SEED_LABEL}, for a USB stick (dd) or as a virtual floppy or disk; the host leaves its receipt there.`,
    ],
    options: () => [
      ...SEED_OPTIONS,
      { name: 'output', value: 'FILE', kind: 'local-file', help: 'Write the document there' },
      { name: 'image', value: 'FILE', kind: 'local-file', help: 'Write an image with it there' },
    ],
    async run(context) {
      const { given, io } = context
      const from = given.value('from')
      const base = from === undefined ? {} : readDocument(from)
      const document = seedOf(base, given, await administratorOf(context))
      checked(document)
      const text = `${JSON.stringify(document, null, 2)}\n`
      if (Buffer.byteLength(text) > SEED_MAX_BYTES) throw failure(EXIT.usage, 'seed.too-large', `must have at most ${SEED_MAX_BYTES} bytes`)
      const output = given.value('output')
      const image = given.value('image')
      if (output !== undefined) write(output, text)
      if (image !== undefined) write(image, renderFatImage(SEED_LABEL, { name: SEED_FILE, bytes: Buffer.from(text) }))
      if (output === undefined && image === undefined) print(io, text)
      else say(context, `The seed is in ${[output, image].filter((file) => file !== undefined).join(' and ')}`)
      const { administrator } = document
      if (typeof administrator === 'object' && administrator !== null && 'password' in administrator) {
        say(context, 'It holds the password itself: keep it as you keep passwords.')
      }
    },
  },
  {
    words: ['seed', 'check'],
    summary: 'Check a seed as the host will check it',
    arguments: [{ name: 'FILE', kind: 'local-file' }],
    async run(context) {
      const file = context.given.arguments[0] ?? ''
      checked(readDocument(file))
      printResult(context, { ok: true }, () => `${file} is a seed that a host accepts\n`)
    },
  },
]

async function administratorOf({ given, io }: Context): Promise<Record<string, string> | undefined> {
  const passwordHash = given.value('password-hash')
  if (!given.has('password')) return passwordHash === undefined ? undefined : { passwordHash }
  const password = await readPassword(io, 'First password of the host: ')
  return passwordHash === undefined ? { password } : { password, passwordHash }
}

function checked(document: unknown): void {
  const result = validateSeed(document)
  if (!result.ok) throw new Failure(EXIT.usage, result.problems)
}

function readDocument(file: string): Readonly<Record<string, unknown>> {
  let text: string
  try {
    text = readFileSync(file, 'utf8')
  } catch (error) {
    throw failure(EXIT.failed, 'file.not-read', `${file} cannot be read: ${(error as Error).message}`)
  }
  try {
    return JSON.parse(text.replace(/^\ufeff/, '')) as Readonly<Record<string, unknown>>
  } catch (error) {
    throw failure(EXIT.usage, 'seed.not-json', `${file} is not JSON: ${(error as Error).message}`)
  }
}

/** Whoever makes it alone may read it: it may hold a password. */
function write(file: string, bytes: string | Uint8Array): void {
  try {
    writeFileSync(file, bytes, { mode: 0o600 })
  } catch (error) {
    throw failure(EXIT.failed, 'file.not-written', `${file} cannot be written: ${(error as Error).message}`)
  }
}
