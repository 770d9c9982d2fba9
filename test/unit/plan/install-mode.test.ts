// Whether a boot is an installation.
import { describe, expect, it } from 'vitest'
import { type BootFacts, planInstallMode } from '../../../control/src/plan/install-mode.ts'

const live: BootFacts = { installed: false, word: null, seedSha256: null, receipts: [] }
const by = (...seeds: readonly string[]) => seeds.map((seedSha256) => ({ seedSha256, unfinished: false }))

describe('a boot', () => {
  it.each<readonly [string, Partial<BootFacts>, string]>([
    ['from the medium is none', {}, 'none'],
    ['with the entry of the menu asks', { word: 'ask' }, 'ask'],
    ['with a seed that installs follows it', { seedSha256: 'x' }, 'seed'],
    ['with a seed that was carried out leaves its disk alone', { seedSha256: 'x', receipts: by('y', 'x') }, 'done'],
    ['with a seed other than that of the disk follows it', { seedSha256: 'x', receipts: by('y') }, 'seed'],
    [
      'with a seed whose installation was cut off after its receipt follows it once more',
      { seedSha256: 'x', receipts: [{ seedSha256: 'x', unfinished: true }] },
      'seed',
    ],
    ['with the entry of the menu asks whatever the seed says', { word: 'ask', seedSha256: 'x', receipts: by('x') }, 'ask'],
    ['of an installed system is none, with a seed or the word', { installed: true, word: 'ask', seedSha256: 'x' }, 'none'],
  ])('%s', (_, more, mode) => {
    expect(planInstallMode({ ...live, ...more })).toBe(mode)
  })
})
