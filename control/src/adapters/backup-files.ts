// Backups as files: packed by gzip, sealed with ChaCha20-Poly1305 by a key that argon2id makes of the passphrase. Neither is kept.
import { hashPassword, randomBytes, seal, sha256, unseal } from 'hv:crypto'
import { decodeUtf8, encodeUtf8, fromBase64, toBase64 } from 'hv:text'
import { parseBackupFile, renderBackupFile, renderBackupLines, type SealingHead } from '../codec/backup-file.ts'
import { BACKUP_MAX_BYTES, BACKUP_MAX_CHARACTERS } from '../domain/backup.ts'
import type { BackupFiles, OpenedBackup } from '../ports/backup-files.ts'
import { runTool } from './run-tool.ts'

/** Three times what a log-in costs: a file can be guessed at for ever, and is opened once. */
const COST = { memoryKiB: 65_536, passes: 3 } as const
const GZIP = ['/usr/bin/busybox', 'gzip'] as const
const PACK_MS = 30_000

/** `gzip` where another is to be used, as in tests outside the appliance. */
export function createBackupFiles(
  gzip: readonly string[] = GZIP,
  cost: { readonly memoryKiB: number; readonly passes: number } = COST,
): BackupFiles {
  return {
    async seal(document, passphrase) {
      const [salt, nonce] = [randomBytes(16), randomBytes(12)]
      const head: SealingHead = { kdf: 'argon2id', ...cost, salt: toBase64(salt), cipher: 'chacha20-poly1305', nonce: toBase64(nonce) }
      const lines = renderBackupLines(head)
      const { stdout } = await runTool([...gzip, '-c'], {
        stdin: encodeUtf8(document),
        timeoutMs: PACK_MS,
        maxOutputBytes: BACKUP_MAX_CHARACTERS,
      })
      return renderBackupFile(lines, seal(await keyOf(passphrase, head), nonce, stdout, lines), sha256)
    },

    async open(file, passphrase): Promise<OpenedBackup> {
      const bytes = bytesOf(file)
      if (bytes !== null && bytes.length > BACKUP_MAX_BYTES) return { problem: 'too-large' }
      const parts = bytes === null ? null : parseBackupFile(bytes, sha256)
      if (parts === null) return { problem: 'damaged' }
      const { head, lines, sealed } = parts
      const nonce = fromBase64(head.nonce)
      if (nonce.length !== 12 || fromBase64(head.salt).length !== 16) return { problem: 'damaged' }
      const packed = unseal(await keyOf(passphrase, head), nonce, sealed, lines)
      if (packed === null) return { problem: 'passphrase' }
      try {
        const { stdout } = await runTool([...gzip, '-d', '-c'], {
          stdin: packed,
          timeoutMs: PACK_MS,
          maxOutputBytes: BACKUP_MAX_CHARACTERS,
        })
        return { document: decodeUtf8(stdout, { fatal: true }) }
      } catch {
        return { problem: 'damaged' }
      }
    },
  }
}

function bytesOf(base64: string): Uint8Array | null {
  try {
    return fromBase64(base64)
  } catch {
    return null
  }
}

/** The 32 bytes at the end of the PHC string. @source the PHC string format */
async function keyOf(passphrase: string, { memoryKiB, passes, salt }: SealingHead): Promise<Uint8Array> {
  const encoded = await hashPassword(passphrase, { memoryKiB, passes, salt: fromBase64(salt) })
  const hash = encoded.slice(encoded.lastIndexOf('$') + 1)
  return fromBase64(hash.padEnd(Math.ceil(hash.length / 4) * 4, '='))
}
