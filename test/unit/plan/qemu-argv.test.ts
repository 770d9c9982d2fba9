// QEMU's command lines, against golden ones that a person has read.
import { describe, expect, it } from 'vitest'
import { renderQemuArgv } from '../../../control/src/plan/qemu-argv.ts'
import { DESCRIPTORS, type GoldenName, ID, SPECS } from './argv-cases.ts'
import { argv as cdrom } from './golden/cdrom.ts'
import { argv as disk } from './golden/disk.ts'
import { argv as kernel } from './golden/kernel.ts'

const GOLDEN: Readonly<Record<GoldenName, readonly string[]>> = { disk, cdrom, kernel }

describe('the command line of QEMU', () => {
  it.each(Object.keys(SPECS) as GoldenName[])('for %s is the golden one', (name) => {
    expect(renderQemuArgv(ID, SPECS[name], DESCRIPTORS)).toEqual(GOLDEN[name])
  })

  it('has a port for every disk and NIC and four to spare, none twice', () => {
    const spec = {
      ...SPECS.disk,
      nics: Array.from({ length: 4 }, (_, index) => ({ network: 'nat' as const, mac: `52:54:00:00:00:0${index}` })),
    }
    const disks = Array.from({ length: 8 }, (_, index) => ({
      datastore: 'local',
      file: `${index}`,
      format: 'raw' as const,
      readOnly: false,
    }))
    const argv = renderQemuArgv(ID, { ...spec, disks }, { qmp: 3, serial: 4, nics: [5, 6, 7, 8] })
    const ports = argv.filter((argument) => argument.startsWith('pcie-root-port'))
    const used = argv.flatMap((argument) => /bus=(port\d+)/.exec(argument)?.[1] ?? [])
    expect(ports).toHaveLength(16)
    expect(new Set(ports.map((port) => /addr=[^,]+/.exec(port)?.[0])).size).toBe(16)
    expect(new Set(used).size).toBe(12)
  })

  it('refuses a NIC without descriptor rather than rendering a wrong one', () => {
    expect(() => renderQemuArgv(ID, SPECS.disk, { qmp: 3, serial: 4, nics: [] })).toThrow('no descriptor for nic 0')
  })
})
