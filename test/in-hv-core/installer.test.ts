// The installer through the program that it starts, in the place of which this program stands once more: what is promised, and a program that ends too early.
import { mkdir, readDir, readText, writeFileAtomic } from 'hv:fs'
import { args, exit } from 'hv:process'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { createClock } from '../../control/src/adapters/clock.ts'
import { VmHostFailure } from '../../control/src/adapters/host-failure.ts'
import { createInstaller } from '../../control/src/adapters/installer.ts'
import { runLineJob } from '../../control/src/main/line-job.ts'
import { type InstallerWish, installerContract } from '../contract/installer.contract.ts'
import { removeDirectory } from './temporary.ts'

/** Known to both programs; what runs in the tools has a /tmp of its own. */
const ROOT = '/tmp/corbel-installer'
const [JOBS, MIRRORS, RECEIPTS] = [`${ROOT}/jobs`, `${ROOT}/mirrors`, `${ROOT}/receipts`]
const BUNDLE =
  readText('/proc/self/cmdline')
    .split('\0')
    .find((word) => word.endsWith('.qjb')) ?? ''

function keep(directory: string, text: string): void {
  writeFileAtomic(`${directory}/${readDir(directory).length}`, text)
}

async function work(print: (line: unknown) => void): Promise<void> {
  const wish = JSON.parse(readText(`${ROOT}/wish`)) as InstallerWish & { readonly dies?: boolean }
  const input = () => readText('/proc/self/fd/0')
  if (args[0] === 'look') print({ disks: wish.disks })
  else if (args[0] === 'receipt') {
    if (wish.takesReceipts === true) keep(RECEIPTS, input())
    print({ written: wish.takesReceipts === true })
  } else {
    keep(args[0] === 'mirror' ? MIRRORS : JOBS, input())
    print({ progress: { step: 'Copying the system', percent: 50 } })
    if (wish.dies === true) exit(7)
    if (wish.fails !== undefined) throw new VmHostFailure(wish.fails.code, 'install', wish.fails.message)
    print({ done: true })
  }
}

if (['look', 'write', 'mirror', 'receipt'].includes(args[0] ?? '')) {
  runLineJob('install', work)
  // Its output's end is the end.
  await new Promise(() => {})
}

const clock = createClock()

function make(wish: InstallerWish & { readonly dies?: boolean }) {
  writeFileAtomic(`${ROOT}/wish`, JSON.stringify(wish))
  const textsIn = (directory: string) => readDir(directory).map((name) => readText(`${directory}/${name}`))
  return {
    installer: createInstaller({ engine: '/proc/self/exe', bundle: BUNDLE, directory: ROOT }, clock),
    jobs: () => textsIn(JOBS).map((text) => JSON.parse(text)),
    mirrorJobs: () => textsIn(MIRRORS).map((text) => JSON.parse(text)),
    receipts: () => textsIn(RECEIPTS),
  }
}

beforeEach(() => {
  for (const directory of [ROOT, JOBS, MIRRORS, RECEIPTS]) mkdir(directory)
})
afterEach(() => removeDirectory(ROOT))

installerContract(make)

describe('the program that installs', () => {
  const job = { action: 'fresh', firstBoot: 'secret' } as never

  it('has failed when it ends in between', async () => {
    const { installer } = make({ disks: [], dies: true })
    await expect(installer.install(job, () => {})).rejects.toMatchObject({
      code: 'install.failed',
      message: expect.stringMatching(/ended/),
    })
  })

  it('leaves no descriptor open, and nothing of what it was told', async () => {
    const { installer } = make({ disks: [] })
    await installer.install(job, () => {})
    const before = readDir('/proc/self/fd').length
    await installer.install(job, () => {})
    await installer.observe()
    expect(readDir('/proc/self/fd').length).toBe(before)
    expect(readDir(ROOT).sort()).toEqual(['jobs', 'mirrors', 'receipts', 'wish'])
  })

  it('that cannot be started is a failure of the host that leaves nothing', async () => {
    const missing = createInstaller({ engine: '/nowhere/engine', bundle: BUNDLE, directory: ROOT }, clock)
    const before = readDir('/proc/self/fd').length
    await expect(missing.install(job, () => {})).rejects.toMatchObject({ name: 'HostFailure', code: 'host.ENOENT' })
    await expect(missing.observe()).rejects.toMatchObject({ name: 'HostFailure', code: 'host.ENOENT' })
    expect(readDir('/proc/self/fd').length).toBe(before)
  })
})
