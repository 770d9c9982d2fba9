// Files and disks that are in use, as block devices of their own.
import { run } from 'hv:process'
import { decodeUtf8 } from 'hv:text'
import { VmHostFailure } from './host-failure.ts'

const LOSETUP = '/usr/sbin/losetup'
const LOSETUP_MS = 10_000

/** The device is gone when it resolves, whatever `use` does. */
export async function withLoopDevice<T>(
  file: string,
  options: { readonly readOnly: boolean },
  use: (device: string) => T | Promise<T>,
): Promise<T> {
  const device = await losetup(file, '-f')
  await losetup(file, ...(options.readOnly ? ['-r'] : []), device, file)
  try {
    return await use(device)
  } finally {
    await losetup(file, '-d', device)
  }
}

async function losetup(file: string, ...options: string[]): Promise<string> {
  const { code, stdout } = await run({ argv: [LOSETUP, ...options], env: {}, timeoutMs: LOSETUP_MS })
  if (code !== 0) throw new VmHostFailure('host.loop', 'losetup', `${file} could not be read by way of a loop device`)
  return decodeUtf8(stdout).trim()
}
