// hv:system and hv:tty.
import { closeFd, openFd, readText, writeControl, writeFileAtomic } from 'hv:fs'
import { pid, run, signalPid } from 'hv:process'
import { hostname, memoryFile, monotonicMs, onSignal, openTap, pageSize, sync } from 'hv:system'
import { decodeUtf8 } from 'hv:text'
import { open as openTty } from 'hv:tty'
import { describe, expect, it } from 'vitest'
import { build, failure, program, scratch, shell, until } from './support.ts'

describe('clocks and names', () => {
  it('count milliseconds since boot', () => {
    const [uptime = 0] = readText('/proc/uptime').split(' ').map(Number)
    expect(Math.abs(monotonicMs() - uptime * 1000)).toBeLessThan(1000)
    expect(pageSize()).toBe(4096)
    sync()
  })

  it('know the host name', async () => {
    expect(`${hostname()}\n`).toBe(readText('/proc/sys/kernel/hostname'))
    const { out } = await program(`
      import { confine } from 'hv:process'; import { hostname, setHostname } from 'hv:system'; import { fromFd } from 'hv:socket'
      confine({ namespaces: ['uts'] }); setHostname('other'); say(hostname())
      confine({ capabilities: [] }); try { setHostname('x') } catch (e) { say(' ' + e.code + ' ' + e.syscall) }`)
    expect(out).toBe('other EPERM sethostname')
  })
})

describe('signals', () => {
  it('call their handler, one a signal', async () => {
    let [first, second] = [0, 0]
    onSignal('SIGUSR1', () => first++)
    onSignal('SIGUSR1', () => second++)
    signalPid(pid, 10)
    await until(() => second === 1)
    expect(first).toBe(0)
    onSignal('SIGUSR1', null)
  })

  it('do their default again once the handler is taken away', async () => {
    const { signal } = await program(
      "import { pid, signalPid } from 'hv:process'; import { onSignal } from 'hv:system'; onSignal('SIGTERM', () => {}); onSignal('SIGTERM', null); signalPid(pid, 15); setTimeout(() => {}, 5000)",
    )
    expect(signal).toBe(15)
  })

  it('refuse other names', () => {
    expect(failure(() => onSignal('SIGKILL' as 'SIGTERM', () => {})).name).toBe('TypeError')
  })
})

describe('the log', () => {
  it('has one record a call, severity and name first, without control characters', async () => {
    const { err } = await program(
      "import { log, setLogName } from 'hv:system'; log('warning', 'a\\nb\\u001b[0m\\u007f ä'); setLogName('other'); log('debug', '')",
    )
    expect(err).toBe('<4>p: a b?[0m? ä\n<7>other: \n')
  })

  it('cuts at 900 bytes, never inside a character', async () => {
    const { stderr } = await program("import { log } from 'hv:system'; log('info', 'x' + 'ä'.repeat(1000))")
    expect(stderr.length).toBeLessThanOrEqual(901)
    expect(stderr.length).toBeGreaterThan(895)
    expect(decodeUtf8(stderr, { fatal: true }).endsWith('ä\n')).toBe(true)
  })

  it('refuses a severity that there is not', async () => {
    expect((await program("import { log } from 'hv:system'; log('panic', 'x')")).code).toBe(70)
  })
})

describe('TAP devices', () => {
  it('refuse a name that is too long', () => {
    expect(failure(() => openTap('a-name-of-16-chars')).code).toBe('EINVAL')
  })

  it('exist while a descriptor is open', async () => {
    const fd = openTap('hvtest0')
    expect(readText('/proc/net/dev')).toContain('hvtest0:')
    closeFd(fd)
    expect(readText('/proc/net/dev')).not.toContain('hvtest0:')
  })
})

describe('terminals', () => {
  /** Runs a program on a pseudo-terminal of its own; what that terminal shows. */
  async function onTerminal(source: string, after = ''): Promise<string> {
    const directory = scratch()
    writeFileAtomic(`${directory}/p.js`, source)
    await run({ argv: [`${build}/hv-compile`, `${directory}/p.js`, `${directory}/p.qjb`, 'p'] })
    const command = `stty cols 91 rows 33; ${build}/hv-core ${directory}/p.qjb; ${after}`
    return (await shell(`script -qec ${JSON.stringify(command)} /dev/null </dev/null`)).out.replaceAll('\r', '')
  }

  it('tell their size, go raw and come back on close and at exit', async () => {
    const probe = (end: string) => `
      import { open } from 'hv:tty'; import { exit, pid, run } from 'hv:process'; import { fromFd } from 'hv:socket'; import { decodeUtf8 } from 'hv:text'
      const tty = open('/dev/tty'); const out = fromFd(tty.fd); tty.setRaw(); tty.setRaw()
      const { stdout } = await run({ argv: ['/usr/bin/stty', '-F', '/proc/' + pid + '/fd/0', '-a'] })
      out.write(JSON.stringify([tty.size(), decodeUtf8(stdout).includes('-icanon')])); out.closeWhenSent(1000); ${end}`
    for (const end of ['tty.close(); tty.close()', 'exit(0)', '']) {
      const shown = await onTerminal(probe(end), 'stty -a')
      expect(shown).toContain('[{"columns":91,"rows":33},true]')
      expect(shown).toMatch(/(?<!-)icanon/)
    }
  })

  it('are no other files', () => {
    expect(failure(() => openTty('/dev/null'))).toMatchObject({ code: 'ENOTTY', syscall: 'isatty', path: '/dev/null' })
    expect(failure(() => openTty('/no'))).toMatchObject({ code: 'ENOENT', syscall: 'openat', path: '/no' })
  })
})

describe('a file in memory', () => {
  it('is empty, its own, and opened anew for writing alone', () => {
    const [first, second] = [memoryFile(), memoryFile()]
    const writer = openFd(`/proc/self/fd/${first}`, 'w')
    writeControl(`/proc/self/fd/${writer}`, 'picture')
    expect([readText(`/proc/self/fd/${first}`), readText(`/proc/self/fd/${second}`)]).toEqual(['picture', ''])
    for (const fd of [first, second, writer]) closeFd(fd)
    expect(failure(() => readText(`/proc/self/fd/${first}`)).code).toBe('ENOENT')
  })
})
