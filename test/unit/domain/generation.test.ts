// What two states of one object differ in: by fields, lists by the names of their items, secrets never shown.
import { describe, expect, it } from 'vitest'
import { configurationOfSetting, differingFields } from '../../../control/src/domain/generation.ts'

describe('differing fields', () => {
  it.each([
    ['nothing', { a: [1] }, { a: [1] }, []],
    ['a field within', { a: { b: 1, c: 2 } }, { a: { b: 3, c: 2 } }, [{ field: 'a.b', before: 1, after: 3 }]],
    ['a field that has come', {}, { b: false }, [{ field: 'b', before: null, after: false }]],
    ['a list of plain values as a whole', { a: [1, 2] }, { a: [2] }, [{ field: 'a', before: [1, 2], after: [2] }]],
    [
      'items of a list by their slot, whatever their place',
      {
        nics: [
          { slot: 0, mac: 'a' },
          { slot: 1, mac: 'b' },
        ],
      },
      {
        nics: [
          { slot: 1, mac: 'c' },
          { slot: 0, mac: 'a' },
        ],
      },
      [{ field: 'nics[1].mac', before: 'b', after: 'c' }],
    ],
    [
      'items of a list by the name in their spec',
      [{ spec: { name: 'gold', cpu: 1 } }],
      [{ spec: { name: 'gold', cpu: 2 } }],
      [{ field: '[gold].spec.cpu', before: 1, after: 2 }],
    ],
    ['the whole of what was not there', null, { name: 'x' }, [{ field: '', before: null, after: { name: 'x' } }]],
  ])('are those of %s', (_what, before, after, expected) => {
    expect(differingFields(before, after)).toEqual(expected)
  })

  it('say that a secret differs, and not how', () => {
    const before = { cloudInit: { userData: 'password: a' } }
    expect(differingFields(before, { cloudInit: { userData: 'password: b' } })).toEqual([
      { field: 'cloudInit.userData', before: '[left out]', after: '[left out]' },
    ])
    expect(JSON.stringify(differingFields(null, before))).not.toContain('password: a')
  })
})

describe('a setting as a generation has it', () => {
  it.each([
    ['network', { revision: 3, settings: { hostname: 'a' } }, { hostname: 'a' }],
    ['recoveryCode', { hash: '$argon2id', since: 'then' }, { since: 'then' }],
    ['recoveryCode', { hash: null }, null],
    ['pools', [{ spec: { name: 'gold' }, revision: 4 }], [{ spec: { name: 'gold' } }]],
    ['keyboard', 'de', 'de'],
    ['syslog', null, null],
  ])('is of %s what matters of it', (key, value, expected) => {
    expect(configurationOfSetting(key, value)).toEqual(expected)
  })
})
