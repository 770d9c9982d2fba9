// Mirrors that a test describes.
import type { Mirror } from '../../control/src/domain/mirror.ts'
import type { Mirrors } from '../../control/src/ports/mirrors.ts'

export class FakeMirrors implements Mirrors {
  all: readonly Mirror[] = []

  observe(): readonly Mirror[] {
    return this.all
  }
}
