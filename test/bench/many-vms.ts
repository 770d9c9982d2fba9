// How controld bears many defined VMs: what its answers cost in time and bytes, and what they hold of its memory, as their number grows.
import type { Appliance } from '../harness/appliance.ts'
import type { Vm } from '../harness/vm-client.ts'
import { percentile } from './load.ts'

export interface Latency {
  readonly p50Ms: number
  readonly p95Ms: number
}

export interface ManyVms {
  readonly vmCount: number
  /** `bytes` of the latest that came whole; `failed` is how many of the rounds did not. */
  readonly list: Latency & { readonly bytes: number; readonly failed: number }
  readonly get: Latency
  readonly patch: Latency
  /** Of the latest VMs up to `vmCount`. */
  readonly create: Latency
  /** Resident set of controld. */
  readonly rssKiB: number
}

const COUNTS = [10, 100, 1000] as const
const ROUNDS = 100
const LIST_ROUNDS = 20

/** As a server that somebody moved here would be: what can clash with other VMs is there. The disk's file is not looked for before power-on. */
const specOf = (number: number) => ({
  name: `many-${number}`,
  description: 'One of many.',
  memoryMiB: 512,
  disks: [{ datastore: 'local', file: `many-${number}.qcow2`, format: 'qcow2' }],
  nics: [{ network: 'nat' }],
})

async function timed<T>(into: number[], act: () => Promise<T>): Promise<T> {
  const begin = performance.now()
  const result = await act()
  into.push(performance.now() - begin)
  return result
}

const latency = (took: readonly number[]): Latency => ({ p50Ms: percentile(took, 0.5), p95Ms: percentile(took, 0.95) })

/** One request after the other, on one kept connection. There are no other VMs, and there are none afterwards. */
export async function measureManyVms(appliance: Appliance): Promise<readonly ManyVms[]> {
  const vms: Vm[] = []
  const results: ManyVms[] = []
  try {
    for (const count of COUNTS) results.push(await measureCount(appliance, vms, count))
    return results
  } finally {
    for (const { id } of vms) await appliance.vms.remove(id)
  }
}

async function measureCount({ api, vms: client, probe }: Appliance, vms: Vm[], vmCount: number): Promise<ManyVms> {
  const took = { create: [] as number[], list: [] as number[], get: [] as number[], patch: [] as number[] }
  while (vms.length < vmCount) vms.push(await timed(took.create, () => client.create(specOf(vms.length))))
  // What was measured by the probe took longer than the gateway keeps a connection without requests.
  await api.request('GET', '/v1/health').catch(() => {})
  // Spread over all of them.
  const nth = (round: number) => vms[Math.floor((round * vmCount) / ROUNDS)] ?? vms[0]
  for (let round = 0; round < ROUNDS; round++) await timed(took.get, () => client.get(nth(round)?.id ?? ''))
  for (let round = 0; round < ROUNDS; round++) {
    const { id, revision } = await client.get(nth(round)?.id ?? '')
    const options = { body: { description: `Round ${round}.` }, headers: { 'if-match': `"${revision}"` } }
    await timed(took.patch, () => api.call('PATCH', `/v1/vms/${id}`, options))
  }
  let bytes = 0
  let failed = 0
  for (let round = 0; round < LIST_ROUNDS; round++) {
    try {
      bytes = (await timed(took.list, () => api.request('GET', '/v1/vms'))).bytes.length
    } catch {
      failed++
    }
  }
  const [pid] = await probe.pidsOf('hv-core', 'controld.qjb')
  const status = await probe.output(`cat /proc/${pid}/status`)
  return {
    vmCount,
    list: { ...latency(took.list), bytes, failed },
    get: latency(took.get),
    patch: latency(took.patch),
    create: latency(took.create.slice(-ROUNDS)),
    rssKiB: Number(/^VmRSS:\s+(\d+) kB$/m.exec(status)?.[1]),
  }
}

const COLUMNS: readonly (readonly [string, (result: ManyVms) => number])[] = [
  ['GET /v1/vms, p50 ms', ({ list }) => list.p50Ms],
  ['GET /v1/vms, p95 ms', ({ list }) => list.p95Ms],
  ['GET /v1/vms, KiB', ({ list }) => list.bytes / 1024],
  ['GET /v1/vms, not whole', ({ list }) => list.failed],
  ['GET one, p50 ms', ({ get }) => get.p50Ms],
  ['GET one, p95 ms', ({ get }) => get.p95Ms],
  ['PATCH one, p50 ms', ({ patch }) => patch.p50Ms],
  ['PATCH one, p95 ms', ({ patch }) => patch.p95Ms],
  ['POST create, p50 ms', ({ create }) => create.p50Ms],
  ['POST create, p95 ms', ({ create }) => create.p95Ms],
  ['controld, resident MiB', ({ rssKiB }) => rssKiB / 1024],
]

/** A row for each figure: the value for each number of VMs, then how it has grown from each to the next. */
export function manyVmsRows(results: readonly ManyVms[]): string[] {
  const cell = (text: string) => text.padStart(10)
  const told = (value: number, text: string) => cell(Number.isFinite(value) ? text : '-')
  const steps = results.slice(1).map(({ vmCount }, index) => `${vmCount}:${results[index]?.vmCount}`)
  const head = ['defined VMs'.padEnd(30), ...results.map(({ vmCount }) => cell(String(vmCount))), ...steps.map(cell)].join('')
  const rows = COLUMNS.map(([what, of]) => {
    const values = results.map(of)
    const growth = values.slice(1).map((value, index) => value / (values[index] ?? Number.NaN))
    return [
      `  ${what}`.padEnd(30),
      ...values.map((value) => told(value, value.toFixed(1))),
      ...growth.map((ratio) => told(ratio, `×${ratio.toFixed(2)}`)),
    ].join('')
  })
  return [head, ...rows]
}
