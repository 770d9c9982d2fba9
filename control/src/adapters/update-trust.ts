// Which updates are ours: their manifest is signed by one of the keys that the running image brings.
import { mkdir, readDir, readText, statOrNull, unlink, writeFileAtomic } from 'hv:fs'
import { run } from 'hv:process'
import { fromBase64 } from 'hv:text'
import type { UpdateTrust } from '../ports/boot-slots.ts'
import { toHostFailure } from './host-failure.ts'

const OPENSSL = '/usr/bin/openssl'
const VERIFY_MS = 10_000

export interface TrustPlaces {
  /** Public keys in PEM; several while one takes over from another. */
  readonly keys: string
  readonly manifest: string
  /** Root's own, in memory: what is verified lies here meanwhile. */
  readonly directory: string
}

export function createUpdateTrust({ keys, manifest: own, directory }: TrustPlaces): UpdateTrust {
  const { base = 'unknown' } = JSON.parse(statOrNull(own) === null ? '{}' : readText(own)) as { readonly base?: string }

  /** @source openssl-pkeyutl(1): Ed25519 signs the message itself, so it has to be a file with a length */
  async function verifies(key: string, files: { readonly message: string; readonly signature: string }): Promise<boolean> {
    const { message, signature } = files
    const argv = [OPENSSL, 'pkeyutl', '-verify', '-pubin', '-inkey', key, '-rawin', '-in', message, '-sigfile', signature]
    const { code } = await run({ argv, env: { LC_ALL: 'C' }, timeoutMs: VERIFY_MS })
    return code === 0
  }

  return {
    base,
    async isSigned({ bytes, signature }) {
      const files = { message: `${directory}/manifest`, signature: `${directory}/signature` }
      try {
        mkdir(directory, { mode: 0o700, recursive: true })
        writeFileAtomic(files.message, bytes, { mode: 0o600 })
        writeFileAtomic(files.signature, fromBase64(signature), { mode: 0o600 })
        const names = statOrNull(keys) === null ? [] : readDir(keys).filter((name) => name.endsWith('.pem'))
        for (const name of names) if (await verifies(`${keys}/${name}`, files)) return true
        return false
      } catch (error) {
        throw toHostFailure(error, 'verify')
      } finally {
        for (const path of [files.message, files.signature]) if (statOrNull(path) !== null) unlink(path)
      }
    },
  }
}
