// hv:process: system calls that fail without being made, and the core-scheduling cookie.
import { type RefusedCall, type SpawnOptions, spawn } from 'hv:process'
import { describe, expect, it } from 'vitest'
import { failure, shell, statusOf } from './support.ts'

const CLONE_THREAD = 0x10000
const refusing = (...refusedCalls: RefusedCall[]): Partial<SpawnOptions> => ({ refusedCalls, noNewPrivileges: true })
const unshare = 'perl -e \'print syscall(272, 0x04000000) < 0 ? "$!" : "made"\'' // unshare(CLONE_NEWUTS)

describe('a refused call', () => {
  it('fails with EPERM, or as if there were no such call', async () => {
    expect((await shell(unshare, {})).out).toBe('made')
    expect((await shell(unshare, refusing({ name: 'unshare' }))).out).toBe('Operation not permitted')
    expect((await shell(unshare, refusing({ name: 'unshare', error: 'ENOSYS' }))).out).toBe('Function not implemented')
  })

  it('is refused only where its argument is the one named', async () => {
    const when = (value: number): RefusedCall => ({ name: 'unshare', when: { argument: 0, mask: 0x04000000, value } })
    expect((await shell(unshare, refusing(when(0x04000000)))).out).toBe('Operation not permitted')
    expect((await shell(unshare, refusing(when(0)))).out).toBe('made')
    expect((await shell(unshare, refusing(when(0), when(0x04000000)))).out).toBe('Operation not permitted')
  })

  it('can be the start of processes, while the program itself is started', async () => {
    const calls: RefusedCall[] = [
      { name: 'clone3', error: 'ENOSYS' },
      { name: 'clone', when: { argument: 0, mask: CLONE_THREAD, value: 0 } },
      { name: 'fork' },
      { name: 'vfork' },
    ]
    const { out, err } = await shell('echo here; /usr/bin/true; echo not here', refusing(...calls))
    expect(out).toBe('here\n')
    expect(err).toMatch(/fork/i)
  })

  it('shows as a filter, without which there is none', async () => {
    const seccomp = async (options: Partial<SpawnOptions>) => statusOf((await shell('exec cat /proc/self/status', options)).out).Seccomp
    expect(await seccomp(refusing({ name: 'mount' }))).toBe('2')
    expect(await seccomp(refusing())).toBe('0')
  })

  it('needs a name that there is, an error that there is, and a whole condition', () => {
    const bad = [
      [{ name: 'nonsense' }],
      [{}],
      ['mount'],
      [{ name: 'mount', error: 'EIO' }],
      [{ name: 'mount', when: { argument: 0 } }],
      [{ name: 'mount', when: 1 }],
      'mount',
    ]
    for (const refusedCalls of bad) {
      expect(failure(() => spawn({ argv: ['/usr/bin/true'], refusedCalls } as never)).name).toBe('TypeError')
    }
    expect(
      failure(() => spawn({ argv: ['/usr/bin/true'], ...refusing({ name: 'mount', when: { argument: 6, mask: 1, value: 1 } }) })).name,
    ).toBe('RangeError')
  })

  it('without no_new_privs is for those who may', async () => {
    expect(failure(() => spawn({ argv: ['/usr/bin/true'], refusedCalls: [{ name: 'mount' }], uid: 5 }))).toMatchObject({
      ...{ code: 'EACCES', syscall: 'seccomp' },
    })
  })
})

describe('core scheduling', () => {
  it('gives a cookie where the kernel can, needs none where no core has two threads, and fails where it cannot', async () => {
    const cookie = 'perl -e \'my $c = pack("Q", 0); print syscall(157, 62, 0, 0, 0, $c) < 0 ? "$!" : unpack("Q", $c) ? "cookie" : "none"\''
    try {
      // prctl(PR_SCHED_CORE, PR_SCHED_CORE_GET); ENODEV: no core has two threads.
      expect((await shell(cookie, { coreScheduling: true })).out).toMatch(/^(cookie|No such device)$/)
      expect((await shell(cookie, {})).out).toMatch(/^(none|No such device)$/)
    } catch (error) {
      expect(error).toMatchObject({ code: 'EINVAL', syscall: 'prctl' })
    }
  })
})
