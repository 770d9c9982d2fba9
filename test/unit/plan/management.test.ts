// Which adapter carries the management network, and how long the certificate is valid.
import { describe, expect, it } from 'vitest'
import { planValidity } from '../../../control/src/plan/certificate.ts'
import { chooseAdapter, isChoiceFinal } from '../../../control/src/plan/management.ts'

const A = { name: 'eth0', mac: '52:54:00:00:00:0a', index: 2, hasLink: false }
const B = { name: 'eth1', mac: '52:54:00:00:00:0b', index: 3, hasLink: true }
const C = { name: 'eth2', mac: '52:54:00:00:00:0c', index: 4, hasLink: true }

describe('the management adapter', () => {
  it.each([
    ['the first with a link', [C, A, B], null, 'eth1', null],
    ['the first when none has a link', [A, { ...B, hasLink: false }], null, 'eth0', 'eth0 (52:54:00:00:00:0a) has no link.'],
    ['the wanted one', [A, B, C], C.mac, 'eth2', null],
    ['the wanted one though it has no link', [A, B, C], A.mac, 'eth0', 'eth0 (52:54:00:00:00:0a) has no link.'],
    [
      'another when the wanted one is gone',
      [A, B],
      C.mac,
      'eth1',
      'There is no adapter 52:54:00:00:00:0c; eth1 (52:54:00:00:00:0b) is used.',
    ],
    ['none when there is none', [], null, undefined, 'No network adapter was found.'],
  ])('is %s', (_name, adapters, wanted, name, problem) => {
    const choice = chooseAdapter(adapters, wanted)
    expect(choice.adapter?.name).toBe(name)
    expect(choice.problem).toBe(problem)
  })

  it('is waited for while a better choice may still appear', () => {
    expect(isChoiceFinal([A], null)).toBe(false)
    expect(isChoiceFinal([A, B], null)).toBe(true)
    expect(isChoiceFinal([A, B], C.mac)).toBe(false)
    expect(isChoiceFinal([A], A.mac)).toBe(true)
  })
})

describe('the certificate', () => {
  it.each([
    ['a right clock', Date.UTC(2030, 4, 17, 12, 30, 5), '20300516123005Z', '20400516123005Z'],
    ['a clock of 1970', 1_000, '20260101000000Z', '20360101000000Z'],
  ])('with %s is valid for ten years', (_name, nowMs, notBefore, notAfter) => {
    expect(planValidity(nowMs)).toEqual({ notBefore, notAfter })
  })
})
