// Prints the API document. Run by Node at build time, in the repository's root.
import { readFileSync } from 'node:fs'
import { makeDocument } from './document.ts'

const { version } = JSON.parse(readFileSync('package.json', 'utf8')) as { version: string }
process.stdout.write(`${JSON.stringify(makeDocument({ version }), null, 2)}\n`)
