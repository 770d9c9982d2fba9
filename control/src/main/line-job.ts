// A job whose output is one JSON object a line: what it tells, and in the end what went wrong.
import { exit } from 'hv:process'
import { fromFd } from 'hv:socket'
import { log } from 'hv:system'
import { toHostFailure } from '../adapters/host-failure.ts'

/** Ends the process after `act` and all that was printed; with 1 after `{failed: {code, message}}`. */
export function runLineJob(step: string, act: (print: (line: unknown) => void) => Promise<void>): void {
  const output = fromFd(1)
  const print = (line: unknown) => output.write(`${JSON.stringify(line)}\n`)
  const end = (code: number) => {
    output.onClose(() => exit(code))
    output.closeWhenSent(10_000)
  }
  act(print).then(
    () => end(0),
    (error: unknown) => {
      const { code, message } = toHostFailure(error, step)
      log('error', `${code}: ${message}`)
      print({ failed: { code, message } })
      end(1)
    },
  )
}
