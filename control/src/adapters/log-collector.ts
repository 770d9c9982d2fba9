// The way to a collector: a process of its own that resolves, connects and speaks TLS. Nothing that comes from the network is read here.
import { closeFd } from 'hv:fs'
import type { Process } from 'hv:process'
import { fromFd, socketPair } from 'hv:socket'
import { encodeUtf8 } from 'hv:text'
import { renderSyslog } from '../codec/syslog.ts'
import { parseTlsdialLine } from '../codec/tlsdial-line.ts'
import type { CollectorEvents, CollectorLink, LogCollector } from '../ports/log-collector.ts'
import { type Dialler, startDialler } from './dialler.ts'
import { endProcess } from './end-process.ts'

const LINE_MAX_BYTES = 512

export function createLogCollector(dialler: Dialler): LogCollector {
  return {
    dial(target, events) {
      const [ours, theirs] = socketPair()
      let running: Process
      try {
        running = startDialler(dialler, ['--host', target.host, '--port', String(target.port)], target, theirs)
      } catch (error) {
        closeFd(ours)
        throw error
      } finally {
        closeFd(theirs)
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
    endProcess(running)
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
      endProcess(running)
    },
  }
}
