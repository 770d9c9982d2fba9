// Where VMs are on a host with several CPUs and NUMA nodes: read back from the kernel, and held against what the API says.
import { describe, expect, it } from 'vitest'
import { booted } from '../boot/booted.ts'
import { SerialSocket } from '../harness/serial-socket.ts'
import { guestSpecs, type Task, type Vm } from '../harness/vm-client.ts'
import { until } from '../harness/wait.ts'

const CGROUPS = '/proc/1/root/sys/fs/cgroup'
const NODES = '/proc/1/root/sys/devices/system/node'
/** CPUs 0 and 1 on node 0, 2 and 3 on node 1; the first core stays everybody's. */
const HARDWARE = {
  cpus: { sockets: 2, cores: 2, threads: 1 },
  nodes: [
    { cpus: '0-1', memoryMiB: 1024 },
    { cpus: '2-3', memoryMiB: 1024 },
  ],
}
const host = booted({ name: 'placement', probe: true, hardware: HARDWARE }, (appliance) => appliance.readyAndLoggedIn())
const minutes = (count: number) => host().patience(count * 10_000)

interface ResourcesView {
  readonly cpus: { readonly everybody: string; readonly vms: readonly object[] }
  readonly broken: readonly object[]
}

const view = () => host().api.call<ResourcesView>('GET', '/v1/host/resources')
const look = (script: string) => host().probe.output(script)
const groupFile = (path: string) => look(`cat ${CGROUPS}/${path}`)

async function start(name: string, spec: object): Promise<Vm> {
  const { vms } = host()
  const { id } = await vms.create({ ...guestSpecs.hello(name), memoryMiB: 128, display: 'none', ...spec })
  await vms.power(id, 'power-on', minutes(2))
  return vms.get(id)
}

async function change(id: string, patch: object): Promise<Vm> {
  const { api, vms } = host()
  const answer = await api.request('PATCH', `/v1/vms/${id}`, { body: patch, headers: { 'if-match': '*' } })
  expect([200, 202]).toContain(answer.status)
  if (answer.status === 202) await vms.follow(answer.json as Task, minutes(1))
  return vms.get(id)
}

/** By name of the thread, on which CPUs it may run. */
async function threads({ status }: Vm): Promise<ReadonlyMap<string, string>> {
  const task = `/proc/1/root/proc/${status.pid}/task`
  const told = await look(`for t in ${task}/*; do echo "$(cat $t/comm)=$(sed -n 's/^Cpus_allowed_list:[^0-9]*//p' $t/status)"; done`)
  return new Map(told.split('\n').map((line): [string, string] => [line.split('=')[0] ?? '', line.split('=')[1] ?? '']))
}

/** Threads of processes, kernel threads left out, that may run on one of these CPUs and are no vCPUs of the VM. */
async function intruders(cpus: readonly number[], { status }: Vm): Promise<readonly string[]> {
  const program = `FNR == 1 { name = $2; user = 0 } /^VmSize/ { user = 1 } /^Cpus_allowed_list/ { if (user) print FILENAME, name, $2 }`
  const all = (await look(`awk '${program}' /proc/1/root/proc/[0-9]*/task/*/status 2>/dev/null || true`)).split('\n')
  // Its own and controld's are there in any case.
  expect(all.length).toBeGreaterThan(10)
  return all.filter((line) => {
    const [path = '', name = '', list = ''] = line.split(' ')
    const isVcpu = path.includes(`/proc/${status.pid}/`) && name === 'CPU'
    return !isVcpu && cpus.some((cpu) => holds(list, cpu))
  })
}

const holds = (list: string, cpu: number) =>
  list.split(',').some((range) => {
    const [first, last = first] = range.split('-').map(Number)
    return first !== undefined && last !== undefined && first <= cpu && cpu <= last
  })

describe('a VM with CPUs of its own', () => {
  let vm: Vm

  it('has its vCPUs alone on them, one on each, and its memory near to them', async () => {
    vm = await start('alone', { vcpus: 2, cpuPlacement: { mode: 'dedicated' } })
    expect((await view()).cpus.vms).toEqual([{ id: vm.id, name: 'alone', shared: '0-1', own: '2-3', vcpus: ['2', '3'], nodes: [1] }])
    const group = `corbel.vm/${vm.id}`
    expect(await groupFile(`${group}/vcpus/cpuset.cpus.partition`)).toBe('isolated')
    expect(await groupFile(`${group}/vcpus/cpuset.cpus.effective`)).toBe('2-3')
    const allowed = await threads(vm)
    expect([allowed.get('CPU 0/KVM'), allowed.get('CPU 1/KVM')]).toEqual(['2', '3'])
    for (const [name, cpus] of allowed) if (!name.startsWith('CPU ')) expect(cpus).toBe('0-1')
    const console = await SerialSocket.open(host().api, vm.id)
    await console.waitFor(/nested kvm is/, minutes(3), host().machine.died)
    console.close()
    const maps = await look(`grep 'prefer.*:1 ' /proc/1/root/proc/${vm.status.pid}/numa_maps | sort -t= -k4 | tail -1`)
    const pages = (node: number) => Number(new RegExp(`N${node}=(\\d+)`).exec(maps)?.[1] ?? 0)
    expect(pages(1)).toBeGreaterThan(9 * pages(0))
  })

  it('shares them with nothing: no process, no interrupt that can be told', async () => {
    expect(await intruders([2, 3], vm)).toEqual([])
    expect(await groupFile('corbel.host/cpuset.cpus.effective')).toBe('0-1')
    expect(await look('cat /proc/1/root/proc/irq/default_smp_affinity')).toMatch(/^0*3$/)
    // What a CPU did between two looks, while everything else is busy, it did for the guest: without one there would be time of users.
    const busy = async () => {
      const stat = await look('cat /proc/1/root/proc/stat')
      return [2, 3].map((cpu) => {
        const [user = 0, nice = 0] = (new RegExp(`^cpu${cpu} (.*)$`, 'm').exec(stat)?.[1] ?? '').split(' ').map(Number)
        return user + nice
      })
    }
    const burning = look('timeout 8 sh -c "for i in 1 2 3 4; do (while :; do :; done) & done; wait" || true')
    const before = await busy()
    await burning
    const after = await busy()
    console.log(
      `user time on dedicated CPUs while 4 loops burned for 8 s: ${after.map((ticks, index) => ticks - (before[index] ?? 0))} ticks`,
    )
  })

  it('keeps them when controld is another', async () => {
    await host().killControld()
    await until('the adopted VM', async () => ((await host().vms.get(vm.id)).status.powerState === 'running' ? true : null), {
      timeoutMs: minutes(2),
    })
    expect((await view()).cpus.vms).toMatchObject([{ own: '2-3' }])
    expect((await threads(vm)).get('CPU 1/KVM')).toBe('3')
  })

  it('leaves too few for another, which is told so', async () => {
    const { api, vms } = host()
    const { id } = await vms.create({ ...guestSpecs.hello('second'), vcpus: 2, cpuPlacement: { mode: 'dedicated' } })
    expect(await api.request('POST', `/v1/vms/${id}/power-on`)).toMatchObject({ status: 409, json: { code: 'admission.cpu-reservation' } })
    await vms.remove(id)
  })

  it('gives them back, and is pinned, and has some again, while it runs', async () => {
    expect((await change(vm.id, { cpuPlacement: { mode: 'pinned', cpus: '0,2' } })).status.pending).toEqual([])
    let allowed = await threads(vm)
    expect([allowed.get('CPU 0/KVM'), allowed.get('CPU 1/KVM')]).toEqual(['0', '2'])
    expect(await groupFile('corbel.host/cpuset.cpus.effective')).toBe('0-3')
    expect(await look(`ls -d ${CGROUPS}/corbel.vm/${vm.id}/vcpus 2>/dev/null || echo none`)).toBe('none')
    await change(vm.id, { cpuPlacement: null })
    expect(new Set((await threads(vm)).values())).toEqual(new Set(['0-3']))
    await change(vm.id, { cpuPlacement: { mode: 'dedicated', cpus: '1-3' } })
    allowed = await threads(vm)
    expect([allowed.get('CPU 0/KVM'), allowed.get('CPU 1/KVM')]).toEqual(['2', '3'])
    expect((await view()).broken).toEqual([])
  })

  it('leaves nothing when it ends', async () => {
    await host().vms.power(vm.id, 'power-off', minutes(1))
    expect(await groupFile('corbel.host/cpuset.cpus.effective')).toBe('0-3')
    expect(await look(`cat ${CGROUPS}/cpuset.cpus.isolated`)).toBe('')
    await host().vms.remove(vm.id)
  })
})

describe('a VM on two nodes', () => {
  it('shows its guest nodes with vCPUs and huge pages of them, which nobody else can have', async () => {
    const { api, machine, vms } = host()
    const vm = await start('wide', { vcpus: 2, memoryMiB: 160, numaNodes: [1, 0], guestNumaNodes: 2, hugePages: '2MiB' })
    const pages = (name: string) => look(`cat ${NODES}/node[01]/hugepages/hugepages-2048kB/${name}`)
    expect([await pages('nr_hugepages'), await pages('free_hugepages')]).toEqual(['40\n40', '0\n0'])
    const console = await SerialSocket.open(api, vm.id)
    await console.waitFor(/nested kvm is/, minutes(4), machine.died)
    console.send('nodes\r')
    await console.waitFor(/node0 has CPUs 0 and \d+ kB/, minutes(1), machine.died)
    await console.waitFor(/node1 has CPUs 1 and \d+ kB/, minutes(1), machine.died)
    console.close()
    const allowed = await threads(vm)
    expect([allowed.get('CPU 0/KVM'), allowed.get('CPU 1/KVM')]).toEqual(['2-3', '0-1'])
    const limit = (size: string) => groupFile(`corbel.vm/${vm.id}/hugetlb.${size}.rsvd.max`)
    expect([await limit('2MB'), await limit('1GB')]).toEqual([String(160 * 1_048_576), '0'])
    const maps = await look(`grep huge /proc/1/root/proc/${vm.status.pid}/numa_maps`)
    expect([/bind:1 .*N1=40/.test(maps), /bind:0 .*N0=40/.test(maps)]).toEqual([true, true])
    await vms.power(vm.id, 'power-off', minutes(1))
    expect(await pages('nr_hugepages')).toBe('0\n0')
    await vms.remove(vm.id)
  })

  it('of which the host has one is refused with those that there are, and so is such a pool', async () => {
    const { api, vms } = host()
    const { id } = await vms.create({ ...guestSpecs.hello('far'), numaNodes: [0, 7] })
    const refusal = { status: 409, json: { problems: [{ code: 'admission.numa-nodes', got: '0, 7', allowed: ['0', '1'] }] } }
    expect(await api.request('POST', `/v1/vms/${id}/power-on`, { body: {} })).toMatchObject(refusal)
    expect(await api.request('POST', '/v1/pools', { body: { name: 'far', numaNodes: [0, 7] } })).toMatchObject(refusal)
    await vms.remove(id)
  })
})

describe('a dedicated pool', () => {
  it('is alone on its CPUs, with all its VMs, and changes while they run', async () => {
    const { api, vms } = host()
    await api.call('POST', '/v1/pools', { body: { name: 'gold', cpuSet: { cpus: '2-3', dedicated: true } } })
    const vm = await start('inside', { pool: 'gold' })
    expect(new Set((await threads(vm)).values())).toEqual(new Set(['2-3']))
    for (const intruder of await intruders([2, 3], vm)) {
      const process = intruder.split('/task/')[0] ?? ''
      // The probe is beside the appliance, in no group of it.
      const group = await look(`cut -d: -f3 ${process}/cgroup 2>/dev/null || true`)
      if (group !== '/' && group !== '') expect(process).toBe(`/proc/1/root/proc/${vm.status.pid}`)
    }
    expect(await groupFile('corbel.host/cpuset.cpus.effective')).toBe('0-1')
    await api.call('PATCH', '/v1/pools/gold', { body: { cpuSet: { cpus: '3' } }, headers: { 'if-match': '*' } })
    expect(new Set((await threads(vm)).values())).toEqual(new Set(['3']))
    expect(await groupFile('corbel.host/cpuset.cpus.effective')).toBe('0-2')
    await vms.power(vm.id, 'power-off', minutes(1))
    await vms.remove(vm.id)
    await api.call('DELETE', '/v1/pools/gold')
    expect(await groupFile('corbel.host/cpuset.cpus.effective')).toBe('0-3')
  })
})
