// What is an IPv6 address as text.
import { describe, expect, it } from 'vitest'
import { isIpv6 } from '../../../control/src/domain/ipv6.ts'

describe('an IPv6 address', () => {
  it.each([
    '::',
    '::1',
    '1::',
    'fe80::5054:ff:fe12:3456',
    '2001:db8:0:0:0:0:0:1',
    '2001:DB8::1:2:3:4:5',
    '1:2:3:4:5:6:7::',
    '::ffff:192.0.2.1',
    '1:2:3:4:5:6:192.0.2.1',
  ])('%s is one', (text) => {
    expect(isIpv6(text)).toBe(true)
  })

  it.each([
    '',
    ':',
    ':::',
    '1',
    '1:2:3:4:5:6:7',
    '1:2:3:4:5:6:7:8:9',
    '1:2:3:4:5:6:7:8::',
    '1::2::3',
    '12345::',
    'g::',
    ':1:2:3:4:5:6:7',
    '1:2:3:4:5:6:7:',
    'fe80::1%eth0',
    'fe80::1/64',
    '192.0.2.1',
    '::192.0.2.256',
    '192.0.2.1::',
    '1:2:3:4:5:6:7:192.0.2.1',
    '0000:0000:0000:0000:0000:0000:0000:0000:00000001',
  ])('%s is none', (text) => {
    expect(isIpv6(text)).toBe(false)
  })
})
