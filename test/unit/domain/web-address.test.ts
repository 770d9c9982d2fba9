// URLs of files on web servers, and where redirections lead.
import { describe, expect, it } from 'vitest'
import { formatWebAddress, parseWebAddress, redirected } from '../../../control/src/domain/web-address.ts'

describe('an address', () => {
  it.each([
    [
      'http://files.example/corbel.update',
      { tls: false, host: 'files.example', port: 80, authority: 'files.example', path: '/corbel.update' },
    ],
    ['https://[fd00::1]:8443/a?b=c', { tls: true, host: 'fd00::1', port: 8443, authority: '[fd00::1]:8443', path: '/a?b=c' }],
    ['HTTPS://192.0.2.1', { tls: true, host: '192.0.2.1', port: 443, authority: '192.0.2.1', path: '/' }],
    ['https://x:443/', { tls: true, host: 'x', port: 443, authority: 'x', path: '/' }],
    ['http://x?y', { tls: false, host: 'x', port: 80, authority: 'x', path: '/?y' }],
  ])('%s is taken apart', (text, expected) => {
    expect(parseWebAddress(text)).toEqual(expected)
  })

  it.each([
    ['ftp://x/y'],
    ['x/y'],
    ['http://'],
    ['http://user:secret@x/y'],
    ['http://x:0/'],
    ['http://x:65536/'],
    ['http://x/a b'],
    ['http://x/a\r\nHost: y'],
    ['http://x/a#b'],
    ['http://x/ä'],
    ['http://-x/'],
    [`http://x/${'a'.repeat(2000)}`],
  ])('%j is none', (text) => {
    expect(parseWebAddress(text)).toBeNull()
  })
})

describe('a redirection', () => {
  const to = (from: string, location: string) => {
    const address = parseWebAddress(from)
    const found = address === null ? null : redirected(address, location)
    return found === null ? null : formatWebAddress(found)
  }

  it.each([
    ['http://a/x/y?z', 'https://b/c', 'https://b/c'],
    ['http://a/x/y?z', '//b/c', 'http://b/c'],
    ['https://a:8443/x/y?z', '/c?d', 'https://a:8443/c?d'],
    ['http://a/x/y?z=/q', 'c', 'http://a/x/c'],
    ['http://a/x', 'http://b/c#part', 'http://b/c'],
  ])('from %s to %s leads to %s', (from, location, expected) => {
    expect(to(from, location)).toBe(expected)
  })

  it.each([
    ['https://a/x', 'http://a/x'],
    ['http://a/x', 'file:///etc/passwd'],
    ['http://a/x', 'a b'],
  ])('from %s to %s leads nowhere', (from, location) => {
    expect(to(from, location)).toBeNull()
  })
})
