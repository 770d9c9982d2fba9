// Reads updates off a stick, which this process alone has mounted, read-only: `medium-read list DEVICE MOUNT-POINT` prints one JSON object for each,
// `medium-read send DEVICE MOUNT-POINT FILE` has its bytes go to the output. What fails is one line on the error output.
import { mkdir, mount } from 'hv:fs'
import { args, exec, exit } from 'hv:process'
import { fromFd } from 'hv:socket'
import { updatesIn } from '../adapters/update-header.ts'

const MAX_FILES = 20

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
  for (const found of updatesIn(at).slice(0, MAX_FILES)) output.write(`${JSON.stringify(found)}\n`)
  output.closeWhenSent(5_000)
} catch (error) {
  fail(error)
}
