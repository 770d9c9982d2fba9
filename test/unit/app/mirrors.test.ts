// The watch over the mirrors: what it tells, when, and what the console shows.
import { describe, expect, it } from 'vitest'
import type { Mirror, MirrorCopy } from '../../../control/src/domain/mirror.ts'
import { World } from '../../fakes/world.ts'

const copy = (device: string, state: MirrorCopy['state'] = 'in-sync'): MirrorCopy => ({ device: `/dev/${device}`, state })
const whole: Mirror = { holds: 'state', device: '/dev/md0', copies: [copy('vda5'), copy('vdb5')], missing: 0, copiedPercent: null }
const alone: Mirror = { ...whole, copies: [copy('vda5')], missing: 1 }
const failed: Mirror = { ...whole, copies: [copy('vda5'), copy('vdb5', 'failed')] }
const copying: Mirror = { ...whole, copies: [copy('vda5'), copy('vdb5', 'copying')], copiedPercent: 34 }

async function watched(mirror: Mirror) {
  const world = new World()
  world.mirrors.all = [mirror]
  const app = await world.boot()
  app.mirrors.run()
  const told = () => app.events.latest().flatMap(({ code, severity }) => (code.startsWith('mirror.') ? [`${severity} ${code}`] : []))
  const see = async (next: Mirror) => {
    world.mirrors.all = [next]
    await world.clock.advance(16_000)
  }
  return { app, told, see }
}

describe('the mirrors', () => {
  it('are not spoken of while they are whole', async () => {
    const { app, told, see } = await watched(whole)
    await see(whole)
    expect(told()).toEqual([])
    expect(app.consoleStatus().health.filter(({ message }) => /state is/.test(message))).toEqual([])
  })

  it('are told of once when a copy is lost, when it is made again, and when there are two once more', async () => {
    const { told, see } = await watched(whole)
    await see(failed)
    await see(failed)
    expect(told()).toEqual(['error mirror.degraded'])
    await see(copying)
    await see({ ...copying, copiedPercent: 80 })
    await see(whole)
    expect([...told()].sort()).toEqual(['error mirror.degraded', 'info mirror.copying', 'info mirror.whole'])
  })

  it('that lack a disk at the start say so, in the events and on the console', async () => {
    const { app, told } = await watched(alone)
    expect(told()).toEqual(['error mirror.degraded'])
    expect(app.consoleStatus().health).toContainEqual({ severity: 'error', message: 'The state is on /dev/vda5 alone: a disk is missing.' })
  })

  it('show how far a copy is', async () => {
    const { app } = await watched(copying)
    expect(app.consoleStatus().health).toContainEqual({ severity: 'warning', message: 'The state is being copied to /dev/vdb5, 34 %.' })
  })
})
