// Puts what comes from descriptor 0 into a file: `receive FILE BYTES`, run in a sandbox for each upload. Prints how much it was, and its SHA-256.
import { open } from 'hv:copy'
import { openFd } from 'hv:fs'
import { args, exit } from 'hv:process'
import { fromFd } from 'hv:socket'
import { log } from 'hv:system'
import { toHex } from 'hv:text'

/** On disk after each, so that little is left to be done at the end however large it was. */
const STEP_BYTES = 16 * 1024 * 1024

const [path = '', size = ''] = args
const sizeBytes = Number(size)
let bytes = 0

function fail(error: unknown): void {
  log('error', error instanceof Error ? error.message : String(error))
  exit(1)
}

function tell(): void {
  const output = fromFd(1)
  output.write(JSON.stringify({ bytes, sha256: toHex(copy.sha256()) }))
  output.closeWhenSent(10_000)
}

/** A turn of the event loop each, as the processor time of one is limited. */
function step(): void {
  const wanted = Math.min(STEP_BYTES, sizeBytes - bytes)
  try {
    const copied = wanted === 0 ? 0 : copy.step(wanted)
    bytes += copied
    if (copied === wanted && wanted > 0) setTimeout(step, 0)
    else tell()
  } catch (error) {
    fail(error)
  }
}

const copy = open(0, openFd(path, 'w'))
step()
