// What every store promises, run on the one in SQLite and on the one in memory that unit tests use.
import { describe, expect, it } from 'vitest'
import type { NewEvent } from '../../control/src/domain/event.ts'
import type { Task } from '../../control/src/domain/task.ts'
import type { VmSpec } from '../../control/src/domain/vm.ts'
import { type SessionRecord, type Store, StoreConflict, type UserRecord, type VmRecord } from '../../control/src/ports/store.ts'
import { spec as complete } from '../fakes/spec.ts'
import { auditStoreContract } from './audit-store.contract.ts'
import { generationStoreContract } from './generation-store.contract.ts'

function spec(name: string): VmSpec {
  return complete('00000000-0000-4000-8000-000000000000', { name })
}

function vm(id: string, name: string, uid: number, rest: Partial<VmRecord> = {}): VmRecord {
  const nothing = {
    process: null,
    startedAt: null,
    startedSpec: null,
    bootMemoryMiB: null,
    changingTo: null,
    suspended: null,
    restarts: [],
    lastExit: null,
  }
  return { id, revision: 1, spec: spec(name), uid, ...nothing, ...rest }
}

function task(id: string, state: Task['state'] = 'running'): Task {
  const at = '2026-01-01T00:00:00.000Z'
  return {
    id,
    kind: 'vm.power-on',
    target: { kind: 'vm', id: 'v' },
    state,
    progressPercent: 0,
    cancellable: false,
    createdAt: at,
    endedAt: null,
    error: null,
    by: 'admin',
  }
}

function event(message: string): NewEvent {
  return { at: '2026-01-01T00:00:00.000Z', code: 'vm.started', severity: 'info', target: { kind: 'vm', id: 'v' }, message }
}

function user(name: string, passwordHash: string | null = 'a'): UserRecord {
  const spec = { name, fullName: 'Ann Ö', disabled: false, grants: [{ role: 'viewer', on: 'pool:gold' as const }] }
  return { spec, revision: 3, passwordHash, passwordChangedAt: null, lastLoginAt: '2026-01-01T00:00:00.000Z', sources: ['192.0.2.1'] }
}

function session(tokenHash: string, bootId = 'a'): SessionRecord {
  const at = '2026-01-01T00:00:00.000Z'
  return {
    tokenHash,
    id: `id-${tokenHash}`,
    user: 'admin',
    source: 'console',
    times: { bootId, createdAt: at, createdMs: -5, usedAt: at, usedMs: 7 },
  }
}

/** `make` gives a fresh, empty store each time. */
export function storeContract(make: () => Store): void {
  describe('VMs', () => {
    it('are given back as they were put, found by id and by name', () => {
      const store = make()
      const record = vm('a', 'web1', 20_000, {
        revision: 7,
        process: { pid: 42, startTime: 12_345_678_901 },
        startedAt: '2026-01-01T00:00:00.000Z',
        startedSpec: spec('web0'),
        bootMemoryMiB: 256,
        changingTo: spec('web3'),
        suspended: { at: '2026-01-01T00:00:00.000Z', spec: spec('web4'), bootMemoryMiB: 128 },
        restarts: [1_767_225_600_000],
        lastExit: { at: '2026-01-01T00:00:00.000Z', reason: 'crashed', code: null, signal: 11 },
      })
      store.putVm(record)
      expect(store.getVm('a')).toEqual(record)
      expect(store.findVmByName('web1')).toEqual(record)
      expect(store.listVms()).toEqual([record])
    })

    it('are replaced by id', () => {
      const store = make()
      store.putVm(vm('a', 'web1', 20_000))
      store.putVm(vm('a', 'web2', 20_000, { revision: 2 }))
      expect(store.listVms()).toEqual([vm('a', 'web2', 20_000, { revision: 2 })])
      expect(store.findVmByName('web1')).toBeNull()
    })

    it('are listed oldest first, also after a change', () => {
      const store = make()
      for (const [index, name] of ['c', 'a', 'b'].entries()) store.putVm(vm(name, name, 20_000 + index))
      store.putVm(vm('c', 'z', 20_000))
      expect(store.listVms().map(({ id }) => id)).toEqual(['c', 'a', 'b'])
    })

    it.each([
      ['name', vm('b', 'web1', 20_001)],
      ['uid', vm('b', 'web2', 20_000)],
    ])('of another with the same %s are refused', (field, other) => {
      const store = make()
      store.putVm(vm('a', 'web1', 20_000))
      let thrown: unknown
      try {
        store.putVm(other)
      } catch (error) {
        thrown = error
      }
      expect(thrown instanceof StoreConflict && thrown.field).toBe(field)
      expect(store.getVm('b')).toBeNull()
    })

    it('leave name and uid free when they are deleted, and may be deleted twice', () => {
      const store = make()
      store.putVm(vm('a', 'web1', 20_000))
      store.deleteVm('a')
      store.deleteVm('a')
      store.putVm(vm('b', 'web1', 20_000))
      expect(store.listVms()).toHaveLength(1)
    })

    it('that are not there are null', () => {
      const store = make()
      expect(store.getVm('a')).toBeNull()
      expect(store.findVmByName('a')).toBeNull()
    })
  })

  describe('tasks', () => {
    it('are listed latest first, as many as asked for', () => {
      const store = make()
      for (const id of ['1', '2', '3']) store.putTask(task(id))
      expect(store.listTasks(2).map(({ id }) => id)).toEqual(['3', '2'])
    })

    it('keep their place when they change, and stop being listed as running', () => {
      const store = make()
      store.putTask(task('1'))
      store.putTask(task('2'))
      store.putTask(task('1', 'succeeded'))
      expect(store.getTask('1')).toEqual(task('1', 'succeeded'))
      expect(store.listTasks(10).map(({ id }) => id)).toEqual(['2', '1'])
      expect(store.listRunningTasks().map(({ id }) => id)).toEqual(['2'])
      expect(store.getTask('3')).toBeNull()
    })
  })

  describe('events', () => {
    it('get increasing ids and are listed from any of them on', () => {
      const store = make()
      const [first, second, third] = ['one', 'two', 'three'].map((message) => store.appendEvent(event(message)))
      expect(first).toEqual({ id: first?.id, ...event('one') })
      expect(store.listEvents(0, 10)).toEqual([first, second, third])
      expect(store.listEvents(first?.id ?? 0, 1)).toEqual([second])
      expect(store.latestEvents(2)).toEqual([second, third])
    })

    it('are kept up to the newest 10,000', () => {
      const store = make()
      store.atomically(() => {
        for (let count = 0; count < 10_005; count++) store.appendEvent(event(String(count)))
      })
      const all = store.listEvents(0, 20_000)
      expect(all).toHaveLength(10_000)
      expect(all[0]?.message).toBe('5')
      expect(store.latestEvents(1)[0]?.message).toBe('10004')
    })
  })

  describe('credentials', () => {
    const token = { id: '1', name: 'ci', createdAt: '', expiresAt: '', scope: null, certificate: null, lastUsedAt: null }

    it('are found by kind and key, listed by owner in the order in which they came, and replaced in their place', () => {
      const store = make()
      for (const [key, user] of [
        ['b', 'anna'],
        ['a', 'anna'],
        ['c', 'bert'],
      ] as const)
        store.putCredential({ kind: 'token', key, user, document: token })
      store.putCredential({ kind: 'token', key: 'b', user: 'anna', document: { ...token, lastUsedAt: 'now' } })
      expect(store.getCredential('token', 'b')).toEqual({
        kind: 'token',
        key: 'b',
        user: 'anna',
        document: { ...token, lastUsedAt: 'now' },
      })
      expect(store.getCredential('certificate', 'b')).toBeNull()
      expect(store.listCredentials('token', 'anna').map(({ key }) => key)).toEqual(['b', 'a'])
      expect(store.listCredentials('token')).toHaveLength(3)
      expect(store.listCredentials('totp')).toEqual([])
    })

    it('are deleted one by one', () => {
      const store = make()
      store.putCredential({ kind: 'token', key: 'a', user: 'anna', document: token })
      store.deleteCredential('certificate', 'a')
      expect(store.listCredentials('token')).toHaveLength(1)
      store.deleteCredential('token', 'a')
      expect(store.listCredentials('token')).toEqual([])
    })
  })

  describe('users and sessions', () => {
    it('are counted, listed by name, found, replaced and deleted by name', () => {
      const store = make()
      expect([store.countUsers(), store.listUsers()]).toEqual([0, []])
      for (const record of [user('root'), user('admin'), user('admin', 'b')]) store.putUser(record)
      expect(store.countUsers()).toBe(2)
      expect(store.listUsers()).toEqual([user('admin', 'b'), user('root')])
      expect(store.getUser('admin')).toEqual(user('admin', 'b'))
      store.putUser(user('admin', null))
      expect(store.getUser('admin')).toEqual(user('admin', null))
      store.deleteUser('admin')
      store.deleteUser('admin')
      expect(store.getUser('admin')).toBeNull()
    })

    it('end one by one, and are listed oldest first, also when one has changed', () => {
      const store = make()
      for (const hash of ['1', '2', '3']) store.putSession(session(hash))
      store.putSession(session('1', 'b'))
      store.deleteSession('2')
      store.deleteSession('2')
      expect(store.listSessions()).toEqual([session('1', 'b'), session('3')])
      expect([store.getSession('1'), store.getSession('2')]).toEqual([session('1', 'b'), null])
    })

    it('are bounded: the oldest go', () => {
      const store = make()
      const hashes = Array.from({ length: 1_001 }, (_, index) => String(index))
      store.atomically(() => {
        for (const hash of hashes) store.putSession(session(hash))
      })
      expect(['0', '1', '1000'].map((hash) => store.getSession(hash)?.tokenHash)).toEqual([undefined, '1', '1000'])
    })
  })

  describe('forgetting the configuration', () => {
    it('takes users, sessions and settings but those named, and leaves VMs, tasks and events', () => {
      const store = make()
      store.putUser(user('a'))
      store.putSession(session('h'))
      store.putSetting('hostname', 'rack3')
      store.putSetting('machine', 1)
      store.putVm(vm('1', 'web1', 20_000))
      store.forgetConfiguration(['machine', 'pools'])
      expect([store.countUsers(), store.getSession('h'), store.getSetting('hostname')]).toEqual([0, null, null])
      expect([store.getSetting('machine'), store.listVms().length]).toEqual([1, 1])
    })
  })

  describe('settings', () => {
    it.each([['text'], [12], [true], [{ mode: 'dhcp', dns: [] }], [['a']]])('hold JSON: %j', (value) => {
      const store = make()
      store.putSetting('key', 'before')
      store.putSetting('key', value)
      expect(store.getSetting('key')).toEqual(value)
    })

    it('that were never put are null', () => {
      expect(make().getSetting('hostname')).toBeNull()
    })
  })

  auditStoreContract(make)
  generationStoreContract(make)

  describe('several steps at once', () => {
    it('are all kept, and give what the body gives', () => {
      const store = make()
      const given = store.atomically(() => {
        store.putVm(vm('a', 'web1', 20_000))
        store.putTask(task('1'))
        return store.appendEvent(event('both')).message
      })
      expect(given).toBe('both')
      expect(store.listVms()).toHaveLength(1)
      expect(store.listTasks(10)).toHaveLength(1)
    })

    it('are none of them kept when the body throws', () => {
      const store = make()
      store.putVm(vm('a', 'web1', 20_000))
      const attempt = () =>
        store.atomically(() => {
          store.deleteVm('a')
          store.putSetting('hostname', 'x')
          store.appendEvent(event('never'))
          throw new Error('stop')
        })
      expect(attempt).toThrow('stop')
      expect(store.listVms()).toHaveLength(1)
      expect(store.getSetting('hostname')).toBeNull()
      expect(store.listEvents(0, 10)).toEqual([])
      store.putSetting('hostname', 'after')
      expect(store.getSetting('hostname')).toBe('after')
    })

    it('are all or none where nobody waits for the disk, too', () => {
      const store = make()
      store.atomically(() => store.putSetting('a', 1), 'ordered')
      expect(store.getSetting('a')).toBe(1)
      const attempt = () =>
        store.atomically(() => {
          store.putSetting('a', 2)
          throw new Error('stop')
        }, 'ordered')
      expect(attempt).toThrow('stop')
      expect(store.getSetting('a')).toBe(1)
    })

    it('are counted as synced when they were, and when there was anything to sync', () => {
      const store = make()
      const before = store.syncs
      store.atomically(() => store.putSetting('a', 1), 'ordered')
      store.atomically(() => store.getSetting('a'))
      expect(store.syncs).toBe(before)
      store.atomically(() => store.putSetting('a', 2))
      store.putSetting('a', 3)
      expect(store.syncs).toBe(before + 2)
    })

    it('do not nest', () => {
      const store = make()
      expect(() => store.atomically(() => store.atomically(() => 1))).toThrow()
      expect(store.atomically(() => 2)).toBe(2)
    })
  })
}
