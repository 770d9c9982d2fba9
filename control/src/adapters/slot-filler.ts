// Fills a slot in the program that does so: the header first, then what is allowed, hashed on its way to the disk, and read back from there.
import { open } from 'hv:copy'
import { closeFd, openFd, writeControl } from 'hv:fs'
import { fromFd } from 'hv:socket'
import { toBase64, toHex } from 'hv:text'
import { VmHostFailure } from './host-failure.ts'
import { hashOf } from './installation.ts'
import { takeUpdateHeader } from './update-header.ts'

const STEP_BYTES = 8 * 1024 * 1024
/** Of what it does, as time goes: receiving and writing, then the copies and reading back. */
const RECEIVED_PERCENT = 80

/** What it is fed by, and allowed by: one line of JSON, `{bytes, sha256}`; its end is a refusal. */
interface Feed {
  readonly source: number
  readonly permission: number
}

type Say = (line: { readonly header: string } | { readonly percent: number }) => void

function failed(code: string, message: string): VmHostFailure {
  return new VmHostFailure(code, 'fill', message)
}

/** False where it was refused, with nothing written. `devices` are the same slot on each disk. */
export async function fillSlot(devices: readonly [string, ...string[]], { source, permission }: Feed, say: Say): Promise<boolean> {
  const allowed = whenAllowed(permission)
  say({ header: toBase64(takeUpdateHeader(source)) })
  const wanted = await allowed
  if (wanted === null) return false
  const [first, ...others] = devices
  const sha256 = await write(source, first, wanted.bytes, (done) => say({ percent: (RECEIVED_PERCENT * done) / wanted.bytes }))
  if (sha256 !== wanted.sha256) throw failed('update.digest', `The SHA-256 of what has come is ${sha256}, not ${wanted.sha256}.`)
  for (const other of others) {
    const copied = openFd(first, 'r')
    try {
      await write(copied, other, wanted.bytes, () => {})
    } finally {
      closeFd(copied)
    }
  }
  say({ percent: 90 })
  writeControl('/proc/sys/vm/drop_caches', '1\n')
  for (const device of devices) {
    const found = await hashOf(device, wanted.bytes)
    if (found !== wanted.sha256)
      throw failed('update.read-back', `What was read back from ${device} has the SHA-256 ${found}, not ${wanted.sha256}.`)
  }
  return true
}

function whenAllowed(permission: number): Promise<{ readonly bytes: number; readonly sha256: string } | null> {
  return new Promise((resolve) => {
    const connection = fromFd(permission)
    connection.onLine((line) => resolve(JSON.parse(line) as { readonly bytes: number; readonly sha256: string }), 4096)
    connection.onClose(() => resolve(null))
  })
}

/** The SHA-256 of what was written. */
async function write(source: number, device: string, bytes: number, done: (bytes: number) => void): Promise<string> {
  const target = openFd(device, 'w')
  try {
    const copy = open(source, target)
    let written = 0
    while (written < bytes) {
      const step = copy.step(Math.min(STEP_BYTES, bytes - written))
      if (step === 0) throw failed('update.truncated', `Of ${bytes} bytes ${written} have come.`)
      written += step
      done(written)
      // What tells of progress is sent in between.
      await new Promise<void>((resolve) => setTimeout(resolve, 0))
    }
    return toHex(copy.sha256())
  } finally {
    closeFd(target)
  }
}
