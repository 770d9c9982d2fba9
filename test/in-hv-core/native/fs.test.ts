// hv:fs.
import * as fs from 'hv:fs'
import { run } from 'hv:process'
import { decodeUtf8, encodeUtf8 } from 'hv:text'
import { describe, expect, it } from 'vitest'
import { failure, scratch } from './support.ts'

describe('reading', () => {
  it('works on files whose size the kernel does not tell', () => {
    expect(fs.readText('/proc/self/stat')).toMatch(/^\d+ \(hv-core\)/)
  })

  it('names code, call and path of a failure', () => {
    expect(failure(() => fs.readFile('/no/such'))).toEqual({ name: 'HostError', code: 'ENOENT', syscall: 'openat', path: '/no/such' })
    expect(failure(() => fs.readText('/'))).toMatchObject({ code: 'EISDIR', syscall: 'read', path: '/' })
  })

  it('refuses more than maxBytes and takes exactly as many', () => {
    const path = `${scratch()}/f`
    fs.writeFileAtomic(path, 'x'.repeat(10_000))
    expect(fs.readFile(path, 10_000).length).toBe(10_000)
    expect(failure(() => fs.readFile(path, 9_999))).toMatchObject({ code: 'EFBIG', path })
  })

  it('of a head leaves the rest out', () => {
    const path = `${scratch()}/f`
    fs.writeFileAtomic(path, 'abc'.repeat(10_000))
    expect(decodeUtf8(fs.readHead(path, 7))).toBe('abcabca')
    expect(fs.readHead(path, 8192).length).toBe(8192)
    expect(fs.readHead(path, 30_000).length).toBe(30_000)
    expect(fs.readHead(path, 40_000).length).toBe(30_000)
    expect(fs.readHead(path, 0).length).toBe(0)
    expect(failure(() => fs.readHead('/', 1))).toMatchObject({ code: 'EISDIR' })
  })

  it('of a head does not so much as read the rest', async () => {
    const path = `${scratch()}/pipe`
    await run({ argv: ['/usr/bin/mkfifo', path] })
    const open = fs.openFd(path, 'rw')
    fs.writeControl(path, 'abcdefghij')
    expect([fs.readHead(path, 3), fs.readHead(path, 4)].map((head) => decodeUtf8(head))).toEqual(['abc', 'defg'])
    fs.closeFd(open)
  })

  it('refuses text that is not UTF-8', () => {
    const path = `${scratch()}/f`
    fs.writeFileAtomic(path, new Uint8Array([0xff]))
    expect(failure(() => fs.readText(path))).toMatchObject({ code: 'EILSEQ', path })
  })

  it('does not wait for the writer of a pipe that lies where a file is looked for', async () => {
    const path = `${scratch()}/pipe`
    await run({ argv: ['/usr/bin/mkfifo', path] })
    expect(fs.readFile(path).length).toBe(0)
  })

  it('refuses a path with NUL in it', () => {
    expect(failure(() => fs.readText('/proc/self/stat\0x')).name).toBe('TypeError')
  })
})

describe('writeFileAtomic', () => {
  it('writes strings and bytes with the mode and owner asked for, whatever the umask', () => {
    const path = `${scratch()}/f`
    fs.writeFileAtomic(path, 'ä', { mode: 0o666, uid: 7, gid: 8 })
    expect(fs.stat(path)).toMatchObject({ kind: 'file', size: 2, mode: 0o666, uid: 7, gid: 8 })
    fs.writeFileAtomic(path, encodeUtf8('b'))
    expect(fs.stat(path)).toMatchObject({ mode: 0o600, uid: 0, gid: 0 })
    expect(fs.readText(path)).toBe('b')
  })

  it('tells what the file takes on disk', async () => {
    const path = `${scratch()}/f`
    await run({ argv: ['/usr/bin/truncate', '-s', '1M', path] })
    expect(fs.stat(path)).toMatchObject({ size: 1_048_576, allocatedBytes: 0 })
    fs.writeFileAtomic(path, 'x'.repeat(100_000))
    expect(fs.stat(path).allocatedBytes).toBeGreaterThan(99_999)
  })

  it('replaces the file, not its content: another name keeps the old', () => {
    const directory = scratch()
    fs.writeFileAtomic(`${directory}/f`, 'old')
    const before = fs.stat(`${directory}/f`).ino
    fs.writeFileAtomic(`${directory}/f`, 'new')
    expect(fs.stat(`${directory}/f`).ino).not.toBe(before)
  })

  it('leaves the old content and no temporary file when it fails', () => {
    const directory = scratch()
    fs.mount('none', directory, 'tmpfs', ['nosuid'], 'size=64k')
    try {
      fs.writeFileAtomic(`${directory}/f`, 'old')
      expect(failure(() => fs.writeFileAtomic(`${directory}/f`, 'x'.repeat(200_000)))).toMatchObject({
        code: 'ENOSPC',
        syscall: 'write',
        path: `${directory}/f`,
      })
      expect(fs.readText(`${directory}/f`)).toBe('old')
      expect(fs.readDir(directory)).toEqual(['f'])
    } finally {
      fs.unmount(directory)
    }
  })

  it('leaves no temporary file when the rename fails', () => {
    const directory = scratch()
    fs.mkdir(`${directory}/d`)
    expect(failure(() => fs.writeFileAtomic(`${directory}/d`, 'x'))).toMatchObject({ code: 'EISDIR', syscall: 'rename' })
    expect(fs.readDir(directory)).toEqual(['d'])
  })

  it('takes a path without a directory', () => {
    expect(failure(() => fs.writeFileAtomic('/no/such/f', ''))).toMatchObject({ code: 'ENOENT', syscall: 'openat' })
    fs.writeFileAtomic('/f-in-root', 'x')
    expect(fs.readText('/f-in-root')).toBe('x')
    fs.unlink('/f-in-root')
  })
})

describe('writeControl', () => {
  it('writes a control file and never creates one', () => {
    fs.writeControl('/proc/self/comm', 'renamed')
    expect(fs.readText('/proc/self/comm')).toBe('renamed\n')
    fs.writeControl('/proc/self/comm', 'hv-core')
    expect(failure(() => fs.writeControl('/tmp/absent', 'x'))).toMatchObject({ code: 'ENOENT', syscall: 'openat', path: '/tmp/absent' })
    expect(failure(() => fs.writeControl('/proc/self/oom_score_adj', 'words'))).toMatchObject({ code: 'EINVAL', syscall: 'write' })
  })
})

describe('writeControl as another user', () => {
  it('has that user’s rights to files and no others, and is root again afterwards', () => {
    const path = `${scratch()}/f`
    fs.writeFileAtomic(path, 'theirs', { mode: 0o600, uid: 7, gid: 7 })
    fs.writeControl(path, 'ours', { uid: 7 })
    expect(fs.readText(path)).toBe('oursrs')
    expect(failure(() => fs.writeControl(path, 'x', { uid: 8 }))).toMatchObject({ code: 'EACCES', syscall: 'openat', path })
    fs.writeControl(path, 'root')
    expect(fs.readText(path)).toBe('rootrs')
  })
})

describe('names', () => {
  it('makes, lists, renames and removes', () => {
    const directory = scratch()
    fs.mkdir(`${directory}/a/b/c`, { recursive: true, mode: 0o700 })
    fs.mkdir(`${directory}/a/b/c`, { recursive: true })
    expect(fs.stat(`${directory}/a`).mode).toBe(0o755)
    expect(fs.stat(`${directory}/a/b/c`)).toMatchObject({ kind: 'directory', mode: 0o700 })
    fs.symlink('b', `${directory}/a/link`)
    expect(fs.readLink(`${directory}/a/link`)).toBe('b')
    expect(fs.lstat(`${directory}/a/link`).kind).toBe('symlink')
    expect(fs.stat(`${directory}/a/link`).kind).toBe('directory')
    fs.rename(`${directory}/a/b/c`, `${directory}/a/0`)
    fs.syncDir(`${directory}/a`)
    expect(fs.readDir(`${directory}/a`)).toEqual(['0', 'b', 'link'])
    fs.unlink(`${directory}/a/link`)
    fs.rmdir(`${directory}/a/0`)
    expect(fs.readDir(`${directory}/a`)).toEqual(['b'])
  })

  it.each([
    ['mkdir', 'EEXIST', () => fs.mkdir('/tmp')],
    ['mkdir', 'EEXIST', () => fs.mkdir('/proc/self/stat', { recursive: true })],
    ['rmdir', 'ENOENT', () => fs.rmdir('/no')],
    ['unlink', 'ENOENT', () => fs.unlink('/no')],
    ['rename', 'ENOENT', () => fs.rename('/no', '/no2')],
    ['symlink', 'EEXIST', () => fs.symlink('x', '/tmp')],
    ['readlink', 'EINVAL', () => fs.readLink('/tmp')],
    ['chmod', 'ENOENT', () => fs.chmod('/no', 0o600)],
    ['lchown', 'ENOENT', () => fs.chown('/no', 0, 0)],
    ['fstatat', 'ENOENT', () => fs.stat('/no')],
    ['openat', 'ENOENT', () => fs.readDir('/no')],
    ['statvfs', 'ENOENT', () => fs.diskSpace('/no')],
    ['mount', 'ENODEV', () => fs.mount('none', '/tmp', 'nosuchfs')],
    ['umount2', 'EINVAL', () => fs.unmount('/usr')],
  ])('%s fails with %s', (syscall, code, act) => {
    expect(failure(act)).toMatchObject({ name: 'HostError', syscall, code })
  })

  it('tells absence apart from other errors', () => {
    expect(fs.statOrNull('/no')).toBeNull()
    expect(fs.statOrNull('/proc/self/stat/x')).toBeNull()
    expect(failure(() => fs.statOrNull(`/${'x'.repeat(300)}`)).code).toBe('ENAMETOOLONG')
  })

  it('changes the owner of a symlink, not of its target', () => {
    const directory = scratch()
    fs.writeFileAtomic(`${directory}/f`, '')
    fs.symlink('f', `${directory}/l`)
    fs.chown(`${directory}/l`, 5, 6)
    expect(fs.lstat(`${directory}/l`)).toMatchObject({ uid: 5, gid: 6 })
    expect(fs.stat(`${directory}/f`)).toMatchObject({ uid: 0, gid: 0 })
  })
})

describe('mounts', () => {
  it('binds read-only at once', () => {
    const directory = scratch()
    fs.mkdir(`${directory}/from`)
    fs.mkdir(`${directory}/to`)
    fs.mount(`${directory}/from`, `${directory}/to`, 'none', ['bind', 'ro'])
    expect(failure(() => fs.writeFileAtomic(`${directory}/to/f`, '')).code).toBe('EROFS')
    fs.unmount(`${directory}/to`)
    expect(fs.diskSpace(directory).totalBytes).toBeGreaterThan(0)
  })

  it('refuses a flag that there is not', () => {
    expect(failure(() => fs.mount('a', 'b', 'c', ['sync' as 'ro'])).name).toBe('TypeError')
  })
})

describe('descriptors', () => {
  it('are opened close-on-exec and closed', () => {
    const path = `${scratch()}/log`
    const fd = fs.openFd(path, 'a')
    expect(fs.stat(path).mode).toBe(0o600)
    expect(fs.readText(`/proc/self/fdinfo/${fd}`)).toMatch(/flags:\s+0?2\d+/)
    fs.closeFd(fd)
    expect(failure(() => fs.closeFd(fd))).toMatchObject({ code: 'EBADF', syscall: 'close' })
    expect(failure(() => fs.openFd('/no', 'r'))).toMatchObject({ code: 'ENOENT', path: '/no' })
    expect(decodeUtf8(fs.readFile(path))).toBe('')
  })
})

describe('appending', () => {
  it('adds to the end, makes what is missing with the mode given, and follows no link', () => {
    const path = `${scratch()}/f`
    fs.appendFile(path, 'a', { mode: 0o644 })
    fs.appendFile(path, encodeUtf8('b'))
    expect([fs.readText(path), fs.stat(path).mode]).toEqual(['ab', 0o644])
    fs.symlink(path, `${path}.link`)
    expect(failure(() => fs.appendFile(`${path}.link`, 'c'))).toMatchObject({ code: 'ELOOP', syscall: 'openat' })
    expect(failure(() => fs.appendFile(`${scratch()}/no/such`, 'c'))).toMatchObject({ code: 'ENOENT' })
  })
})
