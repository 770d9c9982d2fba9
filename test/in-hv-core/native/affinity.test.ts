// hv:process: which CPUs a thread may run on.
import { readText } from 'hv:fs'
import { pid, setAffinity, spawn } from 'hv:process'
import { describe, expect, it } from 'vitest'
import { failure } from './support.ts'

const allowed = (of: number) => /^Cpus_allowed_list:\s*(.*)$/m.exec(readText(`/proc/${of}/status`))?.[1]

describe('setAffinity', () => {
  it('holds a thread of any process to CPUs, and lets it go', async () => {
    const child = spawn({ argv: ['/usr/bin/sleep', '1000'] })
    const before = allowed(child.pid)
    setAffinity(child.pid, [0])
    expect(allowed(child.pid)).toBe('0')
    setAffinity(
      child.pid,
      Array.from({ length: 8192 }, (_, cpu) => cpu),
    )
    expect(allowed(child.pid)).toBe(before)
    child.kill(9)
    await child.exited
    expect(failure(() => setAffinity(child.pid, [0]))).toMatchObject({ code: 'ESRCH', syscall: 'sched_setaffinity' })
  })

  it('refuses what is no CPU, and none at all', () => {
    expect(failure(() => setAffinity(pid, []))).toMatchObject({ code: 'EINVAL' })
    expect(failure(() => setAffinity(pid, [8191]))).toMatchObject({ code: 'EINVAL' })
    expect(() => setAffinity(pid, [8192])).toThrow(RangeError)
    expect(() => setAffinity(pid, [-1])).toThrow(RangeError)
    expect(() => setAffinity(0, [0])).toThrow(RangeError)
  })
})
