// Whether a boot is an installation.
import { describe, expect, it } from 'vitest'
import { type BootFacts, planInstallMode } from '../../../control/src/plan/install-mode.ts'

const live: BootFacts = { installed: false, word: null, seedSha256: null, doneBy: [] }

describe('a boot', () => {
  it.each<readonly [string, Partial<BootFacts>, string]>([
    ['from the medium is none', {}, 'none'],
    ['with the entry of the menu asks', { word: 'ask' }, 'ask'],
    ['with a seed that installs follows it', { seedSha256: 'x' }, 'seed'],
    ['with a seed that was carried out leaves its disk alone', { seedSha256: 'x', doneBy: ['y', 'x'] }, 'done'],
    ['with a seed other than that of the disk follows it', { seedSha256: 'x', doneBy: ['y'] }, 'seed'],
    ['with the entry of the menu asks whatever the seed says', { word: 'ask', seedSha256: 'x', doneBy: ['x'] }, 'ask'],
    ['of an installed system is none, with a seed or the word', { installed: true, word: 'ask', seedSha256: 'x' }, 'none'],
  ])('%s', (_, more, mode) => {
    expect(planInstallMode({ ...live, ...more })).toBe(mode)
  })
})
