// Copies the control plane's programs out of a slot's root image, in the process that mounts slots; what was signed is what comes of it.
import { sha256 } from 'hv:crypto'
import { chmod, mkdir, readDir, readFile, stat, writeFileAtomic } from 'hv:fs'
import { pid } from 'hv:process'
import { encodeUtf8, toHex } from 'hv:text'
import { VmHostFailure } from './host-failure.ts'
import { withLoopDevice } from './loop-device.ts'
import { mounted } from './mounted.ts'

const IMAGE = 'corbel/root.img'
const PROGRAMS = 'usr/lib/corbel/programs'
const MAX_BYTES = 16 * 1024 * 1024

interface ProgramFile {
  /** Such as `./controld.qjb`. */
  readonly name: string
  readonly bytes: Uint8Array
}

/** `target` is made. Rejects with `update.programs` where they are others than those with this hash. */
export async function stagePrograms(device: string, wanted: string, target: string): Promise<void> {
  await mounted(device, `/run/corbel/staged-slot-${pid}`, 'iso9660', (medium) =>
    withLoopDevice(`${medium}/${IMAGE}`, { readOnly: true }, (image) =>
      mounted(image, `/run/corbel/staged-root-${pid}`, 'erofs', (root) => copyPrograms(`${root}/${PROGRAMS}`, wanted, target)),
    ),
  )
}

/** What is compared is what is written. The hash is that of what sha256sum says of them, in the order of their names. */
export function copyPrograms(source: string, wanted: string, target: string): void {
  const files = filesBelow(source, '.')
  const found = toHex(sha256(encodeUtf8(files.map(({ name, bytes }) => `${toHex(sha256(bytes))}  ${name}\n`).join(''))))
  if (found !== wanted) {
    throw new VmHostFailure(
      'update.programs',
      'stage',
      `The programs in the slot have the SHA-256 ${found}, not ${wanted}, which was signed.`,
    )
  }
  for (const { name, bytes } of files) {
    const path = `${target}/${name.slice(2)}`
    const directory = path.slice(0, path.lastIndexOf('/'))
    mkdir(directory, { recursive: true })
    chmod(directory, 0o755)
    writeFileAtomic(path, bytes, { mode: 0o644 })
  }
}

function filesBelow(root: string, path: string): readonly ProgramFile[] {
  return readDir(`${root}/${path}`)
    .flatMap((entry): readonly ProgramFile[] => {
      const name = `${path}/${entry}`
      const found = stat(`${root}/${name}`)
      if (found.kind === 'directory') return filesBelow(root, name)
      return [{ name, bytes: readFile(`${root}/${name}`, MAX_BYTES) }]
    })
    .sort((a, b) => (a.name < b.name ? -1 : 1))
}
