// Reading the host's log: pages, kinds, searches, and that no more files are read than need be.
import { beforeEach, describe, expect, it } from 'vitest'
import { createHostLogReader, type HostLogReader, type LogPage } from '../../../control/src/app/host-logs.ts'
import { FakeClock } from '../../fakes/clock.ts'
import { FakeHostLogs } from '../../fakes/host-logs.ts'
import { codeOfPromise } from './refused.ts'

describe('reading the log', () => {
  const clock = new FakeClock()
  let hostLogs: FakeHostLogs
  let logs: HostLogReader
  beforeEach(() => {
    hostLogs = new FakeHostLogs()
    hostLogs.add('kernel', 'k1', 'k2 USB stick')
    hostLogs.add('controld', 'c3', 'c4')
    hostLogs.add('kernel', 'k5', 'k6')
    hostLogs.add('kernel', 'k7')
    logs = createHostLogReader({ hostLogs, clock })
  })
  const read = async (question: Parameters<HostLogReader['read']>[0]): Promise<LogPage> => {
    const answer = logs.read(question)
    await clock.advance(0)
    return answer
  }
  const texts = async (question: Parameters<HostLogReader['read']>[0]) => (await read(question)).items.map(({ text }) => text)

  it('gives the latest lines of a kind, oldest first, and reads no older file than it needs', async () => {
    expect(await texts({ kind: 'kernel', limit: 2 })).toEqual(['k6', 'k7'])
    expect(hostLogs.readings).toEqual(['kernel 7', 'kernel 5'])
  })

  it('gives all kinds in the order in which they were said', async () => {
    expect(await texts({ kind: 'all', limit: 5 })).toEqual(['c3', 'c4', 'k5', 'k6', 'k7'])
  })

  it('goes on after a line, and back before one', async () => {
    const page = await read({ kind: 'kernel', after: 1, limit: 2 })
    expect([page.items.map(({ text }) => text), page.next]).toEqual([['k2 USB stick', 'k5'], 5])
    expect(await texts({ kind: 'kernel', after: page.next, limit: 2 })).toEqual(['k6', 'k7'])
    expect(await read({ kind: 'kernel', after: 7, limit: 2 })).toEqual({ items: [], next: 7 })
    const vain = await read({ kind: 'all', after: 0, search: 'nothing', limit: 2 })
    expect([vain, await read({ kind: 'all', after: vain.next, limit: 2 })]).toEqual([
      { items: [], next: 7 },
      { items: [], next: 7 },
    ])
    expect(await texts({ kind: 'kernel', before: 6, limit: 2 })).toEqual(['k2 USB stick', 'k5'])
    expect(await texts({ kind: 'all', after: 1, limit: 3 })).toEqual(['k2 USB stick', 'c3', 'c4'])
  })

  it('passes over files that hold nothing after the line asked for', async () => {
    await read({ kind: 'kernel', after: 6, limit: 5 })
    expect(hostLogs.readings).toEqual(['kernel 5', 'kernel 7'])
    await read({ kind: 'kernel', after: 7, limit: 5 })
    expect(hostLogs.readings).toHaveLength(2)
  })

  it('finds text in capitals or not', async () => {
    expect(await texts({ kind: 'all', search: 'usb STICK', limit: 5 })).toEqual(['k2 USB stick'])
    expect(await texts({ kind: 'controld', search: 'usb', limit: 5 })).toEqual([])
  })

  it('has sizes by kind', () => {
    expect(logs.kinds().find(({ kind }) => kind === 'kernel')).toMatchObject({ sizeBytes: 500 })
    expect(logs.kinds().find(({ kind }) => kind === 'gateway')).toMatchObject({ sizeBytes: 0 })
  })

  it('refuses a kind that there is none of', async () => {
    expect(await codeOfPromise(logs.read({ kind: 'secrets', limit: 1 }))).toBe('log.kind-unknown')
  })
})
