// What the launchers show of the system's libraries, on the C library at hand: enough for a program, and nothing beside it.
import { readDir, statOrNull } from 'hv:fs'
import { type RootEntry, run } from 'hv:process'
import { decodeUtf8 } from 'hv:text'
import { describe, expect, it } from 'vitest'
import { libraryEntries } from '../../control/src/adapters/library-entries.ts'
import { rejection } from './native/support.ts'

const IP = '/usr/bin/ip'
const program: RootEntry = { kind: 'bind', source: IP, target: IP, readOnly: true, allowExec: true }
const inside = (root: RootEntry[]) => run({ argv: [IP, '-V'], namespaces: ['mount'], root: [program, ...root] })

describe('the libraries of a confined program', () => {
  it('are all that a dynamic program needs to run', async () => {
    const { code, stdout } = await inside(libraryEntries())
    expect(code).toBe(0)
    expect(decodeUtf8(stdout)).toMatch(/^ip utility/)
  })

  it('are needed', async () => {
    expect(await rejection(inside([]))).toMatchObject({ code: 'ENOENT', syscall: 'execve' })
  })

  it('show no other directory of /usr/lib', () => {
    const others = readDir('/usr/lib').filter((name) => statOrNull(`/usr/lib/${name}`)?.kind === 'directory' && name !== 'x86_64-linux-gnu')
    expect(others.length).toBeGreaterThan(0)
    const shown = libraryEntries().map((entry) => entry.target)
    expect(shown.filter((path) => path === '/usr/lib' || others.some((name) => path.startsWith(`/usr/lib/${name}`)))).toEqual([])
  })
})
