// Which adapters carry the management network, also after cards were moved, added or exchanged.
import { describe, expect, it } from 'vitest'
import type { Adapter } from '../../../control/src/domain/adapter.ts'
import { defaultNetwork } from '../../../control/src/domain/network.ts'
import type { KnownCard } from '../../../control/src/domain/network-kept.ts'
import { planValidity } from '../../../control/src/plan/certificate.ts'
import { adoptReplacements, chooseAdapters, isChoiceFinal } from '../../../control/src/plan/network-adapters.ts'
import { adapter } from '../../fakes/network.ts'

const A = adapter(0, { hasLink: false })
const B = adapter(1)
const C = adapter(2)
const NEW = adapter(3, { mac: '52:54:00:00:00:ee' })
const known = (...cards: readonly Adapter[]): readonly KnownCard[] => cards.map(({ mac, slot }) => ({ mac, slot, manages: false }))

const choose = (seen: readonly Adapter[], wanted: readonly string[], cards: readonly KnownCard[] = known(A, B, C)) => {
  const { members, replacements, problem } = chooseAdapters(seen, { adapters: [...wanted] }, cards)
  return { names: members.map(({ name }) => name), replaced: replacements.map(({ used, because }) => `${used} ${because}`), problem }
}

describe('the management adapter', () => {
  it.each<[string, readonly Adapter[], readonly string[], readonly string[], string | null]>([
    ['the first with a link', [C, A, B], [], ['eth1'], null],
    ['the first when none has a link', [A, { ...B, hasLink: false }], [], ['eth0'], `eth0 (${A.mac}) has no link.`],
    ['the wanted one', [A, B, C], [C.mac], ['eth2'], null],
    [
      'the wanted one wherever it is plugged in now',
      [A, { ...C, name: 'eth1', index: 3, slot: 'PCI0-1c.0-00.0' }],
      [C.mac],
      ['eth1'],
      null,
    ],
    ['the wanted one though it has no link', [A, B, C], [A.mac], ['eth0'], `eth0 (${A.mac}) has no link.`],
    ['none when there is none', [], [], [], 'No network adapter was found.'],
    ['several in their order', [A, B, C], [C.mac, B.mac], ['eth2', 'eth1'], null],
    ['those of several that are there', [A, B], [C.mac, B.mac], ['eth1'], `There is no adapter ${C.mac}.`],
  ])('is %s', (_name, seen, wanted, names, problem) => {
    expect(choose(seen, wanted)).toEqual({ names, replaced: [], problem })
  })

  it('stays on the card that it was on where the settings leave it open', () => {
    const cards = known(A, B, C).map((card) => ({ ...card, manages: card.mac === C.mac }))
    expect(choose([A, B, C], [], cards).names).toEqual(['eth2'])
    expect(choose([A, B, { ...C, hasLink: false }], [], cards).names).toEqual(['eth1'])
  })

  it.each<[string, readonly Adapter[], readonly KnownCard[], string]>([
    [
      'a new one in its slot',
      [A, B, { ...NEW, slot: C.slot }, adapter(4, { mac: '52:54:00:00:00:ef' })],
      known(A, B, C),
      `${NEW.mac} same-slot`,
    ],
    ['the only new one, wherever it is', [A, B, NEW], known(A, B, C), `${NEW.mac} only-new-card`],
    [
      'the first with a link when two are new',
      [A, B, NEW, adapter(4, { mac: '52:54:00:00:00:ef' })],
      known(A, B, C),
      `${B.mac} first-with-link`,
    ],
    ['the first with a link when none is new', [A, B], known(A, B, C), `${B.mac} first-with-link`],
    [
      'another one in its slot, though it was elsewhere before, only for its link',
      [A, { ...B, slot: C.slot }],
      known(A, B, C),
      `${B.mac} first-with-link`,
    ],
  ])('when it is gone is replaced by %s', (_name, seen, cards, replaced) => {
    const { replaced: found, problem } = choose(seen, [C.mac], cards)
    expect(found).toEqual([replaced])
    expect(problem).toMatch(new RegExp(`^There is no adapter ${C.mac}; eth\\d .* is used, and can be adopted\\.$`))
  })

  it('of a bond is replaced by the new card in its slot, and the bond goes on', () => {
    const { names, replaced } = choose([A, B, { ...NEW, slot: C.slot }], [C.mac, B.mac])
    expect([names, replaced]).toEqual([['eth3', 'eth1'], [`${NEW.mac} same-slot`]])
  })

  it('that was adopted is the wanted one, and the preferred one of its bond', () => {
    const settings = { ...defaultNetwork('a'), adapters: [A.mac, C.mac], bond: { mode: 'active-backup' as const, primary: C.mac } }
    const adopted = adoptReplacements(settings, [{ wanted: C.mac, used: NEW.mac, because: 'same-slot' }])
    expect(adopted).toEqual({ ...settings, adapters: [A.mac, NEW.mac], bond: { mode: 'active-backup', primary: NEW.mac } })
  })

  it('is waited for while a better choice may still appear', () => {
    expect(isChoiceFinal([A], [], [])).toBe(false)
    expect(isChoiceFinal([A, B], [], [])).toBe(true)
    expect(isChoiceFinal([A, B], [C.mac], [])).toBe(false)
    expect(isChoiceFinal([A], [A.mac], [])).toBe(true)
    expect(isChoiceFinal([A, B], [], [{ mac: A.mac, slot: null, manages: true }])).toBe(false)
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
