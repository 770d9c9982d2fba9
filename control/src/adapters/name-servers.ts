// The file of name servers that the settings name, and questions to name servers, which a program without rights asks.
import { readText, writeFileAtomic } from 'hv:fs'
import { run } from 'hv:process'
import { decodeUtf8 } from 'hv:text'
import { parseNslookup } from '../codec/nslookup.ts'
import type { Resolution } from '../ports/network.ts'
import { libraryEntries } from './library-entries.ts'

export const RESOLVER_FILE = '/run/resolv.conf'
const BUSYBOX = '/usr/bin/busybox'
/** `nobody` of every Unix. */
const NOBODY = 65_534
const TIMEOUT_MS = 6_000

/** Those of a lease stand in the lease. */
export function writeNameServers(servers: readonly string[], searchDomains: readonly string[]): void {
  const search = searchDomains.length === 0 ? '' : `search ${searchDomains.join(' ')}\n`
  writeFileAtomic(RESOLVER_FILE, search + servers.map((server) => `nameserver ${server}\n`).join(''), { mode: 0o644 })
}

export function readNameServers(): readonly string[] {
  try {
    return [...readText(RESOLVER_FILE).matchAll(/^nameserver (\S+)$/gm)].map((match) => match[1] ?? '')
  } catch {
    return []
  }
}

/** What comes from the network is parsed by a process that has nothing but itself. */
export async function askNameServer(name: string, server: string): Promise<Resolution> {
  const { stdout, stderr } = await run({
    argv: [BUSYBOX, 'nslookup', name, server],
    timeoutMs: TIMEOUT_MS,
    maxOutputBytes: 65_536,
    uid: NOBODY,
    gid: NOBODY,
    capabilities: [],
    noNewPrivileges: true,
    namespaces: ['mount', 'ipc', 'uts', 'pid'],
    root: [{ kind: 'bind', source: BUSYBOX, target: BUSYBOX, readOnly: true, allowExec: true }, ...libraryEntries()],
    rlimits: { core: [0, 0], nofile: [16, 16] },
    cwd: '/',
  })
  return parseNslookup(lenient(stdout), lenient(stderr))
}

function lenient(bytes: Uint8Array): string {
  return decodeUtf8(bytes)
}
