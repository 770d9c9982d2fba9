// hv:process: starting, ending, adopting; descriptors; the step that a failed start names.
import { closeFd, mkdir, mount, openFd, readDir, readLink, readText, rmdir, statOrNull, unmount, writeFileAtomic } from 'hv:fs'
import { adopt, pid, type SpawnOptions, signalPid, spawn } from 'hv:process'
import { fromFd, pipe } from 'hv:socket'
import { decodeUtf8 } from 'hv:text'
import { describe, expect, it } from 'vitest'
import { failure, program, scratch, shell, until } from './support.ts'

const sleep = ['/usr/bin/sleep', '1000']
const [SIGTERM, SIGKILL] = [15, 9]
const openFds = () => readDir('/proc/self/fd').length
const children = () => readText(`/proc/self/task/${pid}/children`)

async function environmentOf(env: Record<string, string>): Promise<string[]> {
  const child = spawn({ argv: sleep, env })
  const variables = readText(`/proc/${child.pid}/environ`).split('\0').slice(0, -1)
  child.kill(SIGKILL)
  await child.exited
  return variables
}

describe('spawn', () => {
  it('tells the exit code, and then there is nothing left of the child', async () => {
    const before = openFds()
    const child = spawn({ argv: ['/bin/sh', '-c', 'exit 5'] })
    expect(await child.exited).toEqual({ code: 5, signal: null })
    expect(failure(() => child.kill(SIGTERM))).toMatchObject({ code: 'ESRCH', syscall: 'pidfd_send_signal' })
    expect(statOrNull(`/proc/${child.pid}`)).toBeNull()
    expect(openFds()).toBe(before)
  })

  it('tells the signal that ended it', async () => {
    const child = spawn({ argv: sleep })
    child.kill(SIGTERM)
    expect(await child.exited).toEqual({ code: null, signal: SIGTERM })
  })

  it('gives pid and start time as /proc has them', async () => {
    const child = spawn({ argv: sleep })
    const fields = readText(`/proc/${child.pid}/stat`).split(') ')[1]?.split(' ') ?? []
    expect(child.startTime).toBe(Number(fields[19]))
    signalPid(child.pid, SIGKILL)
    expect((await child.exited).signal).toBe(SIGKILL)
  })

  it('starts with an empty environment, or exactly the one given', async () => {
    expect(await environmentOf({})).toEqual([])
    expect(await environmentOf({ A: '1', B: '=x' })).toEqual(['A=1', 'B==x'])
  })

  it('leads a session of its own unless told otherwise', async () => {
    const own = spawn({ argv: sleep })
    const shared = spawn({ argv: sleep, newSession: false })
    const session = (id: number) => Number(readText(`/proc/${id}/stat`).split(') ')[1]?.split(' ')[3])
    expect(session(own.pid)).toBe(own.pid)
    expect(session(shared.pid)).toBe(session(pid))
    for (const child of [own, shared]) child.kill(SIGKILL)
    await Promise.all([own.exited, shared.exited])
  })

  it('has default signals, none blocked and none ignored', async () => {
    const { out } = await shell('cat /proc/self/status')
    expect(out).toMatch(/SigBlk:\s+0+\n/)
    expect(out).toMatch(/SigIgn:\s+0+\n/)
  })

  it('does not keep the program waiting once released', async () => {
    const { code, out } = await program(`
      import { spawn } from 'hv:process'
      const child = spawn({ argv: ['/usr/bin/sleep', '1000'] }); child.exited.then(() => { throw new Error('resolved') })
      child.release(); child.release(); say(String(child.pid))`)
    expect(code).toBe(0)
    signalPid(Number(out), SIGKILL)
  })

  it('dies with its parent when asked to', async () => {
    const source = (signal: string) => `
      import { exit, spawn } from 'hv:process'
      const child = spawn({ argv: ['/usr/bin/sleep', '1000'], uid: 99 ${signal} }); say(String(child.pid)); exit(0)`
    const gone = Number((await program(source(', parentDeathSignal: 9'))).out)
    const alive = Number((await program(source(''))).out)
    const state = (id: number) => (statOrNull(`/proc/${id}`) === null ? 'gone' : readText(`/proc/${id}/stat`).split(') ')[1]?.[0])
    await until(() => ['gone', 'Z'].includes(state(gone) ?? ''))
    expect(state(alive)).toBe('S')
    signalPid(alive, SIGKILL)
  })

  it('starts in the cgroup given', async () => {
    const root = scratch()
    mount('none', root, 'cgroup2')
    const group = `${root}/hv-core-test-${pid}`
    try {
      mkdir(group)
      const child = spawn({ argv: sleep, cgroup: group })
      expect(readText(`${group}/cgroup.procs`)).toBe(`${child.pid}\n`)
      child.kill(SIGKILL)
      await child.exited
      await until(() => readText(`${group}/cgroup.events`).includes('populated 0'))
      rmdir(group)
    } finally {
      unmount(root)
    }
  })
})

describe('descriptors of a child', () => {
  async function fdsOf(options: Partial<SpawnOptions>): Promise<Record<string, string>> {
    const child = spawn({ argv: sleep, ...options })
    try {
      // Past the dynamic loader, which opens files of its own.
      await until(() => readText(`/proc/${child.pid}/wchan`).includes('nanosleep'))
      const names = readDir(`/proc/${child.pid}/fd`)
      return Object.fromEntries(names.map((fd) => [fd, readLink(`/proc/${child.pid}/fd/${fd}`).split('/').at(-1) ?? '']))
    } finally {
      child.kill(SIGKILL)
      await child.exited
    }
  }

  it('are /dev/null alone by default, whatever is open here', async () => {
    const leak = openFd('/proc/self/stat', 'r')
    expect(await fdsOf({})).toEqual({ 0: 'null', 1: 'null', 2: 'null' })
    closeFd(leak)
  })

  it('can be any permutation of those here', async () => {
    const directory = scratch()
    const fds = ['a', 'b', 'c'].map((name) => {
      writeFileAtomic(`${directory}/${name}`, '')
      return openFd(`${directory}/${name}`, 'r')
    })
    const [a = -1, b = -1, c = -1] = fds
    expect(await fdsOf({ fds: { [a]: b, [b]: c, [c]: a } })).toEqual({ 0: 'null', 1: 'null', 2: 'null', [a]: 'b', [b]: 'c', [c]: 'a' })
    expect(await fdsOf({ fds: { 0: c, 1: a, 2: b } })).toEqual({ 0: 'c', 1: 'a', 2: 'b' })
    expect(await fdsOf({ fds: { [a]: a, 200: a, 3: c } })).toMatchObject({ [a]: a === 3 ? 'c' : 'a', 200: 'a', 3: 'c' })
    for (const fd of fds) closeFd(fd)
  })

  it('are open on exec although they are close-on-exec here', async () => {
    const { readFd, writeFd } = pipe()
    const child = spawn({ argv: ['/bin/sh', '-c', 'echo through >&7'], fds: { 7: writeFd } })
    closeFd(writeFd)
    const reader = fromFd(readFd)
    let text = ''
    reader.onData((chunk) => {
      text += decodeUtf8(chunk)
    })
    await new Promise((resolve) => reader.onClose(resolve))
    expect(text).toBe('through\n')
    expect((await child.exited).code).toBe(0)
  })
})

describe('a start that fails', () => {
  const good: SpawnOptions = { argv: sleep }
  it.each([
    ['execve', 'ENOENT', '/no/program', { argv: ['/no/program'] }],
    ['execve', 'EACCES', '/etc/passwd', { argv: ['/etc/passwd'] }],
    ['chdir', 'ENOENT', '/no/directory', { cwd: '/no/directory' }],
    ['openat', 'ENOENT', '/no/cgroup', { cgroup: '/no/cgroup' }],
    ['clone3', 'EBADF', '/tmp', { cgroup: '/tmp' }],
    ['fcntl', 'EBADF', undefined, { fds: { 5: 999 } }],
    ['setrlimit', 'EINVAL', undefined, { rlimits: { nofile: [10, 5] } }],
    ['pivot_root', 'EINVAL', undefined, { root: [] }],
    [
      'open_tree',
      'ENOENT',
      '/no/source',
      { namespaces: ['mount'], root: [{ kind: 'bind', source: '/no/source', target: '/x', readOnly: true }] },
    ],
    [
      'mkdirat',
      'EROFS',
      '/usr/new/x',
      {
        namespaces: ['mount'],
        root: [
          { kind: 'bind', source: '/usr', target: '/usr', readOnly: true },
          { kind: 'directory', target: '/usr/new/x' },
        ],
      },
    ],
    [
      'symlinkat',
      'EEXIST',
      '/a',
      {
        namespaces: ['mount'],
        root: [
          { kind: 'directory', target: '/a' },
          { kind: 'symlink', target: '/a', to: 'b' },
        ],
      },
    ],
    ['execve', 'ENOENT', '/usr/bin/sleep', { namespaces: ['mount'], root: [] }],
  ] as [string, string, string | undefined, Partial<SpawnOptions>][])(
    'names %s, %s and %s, and leaves nothing',
    (syscall, code, path, options) => {
      const before = openFds()
      expect(failure(() => spawn({ ...good, ...options }))).toEqual({
        name: 'HostError',
        code,
        syscall,
        ...(path !== undefined && { path }),
      })
      expect(openFds()).toBe(before)
      expect(children()).toBe('')
    },
  )

  it.each([
    ['setgroups', 'EPERM', "capabilities: ['CAP_SETPCAP']", 'uid: 5, groups: [1]'],
    ['prctl', 'EPERM', "capabilities: ['CAP_SETUID', 'CAP_SETGID']", 'uid: 5'],
    ['setresgid', 'EPERM', "capabilities: ['CAP_SETPCAP']", 'gid: 5'],
    ['unshare', 'EPERM', 'capabilities: []', "namespaces: ['mount']"],
    ['clone3', 'EPERM', 'capabilities: []', "namespaces: ['pid']"],
    ['setrlimit', 'EPERM', 'capabilities: [], rlimits: { nofile: [100, 100] }', 'rlimits: { nofile: [200, 200] }'],
    ['write', 'EACCES', 'capabilities: []', 'oomScoreAdj: -500'],
  ])('names %s with %s for want of privileges', async (syscall, code, own, wanted) => {
    const { out, err } = await program(`
      import { confine, spawn } from 'hv:process'
      confine({ ${own} })
      try { spawn({ argv: ['/usr/bin/true'], ${wanted} }) } catch (e) { say(e.syscall + ' ' + e.code) }`)
    expect(out, err).toBe(`${syscall} ${code}`)
  })

  it.each([
    [{ argv: [] }],
    [{ argv: ['relative'] }],
    [{ argv: ['/bin/sh', 5] }],
    [{ argv: sleep, env: { A: 1 } }],
    [{ argv: sleep, capabilities: ['CAP_NONSENSE'] }],
    [{ argv: sleep, namespaces: ['user'] }],
    [{ argv: sleep, root: [{ kind: 'nonsense', target: '/a' }] }],
    [{ argv: sleep, root: [{ kind: 'bind', target: '/a' }] }],
    [{ argv: sleep, root: [{ kind: 'tmpfs', target: '/a' }] }],
    [{ argv: sleep, root: [{ kind: 'proc', target: 'a' }] }],
    [{ argv: sleep, rlimits: { nofile: [1] } }],
    [{ argv: sleep, noNewPrivileges: 1 }],
  ])('because of wrong options is a TypeError: %j', (options) => {
    expect(failure(() => spawn(options as never)).name).toBe('TypeError')
  })
})

describe('adopt', () => {
  it('watches a process that another program left, to its end', async () => {
    const { out } = await program(`
      import { spawn } from 'hv:process'
      const child = spawn({ argv: ['/usr/bin/sleep', '1000'] }); child.release(); say(child.pid + ' ' + child.startTime)`)
    const [orphan = 0, startTime = 0] = out.split(' ').map(Number)
    const adopted = adopt(orphan, startTime)
    expect(adopted).toMatchObject({ pid: orphan, startTime })
    adopted?.kill(SIGKILL)
    expect(await adopted?.exited).toEqual({ code: null, signal: null })
  })

  it('finds nobody by a wrong start time or number', () => {
    expect(adopt(pid, 1)).toBeNull()
    expect(adopt(0x3fffff, 1)).toBeNull()
  })
})

describe('signalPid', () => {
  it('names its failure, and reaches single processes only', () => {
    expect(failure(() => signalPid(0x3fffff, 0))).toMatchObject({ code: 'ESRCH', syscall: 'kill' })
    expect(failure(() => signalPid(-1, SIGKILL)).name).toBe('RangeError')
    expect(failure(() => signalPid(0, SIGKILL)).name).toBe('RangeError')
  })
})
