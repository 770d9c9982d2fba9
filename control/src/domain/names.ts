// Forms of the names that people choose: VMs, hosts, datastores, files, users.
import * as v from 'valibot'

const VM_NAME = /^[A-Za-z0-9][A-Za-z0-9._-]{0,62}$/
export const vmNameSchema = v.pipe(v.string(), v.regex(VM_NAME, 'must be 1 to 63 of A-Z a-z 0-9 . _ - and start with a letter or digit'))

/** One DNS label. @source RFC 1123 section 2.1 */
export const hostnameSchema = v.pipe(
  v.string(),
  v.regex(/^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/, 'must be 1 to 63 of a-z 0-9 -, neither starting nor ending with -'),
)

export const datastoreNameSchema = v.pipe(v.string(), v.regex(/^[a-z0-9][a-z0-9-]{0,62}$/, 'must be 1 to 63 of a-z 0-9 -'))

/** One path component: ASCII, so that characters are bytes; no comma, quote or space that any option syntax might read. */
export const fileNameSchema = v.pipe(
  v.string(),
  v.regex(/^[A-Za-z0-9_][A-Za-z0-9._+@~-]{0,254}$/, 'must be 1 to 255 of A-Z a-z 0-9 . _ + @ ~ - and start with a letter, digit or _'),
)
