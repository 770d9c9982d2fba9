// The way to a collector: a process of its own that resolves, connects and speaks TLS, with nothing in view but its libraries, the resolver's files and the authority. Nothing that comes from the network is read here.
import * as fs from 'hv:fs'
import { type Process, spawn } from 'hv:process'
import { fromFd, socketPair } from 'hv:socket'
import { encodeUtf8 } from 'hv:text'
import { renderSyslog } from '../codec/syslog.ts'
import { parseTlsdialLine } from '../codec/tlsdial-line.ts'
import type { CollectorEvents, CollectorLink, CollectorTarget, LogCollector } from '../ports/log-collector.ts'
import { libraryEntries } from './library-entries.ts'

/** The user `syslog`. */
const UID = 106
const SIGKILL = 9
const LINE_MAX_BYTES = 512
/** What tlsdial has as its third descriptor. */
const CONTROL_FD = 3

export interface Dialler {
  readonly program: string
  /** Where the authority's file is made. */
  readonly directory: string
  /** Of the resolver: name in the view and the file that is there. */
  readonly resolver: Readonly<Record<string, string>>
}

export function createLogCollector({ program, directory, resolver }: Dialler): LogCollector {
  function trustOf({ authority, fingerprint }: CollectorTarget): readonly string[] {
    if (authority === null) return ['--fingerprint', (fingerprint ?? '').replaceAll(':', '').toLowerCase()]
    fs.mkdir(directory, { mode: 0o711, recursive: true })
    fs.writeFileAtomic(`${directory}/authority.pem`, authority, { mode: 0o444 })
    return ['--authorities', '/authority.pem']
  }

  function start(target: CollectorTarget, control: number): Process {
    const trust = trustOf(target)
    const bind = (source: string, to: string) => ({ kind: 'bind', source, target: to, readOnly: true }) as const
    const files = Object.entries(resolver).filter(([, source]) => fs.statOrNull(source) !== null)
    return spawn({
      argv: [program, '--host', target.host, '--port', String(target.port), ...trust],
      fds: { [CONTROL_FD]: control },
      uid: UID,
      gid: UID,
      groups: [],
      capabilities: [],
      noNewPrivileges: true,
      namespaces: ['mount', 'ipc', 'uts', 'pid', 'cgroup'],
      root: [
        { kind: 'bind', source: program, target: program, readOnly: true, allowExec: true },
        ...libraryEntries(),
        ...files.map(([to, source]) => bind(source, to)),
        ...(target.authority === null ? [] : [bind(`${directory}/authority.pem`, '/authority.pem')]),
      ],
      rlimits: { core: [0, 0], nofile: [32, 32], nproc: [8, 8], fsize: [0, 0], data: [64 * 1024 * 1024, 64 * 1024 * 1024] },
      oomScoreAdj: 0,
      umask: 0o077,
      cwd: '/',
      parentDeathSignal: SIGKILL,
    })
  }

  return {
    dial(target, events) {
      const [ours, theirs] = socketPair()
      let running: Process
      try {
        running = start(target, theirs)
      } catch (error) {
        fs.closeFd(ours)
        throw error
      } finally {
        fs.closeFd(theirs)
      }
      return linkTo(running, fromFd(ours), events)
    },
  }
}

function linkTo(running: Process, connection: ReturnType<typeof fromFd>, events: CollectorEvents): CollectorLink {
  let isOpen = true
  let failure = { code: 'closed', message: 'The connection has ended.' }

  const end = () => {
    if (!isOpen) return
    isOpen = false
    stop(running)
    events.ended(failure.code, failure.message)
  }
  connection.onLine((text) => {
    const line = parseTlsdialLine(text)
    if (!isOpen) return
    if (line.kind === 'connected') events.connected()
    else if (line.kind === 'acked') events.arrived(line.bytes)
    else if (line.kind === 'failed') failure = line
  }, LINE_MAX_BYTES)
  // Its side closes when it ends, after whatever it has said.
  connection.onClose(end)

  return {
    send(message) {
      const text = encodeUtf8(renderSyslog(message))
      // @source RFC 5425, section 4.3: octet counting
      const count = encodeUtf8(`${text.length} `)
      if (isOpen) {
        connection.write(count)
        connection.write(text)
      }
      return count.length + text.length
    },
    close() {
      isOpen = false
      connection.close()
      stop(running)
    },
  }
}

function stop(running: Process): void {
  try {
    running.kill(SIGKILL)
  } catch {
    // It has ended by itself.
  }
}
