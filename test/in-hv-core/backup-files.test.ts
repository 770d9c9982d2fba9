// Backup files as the appliance makes them keep the contract, hide what is in them, and show no alteration.
import { decodeUtf8 } from 'hv:text'
import { describe, expect, it } from 'vitest'
import { createBackupFiles } from '../../control/src/adapters/backup-files.ts'
import { backupFilesContract } from '../contract/backup-files.contract.ts'
import { toBase64 } from '../fakes/backup-files.ts'

const CHEAP = { memoryKiB: 64, passes: 1 }
const make = () => createBackupFiles(['/usr/bin/gzip'], CHEAP)

describe('sealed backups', () => {
  backupFilesContract(make)

  it('say how they are sealed, and nothing else', async () => {
    const text = decodeUtf8(await make().seal('a secret '.repeat(100), 'correct horse battery'))
    const [magic, head] = text.split('\n')
    expect([magic, JSON.parse(head ?? '')]).toEqual([
      'CORBEL-BACKUP 1',
      { kdf: 'argon2id', ...CHEAP, salt: expect.any(String), cipher: 'chacha20-poly1305', nonce: expect.any(String) },
    ])
    expect(text).not.toContain('secret')
  })

  it('differ each time', async () => {
    const [a, b] = [await make().seal('x', 'correct horse battery'), await make().seal('x', 'correct horse battery')]
    expect(toBase64(a)).not.toBe(toBase64(b))
  })
})
