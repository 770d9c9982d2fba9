// Whether the system in a slot is as it was written: every release says what its files are to be.
import { readText, statOrNull } from 'hv:fs'
import { pid } from 'hv:process'
import { hashOf } from './installation.ts'
import { mounted } from './mounted.ts'

/** What `sha256sum` said of the files, by their names from the top. */
const SUMS = 'corbel/system.sums'
const MAX_BYTES = 65_536

/** The names of the files that are not; those that cannot be read are among them. */
export async function damagedFiles(device: string): Promise<readonly string[]> {
  let isMounted = false
  try {
    return await mounted(device, `/run/corbel/checked-slot-${pid}`, 'iso9660', (medium) => {
      isMounted = true
      return damagedBelow(medium)
    })
  } catch (error) {
    if (isMounted) throw error
    return ['its file system']
  }
}

/** Of a release that says nothing of its files none. */
export async function damagedBelow(directory: string): Promise<readonly string[]> {
  if (statOrNull(`${directory}/${SUMS}`) === null) return []
  const lines = sumsIn(`${directory}/${SUMS}`)
  if (lines === null) return [SUMS]
  const damaged: string[] = []
  for (const { sha256, name } of lines) {
    const size = statOrNull(`${directory}/${name}`)?.size
    if (size === undefined || (await hashOf(`${directory}/${name}`, size)) !== sha256) damaged.push(name)
  }
  return damaged
}

/** Null where they cannot be read, or are no sums. */
function sumsIn(file: string): readonly { readonly sha256: string; readonly name: string }[] | null {
  let text = ''
  try {
    text = readText(file, MAX_BYTES)
  } catch {
    return null
  }
  const lines = text
    .trimEnd()
    .split('\n')
    .map((line) => /^([0-9a-f]{64}) {2}([\w./-]+)$/.exec(line))
  const sums = lines.flatMap((found) => (found === null ? [] : [{ sha256: found[1] ?? '', name: found[2] ?? '' }]))
  return sums.length === lines.length ? sums : null
}
