// The rules for passwords that people choose.
import * as v from 'valibot'
import { rule } from './check.ts'
import type { Problem } from './problem.ts'

export const PASSWORD_MIN = 12
export const PASSWORD_MAX = 128

/** Of those that are long enough, what guessers try first; without case and without what is not a letter or digit. */
const WORST: ReadonlySet<string> = new Set([
  ...['administrator', 'administrator1', 'administrator123', 'adminadminadmin', 'admin1234567', 'admin12345678'],
  ...['password1234', 'password12345', 'password123456', 'passw0rd1234', 'p4ssw0rd1234', 'mypassword123', 'mysecretpassword'],
  ...['changeme1234', 'changemechangeme', 'pleasechangeme', 'defaultpassword', 'letmeinletmein', 'letmein12345', 'welcome12345'],
  ...['welcome123456', 'iloveyou1234', 'sunshine1234', 'football1234', 'princess1234', 'qwerty123456', 'qwertyuiop123', '1q2w3e4r5t6y'],
  ...[
    '1qaz2wsx3edc',
    'zaq12wsxcde3',
    'trustno1trustno1',
    'supersecret123',
    'topsecret1234',
    'rootrootroot',
    'toortoortoor',
    'vmwarevmware',
  ],
  ...['esxiesxiesxi', 'proxmoxproxmox', 'corbel123456', 'corbelcorbel', 'correcthorsebatterystaple', 'abcdefg12345', 'abc123abc123'],
])

const KEYBOARD = ['qwertyuiopasdfghjklzxcvbnm', 'qwertzuiopasdfghjklyxcvbnm', 'azertyuiopqsdfghjklmwxcvbn']

/** `aaaaaaaaaaaa`, `abcabcabcabc`: nothing but the same few characters again and again. */
function isRepeated(password: string): boolean {
  return [1, 2, 3, 4].some((length) => [...password].every((character, index, all) => character === all[index % length]))
}

/** `123456789012`, `abcdefghijkl`, `qwertyuiopas`, either way. */
function isSequence(password: string): boolean {
  const text = password.toLowerCase()
  const backwards = [...text].reverse().join('')
  return ascends(text) || ascends(backwards) || KEYBOARD.some((row) => row.includes(text) || row.includes(backwards))
}

function ascends(text: string): boolean {
  return [...text].every((character, index, all) => {
    const before = all[index - 1]
    return before === undefined || character.charCodeAt(0) === before.charCodeAt(0) + 1 || (before === '9' && character === '0')
  })
}

function isWorst(password: string): boolean {
  return WORST.has(password.toLowerCase().replace(/[^a-z0-9]/g, ''))
}

/** 12 to 128 characters, without control characters, which no keyboard of every console can type, and not among the first that are guessed. */
export const passwordSchema = v.pipe(
  v.string(),
  v.minLength(PASSWORD_MIN),
  v.maxLength(PASSWORD_MAX),
  v.regex(/^[^\u0000-\u001f\u007f]*$/, 'must not have control characters'),
  rule('repeated', 'must be more than the same few characters again and again', (password: string) => !isRepeated(password)),
  rule('sequence', 'must be more than a row of the alphabet, of the keyboard or of numbers', (password: string) => !isSequence(password)),
  rule('common', 'must not be one of those that are tried first', (password: string) => !isWorst(password)),
)

/** Characters besides a name that everybody knows; fewer are soon tried. */
const MIN_BESIDES_NAME = 6

function isHardlyMoreThan(password: string, name: string): boolean {
  const text = password.toLowerCase()
  return name !== '' && text.includes(name.toLowerCase()) && text.replaceAll(name.toLowerCase(), '').length < MIN_BESIDES_NAME
}

/** What the schema cannot see: `password.user-name` and `password.hostname`, where it is one of them, or hardly more. */
export function findPasswordProblems(
  password: string,
  about: { readonly userName: string; readonly hostname: string },
): readonly Problem[] {
  const problem = (code: string, message: string): Problem => ({ code, field: 'password', message })
  return [
    ...(isHardlyMoreThan(password, about.userName) ? [problem('password.user-name', 'must be more than the user’s name')] : []),
    ...(isHardlyMoreThan(password, about.hostname) ? [problem('password.hostname', 'must be more than the host’s name')] : []),
  ]
}
