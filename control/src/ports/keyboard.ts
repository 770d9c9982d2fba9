// The keyboard at the machine's screen.
import type { KeyboardLayout } from '../domain/keyboard.ts'

export interface Keyboard {
  /** What keys mean from now on. Rejects, in words, where there is no screen, or the layout could not be loaded. */
  load(layout: KeyboardLayout): Promise<void>
}
