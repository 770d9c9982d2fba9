// Files of a datastore: uploading. Listing and deleting them follow from the API.
import { basename } from 'node:path'
import { IMAGE_FORMATS } from '../../domain/disk-image.ts'
import { documentOf } from '../answer.ts'
import type { Command } from '../command.ts'
import { parseFile, segment } from '../names.ts'
import { operation, pathOf, whoMay } from '../operations.ts'
import { printResult } from '../output.ts'
import { formatBytes } from '../quantity.ts'
import { upload } from '../upload.ts'

const PUT = 'PUT /v1/datastores/{name}/files/{file}'

interface Uploaded {
  readonly name: string
  readonly sizeBytes: number
  readonly sha256: string
}

export const fileCommands: readonly Command[] = [
  {
    words: ['file', 'upload'],
    summary: 'Send a disk image or CD to a datastore',
    details: [
      'The host compares what arrives with the SHA-256 digest of the file as it is here. A name that is taken is refused; what is cut off leaves nothing.',
      whoMay(PUT),
    ],
    arguments: [
      { name: 'FILE', kind: 'local-file' },
      { name: 'DATASTORE[/NAME]', kind: 'datastore', optional: true },
    ],
    options: () => [
      {
        name: 'format',
        value: IMAGE_FORMATS.join('|'),
        values: IMAGE_FORMATS,
        help: 'What it is; by default what it begins as. A CD is raw',
      },
    ],
    async run(context) {
      const { given, io, host } = context
      const [path = '', typed = 'local'] = given.arguments
      const { datastore, file } = typed.includes('/') ? parseFile(typed) : { datastore: typed, file: basename(path) }
      const format = given.value('format')
      const target = pathOf(operation(PUT), { name: segment(datastore), file: segment(file) })
      const query = format === undefined ? '' : `?format=${encodeURIComponent(format)}`
      const answer = await upload(host(), io, { path, target: `${target}${query}` })
      const uploaded = documentOf(answer) as Uploaded
      printResult(
        context,
        uploaded,
        () => `${datastore}/${uploaded.name}: uploaded, ${formatBytes(uploaded.sizeBytes)}, SHA-256 ${uploaded.sha256}\n`,
      )
    },
  },
]
