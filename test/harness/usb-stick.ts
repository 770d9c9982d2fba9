// A USB stick with a FAT file system, plugged into a machine with a controller `usb` while it runs, and pulled out again.
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { inTools } from './in-tools.ts'
import type { Machine } from './machine.ts'

const SPARE_BYTES = 33 * 1024 * 1024

export class UsbStick {
  readonly image: string
  readonly #machine: Machine

  private constructor(machine: Machine, image: string) {
    this.#machine = machine
    this.image = image
  }

  /** Labelled STICK, with these files in its root. */
  static async plug(machine: Machine, files: Readonly<Record<string, Buffer>> = {}): Promise<UsbStick> {
    const image = join(machine.logDirectory, 'stick.img')
    const bytes = Object.values(files).reduce((sum, file) => sum + file.length, SPARE_BYTES)
    writeFileSync(image, '')
    inTools('truncate', '-s', String(bytes), image)
    inTools('mkfs.vfat', '-n', 'STICK', image)
    for (const [name, file] of Object.entries(files)) {
      const path = join(machine.logDirectory, name)
      writeFileSync(path, file)
      inTools('mcopy', '-i', image, path, `::${name}`)
    }
    await machine.qmp.run('blockdev-add', { driver: 'raw', 'node-name': 'stick', file: { driver: 'file', filename: image } })
    await machine.qmp.run('device_add', { driver: 'usb-storage', id: 'stick', drive: 'stick', bus: 'usb.0' })
    return new UsbStick(machine, image)
  }

  /** The image's file is whole once `gone` has resolved: when the host says so. */
  async pull(gone: () => Promise<unknown>): Promise<void> {
    await this.#machine.qmp.run('device_del', { id: 'stick' })
    await gone()
    await this.#machine.qmp.run('blockdev-del', { 'node-name': 'stick' })
  }
}
