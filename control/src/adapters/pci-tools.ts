// Writes to the PCI files of sysfs, each in a process of its own: a driver that takes its time, or never comes back, holds up nothing but its device.
import * as fs from 'hv:fs'
import type { Clock } from '../ports/clock.ts'
import { VmHostFailure } from './host-failure.ts'
import type { HandedOver, PciTools } from './pci-hand-over.ts'
import { runTool } from './run-tool.ts'
import { linkedName, namesIn, textOrNull } from './sysfs.ts'
import { waitUntil } from './wait.ts'

/** Network cards load firmware, controllers look for their disks. */
const DRIVER_TIMEOUT_MS = 60_000
/** An NVMe disk says who it is a moment after its driver has taken it. */
const SERIAL_TIMEOUT_MS = 10_000
const PCI = '/sys/bus/pci'

/** One write to a file of sysfs that is there. Rejects with what the kernel said. */
export async function writeSysfs(path: string, text: string): Promise<void> {
  try {
    await runTool(['/usr/bin/dd', `of=${path}`, 'conv=notrunc'], { stdin: text, timeoutMs: DRIVER_TIMEOUT_MS })
  } catch (error) {
    throw new VmHostFailure('pci.sysfs', 'write', error instanceof Error ? error.message : String(error), path)
  }
}

/** Of `directory` there is a file for each function that is away: it has what {@link HandedOver} has. */
export function createPciTools(directory: string, clock: Clock): PciTools {
  const fileOf = (address: string) => `${directory}/${address}.json`
  const deviceOf = (address: string) => `${PCI}/devices/${address}`
  return {
    driverOf: (address) => linkedName(`${deviceOf(address)}/driver`),
    isThere: (address) => fs.statOrNull(deviceOf(address)) !== null,
    records: () =>
      namesIn(directory).flatMap((name) => {
        const text = name.endsWith('.json') ? textOrNull(`${directory}/${name}`) : null
        return text === null ? [] : [JSON.parse(text) as HandedOver]
      }),
    keep(record) {
      fs.mkdir(directory, { recursive: true, mode: 0o700 })
      fs.writeFileAtomic(fileOf(record.address), JSON.stringify(record))
    },
    forget(address) {
      if (fs.statOrNull(fileOf(address)) !== null) fs.unlink(fileOf(address))
    },
    // A line without text takes the override back.
    setOverride: (address, driver) => writeSysfs(`${deviceOf(address)}/driver_override`, driver ?? '\n'),
    unbind: (address, driver) => writeSysfs(`${PCI}/drivers/${driver}/unbind`, address),
    async probe(address) {
      try {
        await writeSysfs(`${PCI}/drivers_probe`, address)
      } catch {
        // A driver that refuses shows in that the device has none; what to think of that is the caller's.
      }
      const disk = `${deviceOf(address)}/nvme`
      const tells = () => namesIn(disk).every((name) => (textOrNull(`${disk}/${name}/serial`)?.trim() ?? '') !== '')
      await waitUntil(clock, tells, SERIAL_TIMEOUT_MS)
    },
  }
}

/** A device node that is its VM's from now on, or root's again when it is still there. */
export function ownDevice(path: string, uid: number): void {
  if (uid !== 0 || fs.statOrNull(path) !== null) fs.chown(path, uid, uid)
}
