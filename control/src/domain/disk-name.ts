// What people name a disk of the host by.
import * as v from 'valibot'
import { field } from './field.ts'

/** As the disk reports it. */
const diskSerialSchema = v.pipe(
  v.string(),
  v.regex(/^[\u0021-\u007e]([\u0020-\u007e]{0,126}[\u0021-\u007e])?$/, 'must be 1 to 128 printable ASCII characters'),
)

/** Of a whole disk. */
const diskPathSchema = v.pipe(
  v.string(),
  v.regex(
    /^\/dev\/(disk\/by-path\/)?[A-Za-z0-9][A-Za-z0-9:._+-]{0,127}$/,
    'must be /dev/disk/by-path/NAME (where it is plugged in) or /dev/NAME',
  ),
)

/** One of the two, as each user of them rules. */
export const diskNameEntries = {
  serial: v.exactOptional(v.pipe(diskSerialSchema, field({ title: 'Serial number', description: 'As the disk reports it.' }))),
  path: v.exactOptional(
    v.pipe(
      diskPathSchema,
      field({ title: 'Path', description: 'Of the whole disk; by-path names survive a change in the order of disks.' }),
    ),
  ),
}
