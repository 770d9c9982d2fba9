// Looks at the disks, installs, or leaves a receipt on the seed's medium: `install look`, `install write` (a job on its input), `install mirror` (a job, too), `install receipt` (a text on
// its input). Prints one JSON object a line: progress, and in the end what there is or what went wrong. Mounts are seen by this process alone.
import { readText } from 'hv:fs'
import { args } from 'hv:process'
import { createClock } from '../adapters/clock.ts'
import { observeInstallDisks } from '../adapters/install-disks.ts'
import { install } from '../adapters/installation.ts'
import { addMirrorDisk } from '../adapters/mirror-disk.ts'
import { writeSeedReceipt } from '../adapters/seed-medium.ts'
import type { InstallJob } from '../domain/install-job.ts'
import type { MirrorDiskJob } from '../domain/mirror-disk.ts'
import { runLineJob } from './line-job.ts'

const MAX_INPUT_BYTES = 262_144

runLineJob('install', async (print) => {
  switch (args[0]) {
    case 'look':
      print({ disks: await observeInstallDisks() })
      return
    case 'write': {
      const job = JSON.parse(readText('/proc/self/fd/0', MAX_INPUT_BYTES)) as InstallJob
      await install(createClock(), job, (progress) => print({ progress }))
      print({ done: true })
      return
    }
    case 'mirror': {
      const job = JSON.parse(readText('/proc/self/fd/0', MAX_INPUT_BYTES)) as MirrorDiskJob
      await addMirrorDisk(createClock(), job, (progress) => print({ progress }))
      print({ done: true })
      return
    }
    case 'receipt':
      print({ written: await writeSeedReceipt(readText('/proc/self/fd/0', MAX_INPUT_BYTES)) })
      return
    default:
      throw new Error('usage: install look | write | mirror | receipt')
  }
})
