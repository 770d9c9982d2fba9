// What every implementation of backup files promises: opened by its passphrase alone, and a file that is not whole is told from a wrong passphrase.
import { describe, expect, it } from 'vitest'
import type { BackupFiles } from '../../control/src/ports/backup-files.ts'
import { toBase64 } from '../fakes/backup-files.ts'

const DOCUMENT = JSON.stringify({ format: 1, words: 'x'.repeat(5_000) })
const PASSPHRASE = 'correct horse battery'

export function backupFilesContract(make: () => BackupFiles): void {
  describe('a backup file', () => {
    it('is opened by its passphrase and by no other', async () => {
      const files = make()
      const file = toBase64(await files.seal(DOCUMENT, PASSPHRASE))
      expect(await files.open(file, PASSPHRASE)).toEqual({ document: DOCUMENT })
      expect(await files.open(file, 'correct horse batterz')).toEqual({ problem: 'passphrase' })
    })

    it.each<[string, (file: Uint8Array) => Uint8Array]>([
      ['is cut off', (file) => file.subarray(0, -1)],
      ['has lost its beginning', (file) => file.subarray(1)],
      ['is empty', () => new Uint8Array()],
      ['is something else', () => Uint8Array.from('this is no backup at all, and long enough to tell', (one) => one.charCodeAt(0))],
    ])('that %s is damaged, whatever the passphrase', async (_what, spoil) => {
      const files = make()
      const file = toBase64(spoil(await files.seal(DOCUMENT, PASSPHRASE)))
      expect(await files.open(file, PASSPHRASE)).toEqual({ problem: 'damaged' })
    })

    it('that is no base64 is damaged, and one that is too large is refused before anything is made of it', async () => {
      const files = make()
      expect(await files.open('?', PASSPHRASE)).toEqual({ problem: 'damaged' })
      expect(await files.open(toBase64(new Uint8Array(720 * 1024 + 3)), PASSPHRASE)).toEqual({ problem: 'too-large' })
    })
  })
}
