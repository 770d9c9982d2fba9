// What QEMU tells of balloon and disks, as QEMU 10 answers.
import { describe, expect, it } from 'vitest'
import { observeDevices } from '../../../control/src/adapters/device-usage.ts'
import { codeOf, ScriptedQmp } from './scripted-qmp.ts'

const stats = (bytes: number) => ({ rd_bytes: bytes, wr_bytes: 2 * bytes, rd_operations: 3, wr_operations: 4, unmap_bytes: 0 })

function answering(): ScriptedQmp {
  const qmp = new ScriptedQmp()
  qmp.answers.set('query-balloon', { actual: 268_435_456 })
  qmp.answers.set('qom-get', { 'last-update': 1, stats: { 'stat-total-memory': 2048, 'stat-available-memory': 1024 } })
  qmp.answers.set('query-blockstats', [
    { device: '', 'node-name': 'disk0', qdev: '/machine/peripheral/disk0/virtio-backend', stats: stats(512), parent: { stats: stats(9) } },
    { device: '', 'node-name': 'cdrom0', qdev: 'cdrom0', stats: stats(2048) },
    // A drive without a medium, and the seed.
    { device: '', qdev: 'cdrom1', stats: stats(0) },
    { device: '', 'node-name': 'seed', qdev: '/machine/peripheral/seed/virtio-backend', stats: stats(1) },
  ])
  return qmp
}

describe('what a VM uses of its devices', () => {
  it('is told of its balloon and of the disks of its spec', async () => {
    expect(await observeDevices(3000, answering())).toEqual({
      balloonBytes: 268_435_456,
      guestMemory: { totalBytes: 2048, availableBytes: 1024, updatedAt: '1970-01-01T00:00:01.000Z' },
      disks: [
        { name: 'disk0', readBytes: 512, writtenBytes: 1024, reads: 3, writes: 4 },
        { name: 'cdrom0', readBytes: 2048, writtenBytes: 4096, reads: 3, writes: 4 },
      ],
    })
  })

  it('is told without a balloon where there is none', async () => {
    const qmp = answering()
    qmp.failing.add('query-balloon')
    expect(await observeDevices(3000, qmp)).toMatchObject({ balloonBytes: null, disks: [{ name: 'disk0' }, { name: 'cdrom0' }] })
  })

  it.each<[string, unknown]>([
    ['no list', {}],
    ['a disk without figures', [{ 'node-name': 'disk0' }]],
    ['a figure that is no number', [{ 'node-name': 'disk0', stats: { ...stats(1), wr_bytes: '7' } }]],
  ])('is nothing where QEMU answers with %s', async (_name, answer) => {
    const qmp = answering()
    qmp.answers.set('query-blockstats', answer)
    expect(await codeOf(observeDevices(3000, qmp))).toBe('qmp.malformed')
  })
})
