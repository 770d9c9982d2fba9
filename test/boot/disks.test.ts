// Disk images on a booted appliance: made and stopped under confinement, grown before a guest's eyes, and a full datastore that a guest survives.
import { describe, expect, it } from 'vitest'
import { EventStream } from '../harness/event-stream.ts'
import { GuestShell } from '../harness/guest-shell.ts'
import { SerialSocket } from '../harness/serial-socket.ts'
import type { Task } from '../harness/vm-client.ts'
import { until } from '../harness/wait.ts'
import { booted } from './booted.ts'

const MIB = 1_048_576
const FILES = '/v1/datastores/local/files'
const DATASTORE = '/proc/1/root/datastores/local'
const host = booted({ name: 'disks', probe: true, memoryMiB: 2048 }, (appliance) => appliance.readyAndLoggedIn())
const minutes = (count: number) => host().patience(count * 10_000)

interface File {
  readonly name: string
  readonly sizeBytes: number
  readonly allocatedBytes: number
  readonly usedBy: readonly string[]
}

async function fileNamed(name: string): Promise<File | undefined> {
  const { items } = await host().api.call<{ items: readonly File[] }>('GET', FILES)
  return items.find((file) => file.name === name)
}

async function availableBytes(): Promise<number> {
  const { items } = await host().api.call<{ items: readonly { availableBytes: number }[] }>('GET', '/v1/datastores')
  return items[0]?.availableBytes ?? 0
}

const begin = (path: string, body: object) => host().api.call<Task>('POST', path, { body })

async function done(path: string, body: object): Promise<void> {
  await host().vms.follow(await begin(path, body), minutes(2))
}

describe('the datastore', () => {
  it('is known by the UUID of its file system', async () => {
    const { items } = await host().api.call<{ items: readonly { uuid: string }[] }>('GET', '/v1/datastores')
    expect(items[0]?.uuid).toMatch(/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/)
  })
})

describe('a disk image', () => {
  it('is made, and takes no more than it has to', async () => {
    await done('/v1/datastores/local/disks', { file: 'second.qcow2', format: 'qcow2', sizeBytes: 1024 * MIB })
    const file = await fileNamed('second.qcow2')
    expect(file?.allocatedBytes).toBeLessThan(MIB)
    expect(await host().probe.output(`stat -c '%u %g %a' ${DATASTORE}/second.qcow2`)).toBe('0 0 600')
  })

  it('is made by a process with no rights and little in view, which a cancelled task ends and leaves nothing of', async () => {
    const { api, probe } = host()
    const task = await begin('/v1/datastores/local/disks', {
      file: 'large.raw',
      format: 'raw',
      sizeBytes: 2048 * MIB,
      preallocation: 'full',
    })
    const pid = await until('qemu-img', async () => (await probe.pidsOf('qemu-img', 'create'))[0] ?? null, { timeoutMs: minutes(1) })
    const status = await probe.output(`cat /proc/${pid}/status`)
    expect(status).toMatch(/^Uid:\s104\s104\s104\s104$/m)
    for (const set of ['CapInh', 'CapPrm', 'CapEff', 'CapBnd', 'CapAmb']) expect(status).toMatch(new RegExp(`^${set}:\\s0+$`, 'm'))
    expect(status).toMatch(/^NoNewPrivs:\s1$/m)
    const cgroup = await probe.output(`cut -d: -f3 /proc/${pid}/cgroup`)
    expect(cgroup).toMatch(/^\/corbel\.image\/[0-9a-f]+$/)
    expect(await probe.output(`cat /proc/1/root/sys/fs/cgroup${cgroup}/memory.max`)).toBe('268435456')
    expect(await probe.output(`ls /proc/${pid}/root /proc/${pid}/root/image; cat /proc/${pid}/net/dev | tail -n +3`)).toMatch(
      /dev\s+image\s+lib64\s+usr[\s\S]*image:\s+new\s+lo:[^:]*$/,
    )
    const percent = async () => (await api.call<{ progressPercent: number }>('GET', `/v1/tasks/${task.id}`)).progressPercent
    await until('progress', async () => ((await percent()) > 0 ? true : null), { timeoutMs: minutes(2) })
    await api.call('POST', `/v1/tasks/${task.id}/cancel`)
    const state = async () => (await api.call<Task>('GET', `/v1/tasks/${task.id}`)).state as string
    await until('the end of the task', async () => ((await state()) === 'cancelled' ? true : null), { timeoutMs: minutes(1) })
    expect(await probe.output(`find ${DATASTORE} -name '.unfinished-*' -o -name large.raw`)).toBe('')
    expect(await probe.output('find /proc/1/root/sys/fs/cgroup/corbel.image -mindepth 1 -type d')).toBe('')
  })

  it('is copied into another format', async () => {
    await done(`${FILES}/second.qcow2/copy`, { to: 'copy.raw', format: 'raw' })
    expect(await fileNamed('copy.raw')).toMatchObject({ sizeBytes: 1024 * MIB, usedBy: [] })
    await host().api.call('DELETE', `${FILES}/copy.raw`)
    expect(await fileNamed('copy.raw')).toBeUndefined()
  })

  it('that does not fit is refused with the figures', async () => {
    const answer = await host().api.request('POST', '/v1/datastores/local/disks', {
      body: { file: 'huge.raw', format: 'raw', sizeBytes: 2 ** 42, preallocation: 'full' },
    })
    expect(answer).toMatchObject({ status: 507, json: { code: 'datastore.full', problems: [{ got: 2 ** 42 }] } })
  })
})

describe('a guest', () => {
  let id = ''
  let shell: GuestShell

  it('boots with the new disk', async () => {
    const { api, machine, vms } = host()
    const disk = (file: string) => ({ datastore: 'local', file, format: 'qcow2' })
    id = (await vms.create({ name: 'debian', memoryMiB: 256, disks: [disk('debian.qcow2'), disk('second.qcow2')] })).id
    await vms.power(id, 'power-on', minutes(1))
    shell = await GuestShell.login(await SerialSocket.open(api, id), machine, minutes(6))
    expect(await shell.run('cat /sys/block/vdb/size', minutes(1))).toBe(String((1024 * MIB) / 512))
    expect((await fileNamed('second.qcow2'))?.usedBy).toEqual([id])
  })

  it('sees its disk grow', async () => {
    await done(`${FILES}/second.qcow2/grow`, { sizeBytes: 1536 * MIB })
    await shell.waitFor('cat /sys/block/vdb/size', new RegExp(`^${(1536 * MIB) / 512}$`), minutes(1))
  })

  it('loses no file of its own to a deletion', async () => {
    const answer = await host().api.request('DELETE', `${FILES}/second.qcow2`)
    expect(answer).toMatchObject({ status: 409, json: { code: 'file.in-use', problems: [{ message: 'is used by the VM debian' }] } })
  })

  it('stands still when the datastore is full, and goes on as if nothing had been when there is room', async () => {
    const { api, probe, vms } = host()
    const events = EventStream.open(api)
    const left = 24 * MIB
    await probe.output(`fallocate -l ${(await availableBytes()) - left} ${DATASTORE}/filler`)
    const writing = shell.run('dd if=/dev/zero of=/dev/vdb bs=1M count=96 oflag=direct && echo written', minutes(10))
    writing.catch(() => {})
    await events.waitFor('vm.out-of-space', id, minutes(4))
    expect((await vms.get(id)).status).toMatchObject({ powerState: 'paused', pausedBecause: 'out-of-space' })
    await api.call('DELETE', `${FILES}/filler`)
    await events.waitFor('vm.continued', id, minutes(2))
    events.close()
    expect(await writing).toMatch(/written$/)
    expect((await vms.get(id)).status.powerState).toBe('running')
  })

  it('leaves its disk to be copied and grown when it is off', async () => {
    const { probe, vms } = host()
    await vms.power(id, 'power-off', minutes(1))
    const owner = () => probe.output(`stat -c '%u' ${DATASTORE}/second.qcow2`)
    expect(Number(await owner())).toBeGreaterThan(19_999)
    await done(`${FILES}/second.qcow2/copy`, { to: 'copy.qcow2' })
    expect((await fileNamed('copy.qcow2'))?.allocatedBytes).toBeLessThan(200 * MIB)
    await done(`${FILES}/second.qcow2/grow`, { sizeBytes: 2048 * MIB })
    await vms.power(id, 'power-on', minutes(1))
    expect(Number(await owner())).toBeGreaterThan(19_999)
  })
})
