// hv:process: a confined root once more as rules of Landlock, seen where the mounts alone would let through.
import { closeFd, mkdir, openFd, writeFileAtomic } from 'hv:fs'
import { confine, landlockVersion, pid, type RootEntry, type SpawnOptions, spawn } from 'hv:process'
import { describe, expect, it } from 'vitest'
import { failure, scratch, shell } from './support.ts'

const version = landlockVersion()
const usr: RootEntry[] = [
  { kind: 'bind', source: '/usr', target: '/usr', readOnly: true, allowExec: true },
  { kind: 'symlink', target: '/bin', to: 'usr/bin' },
  { kind: 'symlink', target: '/lib', to: 'usr/lib' },
  { kind: 'symlink', target: '/lib64', to: 'usr/lib64' },
  { kind: 'bind', source: '/dev/null', target: '/dev/null', readOnly: false, allowDevices: true },
]
const view = (landlock: boolean, ...more: RootEntry[]): Partial<SpawnOptions> => ({
  ...{ namespaces: ['mount'], root: [...usr, ...more], landlock, noNewPrivileges: true },
})

/** A directory with a file `f`, and what a script says that has it as descriptor 9 while its root is elsewhere. */
async function withDirectory(script: string, landlock: boolean, ...more: RootEntry[]): Promise<string> {
  const directory = scratch()
  writeFileAtomic(`${directory}/f`, 'outside\n')
  const fd = openFd(directory, 'r')
  try {
    const { out } = await shell(script, { ...view(landlock, { kind: 'proc', target: '/proc' }, ...more), fds: { 9: fd } })
    return out
  } finally {
    closeFd(fd)
  }
}

/** A case that needs so new a Landlock: the appliance runs without, too, and then there is nothing to see. */
const since = (least: number, title: string, body: () => Promise<void>) => (version >= least ? it(title, body) : undefined)

describe('Landlock', () => {
  since(1, 'refuses what an inherited directory leads to, and the mounts do not', async () => {
    const script = 'cat /proc/self/fd/9/f 2>/dev/null || echo refused'
    expect(await withDirectory(script, false)).toBe('outside\n')
    expect(await withDirectory(script, true)).toBe('refused\n')
  })

  since(1, 'lets entries be read, written and run as they say', async () => {
    const directory = scratch()
    mkdir(`${directory}/d`)
    writeFileAtomic(`${directory}/d/program`, '#!/bin/sh\necho ran\n', { mode: 0o755 })
    const bind = (target: string, readOnly: boolean, allowExec: boolean): RootEntry => ({
      ...{ kind: 'bind', source: `${directory}/d`, target, readOnly, allowExec },
    })
    const script = [
      'echo 1 >/w/new && cat /w/new && mkdir /w/e && mv /w/new /w/e/moved && rm -r /w/e && echo written',
      '/x/program; /w/program || echo not run; touch /x/new || echo not written; touch /t/f && echo 2 >/t/f && cat /t/f; ls /',
    ].join('\n')
    const entries = [bind('/x', true, true), bind('/w', false, false), { kind: 'tmpfs', target: '/t', sizeBytes: 65_536 }] as const
    const { out } = await shell(script, view(true, ...entries))
    // The root itself is nobody's entry.
    expect(out).toBe('1\nwritten\nran\nnot run\nnot written\n2\n')
  })

  since(4, 'refuses TCP', async () => {
    const script =
      'perl -MSocket -e \'socket(S, AF_INET, SOCK_STREAM, 0); print connect(S, sockaddr_in(9, INADDR_LOOPBACK)) ? "yes" : $!{EACCES} ? "refused" : "$!"\''
    expect((await shell(script, view(false))).out).toBe('Connection refused')
    expect((await shell(script, view(true))).out).toBe('refused')
  })

  since(6, 'refuses signals and abstract sockets to others', async () => {
    const other = spawn({ argv: ['/usr/bin/sleep', '1000'] })
    const listener = spawn({
      argv: [
        '/usr/bin/perl',
        '-MSocket',
        '-e',
        `socket(S, AF_UNIX, SOCK_STREAM, 0); bind(S, pack("Sa*", AF_UNIX, "\\0t${pid}")) and listen(S, 1); sleep 1000`,
      ],
    })
    const connect = `perl -MSocket -e 'socket(S, AF_UNIX, SOCK_STREAM, 0); for (1 .. 500) { connect(S, pack("Sa*", AF_UNIX, "\\0t${pid}")) and print("yes") and exit; $!{ECONNREFUSED} or print("$!{EPERM}") and exit; select undef, undef, undef, 0.01 }'`
    const script = `kill -0 ${other.pid} 2>/dev/null && echo signalled || echo not signalled; kill -0 $$ && echo itself; ${connect}`
    const [without, within] = [await shell(script, view(false)), await shell(script, view(true))]
    for (const child of [other, listener]) child.kill(9)
    await Promise.all([other.exited, listener.exited])
    expect(without.out).toBe('signalled\nitself\nyes')
    expect(within.out).toMatch(/^not signalled\nitself\n[1-9]/)
  })
})

describe('Landlock', () => {
  it('without a root is a mistake', () => {
    expect(failure(() => confine({ landlock: true }))).toMatchObject({ code: 'EINVAL', syscall: 'landlock_create_ruleset' })
  })
})
