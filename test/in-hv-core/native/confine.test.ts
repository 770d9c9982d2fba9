// hv:process: what a confined process is and sees, from inside; exec and confine.
import { mkdir, readText, stat, writeFileAtomic } from 'hv:fs'
import { confine, pid, type RootEntry, type SpawnOptions, spawn } from 'hv:process'
import { hostname } from 'hv:system'
import { describe, expect, it } from 'vitest'
import { failure, program, scratch, shell, statusOf, until } from './support.ts'

const usr: RootEntry[] = [
  { kind: 'bind', source: '/usr', target: '/usr', readOnly: true, allowExec: true },
  { kind: 'symlink', target: '/bin', to: 'usr/bin' },
  { kind: 'symlink', target: '/lib', to: 'usr/lib' },
  { kind: 'symlink', target: '/lib64', to: 'usr/lib64' },
]
const view = (...more: RootEntry[]): Partial<SpawnOptions> => ({ namespaces: ['mount', 'pid'], root: [...usr, ...more] })
const none = '0000000000000000'
const netAdmin = '0000000000001000'
const sets = ['CapInh', 'CapPrm', 'CapEff', 'CapBnd', 'CapAmb']

async function status(options: Partial<SpawnOptions>): Promise<Record<string, string>> {
  const { out, err } = await shell('exec cat /proc/self/status', options)
  expect(err).toBe('')
  return statusOf(out)
}

const pick = (from: Record<string, string>, names: string[]) => names.map((name) => from[name])

describe('identity', () => {
  it('is the user and group given, in all four places, without groups or capabilities', async () => {
    const seen = await status({ uid: 1001, gid: 1002 })
    expect(pick(seen, ['Uid', 'Gid', 'Groups'])).toEqual(['1001\t1001\t1001\t1001', '1002\t1002\t1002\t1002', ''])
    expect(pick(seen, sets)).toEqual([none, none, none, none, none])
  })

  it('has the groups given', async () => {
    expect((await status({ uid: 1001, gid: 1002, groups: [7, 5] })).Groups).toBe('5 7')
    expect((await status({ groups: [9] })).Groups).toBe('9')
  })

  it('keeps exactly the capabilities given, in all five sets, over the change of user and execve', async () => {
    expect(pick(await status({ uid: 1001, capabilities: ['CAP_NET_ADMIN'] }), sets)).toEqual([
      netAdmin,
      netAdmin,
      netAdmin,
      netAdmin,
      netAdmin,
    ])
  })

  it('cannot win them back as root', async () => {
    expect(pick(await status({ capabilities: ['CAP_NET_ADMIN'] }), ['CapPrm', 'CapEff', 'CapBnd'])).toEqual([netAdmin, netAdmin, netAdmin])
    expect(pick(await status({ capabilities: [] }), sets)).toEqual([none, none, none, none, none])
    expect(pick(await status({ uid: 0, capabilities: [] }), sets)).toEqual([none, none, none, none, none])
  })

  it('stays as it is when nothing is said', async () => {
    const [own, child] = [statusOf((await shell('cat /proc/$PPID/status')).out), await status({})]
    expect(pick(child, ['Uid', 'CapEff', 'CapBnd', 'NoNewPrivs'])).toEqual(pick(own, ['Uid', 'CapEff', 'CapBnd', 'NoNewPrivs']))
  })

  it('gains no privileges when told so', async () => {
    expect((await status({ noNewPrivileges: true })).NoNewPrivs).toBe('1')
    expect((await status({})).NoNewPrivs).toBe('0')
  })
})

describe('limits', () => {
  it('are set, and nobody without privileges can raise them', async () => {
    const limits = { nofile: [64, 128], core: [0, 0], memlock: [65536, 65536] } as const
    const { out } = await shell('ulimit -Sn; ulimit -Hn; ulimit -c; ulimit -l; ulimit -n 200', { uid: 5, rlimits: { ...limits } as never })
    expect(out).toBe('64\n128\n0\n64\n')
  })

  it('include the out-of-memory score, the umask and the working directory', async () => {
    const { out } = await shell('cat /proc/self/oom_score_adj; umask; pwd', { oomScoreAdj: 321, umask: 0o27, cwd: '/usr/lib' })
    expect(out).toBe('321\n0027\n/usr/lib\n')
  })
})

describe('a root of its own', () => {
  it('holds what was put there and nothing else', async () => {
    const { out } = await shell('ls /; ls /etc /work /tmp /run; pwd; ls /..', view())
    expect(out).toBe('bin\nlib\nlib64\nusr\n/\nbin\nlib\nlib64\nusr\n')
  })

  it('cannot be written to, nor can what is bound read-only, mounts below included', async () => {
    const directory = scratch()
    mkdir(`${directory}/d`)
    const script = 'touch /x; mkdir /y; touch /ro/f; touch /usr/f; touch /rw/f; echo $?; mount -o remount,rw /ro 2>/dev/null; echo $?'
    const { out, err } = await shell(script, {
      ...view(
        { kind: 'bind', source: `${directory}/d`, target: '/ro', readOnly: true },
        { kind: 'bind', source: `${directory}/d`, target: '/rw', readOnly: false },
      ),
      uid: 0,
      capabilities: ['CAP_DAC_OVERRIDE'],
    })
    expect(err.split('\n').filter((line) => line.includes('Read-only file system')).length).toBe(4)
    expect(out).toMatch(/^0\n(?!0)\d+\n$/)
    expect(stat(`${directory}/d/f`).kind).toBe('file')
  })

  it('makes parents, follows its own symlinks, and has tmpfs and directories as asked', async () => {
    const { out } = await shell('stat -c "%n %a %u %g" /a /a/b /t /d /var/lock/x; echo 1 > /t/f; cat /t/f; readlink /bin', {
      ...view(
        { kind: 'directory', target: '/a/b', mode: 0o711, uid: 3, gid: 4 },
        { kind: 'tmpfs', target: '/t', sizeBytes: 4096, mode: 0o1777, uid: 5, gid: 6 },
        { kind: 'directory', target: '/d' },
        { kind: 'directory', target: '/run/lock' },
        { kind: 'symlink', target: '/var/lock', to: '/run/lock' },
        { kind: 'directory', target: '/var/lock/x', mode: 0o700 },
      ),
      uid: 1234,
    })
    expect(out).toBe('/a 755 0 0\n/a/b 711 3 4\n/t 1777 5 6\n/d 755 0 0\n/var/lock/x 700 0 0\n1\nusr/bin\n')
  })

  it('never takes a symlink out of it', async () => {
    const directory = scratch()
    mkdir(`${directory}/d`)
    await shell(`ln -s /tmp ${directory}/d/out`)
    const { out } = await shell(
      'ls /trap; ls /tmp',
      view(
        { kind: 'bind', source: `${directory}/d`, target: '/trap', readOnly: false },
        { kind: 'directory', target: '/tmp' },
        { kind: 'directory', target: '/trap/out/made-inside' },
      ),
    )
    expect(out).toBe('out\nmade-inside\n')
    expect(failure(() => stat('/tmp/made-inside')).code).toBe('ENOENT')
  })

  it('has devices and programs only where they are allowed', async () => {
    const directory = scratch()
    writeFileAtomic(`${directory}/program`, '#!/bin/sh\necho ran\n', { mode: 0o755 })
    const script = 'echo > /dev/null && echo null; echo > /dev/zero || echo no zero; /x/program; /n/program || echo no program'
    const { out } = await shell(
      script,
      view(
        { kind: 'bind', source: '/dev/null', target: '/dev/null', readOnly: false, allowDevices: true },
        { kind: 'bind', source: '/dev/zero', target: '/dev/zero', readOnly: false },
        { kind: 'bind', source: directory, target: '/x', readOnly: true, allowExec: true },
        { kind: 'bind', source: directory, target: '/n', readOnly: true },
      ),
    )
    expect(out).toBe('null\nno zero\nran\nno program\n')
  })

  it('is all that its mount table shows', async () => {
    const { out } = await shell('cut -d" " -f5,6 /proc/self/mountinfo', view({ kind: 'proc', target: '/proc' }))
    expect(out).toBe('/ ro,nosuid,nodev,noexec,relatime\n/usr ro,nosuid,nodev,relatime\n/proc rw,nosuid,nodev,noexec,relatime\n')
  })
})

describe('namespaces', () => {
  it('make the child process number 1, known here by its number here', async () => {
    expect((await shell('echo $$ $PPID', view())).out).toBe('1 0\n')
    expect(pid).toBeGreaterThan(1)
  })

  it('let process 1 hear of others’ signals only those that it handles, and SIGKILL', async () => {
    const handler = spawn({ argv: ['/bin/sh', '-c', "trap 'exit 7' TERM; while :; do sleep 0.01; done"], namespaces: ['pid'] })
    const deaf = spawn({ argv: ['/usr/bin/sleep', '1000'], namespaces: ['pid'] })
    await until(() => /SigCgt:\t0*[1-9a-f]/.test(readText(`/proc/${handler.pid}/status`)))
    for (const child of [handler, deaf]) child.kill(15)
    expect(await handler.exited).toEqual({ code: 7, signal: null })
    deaf.kill(9)
    expect(await deaf.exited).toEqual({ code: null, signal: 9 })
  })

  it('hide the network', async () => {
    expect((await shell('cut -d: -f1 /proc/net/dev | tail -n +3', { namespaces: ['net'] })).out.trim()).toBe('lo')
  })

  it.each(['ipc', 'uts', 'net', 'cgroup', 'mount'] as const)('%s is another one', async (name) => {
    const file = name === 'mount' ? 'mnt' : name
    const { out } = await shell(`readlink /proc/self/ns/${file} /proc/${pid}/ns/${file}`, { namespaces: [name] })
    expect(new Set(out.trim().split('\n')).size).toBe(2)
  })

  it('keep a changed host name inside', async () => {
    const before = hostname()
    expect((await shell('echo inside > /proc/sys/kernel/hostname; uname -n', { namespaces: ['uts'] })).out).toBe('inside\n')
    expect(hostname()).toBe(before)
  })
})

describe('confine', () => {
  it('confines the program itself, for good', async () => {
    const { out, err } = await program(`
      import { confine } from 'hv:process'; import { readText, readDir, writeFileAtomic } from 'hv:fs'
      confine({ uid: 77, gid: 78, noNewPrivileges: true, umask: 0o77, namespaces: ['mount'], root: [{ kind: 'proc', target: '/proc' }, { kind: 'directory', target: '/only' }] })
      const status = readText('/proc/self/status')
      say(JSON.stringify([readDir('/'), /Uid:\\s+77\\s+77\\s+77\\s+77\\n/.test(status), /CapBnd:\\s+0+\\n/.test(status), /CapEff:\\s+0+\\n/.test(status), /NoNewPrivs:\\s+1/.test(status)]))
      try { confine({ uid: 0 }) } catch (e) { say(e.syscall + e.code) }`)
    expect(out, err).toBe('[["only","proc"],true,true,true,true]setresuidEPERM')
  })

  it('refuses a pid namespace, which is for children only', () => {
    expect(failure(() => confine({ namespaces: ['pid'] }))).toMatchObject({ code: 'EINVAL', syscall: 'unshare' })
  })
})

describe('exec', () => {
  it('becomes another program, confined, with the descriptors given', async () => {
    const { out, code, err } = await program(
      `
      import { exec } from 'hv:process'; import { onSignal } from 'hv:system'
      onSignal('SIGTERM', () => {})
      exec({ argv: ['/bin/sh', '-c', 'cat; ls /proc/self/fd | wc -l; grep -E "^(Uid|SigBlk|SigIgn|CapEff)" /proc/self/status; exit 6'], env: { PATH: '/usr/bin' }, uid: 55, gid: 55, fds: { 0: 0, 1: 1, 2: 2 } })`,
      { stdin: 'in ' },
    )
    expect(out, err).toBe('in 4\nUid:\t55\t55\t55\t55\nSigBlk:\t0000000000000000\nSigIgn:\t0000000000000000\nCapEff:\t0000000000000000\n')
    expect(code).toBe(6)
  })

  it('returns by throwing, the program still there', async () => {
    const { out } = await program(`
      import { exec } from 'hv:process'
      try { exec({ argv: ['/no'], fds: { 0: 0, 1: 1, 2: 2 } }) } catch (e) { say(e.code + e.syscall + e.path) }
      try { exec({ argv: ['/no'], cgroup: '/' }) } catch (e) { say(' ' + e.code + e.syscall) }`)
    expect(out).toBe('ENOENTexecve/no EINVALexec')
  })
})
