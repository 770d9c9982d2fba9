// Programs that init keeps running, in the place of which this program stands: what is promised, and that a number is not taken for a program's when it is another's by now.
import { mkdir, readText, writeFileAtomic } from 'hv:fs'
import { type Process, spawn } from 'hv:process'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { createServices } from '../../control/src/adapters/services.ts'
import { servicesContract } from '../contract/services.contract.ts'
import { makeTree } from './sysfs-tree.ts'
import { removeDirectory, temporaryDirectory } from './temporary.ts'

const SIGKILL = 9
const SIGTERM = 15
let root = ''
let running: Process | null = null

beforeEach(() => {
  root = temporaryDirectory()
  mkdir(`${root}/service`)
})
afterEach(async () => {
  await end()
  removeDirectory(root)
})

async function end(): Promise<void> {
  try {
    running?.kill(SIGKILL)
  } catch {
    // It has ended.
  }
  await running?.exited
  running = null
}

/** As init does. A program's own entry says that this program is its parent. */
function start(restarts: number, parent = 1): void {
  running = spawn({ argv: ['/usr/bin/busybox', 'sleep', '60'] })
  const { pid, startTime } = running
  const stat = readText(`/proc/${pid}/stat`).replace(/\) (\S) \d+ /, (_, state: string) => `) ${state} ${parent} `)
  makeTree(root, { [`proc/${pid}/stat`]: stat })
  writeFileAtomic(`${root}/service/logd`, `${Math.floor(startTime / 100)} ${pid} ${restarts}\n`)
}

function make(runs: boolean) {
  let restarts = 0
  if (runs) start(0)
  return {
    services: createServices(`${root}/service`, `${root}/proc`),
    async startedAgain() {
      expect(await running?.exited).toEqual({ code: null, signal: SIGTERM })
      start(++restarts)
    },
  }
}

servicesContract(make)

describe('a number that was noted', () => {
  const services = () => createServices(`${root}/service`, `${root}/proc`)

  it('is nobody’s once its process has gone', async () => {
    start(3)
    removeDirectory(`${root}/proc`)
    expect(services().observe('logd')).toMatchObject({ pid: null, restarts: 3 })
    services().end('logd')
    expect(await isAlive()).toBe(true)
  })

  it('is not the program’s when it is a child of another, or was started at another time', async () => {
    start(0, 77)
    expect(services().observe('logd').pid).toBeNull()
    await end()
    start(0)
    const [at, pid] = readText(`${root}/service/logd`).split(' ').map(Number) as [number, number]
    writeFileAtomic(`${root}/service/logd`, `${at - 60} ${pid} 0\n`)
    expect(services().observe('logd').pid).toBeNull()
    services().end('logd')
    expect(await isAlive()).toBe(true)
  })

  it('is none in a note that is damaged', () => {
    writeFileAtomic(`${root}/service/logd`, '12 ')
    expect(services().observe('logd')).toEqual({ pid: null, startedAtSeconds: null, restarts: 0 })
  })
})

/** After a signal would have ended it. */
async function isAlive(): Promise<boolean> {
  const ended = running?.exited.then(() => true) ?? Promise.resolve(true)
  return !(await Promise.race([ended, new Promise<boolean>((resolve) => setTimeout(() => resolve(false), 100))]))
}
