// A VM's QMP connection comes back while its process lives, and never after it was closed.
import { describe, expect, it } from 'vitest'
import type { LineChannel } from '../../../control/src/adapters/qmp-client.ts'
import { QmpLink } from '../../../control/src/adapters/qmp-link.ts'
import { FakeClock } from '../../fakes/clock.ts'

/** QEMU's monitor: answers every command, one channel after the other. */
class Monitor {
  readonly clock = new FakeClock()
  readonly events: string[] = []
  connections = 0
  reachable = true
  hangUp: () => void = () => {}
  say: (message: unknown) => void = () => {}
  readonly link = new QmpLink(
    () => this.#connect(),
    this.clock,
    () => {},
  )

  constructor() {
    this.link.onEvent((event) => this.events.push(event.name))
  }

  async #connect(): Promise<LineChannel> {
    if (!this.reachable) throw Object.assign(new Error('connect: refused'), { name: 'HostError', code: 'ECONNREFUSED', syscall: 'connect' })
    this.connections++
    let line: (text: string) => void = () => {}
    let closed: (malformed: boolean) => void = () => {}
    this.hangUp = () => closed(false)
    this.say = (message) => line(JSON.stringify(message))
    return {
      onLine: (handler) => {
        line = handler
        queueMicrotask(() => this.say({ QMP: { version: { qemu: { major: 10, minor: 0, micro: 0 } }, capabilities: [] } }))
      },
      onClose: (handler) => {
        closed = handler
      },
      write: (text) => queueMicrotask(() => line(JSON.stringify({ return: {}, id: JSON.parse(text).id }))),
      close: () => {},
    }
  }
}

describe('the link', () => {
  it('is up after opening, and passes events on', async () => {
    const monitor = new Monitor()
    await monitor.link.open(1_000)
    monitor.say({ event: 'STOP' })
    expect(await monitor.link.execute('stop')).toEqual({})
    expect(monitor.events).toEqual(['STOP'])
  })

  it('tells why it cannot be opened', async () => {
    const monitor = new Monitor()
    monitor.reachable = false
    await expect(monitor.link.open(1_000)).rejects.toMatchObject({ name: 'HostFailure', code: 'host.ECONNREFUSED' })
  })

  it('comes back each second after a loss until it is up, tells so, events included', async () => {
    const monitor = new Monitor()
    let reopened = 0
    monitor.link.onReopen(() => reopened++)
    await monitor.link.open(1_000)
    monitor.reachable = false
    monitor.hangUp()
    await expect(monitor.link.execute('stop')).rejects.toMatchObject({ code: 'qmp.closed' })
    await monitor.clock.advance(1_000)
    expect(reopened).toBe(0)
    monitor.reachable = true
    await monitor.clock.advance(1_000)
    expect([monitor.connections, reopened]).toEqual([2, 1])
    expect(await monitor.link.execute('stop')).toEqual({})
    monitor.say({ event: 'RESUME' })
    expect(monitor.events).toEqual(['RESUME'])
  })

  it.each<[string, (monitor: Monitor) => void]>([
    ['while it is up', () => {}],
    ['while it is down', (monitor) => monitor.hangUp()],
  ])('stays closed when it is closed %s', async (_name, before) => {
    const monitor = new Monitor()
    await monitor.link.open(1_000)
    before(monitor)
    monitor.link.close()
    await monitor.clock.advance(10_000)
    expect(monitor.connections).toBe(1)
    await expect(monitor.link.execute('stop')).rejects.toMatchObject({ code: 'qmp.closed' })
  })

  it('is drained once QEMU’s end is closed, or at once when it is down', async () => {
    const monitor = new Monitor()
    await monitor.link.open(1_000)
    let drained = false
    const waiting = monitor.link.drained().then(() => {
      drained = true
    })
    expect(await monitor.link.execute('stop')).toEqual({})
    expect(drained).toBe(false)
    monitor.hangUp()
    await waiting
    await monitor.link.drained()
  })
})
