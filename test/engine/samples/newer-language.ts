// What the engine under test must not offer, as the one of the appliance does not.
import { describe, expect, it } from 'vitest'

describe('not there', () => {
  it.each<[string, object, string]>([
    ['iterator helpers', [].values(), 'map'],
    ['set methods', new Set(), 'union'],
    ['Promise.try', Promise, 'try'],
    ['base64 of bytes', new Uint8Array(), 'toBase64'],
    ['eval', globalThis, 'eval'],
    ['Intl', globalThis, 'Intl'],
    ['TextEncoder', globalThis, 'TextEncoder'],
  ])('is %s', (_what, owner, name) => expect(name in owner).toBe(false))
})
