// The root image as it was built: what is in it, what is not, and that it can be built again to the same bytes.
import { createHash } from 'node:crypto'
import { lstatSync, readdirSync, readFileSync, readlinkSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeAll, describe, expect, it } from 'vitest'
import { parseElf } from '../../image/base/elf.ts'
import { inTools } from '../harness/in-tools.ts'
import { baseName, build, imageFile, iso, isoOf, repository } from '../harness/paths.ts'
import { base, freshDirectory, readList, readVerity, sha256, walk } from './tools.ts'

interface Entry {
  readonly path: string
  readonly mode: number
  readonly uid: number
  readonly kind: 'file' | 'directory' | 'link' | 'other'
}

let tree = ''
let entries: Entry[] = []
const text = (path: string) => readFileSync(join(tree, path), 'utf8')

beforeAll(() => {
  tree = join(freshDirectory('root'), 'tree')
  inTools('fsck.erofs', `--extract=${tree}`, '--preserve', imageFile('root.img'))
  entries = walk(tree).map(({ path, entry }) => {
    const { mode, uid } = lstatSync(join(tree, path))
    const kind = entry.isFile() ? 'file' : entry.isDirectory() ? 'directory' : entry.isSymbolicLink() ? 'link' : 'other'
    return { path: `/${path}`, mode: mode & 0o7777, uid, kind }
  })
})

describe('the root image', () => {
  it('holds only files, directories and links, all root’s, none set-uid, none writable by others', () => {
    expect(entries.filter(({ kind }) => kind === 'other')).toEqual([])
    expect(entries.filter(({ uid }) => uid !== 0)).toEqual([])
    expect(entries.filter(({ kind, mode }) => kind !== 'link' && mode & 0o6022)).toEqual([])
  })

  it('holds no program that is not on the reviewed list', () => {
    const libraries = /\.so(\.|$)/
    const runnable = entries
      .filter(({ path, kind, mode }) => kind === 'file' && mode & 0o111 && !libraries.test(path))
      .map(({ path }) => path)
    expect(runnable.sort()).toEqual(readList('test/image/programs.list').sort())
  })

  it('links no more of BusyBox than its list says, and nothing that logs in, listens or gives a shell', () => {
    const applets = entries
      .filter(({ path, kind }) => kind === 'link' && readlinkSync(join(tree, path)).endsWith('busybox'))
      .map(({ path }) => path)
    expect(applets.sort()).toEqual(readList('image/root/applets').sort())
    const bare = readFileSync(join(repository, 'image/root/applets'), 'utf8')
      .split('\n')
      .filter((line) => line.startsWith('/') && !/ # \S/.test(line))
    expect(bare).toEqual([])
    expect(applets.filter((path) => /\/(getty|login|sulogin|su|ash|telnetd|httpd|ftpd|tftpd|tcpsvd|inetd|nc)$/.test(path))).toEqual([])
  })

  it('starts the boot jobs and our programs, and nothing on a terminal', () => {
    const lines = text('etc/inittab')
      .split('\n')
      .filter((line) => line && !line.startsWith('#'))
    expect(lines).toEqual([
      '::sysinit:/usr/lib/corbel/boot',
      'null::respawn:/usr/lib/corbel/service guard',
      'null::respawn:/usr/lib/corbel/service logd',
      'null::respawn:/usr/lib/corbel/service controld',
      'null::respawn:/usr/lib/corbel/service management-dhcp-launch',
      'null::respawn:/usr/lib/corbel/service nat-dhcp-launch',
      'null::respawn:/usr/lib/corbel/service chrony-launch',
      'null::respawn:/usr/lib/corbel/service gateway-launch',
      'null::respawn:/usr/lib/corbel/service dcui tty1',
      'null::respawn:/usr/lib/corbel/service dcui ttyS0',
      'null::shutdown:/usr/lib/corbel/shutdown',
    ])
  })

  it('has nobody who could log in', () => {
    const shells = text('etc/passwd')
      .trim()
      .split('\n')
      .map((line) => line.split(':'))
    expect(shells.map(([name, password, uid, , , , shell]) => [name, password, uid, shell])).toEqual([
      ['root', 'x', '0', '/usr/bin/false'],
      ['gateway', 'x', '100', '/usr/bin/false'],
      ['dcui', 'x', '101', '/usr/bin/false'],
      ['udhcpd', 'x', '102', '/usr/bin/false'],
      ['udhcpc', 'x', '103', '/usr/bin/false'],
      ['image', 'x', '104', '/usr/bin/false'],
      ['logd', 'x', '105', '/usr/bin/false'],
      ['syslog', 'x', '106', '/usr/bin/false'],
      ['chrony', 'x', '107', '/usr/bin/false'],
      ['fetch', 'x', '108', '/usr/bin/false'],
    ])
    expect(entries.filter(({ path }) => /\/(shadow|gshadow|securetty|shells)$/.test(path))).toEqual([])
  })

  it('has boot jobs that are ordered, runnable, and say what they read and write', () => {
    const jobs = readdirSync(join(tree, 'usr/lib/corbel/boot.d')).sort()
    expect(jobs.at(0)).toBe('10-mounts')
    expect(jobs.at(-1)).toBe('99-close')
    for (const job of jobs) {
      expect(job).toMatch(/^\d\d-[a-z]+$/)
      expect(text(`usr/lib/corbel/boot.d/${job}`)).toMatch(/^#!\/bin\/sh\n# [\s\S]*# Reads/)
      expect(lstatSync(join(tree, 'usr/lib/corbel/boot.d', job)).mode & 0o777).toBe(0o755)
    }
  })

  it.each([
    ['kernel.sysrq', '0'],
    ['kernel.ctrl-alt-del', '0'],
    ['kernel.kptr_restrict', '2'],
    ['kernel.dmesg_restrict', '1'],
    ['kernel.core_pattern', '|/usr/bin/false'],
    ['kernel.kexec_load_disabled', '1'],
    ['vm.memfd_noexec', '2'],
  ])('sets %s to %s', (name, value) => {
    expect(text('etc/sysctl.conf').split('\n')).toContain(`${name} = ${value}`)
  })

  it('gives a reason for every kernel setting', () => {
    const paragraphs = text('etc/sysctl.conf')
      .trim()
      .split(/\n(?=#)|\n\n/)
    expect(paragraphs.filter((paragraph) => !paragraph.startsWith('# '))).toEqual([])
    const settings = paragraphs
      .join('\n')
      .split('\n')
      .filter((line) => !line.startsWith('#'))
    expect(settings.filter((line) => !/^[\w.-]+ = \S+$/.test(line))).toEqual([])
  })

  it('tells its version, base, engine and every package', () => {
    const manifest = JSON.parse(text('usr/share/corbel/manifest.json')) as Record<string, unknown>
    const { version } = JSON.parse(readFileSync(join(repository, 'package.json'), 'utf8')) as { version: string }
    expect(manifest).toMatchObject({ version, base: baseName, engine: expect.stringMatching(/^\d{4}-\d\d-\d\d/) })
    expect(manifest.packages).toContainEqual(expect.objectContaining({ name: 'qemu-system-x86', version: expect.stringMatching(/^1:/) }))
  })

  it('says by one hash what a later version must not differ in to take over while VMs run, and by another what takes over', () => {
    const next = isoOf(`${baseName}-next`)
    const hostOf = (of: string) => (JSON.parse(readFileSync(imageFile('manifest.json', of), 'utf8')) as { host: string }).host
    const programsOf = (of: string) => readFileSync(imageFile('programs.sha256', of), 'utf8')
    expect(hostOf(iso)).toMatch(/^[0-9a-f]{64}$/)
    expect(hostOf(next)).toBe(hostOf(iso))
    expect(programsOf(next)).not.toBe(programsOf(iso))
    const listed = walk(join(tree, 'usr/lib/corbel/programs'))
      .filter(({ entry }) => entry.isFile())
      .map(({ path }) => `./${path}`)
      .sort()
      .map((path) => `${sha256(join(tree, 'usr/lib/corbel/programs', path))}  ${path}\n`)
    expect(`${createHash('sha256').update(listed.join('')).digest('hex')}\n`).toBe(programsOf(iso))
  })

  it('has the libraries of our programs, and these without symbols', () => {
    const files = new Set(entries.map(({ path }) => path.replace(/.*\//, '')))
    for (const program of ['hv-core', 'gatewayd', 'tlsdial', 'webget']) {
      const bytes = readFileSync(join(tree, 'usr/bin', program))
      expect(parseElf(bytes)?.needed.filter((name) => !files.has(name))).toEqual([])
      expect(bytes.includes('.debug_info')).toBe(false)
    }
  })

  it('is the base and the overlay, byte by byte', () => {
    const overlay = join(repository, 'rootfs')
    for (const source of [overlay, join(base, 'root')]) {
      const paths = walk(source)
        .filter(({ entry }) => entry.isFile())
        .map(({ path }) => path)
      expect(paths.filter((path) => sha256(join(tree, path)) !== sha256(join(source, path)))).toEqual([])
    }
  })
})

describe('the hash tree', () => {
  const { rootHash, salt, dataBlocks } = readVerity(imageFile('root.verity.json'))
  const verify = (image: string) =>
    inTools(
      ...['veritysetup', 'verify', '--no-superblock', `--salt=${salt}`, `--data-blocks=${dataBlocks}`],
      ...[`--hash-offset=${dataBlocks * 4096}`, image, image, rootHash],
    )

  it('verifies the image', () => {
    expect(() => verify(imageFile('root.img'))).not.toThrow()
  })

  it('notices one flipped bit', () => {
    const copy = join(freshDirectory('flipped'), 'root.img')
    const bytes = readFileSync(imageFile('root.img'))
    const middle = dataBlocks * 2048
    bytes[middle] = (bytes[middle] ?? 0) ^ 1
    writeFileSync(copy, bytes)
    expect(() => verify(copy)).toThrow()
    rmSync(copy)
  })
})

describe('the same inputs', () => {
  const { version } = JSON.parse(readFileSync(join(repository, 'package.json'), 'utf8')) as { version: string }
  const programs = join(build, 'programs', baseName === 'debian-own-kernel' ? 'debian' : baseName)

  it('give the same root image, initramfs and ISO, whoever builds them where, when and in which order', () => {
    const again = freshDirectory('again')
    const sums = inTools('image/reproducible', base, programs, join(build, 'keymaps'), again, version)
    const names = sums.matchAll(/^[0-9a-f]{64} {2}(.*)$/gm)
    expect([...names].map(([, name]) => name)).toEqual([
      'root.img',
      'root.verity.json',
      'vmlinuz',
      'manifest.json',
      'initrd',
      'cmdline',
      'corbel.iso',
    ])
    rmSync(again, { recursive: true })
  })
})
