// Where the host gets an update itself: from a web server, or from a stick.
import * as v from 'valibot'
import { closed, rule } from './check.ts'
import { authoritySchema, fingerprintSchema } from './tls-trust.ts'
import { MAX_URL_LENGTH, parseWebAddress } from './web-address.ts'

export const updateSourceSchema = v.pipe(
  closed({
    url: v.pipe(
      v.string(),
      v.maxLength(MAX_URL_LENGTH),
      v.check((url) => parseWebAddress(url) !== null, 'must be such as https://files.example/corbel.update, without a user'),
      v.description('Of the update file, by HTTP or HTTPS.'),
    ),
    authority: v.pipe(
      v.optional(v.nullable(authoritySchema), null),
      v.description('Certificates, as PEM, of which one has signed the server’s. Without it and `fingerprint` the server may be anybody.'),
    ),
    fingerprint: v.pipe(
      v.optional(v.nullable(fingerprintSchema), null),
      v.description('SHA-256 of the one certificate that is trusted, whatever its name and time, in place of `authority`.'),
    ),
  }),
  rule('one-trust', 'takes either authority or fingerprint', ({ authority, fingerprint }) => authority === null || fingerprint === null),
  v.description('The signature of the update is what is trusted, wherever it comes from.'),
)
export type UpdateSource = v.InferOutput<typeof updateSourceSchema>

/** An update in the root of a stick; what its header says was verified by nobody. */
export interface UpdateOnMedium {
  /** The kernel's name: `sdb1`. */
  readonly device: string
  readonly label: string | null
  readonly model: string
  readonly file: string
  readonly sizeBytes: number
  readonly version: string
}

/** Neither hidden nor a way out of its directory. */
export function isUpdateFileName(name: string): boolean {
  return /^[A-Za-z0-9][A-Za-z0-9._ ()+-]{0,120}$/.test(name)
}

export const updateOnMediumSchema = closed({
  device: v.pipe(v.string(), v.regex(/^[a-z]{2,8}[0-9]{0,4}$/, 'must be such as sdb1'), v.description('The stick, as it is listed.')),
  file: v.pipe(v.string(), v.check(isUpdateFileName, 'must be the name of a file'), v.description('In its root.')),
})
