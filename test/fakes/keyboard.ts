// A keyboard that remembers what was loaded.
import type { KeyboardLayout } from '../../control/src/domain/keyboard.ts'
import type { Keyboard } from '../../control/src/ports/keyboard.ts'

export class FakeKeyboard implements Keyboard {
  readonly loaded: KeyboardLayout[] = []
  failure: Error | null = null

  load(layout: KeyboardLayout): Promise<void> {
    if (this.failure !== null) return Promise.reject(this.failure)
    this.loaded.push(layout)
    return Promise.resolve()
  }
}
