// Looks at the system slots and works on them: `slots read`, `slots write` (a boot environment on its input), `slots fill SLOT` (an update on its input, what allows
// it on descriptor 3), `slots copy SLOT FROM TO` (from one disk of the system to another), `slots check SLOT DISK` (what is damaged of it), `slots stage SLOT SHA256 DIRECTORY` (its control plane's programs into the directory). Prints one JSON object a line, and in the end what there is or what went wrong. Mounts are seen by this process alone.
import { readHead, readText } from 'hv:fs'
import { args } from 'hv:process'
import { createClock } from '../adapters/clock.ts'
import { VmHostFailure } from '../adapters/host-failure.ts'
import { readVersion } from '../adapters/install-disks.ts'
import { copySlot } from '../adapters/installation.ts'
import { stagePrograms } from '../adapters/program-stage.ts'
import { damagedFiles } from '../adapters/slot-check.ts'
import { fillSlot } from '../adapters/slot-filler.ts'
import { createSystemPlaces, readBootSlots, slotToCheck, slotToCopy, slotToFill, writeBootEnvironment } from '../adapters/system-disks.ts'
import { ISO_HEAD_BYTES, isoBytes } from '../codec/iso-size.ts'
import type { BootEnvironment } from '../domain/boot-slot.ts'
import { runLineJob } from './line-job.ts'

const MAX_INPUT_BYTES = 65_536
const places = createSystemPlaces(createClock(), readVersion)

runLineJob('slots', async (print) => {
  switch (args[0]) {
    case 'read':
      print({ seen: await readBootSlots(places) })
      return
    case 'write':
      await writeBootEnvironment(places, JSON.parse(readText('/proc/self/fd/0', MAX_INPUT_BYTES)) as BootEnvironment)
      print({ done: true })
      return
    case 'fill':
      print({ done: await fillSlot(slotToFill(places, args[1]), { source: 0, permission: 3 }, print) })
      return
    case 'copy': {
      const { from, to } = slotToCopy(places, args[1], args[2], args[3])
      const bytes = isoBytes(readHead(from, ISO_HEAD_BYTES))
      if (bytes === null) throw new VmHostFailure('slots.no-system', 'copy', `${from} holds no system.`)
      await copySlot(from, bytes, to, { at: 0, of: 1 }, print)
      print({ done: true })
      return
    }
    case 'check':
      print({ damaged: await damagedFiles(slotToCheck(places, args[1], args[2])) })
      return
    case 'stage':
      await stagePrograms(slotToFill(places, args[1])[0], args[2] ?? '', args[3] ?? '')
      print({ done: true })
      return
    default:
      throw new Error('usage: slots read | write | fill SLOT | copy SLOT FROM TO | check SLOT DISK | stage SLOT SHA256 DIRECTORY')
  }
})
