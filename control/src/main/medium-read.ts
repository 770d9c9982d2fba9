// Reads updates off a stick, which this process alone has mounted, read-only: `medium-read list DEVICE MOUNT-POINT` prints one JSON object for each,
// `medium-read send DEVICE MOUNT-POINT FILE` has its bytes go to the output. What fails is one line on the error output.
import { mkdir, mount, readDir, readFile, stat } from 'hv:fs'
import { args, exec, exit } from 'hv:process'
import { fromFd } from 'hv:socket'
import { decodeUtf8 } from 'hv:text'
import { parseUpdateHeader } from '../codec/update-file.ts'
import { check } from '../domain/check.ts'
import { UPDATE_HEADER_BYTES, updateManifestSchema } from '../domain/update-manifest.ts'
import { isUpdateFileName } from '../domain/update-source.ts'

const MAX_FILES = 20

/** What its header says, which nobody has verified; null for what is no update. */
function versionOf(path: string): string | null {
  const header = parseUpdateHeader(readFile(path, UPDATE_HEADER_BYTES))
  if (header === null) return null
  const manifest = check(updateManifestSchema, JSON.parse(decodeUtf8(header.manifest)), 'update.manifest')
  return manifest.ok ? manifest.value.version : null
}

function list(at: string): readonly object[] {
  return readDir(at).flatMap((file) => {
    try {
      const { kind, size } = stat(`${at}/${file}`)
      const version = kind === 'file' && isUpdateFileName(file) ? versionOf(`${at}/${file}`) : null
      return version === null ? [] : [{ file, sizeBytes: size, version }]
    } catch {
      // Damaged, or no update after all.
      return []
    }
  })
}

function fail(error: unknown): void {
  const output = fromFd(2)
  output.onClose(() => exit(1))
  output.write(`${error instanceof Error ? error.message : String(error)}\n`)
  output.closeWhenSent(5_000)
}

const [what, device = '', at = '', file = ''] = args
try {
  mkdir(at, { mode: 0o700, recursive: true })
  mount(device, at, 'vfat', ['ro', 'nosuid', 'nodev', 'noexec'], 'quiet,umask=0077,utf8')
  if (what === 'send') {
    exec({ argv: ['/usr/bin/busybox', 'cat', `${at}/${file}`], fds: { 1: 1, 2: 2 }, capabilities: [], noNewPrivileges: true })
  }
  const output = fromFd(1)
  output.onClose(() => exit(0))
  for (const found of list(at).slice(0, MAX_FILES)) output.write(`${JSON.stringify(found)}\n`)
  output.closeWhenSent(5_000)
} catch (error) {
  fail(error)
}
