// Asks work of the host to end early: the task's side of it.
import type { Cancellation } from '../ports/disk-images.ts'

export function createCancellation(): { readonly cancellation: Cancellation; cancel(): void } {
  let requested = false
  let handler = () => {}
  return {
    cancellation: {
      get requested() {
        return requested
      },
      onRequest(next) {
        handler = next
        if (requested) next()
      },
    },
    cancel() {
      if (requested) return
      requested = true
      handler()
    },
  }
}
