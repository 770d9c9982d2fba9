// Asks at the terminal: yes or no, a password, a line.
import { createInterface } from 'node:readline/promises'
import { EXIT } from './exit-codes.ts'
import { type Failure, failure } from './failure.ts'
import type { Io } from './io.ts'

/** Whether somebody is there to answer. */
export function canAsk({ input, errors }: Pick<Io, 'input' | 'errors'>): boolean {
  return input.isTTY === true && errors.isTTY === true
}

/** Throws unless the answer is yes. Without a terminal nobody is asked: a script means what it says. */
export async function confirm(io: Io, question: string): Promise<void> {
  if (!canAsk(io)) return
  if (!(await isYes(io, question))) throw failure(EXIT.failed, 'confirmation.refused', 'Nothing was done.')
}

export async function isYes(io: Io, question: string): Promise<boolean> {
  return /^y(es)?$/i.test((await readLine(io, `${question} [y/N] `))?.trim() ?? '')
}

/** A line, shown as it is typed; null at the end of the input. */
export async function readLine(io: Io, question: string): Promise<string | null> {
  const reader = createInterface({ input: io.input, output: io.errors })
  try {
    return await new Promise<string | null>((resolve, reject) => {
      // The terminal is raw while a line is typed: Ctrl-C is a key then.
      reader.once('SIGINT', () => reject(interruption()))
      reader.once('close', () => resolve(null))
      reader.question(question, { signal: io.interrupted }).then(resolve, reject)
    })
  } finally {
    reader.close()
  }
}

/** Typed without being shown; without a terminal the first line of the input. */
export async function readPassword(io: Io, question: string): Promise<string> {
  const [password = ''] = await readPasswords(io, [question])
  return password
}

/** One for each question; without a terminal as many lines of the input. */
export async function readPasswords(io: Io, questions: readonly string[]): Promise<readonly string[]> {
  const passwords: string[] = []
  if (io.input.isTTY === true) {
    for (const question of questions) passwords.push(await typeHidden(io, question))
    return passwords
  }
  const reader = createInterface({ input: io.input })
  try {
    for await (const line of reader) {
      passwords.push(line)
      if (passwords.length === questions.length) return passwords
    }
  } finally {
    reader.close()
  }
  throw failure(
    EXIT.usage,
    'login.no-password',
    'Passwords are read from the terminal, or from lines of the input; there was neither, or too few.',
  )
}

function interruption(): Failure {
  return failure(EXIT.interrupted, 'interrupted', 'Interrupted.')
}

const ENTER = /[\r\n]/
const KEYS = { interrupt: '\x03', end: '\x04', backspace: '\x7f', otherBackspace: '\b', eraseLine: '\x15' } as const

function typeHidden({ input, errors, interrupted }: Io, question: string): Promise<string> {
  errors.write(question)
  return new Promise<string>((resolve, reject) => {
    let typed: string[] = []
    const stop = (settle: () => void) => {
      input.off('data', onData)
      interrupted.removeEventListener('abort', onInterrupt)
      input.setRawMode?.(false)
      input.pause()
      errors.write('\n')
      settle()
    }
    const giveUp = () => reject(interruption())
    const onInterrupt = () => stop(giveUp)
    const onData = (data: Buffer) => {
      for (const character of data.toString()) {
        if (ENTER.test(character)) return stop(() => resolve(typed.join('')))
        if (character === KEYS.interrupt || character === KEYS.end) return stop(giveUp)
        if (character === KEYS.backspace || character === KEYS.otherBackspace) typed = typed.slice(0, -1)
        else if (character === KEYS.eraseLine) typed = []
        else typed.push(character)
      }
    }
    input.setRawMode?.(true)
    input.on('data', onData)
    interrupted.addEventListener('abort', onInterrupt, { once: true })
    input.resume()
  })
}
