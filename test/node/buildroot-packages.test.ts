// What the release base reads out of Buildroot's description of its packages: missing sources and the manifest.
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { countPackages, manifestPackages, missingSources, type ShowInfo } from '../../image/base/buildroot/packages.ts'

const info: ShowInfo = {
  zlib: { type: 'target', name: 'zlib', virtual: true },
  libzlib: {
    type: 'target',
    version: '1.3.2',
    licenses: 'Zlib',
    dl_dir: 'libzlib',
    downloads: [
      { source: 'zlib-1.3.2.tar.xz', uris: ['http+https://www.zlib.net', 'http|urlencode+https://sources.buildroot.net/libzlib'] },
    ],
    stamp_dir: 'build/libzlib-1.3.2',
    'cpe-id': 'cpe:2.3:a:gnu:zlib:1.3.2:-:*:*:*:*:*:*',
  },
  'host-m4': {
    type: 'host',
    version: '1.4.20',
    dl_dir: 'm4',
    downloads: [{ source: 'm4-1.4.20.tar.xz', uris: ['http+https://ftpmirror.gnu.org/m4'] }],
    stamp_dir: 'build/host-m4-1.4.20',
  },
  'corbel-gateway': {
    type: 'target',
    version: '0.1.0',
    dl_dir: 'corbel-gateway',
    downloads: [{ source: 'corbel-gateway-0.1.0.tar.gz', uris: ['local+/src/hv-core'] }],
  },
  'toolchain-external-custom': {
    type: 'target',
    version: '',
    dl_dir: 'toolchain-external-custom',
    downloads: [{ source: 'sdk.tar.gz', uris: ['file+file:///build/sdk/images'] }],
  },
  skeleton: { type: 'target', virtual: false },
  'rootfs-tar': { type: 'rootfs' },
}

const sdk: ShowInfo = {
  musl: {
    type: 'target',
    version: '1.2.6',
    licenses: 'MIT',
    downloads: [{ source: 'musl-1.2.6.tar.gz', uris: ['http+https://musl.libc.org/releases'] }],
  },
  'host-gcc-final': { type: 'host', version: '15.3.0', licenses: 'GPL-3.0' },
  'host-m4': { type: 'host', version: '1.4.20' },
}

let directory = ''
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'corbel-packages-'))
})
afterEach(() => rmSync(directory, { recursive: true, force: true }))

describe('missing sources', () => {
  it('are named at once, each with its place and its first address', () => {
    expect(missingSources(info, directory, '/dl')).toEqual([
      '  /dl/libzlib/zlib-1.3.2.tar.xz\n      from https://www.zlib.net/zlib-1.3.2.tar.xz',
      '  /dl/m4/m4-1.4.20.tar.xz\n      from https://ftpmirror.gnu.org/m4/m4-1.4.20.tar.xz',
    ])
  })

  it('are none for what has been downloaded or unpacked before', () => {
    mkdirSync(join(directory, 'm4'))
    writeFileSync(join(directory, 'm4/m4-1.4.20.tar.xz'), '')
    mkdirSync(join(directory, 'build/libzlib-1.3.2'), { recursive: true })
    writeFileSync(join(directory, 'build/libzlib-1.3.2/.stamp_extracted'), '')
    expect(missingSources(info, directory, directory)).toEqual([])
  })

  it('of a package kept in a repository have the address of the repository', () => {
    const kept: ShowInfo = {
      x: { type: 'target', dl_dir: 'x', downloads: [{ source: 'x-1.tar.gz', uris: ['git+https://example.org/x.git'] }] },
    }
    expect(missingSources(kept, directory, '/dl')).toEqual(['  /dl/x/x-1.tar.gz\n      from https://example.org/x.git'])
  })
})

describe('the manifest', () => {
  it('has the packages of the target and what the compiler brings, not our own programs, tools of the build or bookkeeping', () => {
    expect(manifestPackages(info, sdk)).toEqual([
      { name: 'gcc', version: '15.3.0', licence: 'GPL-3.0' },
      {
        ...{ name: 'libzlib', version: '1.3.2', licence: 'Zlib', source: 'https://www.zlib.net/zlib-1.3.2.tar.xz' },
        cpe: 'cpe:2.3:a:gnu:zlib:1.3.2:-:*:*:*:*:*:*',
      },
      { name: 'musl', version: '1.2.6', licence: 'MIT', source: 'https://musl.libc.org/releases/musl-1.2.6.tar.gz' },
    ])
  })

  it('is counted without virtual packages and file systems', () => {
    expect(countPackages(info)).toBe(5)
  })
})
