// Sticks that are plugged in: USB, with a FAT file system, and not what the host itself was started from.
import { readLink, readText, statOrNull } from 'hv:fs'
import type { SupportMedium } from '../domain/support.ts'
import { scanSignatures } from './block-disks.ts'

const SYSFS = '/sys/class/block'

/** The kernel makes a new stick's device by itself, so that one put in a moment ago is here. */
export async function listSticks(): Promise<readonly SupportMedium[]> {
  const isUsb = (name: string) => statOrNull(`${SYSFS}/${name}`) !== null && /\/usb\d+\//.test(readLink(`${SYSFS}/${name}`))
  const bootMedium = textOf('/dev/corbel-medium')
  const wholeOf = (name: string) =>
    readLink(`${SYSFS}/${name}`)
      .split('/')
      .find((part) => part !== '' && name.startsWith(part) && part !== name) ?? name
  return (await scanSignatures()).flatMap(({ device, type, label }): SupportMedium[] => {
    const name = device.slice('/dev/'.length)
    if (type !== 'vfat' || !isUsb(name)) return []
    const disk = wholeOf(name)
    if (bootMedium !== '' && wholeOf(bootMedium) === disk) return []
    const facts = (file: string) => textOf(`${SYSFS}/${disk}/device/${file}`)
    const sizeBytes = Number(textOf(`${SYSFS}/${name}/size`)) * 512
    return [{ device: name, label, fileSystem: 'vfat', model: `${facts('vendor')} ${facts('model')}`.trim(), sizeBytes }]
  })
}

/** Empty where there is none. */
function textOf(path: string): string {
  try {
    return readText(path, 4096).trim()
  } catch {
    return ''
  }
}
