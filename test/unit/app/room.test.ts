// Room in a datastore: what is going to be written counts until it has been, and is free again when the work has ended.
import { beforeEach, describe, expect, it } from 'vitest'
import { createRoom, type Room } from '../../../control/src/app/room.ts'
import { ROOM_KEPT_BYTES } from '../../../control/src/plan/disk-space.ts'

let availableBytes: number
let room: Room
beforeEach(() => {
  availableBytes = ROOM_KEPT_BYTES + 1000
  const local = () => ({ name: 'local', uuid: null, totalBytes: 2 * ROOM_KEPT_BYTES, availableBytes })
  room = createRoom({ datastores: { list: () => [local()], files: () => null, resolve: () => null, place: () => null } })
})

const take = (bytes: number) => room.take('local', bytes)

describe('room', () => {
  it('is there for as much as there is, and no byte more', () => {
    expect(() => take(1001)).toThrow('needs 1001 bytes')
    take(1000)
  })

  it('that was taken is nobody else’s', () => {
    take(600)
    expect(() => take(401)).toThrow('needs 401 bytes')
    take(400)
  })

  it('that has been written is counted once', () => {
    const taken = take(600)
    availableBytes -= 300
    expect(() => take(400)).toThrow('needs 400 bytes')
    taken.written(50)
    taken.written(10)
    take(400)
  })

  it('is free again at the end of the work', () => {
    take(1000).release()
    take(1000)
  })

  it('is none where there is no datastore', () => {
    expect(() => room.take('other', 1)).toThrow('needs 1 bytes')
  })
})
