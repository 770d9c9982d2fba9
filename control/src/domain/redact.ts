// Takes secrets out of documents that leave the host for somebody's eyes.

const SECRET_NAME = /pass(word|phrase)|secret|hash|token|recovery|otp|private|credential|sshkeys?|userdata|cloudinit|authorized/i
const LEFT_OUT = '[left out]'

/** A copy in which whatever has a name of a secret is left out, at any depth. */
export function redacted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(redacted)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(
    Object.entries(value).map(([name, member]) => [name, SECRET_NAME.test(name) && member !== null ? LEFT_OUT : redacted(member)]),
  )
}
