// Usage as the API tells it: now, in the past, and for Prometheus.
import { beforeEach, describe, expect, it } from 'vitest'
import { renderMetrics } from '../../../control/src/api/prometheus.ts'
import type { PoolUsage, VmUsage } from '../../../control/src/domain/usage.ts'
import { totalUsage } from '../../../control/src/plan/usage-sum.ts'
import { VM } from '../../contract/usage.contract.ts'
import { HOST_COUNTERS } from '../../fakes/usage.ts'
import { Client, World } from '../../fakes/world.ts'
import { parseMetrics } from '../../harness/metrics-text.ts'

const NO_SUM = { vms: 0, cpuPercent: 0 }

describe('usage', () => {
  let client: Client
  let id: string
  beforeEach(async () => {
    client = await Client.open(new World())
    const boot = { from: 'kernel', kernel: { datastore: 'local', file: 'vmlinuz' } }
    const body = { name: 'web1', boot, nics: [{ network: 'nat' }, { network: 'nat' }, { network: 'nat' }] }
    id = ((await client.call({ method: 'POST', path: '/v1/vms', body })).body as { id: string }).id
    client.app.power.powerOn(id, 'x')
    await client.world.clock.advance(0)
  })
  const get = (path: string, query = '') => client.call({ path, query })

  it('is nothing before the first sample', async () => {
    expect(await get('/v1/usage')).toMatchObject({ status: 200, body: { host: null, vms: [], pools: [], total: NO_SUM } })
    expect(await get(`/v1/vms/${id}/usage`)).toMatchObject({ body: { latest: null, history: { resolution: '10s', at: [], average: {} } } })
    expect(parseMetrics((await get('/v1/metrics')).body as string).get('corbel_vms_running')?.samples).toEqual(new Map([['', 0]]))
  })

  it('is that of the host and of VMs that run, then', async () => {
    client.world.usage.vms.set(id, VM)
    client.app.accounting.run()
    await client.world.clock.advance(10_000)
    expect((await get('/v1/usage')).body).toMatchObject({
      host: { at: '2026-01-01T00:00:10.000Z', rates: { cpuPercent: 0 } },
      vms: [{ id, name: 'web1', counters: VM, rates: { cpuPercent: 0 }, devices: { balloonBytes: null } }],
      total: { vms: 1, residentBytes: VM.memory.residentBytes },
    })
  })

  it('has a past in two resolutions', async () => {
    client.app.accounting.run()
    await client.world.clock.advance(3_000_000)
    const points = async (path: string, query = '') =>
      ((await get(path, query)).body as { history: { at: string[]; maximum?: object } }).history
    expect((await points(`/v1/vms/${id}/usage`)).at).toHaveLength(300)
    expect((await points('/v1/host/usage', 'resolution=10s')).maximum).toBeUndefined()
    const fine = await points('/v1/host/usage', 'resolution=5m')
    expect([fine.at.length, fine.at.at(-1)]).toEqual([11, '2026-01-01T00:50:00.000Z'])
    expect(fine.maximum).toMatchObject({ cpuPercent: [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0] })
  })

  it.each([
    ['another resolution', () => `/v1/vms/${id}/usage`, 'resolution=1s', 400, 'request.parameter.not-allowed'],
    ['a VM that there is none of', () => '/v1/vms/6b9f2a52-8a3c-4c1e-9a58-0f6d1c2b3a4d/usage', '', 404, 'vm.not-found'],
    ['a resolution of everything', () => '/v1/usage', 'resolution=10s', 400, 'request.unknown-parameter'],
  ])('is refused for %s', async (_name, path, query, status, code) => {
    expect(await get(path(), query)).toMatchObject({ status, body: { code } })
  })

  it('of a pool has a past, and series for Prometheus', async () => {
    await client.call({ method: 'POST', path: '/v1/pools', body: { name: 'gold', memory: { limitMiB: 2048 } } })
    expect(await get('/v1/pools/gold/usage')).toMatchObject({ status: 200, body: { latest: null, history: { at: [] } } })
    expect(await get('/v1/pools/silver/usage')).toMatchObject({ status: 404, body: { code: 'pool.not-found' } })
    const { stealMicroseconds: _ofVcpus, ...cpu } = VM.cpu
    client.world.usage.groups.set('/sys/fs/cgroup/corbel.vm/pool.gold', { cpu, memory: VM.memory, io: VM.io, pressure: VM.pressure })
    client.app.accounting.run()
    await client.world.clock.advance(10_000)
    expect((await get('/v1/pools/gold/usage', 'resolution=10s')).body).toMatchObject({
      latest: { name: 'gold', vms: 0, counters: { memory: VM.memory }, rates: { cpuPercent: 0 } },
      history: { average: { residentBytes: [VM.memory.residentBytes] } },
    })
    expect((await get('/v1/usage')).body).toMatchObject({ pools: [{ name: 'gold' }] })
    const families = parseMetrics((await get('/v1/metrics')).body as string)
    const sample = (name: string, more = '') => families.get(`corbel_pool_${name}`)?.samples.get(`pool="gold"${more}`)
    expect([
      ...[sample('cpu_seconds_total'), sample('cpu_throttled_seconds_total'), sample('memory_resident_bytes')],
      ...[sample('memory_limit_bytes'), sample('cpu_limit_cores'), sample('vms_running')],
      ...[sample('pressure_waiting_seconds_total', ',resource="cpu"'), sample('io_written_bytes_total')],
    ]).toEqual([61, 1.75, 104_857_600, 2048 * 1_048_576, undefined, 0, 0.004711, 8192])
  })

  it.each(['/v1/usage', '/v1/host/usage', '/v1/metrics'])('%s is not for everybody', async (path) => {
    client.token = null
    expect((await get(path)).status).toBe(401)
  })

  it('is told to Prometheus in seconds and bytes', async () => {
    client.world.usage.vms.set(id, VM)
    client.world.vmHost.machine(id).devicesInUse = {
      balloonBytes: 268_435_456,
      guestMemory: { totalBytes: 268_435_456, availableBytes: 134_217_728, updatedAt: '2026-01-01T00:00:00.000Z' },
      disks: [{ name: 'disk0', readBytes: 512, writtenBytes: 1024, reads: 1, writes: 2 }],
    }
    client.app.accounting.run()
    await client.world.clock.advance(10_000)
    const answer = await get('/v1/metrics')
    expect(answer.headers['content-type']).toBe('text/plain; version=0.0.4; charset=utf-8')
    const families = parseMetrics(answer.body as string)
    const sample = (name: string, more = '') => families.get(`corbel_${name}`)?.samples.get(`vm="web1",id="${id}"${more}`)
    expect([
      sample('vm_cpu_seconds_total'),
      sample('vm_cpu_steal_seconds_total'),
      sample('vm_cpu_throttled_periods_total'),
      sample('vm_memory_resident_bytes'),
      sample('vm_memory_balloon_bytes'),
      sample('vm_memory_guest_available_bytes'),
      sample('vm_memory_balloon_target_bytes'),
      sample('vm_io_written_bytes_total'),
      sample('vm_pressure_waiting_seconds_total', ',resource="cpu"'),
      sample('vm_pressure_waiting_seconds_total', ',resource="memory"'),
      sample('vm_disk_read_bytes_total', ',disk="disk0"'),
      sample('vm_nic_received_bytes_total', ',nic="nic2"'),
      families.get('corbel_host_memory_size_bytes')?.samples.get(''),
      families.get('corbel_build_info')?.samples.get('version="0.1.0"'),
    ]).toEqual([61, 0.003, 31, 104_857_600, 268_435_456, 134_217_728, undefined, 8192, 0.004711, undefined, 512, 2000, 8_589_934_592, 1])
  })
})

describe('the text for Prometheus', () => {
  const using = (name: string, disks: number): VmUsage => {
    const moved = { readBytes: 1e15, writtenBytes: 1e15, reads: 1e12, writes: 1e12 }
    const devices = {
      balloonBytes: 1e12,
      guestMemory: { totalBytes: 1e12, availableBytes: 1e12, updatedAt: '2026-01-01T00:00:00.000Z' },
      disks: Array.from({ length: disks }, (_, slot) => ({ name: `disk${slot}`, ...moved })),
      rates: null,
    }
    const id = '0f3c2a1e-5b7d-4c9a-8e21-6d4f5a3b2c10'
    return {
      id,
      name,
      at: '2026-01-01T00:00:00.000Z',
      pool: 'host',
      memoryMiB: 1_048_576,
      balloon: { targetMiB: 1_048_575, by: 'balancer' },
      counters: VM,
      rates: null,
      devices,
    }
  }
  /** As many as there may be. */
  const pools = Array.from(
    { length: 100 },
    (_, index): PoolUsage => ({
      ...{ name: `a-pool-with-quite-a-long-name-so-that-its-series-are-long-${index}`, parent: 'host', at: '' },
      ...{ vms: 1000, memoryMiB: 1e9, cpu: { reservationCores: 4096, limitCores: 4096 }, memory: { reservationMiB: 1e9, limitMiB: 1e9 } },
      ...{ counters: { ...VM, pressure: VM.pressure }, rates: null },
    }),
  )
  const render = (vms: readonly VmUsage[]) =>
    renderMetrics({ host: { at: '', counters: HOST_COUNTERS, rates: null }, vms, pools, total: totalUsage(vms) }, '1')

  it('escapes what stands in labels', () => {
    const families = parseMetrics(render([using('a"b\\c\nd', 0)]))
    expect([...(families.get('corbel_vm_cpu_seconds_total')?.samples.keys() ?? [])]).toEqual([
      'vm="a\\"b\\\\c\\nd",id="0f3c2a1e-5b7d-4c9a-8e21-6d4f5a3b2c10"',
    ])
  })

  it('stays below 4 MiB with 1,000 VMs of many disks, and says what it leaves out', () => {
    const text = render(Array.from({ length: 1000 }, (_, index) => using(`a-long-name-of-a-virtual-machine-${index}`, 16)))
    const families = parseMetrics(text)
    expect(text.length).toBeLessThan(4 * 1024 * 1024)
    // 60 times 16 disks and a NIC are 1,020 devices.
    expect(families.get('corbel_vm_disk_reads_total')?.samples.size).toBe(960)
    expect(families.get('corbel_device_series_left_out')?.samples.get('')).toBe(940 * 17)
    expect(families.get('corbel_vm_io_reads_total')?.samples.size).toBe(1000)
  })
})
