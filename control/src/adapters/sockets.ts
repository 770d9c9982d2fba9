// Sockets that can be taken back, over the native module.
import { closeFd } from 'hv:fs'
import { hold } from 'hv:hold'
import type { Sockets } from '../ports/sockets.ts'

function holdOrClose(descriptor: number) {
  try {
    return hold(descriptor)
  } catch (error) {
    closeFd(descriptor)
    throw error
  }
}

export function createSockets(): Sockets {
  return {
    hold(descriptor) {
      const held = holdOrClose(descriptor)
      return { descriptor: held.givenFd, onClose: (handler) => held.onClose(handler), close: () => held.close() }
    },
  }
}
