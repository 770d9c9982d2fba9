// Loads a keyboard layout into the kernel's console, by BusyBox's loadkmap.
import { readFile } from 'hv:fs'
import type { Keyboard } from '../ports/keyboard.ts'
import { runTool } from './run-tool.ts'

const MAX_BYTES = 65_536

/** `directory` has a file `NAME.bmap` for each layout. */
export function createKeyboard(directory: string): Keyboard {
  return {
    async load(layout) {
      await runTool(['/usr/bin/busybox', 'loadkmap'], { stdin: readFile(`${directory}/${layout}.bmap`, MAX_BYTES) })
    },
  }
}
