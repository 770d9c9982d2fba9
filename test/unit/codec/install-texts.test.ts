// The small texts of an installation: size of an image, receipt, partition table, command line, lines of the program.
import { describe, expect, it } from 'vitest'
import { parseInstallLine } from '../../../control/src/codec/install-line.ts'
import { parseInstallReceipt, renderInstallReceipt } from '../../../control/src/codec/install-receipt.ts'
import { ISO_HEAD_BYTES, isoBytes } from '../../../control/src/codec/iso-size.ts'
import { commandLineValue } from '../../../control/src/codec/kernel-command-line.ts'
import { renderPartitionTable } from '../../../control/src/codec/sfdisk.ts'

function isoHead(): Uint8Array {
  const head = new Uint8Array(ISO_HEAD_BYTES)
  head.set([1, ...[...'CD001'].map((char) => char.charCodeAt(0))], 32_768)
  const view = new DataView(head.buffer)
  view.setUint32(32_768 + 80, 38_290, true)
  view.setUint16(32_768 + 128, 2048, true)
  return head
}

describe('the size of an image', () => {
  it('is what its first descriptor says', () => {
    expect(isoBytes(isoHead())).toBe(78_417_920)
  })

  it('is not to be had of anything else', () => {
    expect(isoBytes(new Uint8Array(ISO_HEAD_BYTES))).toBeNull()
    expect(isoBytes(isoHead().subarray(0, ISO_HEAD_BYTES - 1))).toBeNull()
  })
})

describe('a receipt', () => {
  const receipt = { version: '0.1.0', seedSha256: 'a'.repeat(64), at: '2026-11-27T17:00:00.000Z' }

  it('is read back from a block that is filled up with zeros', () => {
    expect(parseInstallReceipt(`${renderInstallReceipt(receipt)}${'\u0000'.repeat(100)}`)).toEqual(receipt)
  })

  it.each(['', '\u0000'.repeat(4096), '{"format":2}', '{"format":1,"version":1}'])('is none that is another thing: %j', (text) => {
    expect(parseInstallReceipt(text)).toBeNull()
  })

  it('names no seed by what is no hash', () => {
    expect(parseInstallReceipt(renderInstallReceipt({ ...receipt, seedSha256: 'x' }))?.seedSha256).toBeNull()
  })
})

describe('the script of a partition table', () => {
  it('names place, size, type and name of each', () => {
    const text = renderPartitionTable([{ name: 'corbel-a', startMiB: 514, sizeMiB: 2048, type: 'T' }])
    expect(text).toBe('label: gpt\nstart=514MiB, size=2048MiB, type=T, name="corbel-a"\n')
  })
})

describe('the kernel’s command line', () => {
  it('has the last value of a name, whole words only', () => {
    const text = 'quiet corbel.slot=a xcorbel.slot=c corbel.slot=b corbel.install\n'
    expect(commandLineValue(text, 'corbel.slot')).toBe('b')
    expect(commandLineValue(text, 'corbel.install')).toBeNull()
  })
})

describe('a line of the program that installs', () => {
  it.each([
    ['{"progress":{"step":"x","percent":1}}', { kind: 'progress', progress: { step: 'x', percent: 1 } }],
    ['{"disks":[]}', { kind: 'disks', disks: [] }],
    ['{"done":true}', { kind: 'done' }],
    ['{"written":false}', { kind: 'written', written: false }],
    ['{"failed":{"code":"c","message":"m"}}', { kind: 'failed', code: 'c', message: 'm' }],
    ['Killed', null],
    ['{}', null],
  ])('%s', (text, line) => {
    expect(parseInstallLine(text)).toEqual(line)
  })
})
