// File systems that are looked at for a moment, by a process that alone sees them.
import { mkdir, mount, rmdir, unmount } from 'hv:fs'

/** Read-only at `point`, which is made and removed; whatever `use` does, it is unmounted when this resolves. */
export async function mounted<T>(
  device: string,
  point: string,
  type: 'iso9660' | 'erofs',
  use: (point: string) => T | Promise<T>,
): Promise<T> {
  mkdir(point, { mode: 0o700, recursive: true })
  try {
    mount(device, point, type, ['ro', 'nosuid', 'nodev', 'noexec'])
    try {
      return await use(point)
    } finally {
      unmount(point)
    }
  } finally {
    rmdir(point)
  }
}
