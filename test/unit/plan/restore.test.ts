// What a restore puts back and what stays: VMs by what they are doing, accounts by whose they are, pools as a whole.
import { describe, expect, it } from 'vitest'
import type { RestoreItem } from '../../../control/src/domain/restore.ts'
import { planRestore, type RestoreFacts } from '../../../control/src/plan/restore.ts'

const FACTS: RestoreFacts = {
  author: { name: 'anna', roles: ['administrator'] },
  withSecrets: false,
  coversAccount: () => true,
  coversRoles: () => true,
  understandsSetting: () => true,
  missingFiles: () => null,
  vmState: () => 'off',
  clashes: () => new Map(),
  poolProblem: () => null,
  isAdministered: () => true,
}

const vm = (id: string, now: string | null, wanted: string | null): RestoreItem => ({
  ...{ kind: 'vm', id },
  ...{ now: now === null ? null : { name: now }, wanted: wanted === null ? null : { name: wanted } },
})
const user = (id: string, now: unknown, wanted: unknown): RestoreItem => ({ kind: 'user', id, now, wanted })
const setting = (id: string, now: unknown, wanted: unknown): RestoreItem => ({ kind: 'setting', id, now, wanted })
const account = (disabled: boolean, passwordChangedAt = 'then') => ({ spec: { name: 'x', disabled }, passwordChangedAt })

function actions(items: readonly RestoreItem[], facts: Partial<RestoreFacts> = {}) {
  return planRestore(items, { ...FACTS, ...facts }).map(({ id, action }) => [id, action])
}

describe('a VM', () => {
  it.each([
    ['comes back that is gone', vm('a', null, 'web'), 'off', 'add'],
    ['goes that was not there, when it is off', vm('a', 'web', null), 'off', 'remove'],
    ['stays that was not there, when it runs', vm('a', 'web', null), 'running', 'keep'],
    ['is changed when it is off', vm('a', 'web', 'old'), 'off', 'change'],
    ['is changed when it runs, for its next power-on', vm('a', 'web', 'old'), 'running', 'change'],
    ['stays while a task is at work on it', vm('a', 'web', 'old'), 'busy', 'keep'],
  ] as const)('%s', (_what, item, state, action) => {
    expect(actions([item], { vmState: () => state })).toEqual([['a', action]])
  })

  it('stays out when it clashes with what stays, and then the others are looked at again', () => {
    const seen: string[][] = []
    const clashes: RestoreFacts['clashes'] = (wanted) => {
      seen.push([...wanted.keys()])
      if (wanted.has('a')) return new Map([['a', 'Another VM is named web.']])
      return wanted.has('b') ? new Map([['b', 'It needs a.']]) : new Map()
    }
    const items = [vm('a', null, 'web'), vm('b', null, 'db'), vm('c', null, 'x')]
    expect(actions(items, { clashes })).toEqual([
      ['a', 'keep'],
      ['b', 'keep'],
      ['c', 'add'],
    ])
    expect(seen).toEqual([['a', 'b', 'c'], ['b', 'c'], ['c']])
  })
})

describe('an account', () => {
  it.each([
    ['of the author stays', user('anna', account(false), null), 'keep'],
    ['that was not there goes', user('bert', account(false), null), 'remove'],
    ['that is gone comes back', user('bert', null, account(false)), 'add'],
    ['is changed', user('bert', account(true), account(false)), 'change'],
    ['keeps its password', user('bert', account(false, 'now'), account(false, 'then')), 'keep'],
  ] as const)('%s', (_what, item, action) => {
    expect(actions([item])).toEqual([[item.id, action]])
  })

  it('stays when nobody asks who has one, and when nobody would be left to manage the host', () => {
    const items = [user('bert', account(false), null), setting('roles', [], null)]
    expect(actions(items, { author: null })).toEqual([
      ['bert', 'keep'],
      ['roles', 'keep'],
    ])
    expect(actions([items[0] as RestoreItem], { isAdministered: () => false })).toEqual([['bert', 'keep']])
  })
})

describe('a setting', () => {
  it('is put back, but for lockdown and recovery code', () => {
    const items = [
      setting('keyboard', 'de', null),
      setting('lockdown', { mode: 'locked' }, null),
      setting('recoveryCode', null, { since: 'then' }),
    ]
    expect(actions(items)).toEqual([
      ['keyboard', 'remove'],
      ['lockdown', 'keep'],
      ['recoveryCode', 'keep'],
    ])
  })

  it('of pools stays with the resources when they could not be as they were', () => {
    const items = [setting('pools', [], [1]), setting('resources', {}, { a: 1 })]
    const steps = planRestore(items, { ...FACTS, poolProblem: () => 'web is in the pool gold.' })
    expect(steps.map(({ action, note }) => [action, note])).toEqual(items.map(() => ['keep', 'web is in the pool gold.']))
  })

  it('of roles stays when one of the author’s own would be another', () => {
    const role = (permissions: string[]) => [{ spec: { name: 'chief', permissions }, revision: 1 }]
    const item = setting('roles', role(['host.reset']), role([]))
    expect(actions([item], { author: { name: 'anna', roles: ['chief'] } })).toEqual([['roles', 'keep']])
    expect(actions([item])).toEqual([['roles', 'change']])
  })
})

it('leaves out what is the same, and says which fields differ', () => {
  const steps = planRestore([setting('a', 1, 1), setting('time', { ntp: true }, { ntp: false })], FACTS)
  expect(steps).toEqual([
    { kind: 'setting', id: 'time', name: 'time', action: 'change', note: null, fields: [{ field: 'ntp', before: true, after: false }] },
  ])
})
