// Makes the image of a seed: a FAT file system with a label and a few small files, read by a guest as a disk. @source mtools(1)
import * as fs from 'hv:fs'
import { runTool } from './run-tool.ts'

const MTOOLS = '/usr/bin/mtools'
/** The smallest that mformat calls a floppy disk; the files have 48 KiB at most. */
const SECTORS = '2880'

/** `path` and all files beside it are the caller's, in a directory that is nobody else's. */
export async function makeSeed(path: string, label: string, files: Readonly<Record<string, string>>): Promise<void> {
  await runTool([MTOOLS, '-c', 'mformat', '-C', '-f', SECTORS, '-v', label, '-i', path, '::'])
  for (const [name, text] of Object.entries(files)) {
    const source = `${path}.${name}`
    fs.writeFileAtomic(source, text)
    try {
      await runTool([MTOOLS, '-c', 'mcopy', '-i', path, source, `::${name}`])
    } finally {
      fs.unlink(source)
    }
  }
  fs.chmod(path, 0o644)
}
