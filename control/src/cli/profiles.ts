// The hosts that somebody has logged in to from here: address, confirmed certificate, session. A file that only its owner can read.
import { chmodSync, closeSync, fsyncSync, mkdirSync, openSync, readFileSync, renameSync, writeSync } from 'node:fs'
import { homedir } from 'node:os'
import { dirname, join } from 'node:path'
import * as v from 'valibot'
import { EXIT } from './exit-codes.ts'
import { failure } from './failure.ts'
import type { Io } from './io.ts'

const profileSchema = v.strictObject({
  /** `HOST` or `HOST:PORT`. */
  address: v.string(),
  /** SHA-256 of the certificate, `AA:BB:…`, as somebody has confirmed it. */
  fingerprint: v.string(),
  username: v.string(),
  /** Null after a log-out: the certificate stays confirmed. */
  session: v.nullable(v.strictObject({ token: v.string(), expiresAt: v.string() })),
  /** Files in PEM: shown to this host on every connection, and in place of a session where there is none. */
  clientCertificate: v.optional(v.strictObject({ certificate: v.string(), key: v.string() })),
})
export type Profile = v.InferOutput<typeof profileSchema>

const fileSchema = v.strictObject({
  version: v.literal(1),
  /** The name of the last log-in; null for none. */
  current: v.nullable(v.string()),
  profiles: v.record(v.string(), profileSchema),
})
export type Profiles = v.InferOutput<typeof fileSchema>

/** @source XDG Base Directory Specification */
function profilesPath(env: Io['env']): string {
  const base = env.XDG_CONFIG_HOME?.startsWith('/') === true ? env.XDG_CONFIG_HOME : join(env.HOME ?? homedir(), '.config')
  return join(base, 'corbel', 'hosts.json')
}

/** None where there is no file. */
export function readProfiles(env: Io['env']): Profiles {
  const path = profilesPath(env)
  let text: string
  try {
    text = readFileSync(path, 'utf8')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return { version: 1, current: null, profiles: {} }
    throw failure(EXIT.failed, 'profiles.unreadable', `${path} cannot be read: ${(error as Error).message}`)
  }
  try {
    return v.parse(fileSchema, JSON.parse(text))
  } catch {
    throw failure(EXIT.failed, 'profiles.malformed', `${path} is not a file of this program; move it away and log in again`)
  }
}

/** Whole or not at all, mode 0600 from the beginning. */
export function writeProfiles(env: Io['env'], profiles: Profiles): void {
  const path = profilesPath(env)
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 })
  const unfinished = `${path}.${process.pid}`
  const file = openSync(unfinished, 'w', 0o600)
  try {
    // The mode counts only for a file that was not there.
    chmodSync(unfinished, 0o600)
    writeSync(file, `${JSON.stringify(profiles, null, 2)}\n`)
    fsyncSync(file)
  } finally {
    closeSync(file)
  }
  renameSync(unfinished, path)
}
