// QEMU's command lines, against golden ones that a person has read.
import { describe, expect, it } from 'vitest'
import type { VmSpec } from '../../../control/src/domain/vm.ts'
import { fieldRows, HOST_FIELDS } from '../../../control/src/domain/vm-fields.ts'
import { renderQemuArgv } from '../../../control/src/plan/qemu-argv.ts'
import { BASE_SPEC, NOT_ON_THE_COMMAND_LINE, ROWS, rowSpec } from './argv-cases.ts'
import { argv as base } from './golden/base.ts'
import { rows as devices } from './golden/devices.ts'
import { rows as machine } from './golden/machine.ts'
import { rows as memory } from './golden/memory.ts'

const rows: Readonly<Record<string, { readonly gone: readonly string[]; readonly come: readonly string[] }>> = {
  ...machine,
  ...memory,
  ...devices,
}

const ANYWHERE = { nodes: null, strict: false }

const PASSED = { addresses: { 0: '0000:01:00.0', 7: '0000:01:00.0' }, groups: {}, leaving: [] }

function argvOf(spec: VmSpec): readonly string[] {
  const serials = Array.from({ length: spec.serialPorts }, (_, port) => 10 + port)
  const nics = Object.fromEntries(spec.nics.map(({ slot }) => [slot, 20 + slot]))
  const descriptors = { qmp: 3, serials, agent: spec.guestAgent ? 4 : null, tpm: spec.tpm ? 5 : null, nics }
  const memory = { nodes: spec.numaNodes, strict: spec.hugePages !== 'none' }
  return renderQemuArgv({ spec, bootMemoryMiB: spec.memoryMiB, descriptors, incoming: false, memory, passed: PASSED })
}

/** What one command line has that the other has not, without the words that only announce it. */
function extra(argv: readonly string[], than: readonly string[]): readonly string[] {
  const left = [...than]
  return argv.filter((argument) => {
    if (/^-(device|blockdev|object|chardev|netdev)$/.test(argument)) return false
    const index = left.indexOf(argument)
    if (index >= 0) left.splice(index, 1)
    return index < 0
  })
}

describe('the command line of QEMU', () => {
  it('is the golden one', () => {
    expect(argvOf(BASE_SPEC)).toEqual(base)
  })

  it.each(Object.keys(ROWS))('changes with %s as the golden file says', (name) => {
    const argv = argvOf(rowSpec(name))
    expect({ gone: extra(base, argv), come: extra(argv, base) }).toEqual(rows[name])
  })

  it('has a golden entry for each field of the table that can be seen in it', () => {
    const host = new Set<string>(HOST_FIELDS)
    const fields = fieldRows().filter(({ path }) => !host.has(path.split('.')[0] ?? ''))
    const known = new Set([...Object.keys(ROWS), ...Object.keys(NOT_ON_THE_COMMAND_LINE)])
    expect(fields.map(({ path }) => path).filter((path) => !known.has(path))).toEqual([])
    expect(Object.keys(rows).sort()).toEqual(Object.keys(ROWS).sort())
  })

  it('keeps every other device where it is when one is taken away', () => {
    const both = rowSpec('nics')
    const second = { ...both, nics: both.nics.slice(1) }
    const ofSecond = (argv: readonly string[]) => argv.filter((argument) => argument.includes('"nic1'))
    expect(ofSecond(argvOf(second))).toEqual(ofSecond(argvOf(both)))
  })

  it('adds above the memory at start what was hot-added, and waits for a state when there is one', () => {
    const spec = { ...rowSpec('maxMemoryMiB'), memoryMiB: 768 }
    const descriptors = { qmp: 3, serials: [4], agent: 5, tpm: null, nics: { 0: 6 } }
    const argv = renderQemuArgv({ spec, bootMemoryMiB: 512, descriptors, incoming: true, memory: ANYWHERE })
    expect(argv).toContain('size=512M,maxmem=1024M')
    expect(argv.join(' ')).toContain('"requested-size":268435456')
    expect(argv.slice(-2)).toEqual(['-incoming', 'defer'])
  })

  it('refuses a device that is nowhere rather than rendering a wrong one', () => {
    const descriptors = { qmp: 3, serials: [4], agent: 5, tpm: null, nics: { 0: 6 } }
    const spec = rowSpec('pciDevices')
    expect(() => renderQemuArgv({ spec, bootMemoryMiB: 512, descriptors, incoming: false, memory: ANYWHERE })).toThrow(
      'no address for pci0',
    )
  })

  it('refuses a NIC without descriptor rather than rendering a wrong one', () => {
    const descriptors = { qmp: 3, serials: [4], agent: 5, tpm: null, nics: {} }
    expect(() => renderQemuArgv({ spec: BASE_SPEC, bootMemoryMiB: 512, descriptors, incoming: false, memory: ANYWHERE })).toThrow(
      'no descriptor for nic0',
    )
  })
})
