// Whose failed logins count together.
import { describe, expect, it } from 'vitest'
import { sourceOf } from '../../../control/src/api/source.ts'

describe('the source of a login', () => {
  it.each([
    ['192.0.2.7:4711', '192.0.2.7'],
    ['[2001:db8:1:2:3:4:5:6]:443', '2001:db8:1:2::/64'],
    ['[2001:db8:1:2::6]:443', '2001:db8:1:2::/64'],
    ['[fe80::1]:1', 'fe80:0:0:0::/64'],
    ['[fe80::aaaa:bbbb:cccc:dddd]:1', 'fe80:0:0:0::/64'],
    ['[::1]:1', '0:0:0:0::/64'],
  ])('of %s is %s', (remote, source) => {
    expect(sourceOf(remote)).toBe(source)
  })
})
