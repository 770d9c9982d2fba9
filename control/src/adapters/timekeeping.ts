// The time client's files and questions to it, and setting the clock. The client itself is started by chrony-launch.
import { chown, mkdir, readText, statOrNull, writeFileAtomic } from 'hv:fs'
import { run } from 'hv:process'
import { setClock } from 'hv:system'
import { decodeUtf8 } from 'hv:text'
import { parseChronyTracking, renderChronyConf } from '../codec/chrony.ts'
import type { Services } from '../ports/services.ts'
import type { Timekeeping } from '../ports/timekeeping.ts'
import { readLeases } from './leases.ts'
import { libraryEntries } from './library-entries.ts'
import { readNameServers } from './name-servers.ts'

/** `chrony` in /etc/passwd. */
export const TIME_USER = 107
/** Root's: what the client is told. */
export const TIME_DIRECTORY = '/run/corbel/time'
/** The client's own. */
export const CHRONY_RUN = '/run/corbel/chrony'
export const CHRONY_STATE = '/state/chrony'
const ANSWER_MS = 3_000

export function createTimekeeping(services: Services): Timekeeping {
  /** Whether the file was another one. */
  function put(name: string, text: string): boolean {
    const path = `${TIME_DIRECTORY}/${name}`
    // None is as good as an empty one: nobody is asked.
    if ((statOrNull(path) === null ? '' : readText(path)) === text) return false
    mkdir(TIME_DIRECTORY, { mode: 0o755, recursive: true })
    writeFileAtomic(path, text, { mode: 0o644 })
    return true
  }

  return {
    offered: () => [...new Set([...readLeases().values()].flatMap(({ ntp }) => ntp))],
    ask(servers) {
      const set = readNameServers()
      const resolvers = set.length > 0 ? set : [...readLeases().values()].flatMap(({ dns }) => dns)
      const isOther = put('resolv.conf', resolvers.map((address) => `nameserver ${address}\n`).join(''))
      const text = servers.length === 0 ? '' : renderChronyConf(servers, { run: CHRONY_RUN, state: CHRONY_STATE })
      if (put('chrony.conf', text) || (isOther && text !== '')) services.end('chrony-launch')
    },
    async observe() {
      // What is in it is the client's alone.
      if (statOrNull(CHRONY_RUN) === null) return parseChronyTracking('')
      const { stdout } = await run({
        argv: ['/usr/bin/chronyc', '-c', '-n', '-h', `${CHRONY_RUN}/chronyd.sock`, 'tracking'],
        uid: TIME_USER,
        gid: TIME_USER,
        capabilities: [],
        noNewPrivileges: true,
        namespaces: ['mount', 'net', 'ipc', 'uts'],
        root: [
          { kind: 'bind', source: '/usr/bin/chronyc', target: '/usr/bin/chronyc', readOnly: true, allowExec: true },
          ...libraryEntries(),
          { kind: 'bind', source: CHRONY_RUN, target: CHRONY_RUN, readOnly: false },
        ],
        rlimits: { core: [0, 0], nproc: [4, 4] },
        timeoutMs: ANSWER_MS,
        maxOutputBytes: 65_536,
      })
      return parseChronyTracking(decodeUtf8(stdout))
    },
    setClock,
  }
}

/** The client's own directories, for the launcher. */
export function makeTimeDirectories(): void {
  for (const directory of [CHRONY_RUN, CHRONY_STATE]) {
    mkdir(directory, { mode: 0o750, recursive: true })
    chown(directory, TIME_USER, TIME_USER)
  }
}
