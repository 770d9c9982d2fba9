// Sockets that are numbers: what is given away is the number itself, and who closes it is a test's doing.
import type { HeldSocket, Sockets } from '../../control/src/ports/sockets.ts'

export class FakeSockets implements Sockets {
  /** Those held and not closed, by their number. */
  readonly open = new Map<number, { closedByClient: () => void }>()

  hold(descriptor: number): HeldSocket {
    let told = () => {}
    this.open.set(descriptor, {
      closedByClient: () => {
        // Nobody hears of the end of what was closed under its client.
        if (this.open.delete(descriptor)) told()
      },
    })
    return {
      descriptor,
      onClose: (handler) => {
        told = handler
      },
      close: () => void this.open.delete(descriptor),
    }
  }
}
