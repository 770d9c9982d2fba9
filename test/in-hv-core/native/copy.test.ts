// hv:copy.
import { open } from 'hv:copy'
import { sha256 } from 'hv:crypto'
import { closeFd, openFd, readFile, stat, writeFileAtomic } from 'hv:fs'
import { spawn } from 'hv:process'
import { pipe, socketPair } from 'hv:socket'
import { toHex } from 'hv:text'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { removeDirectory, temporaryDirectory } from '../temporary.ts'
import { failure } from './support.ts'

let directory = ''
beforeEach(() => {
  directory = temporaryDirectory()
})
afterEach(() => removeDirectory(directory))

function file(name: string, bytes: Uint8Array): string {
  const path = `${directory}/${name}`
  writeFileAtomic(path, bytes)
  return path
}

const pattern = (length: number) => Uint8Array.from({ length }, (_, at) => (at * 7 + (at >> 8)) & 0xff)

describe('a copy', () => {
  it('moves everything in steps, and knows the digest of what it has moved', () => {
    const bytes = pattern(700_001)
    const source = openFd(file('source', bytes), 'r')
    const target = openFd(file('target', new Uint8Array()), 'w')
    const copy = open(source, target)
    expect(toHex(copy.sha256())).toBe(toHex(sha256('')))
    expect(copy.step(300_000)).toBe(300_000)
    expect(toHex(copy.sha256())).toBe(toHex(sha256(bytes.subarray(0, 300_000))))
    expect(copy.step(500_000)).toBe(400_001)
    expect(copy.step(1)).toBe(0)
    expect(toHex(copy.sha256())).toBe(toHex(sha256(bytes)))
    closeFd(source)
    closeFd(target)
    expect(toHex(sha256(readFile(`${directory}/target`)))).toBe(toHex(sha256(bytes)))
  })

  it.each([
    ['a pipe', () => pipe()],
    ['a socket that does not block', () => ((pair) => ({ readFd: pair[0], writeFd: pair[1] }))(socketPair())],
  ])('waits for what comes late through %s', (_name, make) => {
    const { readFd, writeFd } = make()
    const target = openFd(file('target', new Uint8Array()), 'w')
    spawn({ argv: ['/bin/sh', '-c', 'sleep 0.2; printf abc; sleep 0.2; printf de'], fds: { 1: writeFd } })
    closeFd(writeFd)
    expect(open(readFd, target).step(1000)).toBe(5)
    closeFd(readFd)
    closeFd(target)
    expect(stat(`${directory}/target`).size).toBe(5)
  })

  it('tells what stopped it', () => {
    const source = openFd(file('source', pattern(10)), 'r')
    const full = openFd('/dev/full', 'w')
    expect(failure(() => open(source, full).step(10))).toMatchObject({ code: 'ENOSPC', syscall: 'write' })
    expect(failure(() => open(full, source).step(0)).name).toBe('RangeError')
    closeFd(source)
    closeFd(full)
  })
})
