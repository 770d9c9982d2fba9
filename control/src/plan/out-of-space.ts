// Which of the VMs that a full datastore paused go on. Pure.

/** What a VM is given before it goes on: with less it would stand still again at once. */
export const ROOM_TO_GO_ON_BYTES = 64 * 1_048_576

export interface Waiting {
  readonly id: string
  /** What was available when it was paused: not always nothing, as a file system may keep some for itself. */
  readonly availableThenBytes: number
}

/** IDs of those that go on now: the longest paused first, and each has room of its own. */
export function planToGoOn(waiting: readonly Waiting[], availableBytes: number): readonly string[] {
  let left = availableBytes
  return waiting.flatMap(({ id, availableThenBytes }) => {
    if (left < availableThenBytes + ROOM_TO_GO_ON_BYTES) return []
    left -= ROOM_TO_GO_ON_BYTES
    return [id]
  })
}
