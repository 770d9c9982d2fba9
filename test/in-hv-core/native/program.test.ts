// A program as a whole: its limits, its end, the stamp of its bundle, what its language lacks.
import { readFile, writeFileAtomic } from 'hv:fs'
import { run } from 'hv:process'
import { describe, expect, it } from 'vitest'
import { build, failure, program, runBundle, scratch } from './support.ts'

describe('a program', () => {
  it('ends with 0 when nothing is left to wait for', async () => {
    const { code, out, err } = await program("import { log } from 'hv:system'; setTimeout(() => log('info', 'done'), 1)")
    expect({ code, out, err }).toEqual({ code: 0, out: '', err: '<6>p: done\n' })
  })

  it('sees its arguments and ends with the code it chooses', async () => {
    const { code } = await program(
      "import { args, exit } from 'hv:process'; setTimeout(() => {}, 1e6); exit(args.join() === 'a,b c' ? 7 : 8)",
      { args: ['a', 'b c'] },
    )
    expect(code).toBe(7)
  })

  it.each([
    ['a thrown error', "function inner() { throw new TypeError('oops') }\ninner()", 'TypeError: oops', 'inner'],
    ['an error in a timer', "setTimeout(function later() { throw new Error('late') }, 1)", 'Error: late', 'later'],
    [
      'an unhandled rejection',
      "async function f() { throw new Error('lost') }\nf(); setTimeout(() => {}, 1e6)",
      'unhandled rejection: Error: lost',
      'f',
    ],
    [
      'a failed call',
      "import { readFile } from 'hv:fs'; readFile('/no')",
      'HostError: openat /no: No such file or directory (ENOENT)',
      'readFile',
    ],
    ['a top level that waits in vain', 'await new Promise(() => {})', 'never happens', ''],
  ])('ends with 70 and a logged stack after %s', async (_name, source, message, frame) => {
    const { code, err } = await program(source)
    expect(code).toBe(70)
    expect(err).toContain(message)
    expect(err).toContain(frame === '' ? '' : `    at ${frame} (`)
    expect(err.split('\n').every((line) => line === '' || line.startsWith('<3>p: '))).toBe(true)
  })

  it('goes on after a rejection that is handled in the same turn', async () => {
    const { code } = await program("const p = Promise.reject(new Error('x')); queueMicrotask(() => p.catch(() => {}))")
    expect(code).toBe(0)
  })

  it('is ended when a turn takes too long, even inside an async function that catches', async () => {
    const { code, err } = await program('async function spin() { for (;;) {} }\ntry { await spin() } catch {} setTimeout(() => {}, 1e6)', {
      flags: ['--turn-ms', '100'],
    })
    expect(code).toBe(70)
    expect(err).toMatch(/InternalError: interrupted: a turn took more than 100 ms/)
    expect(err).toContain('at spin (p:1')
  })

  it('may take as many turns as it likes', async () => {
    const source =
      'let n = 0; function turn() { const end = Date.now() + 30; while (Date.now() < end); if (++n < 10) setTimeout(turn, 0) } turn()'
    expect((await program(source, { flags: ['--turn-ms', '200'] })).code).toBe(0)
  })

  it('cannot use more memory than its limit', async () => {
    const source =
      "import { exit } from 'hv:process'; const kept = []; try { for (;;) kept.push(new Uint8Array(1 << 20)) } catch (e) { exit(kept.length > 2 && kept.length < 8 && /memory/.test(e.message) ? 9 : 1) }"
    expect((await program(source, { flags: ['--memory-mib', '8'] })).code).toBe(9)
  })

  it('gets an error for endless recursion, and can go on', async () => {
    const source =
      "import { exit } from 'hv:process'; function f() { return f() + 1 } try { f() } catch (e) { exit(e instanceof InternalError || e instanceof RangeError ? 9 : 1) }"
    expect((await program(source)).code).toBe(9)
  })

  it('refuses a wrong command line', async () => {
    for (const argv of [[], ['--memory-mib', 'x', 'b'], ['--nonsense', '1', 'b'], ['--turn-ms']]) {
      expect((await run({ argv: [`${build}/hv-core`, ...argv] })).code).toBe(64)
    }
    expect((await runBundle('/no/such.qjb')).code).toBe(66)
  })
})

describe('the language', () => {
  it('has no eval and no way to make functions from text', () => {
    expect('eval' in globalThis).toBe(false)
    const constructors = [() => {}, async () => {}, function* () {}, async function* () {}].map(
      (f) => f.constructor as new (text: string) => unknown,
    )
    for (const Constructor of constructors) expect(failure(() => new Constructor('return 1')).name).toBe('TypeError')
    expect(failure(() => Reflect.construct(constructors[0] as new () => unknown, ['return 1'])).name).toBe('TypeError')
  })

  it('cannot import anything at run time', async () => {
    const { code, err } = await program("const name = './other.js'; await import(name)")
    expect({ code, refused: err.includes('there is no module') }).toEqual({ code: 70, refused: true })
  })

  it('has what ES2023 has', () => {
    expect([3, 1, 2].toSorted().at(-1)).toBe(3)
    expect([1, 2, 3].findLast((n) => n < 3)).toBe(2)
    expect(/(?<year>\d{4})/u.exec('in 2026')?.groups?.year).toBe('2026')
    expect('caat'.replace(new RegExp(['a', '+'].join(''), 'g'), 'o')).toBe('cot')
    expect('é'.normalize('NFD').length).toBe(2)
    expect(2n ** 64n).toBe(18446744073709551616n)
    const held = { a: 1 }
    expect(new WeakRef(held).deref()).toBe(held)
  })
})

describe('timers', () => {
  it('fire in order of time, and of start where that is equal', async () => {
    const order: number[] = []
    await new Promise<void>((resolve) => {
      setTimeout(() => order.push(3), 20)
      setTimeout(() => order.push(1), 0)
      setTimeout(() => order.push(2), 0)
      const gone = setTimeout(() => order.push(99), 5)
      clearTimeout(gone)
      clearTimeout(gone)
      clearTimeout(123456)
      setTimeout(resolve, 40)
    })
    expect(order).toEqual([1, 2, 3])
  })

  it('come after microtasks', async () => {
    const order: string[] = []
    await new Promise<void>((resolve) => {
      setTimeout(() => {
        order.push('timer')
        resolve()
      }, 0)
      queueMicrotask(() => order.push('microtask'))
    })
    expect(order).toEqual(['microtask', 'timer'])
  })

  it('refuse what is no function and no delay', () => {
    expect(failure(() => setTimeout('x' as unknown as () => void, 1)).name).toBe('TypeError')
    expect(failure(() => setTimeout(() => {}, -1)).name).toBe('RangeError')
    expect(failure(() => setTimeout(() => {}, Number.NaN)).name).toBe('RangeError')
  })
})

describe('bundles', () => {
  async function bundle(): Promise<{ path: string; bytes: Uint8Array }> {
    const directory = scratch()
    writeFileAtomic(`${directory}/p.js`, 'export {}')
    await run({ argv: [`${build}/hv-compile`, `${directory}/p.js`, `${directory}/p.qjb`, 'p'] })
    return { path: `${directory}/p.qjb`, bytes: readFile(`${directory}/p.qjb`) }
  }

  it.each([
    ['of another engine version', 8, 'made for engine'],
    ['with another bytecode layout', 8 + 32, 'made for engine'],
    ['that is damaged', -1, 'damaged'],
    ['that is none', 0, 'not a bundle'],
  ])('%s are refused with 78', async (_name, at, message) => {
    const { path, bytes } = await bundle()
    const index = at < 0 ? bytes.length + at : at
    bytes[index] = (bytes[index] ?? 0) ^ 1
    writeFileAtomic(path, bytes)
    const { code, err } = await runBundle(path)
    expect(code).toBe(78)
    expect(err).toContain(message)
  })

  it('cut short are refused', async () => {
    const { path, bytes } = await bundle()
    writeFileAtomic(path, bytes.subarray(0, bytes.length - 1))
    expect((await runBundle(path)).code).toBe(78)
  })

  it.each([
    ['a syntax error', 'let let = 1', 65],
    ['an import of a file', "import './other.js'", 65],
  ])('are not made from %s', async (_name, source, code) => {
    const directory = scratch()
    writeFileAtomic(`${directory}/p.js`, source)
    const result = await run({ argv: [`${build}/hv-compile`, `${directory}/p.js`, `${directory}/p.qjb`, 'p'] })
    expect(result.code).toBe(code)
  })

  it('do not run with an import that there is not', async () => {
    const { code, err } = await program("import { nothing } from 'hv:nothing'; nothing()")
    expect({ code, named: err.includes("no module 'hv:nothing'") }).toEqual({ code: 70, named: true })
  })
})
