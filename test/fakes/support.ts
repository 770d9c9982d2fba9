// Support's tools over memory: a stick or none, and what was packed.
import type { BundleEntry, SupportMedium } from '../../control/src/domain/support.ts'
import type { SupportTools } from '../../control/src/ports/support.ts'
import { FakeFailure } from './failure.ts'

export const STICK: SupportMedium = { device: 'sdb1', label: 'STICK', fileSystem: 'vfat', model: 'Vendor Stick', sizeBytes: 8_000_000_000 }

export class FakeSupport implements SupportTools {
  sticks: readonly SupportMedium[] = []
  packed: readonly BundleEntry[] | null = null
  /** As `DEVICE NAME`. */
  readonly written: string[] = []
  /** Whether a stick is pulled out while it is written. */
  pulled = false

  observe(): Promise<readonly BundleEntry[]> {
    return Promise.resolve([{ name: 'host/proc/version', text: 'Linux\n' }])
  }

  pack(entries: readonly BundleEntry[]): Promise<number> {
    this.packed = entries
    return Promise.resolve(this.#bytes().length)
  }

  read(): Uint8Array | null {
    return this.packed === null ? null : this.#bytes()
  }

  media(): Promise<readonly SupportMedium[]> {
    return Promise.resolve(this.sticks)
  }

  write(device: string, fileName: string): Promise<void> {
    if (this.pulled || !this.sticks.some((stick) => stick.device === device))
      return Promise.reject(new FakeFailure('support.medium-failed', 'The stick is not there any more.'))
    this.written.push(`${device} ${fileName}`)
    return Promise.resolve()
  }

  #bytes(): Uint8Array {
    const text = (this.packed ?? []).map(({ name, text }) => `${name}\0${text}`).join('\0')
    return Uint8Array.from(text, (letter) => letter.charCodeAt(0) & 0xff)
  }
}
