// Where the host gets an update itself.
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
