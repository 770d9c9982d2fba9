// Which passwords are taken.
import { describe, expect, it } from 'vitest'
import { check } from '../../../control/src/domain/check.ts'
import { findPasswordProblems, passwordSchema } from '../../../control/src/domain/password.ts'

function codes(password: string): readonly string[] {
  const checked = check(passwordSchema, password, 'password', { secret: true })
  return checked.ok ? [] : checked.problems.map(({ code }) => code)
}

describe('a password', () => {
  it.each([
    'correct horse battery',
    'Xk9#mQ2$vL7!',
    'a'.repeat(6) + 'b'.repeat(7),
    'zwölf Zeichen lang',
    '12345678901x',
    '\u{1f600} emoji are fine',
  ])('%s is taken', (password) => {
    expect(codes(password)).toEqual([])
  })

  it.each([
    ['eleven char', 'password.too-short'],
    ['x7'.repeat(65), 'password.too-long'],
    ['with a tab\there', 'password.invalid'],
    ['aaaaaaaaaaaa', 'password.repeated'],
    ['abcabcabcabca', 'password.repeated'],
    ['1212121212121', 'password.repeated'],
    ['123456789012', 'password.sequence'],
    ['210987654321', 'password.sequence'],
    ['ABCDEFGHIJKLM', 'password.sequence'],
    ['qwertyuiopasd', 'password.sequence'],
    ['mnbvcxzlkjhgf', 'password.sequence'],
    ['Administrator', 'password.common'],
    ['Pass-word 1234', 'password.common'],
    ['changeme1234!', 'password.common'],
  ])('%s is refused as %s', (password, code) => {
    expect(codes(password)).toContain(code)
  })

  it.each([
    ['administrator', 'administrator', ['password.user-name']],
    ['Administrator1!', 'administrator', ['password.user-name']],
    ['corbel-corbel', 'ann', ['password.hostname']],
    ['corbelannann', 'ann', []],
    ['banner stack nine', 'ann', []],
  ])('%s of %s is told as %j', (password, userName, expected) => {
    expect(findPasswordProblems(password, { userName, hostname: 'corbel' }).map(({ code }) => code)).toEqual(expected)
  })
})
