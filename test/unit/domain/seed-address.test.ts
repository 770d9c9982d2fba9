// Where the seed is, by the kernel's command line.
import { describe, expect, it } from 'vitest'
import { seedAddress } from '../../../control/src/domain/seed-address.ts'
import { formatWebAddress } from '../../../control/src/domain/web-address.ts'

const names = { serial: 'CZ 12/34', uuid: '0F6A1C2E-AAAA-BBBB-CCCC-0123456789AB', mac: '52:54:00:C0:BE:01' }

function addressOf(url: string, known = names): string {
  const address = seedAddress(url, known)
  return address.ok ? formatWebAddress(address.value) : address.problems.map(({ code }) => code).join()
}

describe('the address of a seed', () => {
  it.each([
    ['http://10.0.0.1/seed.json', 'http://10.0.0.1/seed.json'],
    ['https://files.example:8443/{serial}.json', 'https://files.example:8443/CZ%2012%2F34.json'],
    [
      'http://files.example/{uuid}/{mac}?of={mac}',
      'http://files.example/0f6a1c2e-aaaa-bbbb-cccc-0123456789ab/52-54-00-c0-be-01?of=52-54-00-c0-be-01',
    ],
  ])('%s is %s', (url, address) => {
    expect(addressOf(url)).toBe(address)
  })

  it.each([
    '',
    'files.example/seed.json',
    'ftp://files.example/seed.json',
    'http://user@files.example/',
    'http://files.example/{model}.json',
    'http://files.example/{',
  ])('is not %j', (url) => {
    expect(addressOf(url)).toBe('seed.url')
  })

  it('asks for nothing that the machine does not say', () => {
    expect(addressOf('http://files.example/{serial}.json', { ...names, serial: '' })).toBe('seed.url.nameless')
    expect(addressOf('http://files.example/{mac}.json', { ...names, serial: '' })).toBe('http://files.example/52-54-00-c0-be-01.json')
  })
})
