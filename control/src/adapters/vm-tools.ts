// What starting, changing and saving a VM does on the host besides QMP: files given and opened, TAPs, files that appear whole.
import * as fs from 'hv:fs'
import { run } from 'hv:process'
import * as system from 'hv:system'
import { decodeUtf8 } from 'hv:text'
import { directoryOf, syncFile } from './durable-files.ts'
import { VmHostFailure } from './host-failure.ts'
import type { VmTools } from './vm-process.ts'

const IP = '/usr/bin/ip'

/** A disk file is its VM's alone, a medium is everyone's to read. */
export function ownFile(path: string, uid: number, shared: boolean): void {
  if (fs.lstat(path).kind !== 'file') throw new VmHostFailure('host.not-a-file', 'own-file', 'a disk must be a plain file', path)
  fs.chown(path, shared ? 0 : uid, shared ? 0 : uid)
  fs.chmod(path, shared ? 0o644 : 0o600)
}

/** A TAP that is up on the bridge; it is gone with its last descriptor. */
export async function openTap(device: string, bridge: string): Promise<number> {
  const descriptor = system.openTap(device)
  try {
    const argv = [IP, 'link', 'set', 'dev', device, 'master', bridge, 'up']
    const { code, stderr } = await run({ argv, maxOutputBytes: 4096, timeoutMs: 10_000 })
    if (code !== 0) throw new VmHostFailure('network.bridge', 'open-tap', decodeUtf8(stderr).trim() || 'ip did not end well', bridge)
    return descriptor
  } catch (error) {
    fs.closeFd(descriptor)
    throw error
  }
}

/** `shapeNic` is the traffic's. */
export const vmTools: Omit<VmTools, 'shapeNic'> = {
  openFile(path, uid, shared) {
    // It may still be another VM's that had it before: root opens only what is root's, as it has no right to what is others'.
    fs.chown(path, 0, 0)
    const descriptor = fs.openFd(path, shared ? 'r' : 'rw')
    try {
      ownFile(path, uid, shared)
      return descriptor
    } catch (error) {
      fs.closeFd(descriptor)
      throw error
    }
  },
  openTap,
  close: (descriptor) => fs.closeFd(descriptor),
  create(path) {
    fs.mkdir(directoryOf(path), { recursive: true, mode: 0o700 })
    fs.writeFileAtomic(path, '')
    return fs.openFd(path, 'w')
  },
  openForReading: (path) => fs.openFd(path, 'r'),
  async commit(from, to) {
    await syncFile(from)
    fs.rename(from, to)
    fs.syncDir(directoryOf(to))
  },
  remove(path) {
    if (fs.statOrNull(path) !== null) fs.unlink(path)
  },
}
