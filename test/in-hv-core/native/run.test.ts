// hv:process run(): helpers and their output.
import { readDir } from 'hv:fs'
import { run } from 'hv:process'
import { describe, expect, it } from 'vitest'
import { failure, rejection, shell } from './support.ts'

describe('run', () => {
  it('gives code and both outputs', async () => {
    expect(await shell('echo out; echo err >&2; exit 3')).toMatchObject({
      code: 3,
      signal: null,
      out: 'out\n',
      err: 'err\n',
      timedOut: false,
    })
  })

  it('feeds standard input, more than a pipe holds, and an empty one by default', async () => {
    expect((await shell('wc -c', { stdin: 'x'.repeat(1 << 20), env: { PATH: '/usr/bin' } })).out).toBe(`${1 << 20}\n`)
    expect((await shell('wc -c')).out).toBe('0\n')
  })

  it('does not mind a helper that reads no input', async () => {
    expect((await shell('exec true', { stdin: 'x'.repeat(1 << 20) })).code).toBe(0)
  })

  it('kills it after the time given, with all that it started', async () => {
    const begun = Date.now()
    const result = await shell('echo begun; sleep 1000 & sleep 1000', { timeoutMs: 200 })
    expect(result).toMatchObject({ code: null, signal: 9, timedOut: true, out: 'begun\n' })
    expect(Date.now() - begun).toBeLessThan(10_000)
  })

  it('rejects when there is too much output', async () => {
    const options = { argv: ['/bin/sh', '-c', 'yes'], env: { PATH: '/usr/bin' }, maxOutputBytes: 1000 }
    expect(await rejection(run(options))).toMatchObject({ name: 'HostError', code: 'EFBIG' })
    expect((await shell('printf 1234567890', { maxOutputBytes: 10 })).out).toBe('1234567890')
  })

  it('does not wait for a grandchild that keeps the output open', async () => {
    const begun = Date.now()
    expect((await shell('echo said; sleep 20 & exit 0')).out).toBe('said\n')
    expect(Date.now() - begun).toBeLessThan(10_000)
  })

  it('rejects with the step that failed', async () => {
    expect(await rejection(run({ argv: ['/no'] }))).toEqual({ name: 'HostError', code: 'ENOENT', syscall: 'execve', path: '/no' })
    expect(failure(() => run({ argv: ['no'] })).name).toBe('TypeError')
  })

  it('leaves no descriptor behind', async () => {
    const before = readDir('/proc/self/fd').length
    await Promise.all([shell('true'), rejection(run({ argv: ['/no'] })), shell('sleep 100', { timeoutMs: 50 })])
    expect(readDir('/proc/self/fd').length).toBe(before)
  })
})
