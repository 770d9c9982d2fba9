// Pictures of the VGA console: kept for people as PNG, looked at by tests as rows of pixels.
import { readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import type { Machine } from './machine.ts'
import { until } from './wait.ts'

/** Share of the pixels that are not black between two heights of the screen (0 is the top, 1 the bottom). @source netpbm's ppm(5), P6 */
function litShare(ppm: Buffer, from: number, to: number): number {
  const header = /^P6\s+(\d+)\s+(\d+)\s+255\s/.exec(ppm.toString('latin1', 0, 64))
  if (header === null) throw new Error('no PPM picture')
  const [width, height] = [Number(header[1]), Number(header[2])]
  const rowBytes = width * 3
  const pixels = ppm.subarray(header[0].length)
  const part = pixels.subarray(Math.floor(height * from) * rowBytes, Math.floor(height * to) * rowBytes)
  let lit = 0
  for (let at = 0; at + 2 < part.length; at += 3) if ((part[at] ?? 0) + (part[at + 1] ?? 0) + (part[at + 2] ?? 0) > 120) lit++
  return lit / (part.length / 3)
}

/** Waits until text or lines stand between two heights of the screen, then keeps a picture of it as build/logs/NAME/FILE.png. */
export async function pictureOf(machine: Machine, name: string, from: number, to: number, timeoutMs: number): Promise<void> {
  const file = join(machine.logDirectory, `${name}.ppm`)
  const look = async () => {
    await machine.qmp.run('screendump', { filename: file })
    // An empty screen has a fraction of this, a blinking cursor; a full one several times as much.
    return litShare(readFileSync(file), from, to) > 0.01
  }
  try {
    await until(`picture on the screen between ${from} and ${to} of its height`, look, { timeoutMs, intervalMs: 500, signal: machine.died })
  } finally {
    rmSync(file, { force: true })
    await machine.screenshot(name)
  }
}
