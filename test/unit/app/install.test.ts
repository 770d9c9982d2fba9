// The installation as those see it who ask for it: at the machine, or by a seed.
import { describe, expect, it } from 'vitest'
import type { InstallMode } from '../../../control/src/domain/install.ts'
import type { Seed } from '../../../control/src/domain/seed.ts'
import { FakeFailure } from '../../fakes/failure.ts'
import { BOOT_OUTCOME } from '../../fakes/host.ts'
import { blankInstallDisk } from '../../fakes/installer.ts'
import { World } from '../../fakes/world.ts'

const seed: Seed = {
  version: 1,
  hostname: 'rack3',
  administrator: { password: 'correct horse battery' },
  // biome-ignore lint/suspicious/noThenProperty: a word of the seed
  install: { target: {}, wipe: 'if-blank', then: 'power-off' },
}

function worldOf(mode: InstallMode, document: Seed | null = null): World {
  const world = new World()
  world.host.bootOutcome = {
    ...BOOT_OUTCOME,
    ...{ state: 'volatile', datastore: { present: false, problem: null } },
    seed: { state: document === null ? 'absent' : 'applied', problems: [], document },
    install: { mode, seedSha256: document === null ? null : 'f'.repeat(64) },
  }
  return world
}

const request = {
  target: { path: '/dev/vda' },
  wipe: 'if-blank' as const,
  hostname: 'rack3',
  administrator: { password: 'correct horse battery' },
}

describe('at the machine', () => {
  it.each<InstallMode>(['none', 'done'])('nothing is looked at or written where nobody asked for it (%s)', async (mode) => {
    const world = worldOf(mode)
    const { installation } = await world.boot()
    await expect(installation.disks()).rejects.toThrow(/not started to install/)
    await expect(installation.start(request)).rejects.toMatchObject({ code: 'install.not-asked' })
    expect(world.installer.jobs).toEqual([])
  })

  it('the disk is written, and the new host is told what was chosen, with the password as a hash', async () => {
    const world = worldOf('ask')
    const { installation } = await world.boot()
    expect(await installation.start(request)).toMatchObject({ state: 'running', device: '/dev/vda' })
    await world.clock.advance(0)
    expect(installation.view()).toMatchObject({ state: 'done', problem: null })
    const [job] = world.installer.jobs
    expect(job).toMatchObject({ action: 'fresh', disks: [{ device: '/dev/vda' }], medium: 'sr0', seedSha256: null })
    expect(job?.firstBoot).not.toContain('"password"')
    expect(JSON.parse(job?.firstBoot ?? '')).toMatchObject({
      version: 1,
      hostname: 'rack3',
      administrator: { passwordHash: expect.any(String) },
    })
  })

  it('a confirmed recovery code goes with it as a hash, one that is not confirmed does not', async () => {
    const world = worldOf('ask')
    const { installation } = await world.boot()
    const { code, confirm } = await installation.makeCode()
    expect(() => installation.confirmCode(confirm.map(() => '000000'))).toThrow()
    installation.confirmCode(confirm.map((number) => code.split('-')[number - 1] ?? ''))
    await installation.start(request)
    const told = JSON.parse(world.installer.jobs[0]?.firstBoot ?? '') as Seed
    expect(await world.passwords.verify(told.recoveryCode?.hash ?? '', code.replaceAll('-', ''))).toBe(true)
  })

  it('a disk that holds something is refused and not written, and another can be asked for then', async () => {
    const world = worldOf('ask')
    world.installer.disks = [blankInstallDisk('vda', { holds: 'foreign', contents: 'Windows (NTFS)' })]
    const { installation } = await world.boot()
    await expect(installation.start(request)).rejects.toMatchObject({ problems: [{ code: 'install.disk.in-use' }] })
    expect(world.installer.jobs).toEqual([])
    await installation.start({ ...request, wipe: 'everything' })
    expect(world.installer.jobs).toHaveLength(1)
  })

  it('an installation that stays keeps its own settings', async () => {
    const world = worldOf('ask')
    world.installer.disks = [blankInstallDisk('vda', { holds: 'corbel', installed: true, datastore: true })]
    const { installation } = await world.boot()
    await installation.start({ ...request, wipe: 'datastore-kept' })
    expect(world.installer.jobs[0]).toMatchObject({ action: 'refresh', firstBoot: null })
  })

  it('only one is under way', async () => {
    const world = worldOf('ask')
    world.installer.underWay = () => new Promise(() => {})
    const { installation } = await world.boot()
    await installation.start(request)
    await expect(installation.start(request)).rejects.toMatchObject({ code: 'install.busy' })
    expect(installation.view()).toMatchObject({ progress: { step: 'Copying the system', percent: 50 } })
    expect(() => installation.leave('restart')).toThrow(/Nothing has been installed/)
  })

  it('one that fails says why, and can be begun again', async () => {
    const world = worldOf('ask')
    world.installer.failure = new FakeFailure('install.copy.differs', 'What was read back differs.')
    const { installation } = await world.boot()
    await installation.start(request)
    await world.clock.advance(0)
    expect(installation.view()).toMatchObject({ state: 'failed', problem: { code: 'install.copy.differs' } })
    world.installer.failure = null
    await installation.start(request)
    await world.clock.advance(0)
    expect(installation.view()).toMatchObject({ state: 'done', problem: null })
  })
})

describe('by a seed', () => {
  it('the disk is written, a receipt is left, and the machine does what the seed says', async () => {
    const world = worldOf('seed', seed)
    const { installation } = await world.boot()
    await installation.followSeed()
    expect(world.installer.jobs[0]).toMatchObject({ action: 'fresh', seedSha256: 'f'.repeat(64) })
    expect(JSON.parse(world.installer.jobs[0]?.firstBoot ?? '')).not.toHaveProperty('install')
    expect(JSON.parse(world.installer.receipts[0] ?? '')).toMatchObject({ outcome: 'done', device: '/dev/vda', problem: null })
    expect(world.host.done).toEqual([])
    await world.clock.advance(6_000)
    expect(world.host.done).toEqual(['power-off'])
  })

  it('a refusal is told and left as a receipt, and the machine stays', async () => {
    const world = worldOf('seed', seed)
    world.installer.disks = []
    const { installation } = await world.boot()
    void installation.followSeed()
    await world.clock.advance(20_000)
    expect(installation.view()).toMatchObject({ state: 'failed', problem: { code: 'install.target.no-such-disk' } })
    expect(JSON.parse(world.installer.receipts[0] ?? '')).toMatchObject({ outcome: 'failed' })
    await world.clock.advance(60_000)
    expect(world.host.done).toEqual([])
    expect(world.logged.join('\n')).toContain('was refused')
  })

  it('a disk that appears late is waited for', async () => {
    const world = worldOf('seed', seed)
    world.installer.disks = []
    const { installation } = await world.boot()
    void installation.followSeed()
    await world.clock.advance(5_000)
    world.installer.disks = [blankInstallDisk('sda')]
    await world.clock.advance(2_000)
    expect(world.installer.jobs).toHaveLength(1)
  })

  it('a medium that takes no receipt keeps nothing from going on', async () => {
    const world = worldOf('seed', seed)
    world.installer.takesReceipts = false
    const { installation } = await world.boot()
    await installation.followSeed()
    expect(installation.view().state).toBe('done')
  })

  it.each<InstallMode>(['none', 'ask', 'done'])('nothing is done where the boot is another one (%s)', async (mode) => {
    const world = worldOf(mode, seed)
    const { installation } = await world.boot()
    await installation.followSeed()
    expect(world.installer.jobs).toEqual([])
    expect(world.installer.receipts).toEqual([])
  })
})
