// Which host a command is for, and whose token goes to it.
import { describe, expect, it } from 'vitest'
import type { Profiles } from '../../control/src/cli/profiles.ts'
import { chooseTarget } from '../../control/src/cli/target.ts'

const pin = (digits: string) => Array.from({ length: 32 }, () => digits).join(':')
const profile = (address: string, fingerprint: string, token: string | null) => ({
  ...{ address, fingerprint, username: 'administrator' },
  session: token === null ? null : { token, expiresAt: '2026-01-01T12:00:00.000Z' },
})
const profiles: Profiles = {
  version: 1,
  current: 'rack3',
  profiles: {
    rack3: profile('192.0.2.3', pin('33'), 'token3'),
    rack4: profile('192.0.2.4:8443', pin('44'), 'token4'),
    rack5: profile('192.0.2.5', pin('55'), null),
  },
}
const nobody: Profiles = { version: 1, current: null, profiles: {} }

describe('the host that a command is for', () => {
  it.each<[string, string | undefined, Record<string, string>, Profiles, [string, number, string, string]]>([
    ['is the last log-in’s', undefined, {}, profiles, ['192.0.2.3', 443, pin('33'), 'token3']],
    ['is called by its name', 'rack4', {}, profiles, ['192.0.2.4', 8443, pin('44'), 'token4']],
    ['is called by its address', '192.0.2.4:8443', {}, profiles, ['192.0.2.4', 8443, pin('44'), 'token4']],
    [
      'is the environment’s',
      undefined,
      { CORBEL_HOST: '192.0.2.9', CORBEL_FINGERPRINT: pin('99'), CORBEL_TOKEN: 'token9' },
      nobody,
      ['192.0.2.9', 443, pin('99'), 'token9'],
    ],
    ['is the environment’s by its name here', undefined, { CORBEL_HOST: 'rack4' }, profiles, ['192.0.2.4', 8443, pin('44'), 'token4']],
    [
      'is the last log-in’s with a token of the environment’s',
      undefined,
      { CORBEL_TOKEN: 'token9' },
      profiles,
      ['192.0.2.3', 443, pin('33'), 'token9'],
    ],
    [
      'of the command line gets no token that is for another',
      'rack4',
      { CORBEL_HOST: 'rack3', CORBEL_TOKEN: 'token9' },
      profiles,
      ['192.0.2.4', 8443, pin('44'), 'token4'],
    ],
    [
      'of the command line is not held to a certificate of another',
      'rack4',
      { CORBEL_HOST: '192.0.2.9', CORBEL_FINGERPRINT: pin('99') },
      profiles,
      ['192.0.2.4', 8443, pin('44'), 'token4'],
    ],
    [
      'of the command line gets the token that is for it, however it is called',
      'rack3',
      { CORBEL_HOST: '192.0.2.3', CORBEL_TOKEN: 'token9' },
      profiles,
      ['192.0.2.3', 443, pin('33'), 'token9'],
    ],
  ])('%s', (_name, host, env, known, [address, port, fingerprint, token]) => {
    expect(chooseTarget(host, env, known)).toEqual({ address: { host: address, port }, fingerprint, token })
  })

  it.each<[string, string | undefined, Record<string, string>, Profiles, string]>([
    ['nobody has named', undefined, {}, nobody, 'No host is chosen. Log in with: corbel login HOST (login.none)'],
    [
      'nobody has confirmed',
      '192.0.2.9',
      { CORBEL_TOKEN: 'token9' },
      profiles,
      'The certificate of 192.0.2.9 has not been confirmed. Log in with: corbel login 192.0.2.9 (login.none)',
    ],
    ['nobody is logged in to', 'rack5', {}, profiles, 'Nobody is logged in to rack5. Log in with: corbel login rack5 (login.none)'],
    [
      'has a token that would be another header',
      undefined,
      { CORBEL_TOKEN: 'a\r\nx: y' },
      profiles,
      'CORBEL_TOKEN: is no token (usage.invalid-value)',
    ],
    [
      'has half a fingerprint',
      undefined,
      { CORBEL_FINGERPRINT: 'AA:BB' },
      profiles,
      'CORBEL_FINGERPRINT: must be a SHA-256 fingerprint, 32 bytes such as AA:BB:… (usage.invalid-value)',
    ],
  ])('is none that %s', (_name, host, env, known, message) => {
    expect(() => chooseTarget(host, env, known)).toThrow(message)
  })
})
