// What a booted appliance does with VMs by itself: restarts after crashes, shutdown and start of all in their order.
import { describe, expect, it } from 'vitest'
import { booted } from '../boot/booted.ts'
import type { ApiEvent } from '../harness/event-stream.ts'
import { guestSpecs } from '../harness/vm-client.ts'
import { until } from '../harness/wait.ts'

const host = booted({ name: 'policies', probe: true, memoryMiB: 2048 }, (appliance) => appliance.readyAndLoggedIn())
const minutes = (count: number) => host().patience(count * 10_000)

interface TimedEvent extends ApiEvent {
  readonly at: string
}

async function events(code: string, vmId?: string): Promise<readonly TimedEvent[]> {
  const { items } = await host().api.call<{ items: readonly TimedEvent[] }>('GET', '/v1/events')
  return items.filter((event) => event.code === code && (vmId === undefined || event.target.id === vmId))
}

describe('a VM that crashes again and again', () => {
  it('is started again, later each time, and in the end left off', async () => {
    const { probe, vms } = host()
    const { id } = await vms.create({ ...guestSpecs.hello('loop'), onCrash: { maxRestarts: 2 } })
    await vms.power(id, 'power-on', minutes(1))
    for (let crash = 1; crash <= 3; crash++) {
      const { status } = await vms.waitForPowerState(id, 'running', minutes(1))
      await probe.output(`kill -9 ${status.pid}`)
      await until('crash', async () => ((await events('vm.crashed', id)).length === crash ? true : null), { timeoutMs: minutes(1) })
    }
    await until('giving up', async () => (await events('vm.restart-given-up', id))[0] ?? null, { timeoutMs: minutes(1) })
    const [crashes, starts] = [await events('vm.crashed', id), await events('vm.started', id)]
    const waited = [0, 1].map((n) => Date.parse(starts[n + 1]?.at ?? '') - Date.parse(crashes[n]?.at ?? ''))
    expect(starts).toHaveLength(3)
    expect(waited[0]).toBeGreaterThanOrEqual(1000)
    expect(waited[1]).toBeGreaterThanOrEqual(2000)
    expect((await vms.get(id)).status.powerState).toBe('crashed')
    await vms.remove(id)
  })
})

describe('when the host restarts', () => {
  it('its VMs end in the reverse of the order in which they then start, those that are to', async () => {
    const { api, vms } = host()
    const policy = (order: number, enabled: boolean) => ({
      autostart: { enabled, order, delaySeconds: 3 },
      // These guests do not hear the power button.
      onHostShutdown: { timeoutSeconds: 5 },
    })
    const ids: string[] = []
    for (const [name, order, enabled] of [
      ['database', 1, true],
      ['web', 2, true],
      ['spare', 3, false],
    ] as const) {
      const { id } = await vms.create({ ...guestSpecs.hello(name), memoryMiB: 128, ...policy(order, enabled) })
      await vms.power(id, 'power-on', minutes(1))
      ids.push(id)
    }
    const [database = '', web = '', spare = ''] = ids
    const uptime = async () => {
      try {
        return (await api.call<{ status: { uptimeSeconds: number } }>('GET', '/v1/host')).status.uptimeSeconds
      } catch {
        return null
      }
    }
    const before = (await uptime()) ?? 0
    await api.call('POST', '/v1/host/restart')
    const isBack = async () => {
      const now = await uptime()
      return now !== null && now < before ? now : null
    }
    await until('restarted host', isBack, { timeoutMs: minutes(3), intervalMs: 1000, signal: host().machine.died })
    await vms.waitForPowerState(web, 'running', minutes(2))

    const stopped = (await events('vm.stopped')).map(({ target }) => target.id)
    expect(stopped.slice(-3)).toEqual([spare, web, database])
    const started = (id: string) => events('vm.started', id).then((all) => Date.parse(all.at(-1)?.at ?? ''))
    expect((await started(web)) - (await started(database))).toBeGreaterThanOrEqual(3000)
    expect((await vms.get(spare)).status.powerState).toBe('off')
  })
})
