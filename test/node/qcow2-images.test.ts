// Images that qemu-img makes: the header's parser sees in them what qemu-img was asked for.
import { execFileSync } from 'node:child_process'
import { closeSync, mkdtempSync, openSync, readSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { parseQcow2Header, QCOW2_HEADER_BYTES } from '../../control/src/codec/qcow2-header.ts'

let directory = ''
beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), 'corbel-qcow2-'))
  qemuImg('create', '-q', '-f', 'raw', 'base.img', '1M')
  qemuImg('create', '-q', '-f', 'qcow2', 'base.qcow2', '1M')
})
afterAll(() => rmSync(directory, { recursive: true, force: true }))

function qemuImg(...args: string[]): void {
  execFileSync('qemu-img', args, { cwd: directory })
}

function parse(name: string) {
  const bytes = new Uint8Array(QCOW2_HEADER_BYTES)
  const fd = openSync(join(directory, name), 'r')
  try {
    return parseQcow2Header(bytes.subarray(0, readSync(fd, bytes)))
  } finally {
    closeSync(fd)
  }
}

describe('an image made by qemu-img', () => {
  it.each<[string, string, number, object]>([
    ['by default', 'cluster_size=64k', 2 ** 30, { version: 3, clusterBits: 16 }],
    ['of the old version', 'compat=0.10', 2 ** 30, { version: 2, clusterBits: 16 }],
    ['with the smallest clusters', 'cluster_size=512', 2 ** 24, { version: 3, clusterBits: 9 }],
    ['with the largest clusters', 'cluster_size=2M', 64 * 2 ** 40, { version: 3, clusterBits: 21 }],
    ['with its metadata', 'preallocation=metadata', 2 ** 26, { version: 3, clusterBits: 16 }],
    ['with lazy counts', 'lazy_refcounts=on', 2 ** 26, { version: 3, clusterBits: 16 }],
    ['with zstd', 'compression_type=zstd', 2 ** 26, { version: 3, clusterBits: 16 }],
    ['with extended entries', 'extended_l2=on,cluster_size=128k', 2 ** 40, { version: 3, clusterBits: 17 }],
    ['with wide counts', 'refcount_bits=64', 2 ** 26, { version: 3, clusterBits: 16 }],
    ['of an odd size', 'cluster_size=64k', 2 ** 20 + 512, { version: 3, clusterBits: 16 }],
  ])('is taken %s', (_name, options, sizeBytes, expected) => {
    qemuImg('create', '-q', '-f', 'qcow2', '-o', options, 'a.qcow2', String(sizeBytes))
    expect(parse('a.qcow2')).toEqual({ ok: true, value: { snapshots: 0, virtualSizeBytes: sizeBytes, ...expected } })
  })

  it('is taken with its internal snapshots', () => {
    qemuImg('create', '-q', '-f', 'qcow2', 's.qcow2', '1M')
    qemuImg('snapshot', '-c', 'one', 's.qcow2')
    qemuImg('snapshot', '-c', 'two', 's.qcow2')
    expect(parse('s.qcow2')).toMatchObject({ ok: true, value: { snapshots: 2 } })
  })

  it.each<[string, readonly string[], readonly string[]]>([
    ['a backing file', ['-b', 'base.qcow2', '-F', 'qcow2'], ['image.backing-file', 'image.backing-file']],
    [
      'a backing file in the old version',
      ['-b', 'base.img', '-F', 'raw', '-o', 'compat=0.10'],
      ['image.backing-file', 'image.backing-file'],
    ],
    ['a data file', ['-o', 'data_file=data.raw'], ['image.data-file', 'image.data-file']],
    ['a raw data file', ['-o', 'data_file=data.raw,data_file_raw=on'], ['image.data-file', 'image.data-file']],
    [
      'encryption',
      ['--object', 'secret,id=s,data=abcdefgh', '-o', 'encrypt.format=aes,encrypt.key-secret=s'],
      ['image.unsupported-feature'],
    ],
  ])('is refused with %s', (_name, args, codes) => {
    qemuImg('create', '-q', '-f', 'qcow2', ...args, 'b.qcow2', '1M')
    const parsed = parse('b.qcow2')
    expect(parsed.ok ? [] : parsed.problems.map(({ code }) => code)).toEqual(codes)
  })

  it.each([
    ['a raw image', 'raw'],
    ['a VMware image', 'vmdk'],
    ['an image of the first version', 'qcow'],
    ['a QED image', 'qed'],
  ])('is refused as %s', (_name, format) => {
    qemuImg('create', '-q', '-f', format, 'c.img', '1M')
    expect(parse('c.img').ok).toBe(false)
  })
})
