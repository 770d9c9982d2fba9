// What the API acknowledged is there after the plug was pulled at that moment, and nothing is there by half.
// So is each change's entry in the audit log, whose chain stays whole, and which goes on being sent to a collector where it was.
// QEMU is killed, so all that the appliance had not yet flushed from its own memory is lost, as with a real power cut.
import { createHash } from 'node:crypto'
import { expect, it } from 'vitest'
import { type AuditEntry, createAuditCheck } from '../../control/src/domain/audit.ts'
import type { Appliance } from '../harness/appliance.ts'
import { Collector } from '../harness/collector.ts'
import { overlayDataDisk } from '../harness/data-disk.ts'
import { freshLogDirectory } from '../harness/paths.ts'
import { ordinarySeed } from '../harness/seed-medium.ts'
import { seededPick } from '../harness/seeded.ts'
import { guestSpecs } from '../harness/vm-client.ts'
import { until } from '../harness/wait.ts'
import { withAppliance } from './booted.ts'

const cycles = 3
const password = 'power cut after power cut'

/** Makes VMs until the one after which the power goes is acknowledged; returns the names that were. */
async function createUntilCut(appliance: Appliance, cycle: number, cutAfter: number): Promise<string[]> {
  const acknowledged: string[] = []
  for (let n = 0; n <= cutAfter; n++) {
    const name = `cycle${cycle}-vm${n}`
    const created = await appliance.vms.create(guestSpecs.diskless(name))
    acknowledged.push(created.spec.name)
  }
  appliance.machine.cutPower()
  return acknowledged
}

/** Every entry, looked through here. */
async function audited(appliance: Appliance): Promise<AuditEntry[]> {
  const found: AuditEntry[] = []
  const check = createAuditCheck((text) => createHash('sha256').update(text).digest('hex'))
  for (let path: string | undefined = '/v1/audit?after=0&limit=500'; path !== undefined; ) {
    const answer = await appliance.api.request('GET', path, { headers: { accept: 'application/x-ndjson' } })
    for (const line of answer.text.split('\n').filter((each) => each !== '')) {
      check.add(line)
      found.push(JSON.parse(line) as AuditEntry)
    }
    path = /^<(.*)>/.exec(String(answer.headers.link ?? ''))?.[1]
  }
  expect(check.end()).toMatchObject({ whole: true, problem: null })
  expect(await appliance.api.call('GET', '/v1/audit/verify')).toMatchObject({ whole: true })
  return found
}

/** Of the VMs that were made, one entry each, which may not know any more what was answered. */
function creations(entries: readonly AuditEntry[]): string[] {
  const made = entries.filter(({ action, result }) => action === 'POST /v1/vms' && (result === 'ok' || result === 'unknown'))
  return made.map(({ what }) => (what as { name: string }).name)
}

/** How the collector is reached from the appliance: by QEMU's way to the loopback of the host. */
const target = ({ port, certificate }: Collector) => ({ host: '10.0.2.2', port, fingerprint: certificate.fingerprint })

it('a VM whose creation was acknowledged outlives a power cut right after', async () => {
  const dataDisk = overlayDataDisk(freshLogDirectory('durability'))
  const pick = seededPick(20_260_101)
  const acknowledged: string[] = []
  const collector = new Collector()
  await collector.start()
  for (let cycle = 0; cycle <= cycles; cycle++) {
    const options = { name: `durability/${cycle}`, probe: true, dataDisk, seed: ordinarySeed({ password }) }
    await withAppliance(options, async (appliance) => {
      await appliance.ready()
      await appliance.api.login(password)
      const found = await appliance.vms.list()
      expect(found.map((vm) => vm.spec.name).sort()).toEqual([...acknowledged].sort())
      for (const vm of found) expect(vm).toMatchObject({ spec: { memoryMiB: 64, vcpus: 1 }, status: { powerState: 'off' } })
      const entries = await audited(appliance)
      expect(creations(entries).sort()).toEqual([...acknowledged].sort())
      if (cycle === 0) await appliance.api.call('PUT', '/v1/host/syslog', { body: target(collector) })
      if (cycle === cycles) await sent(appliance, collector)
      if (cycle < cycles) acknowledged.push(...(await createUntilCut(appliance, cycle, pick(4))))
    })
  }
  collector.stop()
  expect(acknowledged.length).toBeGreaterThan(cycles - 1)
})

/** All since the setting has come, over all the cuts; what happens while the collector is away comes when it is back. */
async function sent(appliance: Appliance, collector: Collector): Promise<void> {
  const first = (await audited(appliance)).find(({ action }) => action === 'PUT /v1/host/syslog')?.sequence ?? 0
  const complete = async () => {
    const wanted = (await audited(appliance)).filter(({ sequence }) => sequence >= first).map(({ sequence }) => sequence)
    const come = collector.auditLines().map((line) => (JSON.parse(line) as AuditEntry).sequence)
    return come.length === wanted.length && come.every((sequence, index) => sequence === wanted[index])
  }
  const waiting = () => ({
    timeoutMs: appliance.patience(20_000),
    intervalMs: 1_000,
    seen: () => collector.messages.slice(-5).join('\n'),
  })
  await until('all entries at the collector', complete, waiting())
  collector.stop()
  await until('notice that it is away', async () => (await syslogStatus(appliance)).state === 'waiting', waiting())
  await appliance.vms.create(guestSpecs.diskless('while-it-was-away'))
  // An entry counts once it is synced, which takes up to a second.
  await until('an entry that waits', async () => (await syslogStatus(appliance)).behind.audit > 0, waiting())
  await collector.start()
  await until('all entries at the collector', complete, waiting())
  expect(collector.messages.some((message) => message.includes('code="syslog.connected"'))).toBe(true)
}

interface SyslogStatus {
  readonly state: string
  readonly behind: { readonly audit: number }
}

async function syslogStatus(appliance: Appliance): Promise<SyslogStatus> {
  return (await appliance.api.call<{ status: SyslogStatus }>('GET', '/v1/host/syslog')).status
}
