// Which host a command is for, and by what right: the command line, then the environment, then the last log-in.
import { readFileSync } from 'node:fs'
import { createSecureContext } from 'node:tls'
import { type Address, parseAddress, sameAddress } from './address.ts'
import type { Target } from './client.ts'
import { EXIT } from './exit-codes.ts'
import { failure, usage } from './failure.ts'
import { parseFingerprint } from './fingerprint.ts'
import type { Io } from './io.ts'
import type { ClientCertificate } from './pinned-agent.ts'
import type { Profile, Profiles } from './profiles.ts'

export interface NamedProfile {
  readonly name: string
  readonly profile: Profile
}

/** By its name, or by its address. */
export function findProfile({ profiles }: Profiles, host: string): NamedProfile | null {
  const own = Object.hasOwn(profiles, host) ? profiles[host] : undefined
  if (own !== undefined) return { name: host, profile: own }
  const address = parseAddress(host)
  const found = Object.entries(profiles).find(([, profile]) => sameAddress(parseAddress(profile.address), address))
  return found === undefined ? null : { name: found[0], profile: found[1] }
}

/**
 * `host` is what `--host` says. The environment's token and fingerprint are for the environment's host: another one on the command line gets neither.
 * Without CORBEL_HOST they are for whatever host is chosen.
 */
export function chooseTarget(host: string | undefined, env: Io['env'], profiles: Profiles): Target {
  const { CORBEL_HOST, CORBEL_TOKEN, CORBEL_FINGERPRINT } = env
  const wanted = host ?? CORBEL_HOST ?? profiles.current ?? undefined
  if (wanted === undefined) throw failure(EXIT.denied, 'login.none', 'No host is chosen. Log in with: corbel login HOST')
  const known = findProfile(profiles, wanted)
  const address = known === null ? parseAddress(wanted) : parseAddress(known.profile.address)
  const fromEnvironment = CORBEL_HOST === undefined || isSame(CORBEL_HOST, wanted, address, profiles)
  const fingerprint =
    fromEnvironment && CORBEL_FINGERPRINT !== undefined
      ? parseFingerprint(CORBEL_FINGERPRINT, 'CORBEL_FINGERPRINT')
      : known?.profile.fingerprint
  const token = (fromEnvironment ? CORBEL_TOKEN : undefined) ?? known?.profile.session?.token
  if (fingerprint === undefined) {
    throw failure(EXIT.denied, 'login.none', `The certificate of ${wanted} has not been confirmed. Log in with: corbel login ${wanted}`)
  }
  const files = known?.profile.clientCertificate
  if (token === undefined && files === undefined)
    throw failure(EXIT.denied, 'login.none', `Nobody is logged in to ${wanted}. Log in with: corbel login ${wanted}`)
  if (token !== undefined && /[^\x21-\x7e]/.test(token))
    throw usage({ code: 'usage.invalid-value', field: 'CORBEL_TOKEN', message: 'is no token' })
  const shown = files === undefined ? {} : { clientCertificate: readCertificate(files.certificate, files.key) }
  return { address, fingerprint, token: token ?? null, ...shown }
}

/** Refuses with `certificate.unreadable`. */
export function readCertificate(certificate: string, key: string): ClientCertificate {
  try {
    const pair = { cert: readFileSync(certificate, 'utf8'), key: readFileSync(key, 'utf8') }
    createSecureContext(pair)
    return pair
  } catch (error) {
    throw failure(EXIT.failed, 'certificate.unreadable', `${certificate} with ${key}: ${(error as Error).message}`)
  }
}

function isSame(fromEnvironment: string, wanted: string, address: Address, profiles: Profiles): boolean {
  if (fromEnvironment === wanted) return true
  return sameAddress(parseAddress(findProfile(profiles, fromEnvironment)?.profile.address ?? fromEnvironment), address)
}
