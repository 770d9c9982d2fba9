// Disk images on a booted appliance: made and stopped under confinement, grown before a guest's eyes, and a full datastore that a guest survives.
import { createHash, randomBytes } from 'node:crypto'
import type { IncomingMessage } from 'node:http'
import { describe, expect, it } from 'vitest'
import { qcow2OnAnotherFile } from '../fakes/qcow2.ts'
import { EventStream } from '../harness/event-stream.ts'
import { GuestShell } from '../harness/guest-shell.ts'
import { leftToE2e } from '../harness/sample.ts'
import { SerialSocket } from '../harness/serial-socket.ts'
import type { Task } from '../harness/vm-client.ts'
import { until, within } from '../harness/wait.ts'
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

const ask = (path: string, body: object) => host().api.call<Task>('POST', path, { body })

async function done(path: string, body: object): Promise<void> {
  await host().vms.follow(await ask(path, body), minutes(2))
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
    const task = await ask('/v1/datastores/local/disks', {
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

describe('an upload', () => {
  const OCTETS = { 'content-type': 'application/octet-stream' }
  const bytes = randomBytes(2 * MIB)
  const digest = (of: Buffer) => ({ 'content-digest': `sha-256=:${createHash('sha256').update(of).digest('base64')}:` })
  const put = (name: string, body: Buffer, headers: Record<string, string> = {}, query = '') =>
    host().api.request('PUT', `${FILES}/${name}${query}`, { rawBody: body, headers: { ...OCTETS, ...headers }, timeoutMs: minutes(2) })

  /** One that is begun and not ended: as much of it as was given has been sent. */
  async function begin(name: string, sizeBytes: number, first: Buffer) {
    const { api } = host()
    const headers = { ...OCTETS, 'content-length': String(sizeBytes), authorization: `Bearer ${api.token}` }
    const request = api.open({ method: 'PUT', path: `${FILES}/${name}`, headers, agent: false }, () => {})
    const response = new Promise<IncomingMessage>((resolve) => request.once('response', resolve))
    await new Promise((resolve) => request.write(first, resolve))
    return { request, response }
  }

  const uploadTask = async (state: string) => {
    const { items } = await host().api.call<{ items: readonly Task[] }>('GET', '/v1/tasks')
    const [latest] = items.filter(({ kind }) => kind === 'file.upload')
    return latest?.state === state ? latest : null
  }
  const leftovers = () =>
    host().probe.output(`find ${DATASTORE} -name '.unfinished-*'; find /proc/1/root/sys/fs/cgroup/corbel.image -mindepth 1 -type d`)

  it('is there, byte for byte, when it is answered', async () => {
    const answer = await put('up.raw', bytes, digest(bytes))
    const sha256 = createHash('sha256').update(bytes).digest('hex')
    expect(answer).toMatchObject({ status: 201, json: { name: 'up.raw', sizeBytes: bytes.length, sha256, format: 'raw' } })
    expect(await host().probe.output(`sha256sum <${DATASTORE}/up.raw`)).toBe(`${sha256}  -`)
    expect(await put('up.raw', bytes)).toMatchObject({ status: 409, json: { code: 'file.exists' } })
  })

  it.each<[string, Buffer, Record<string, string>, string, string]>([
    ['is not what its digest says', bytes, digest(Buffer.from('x')), '', 'upload.digest'],
    ['names another file in its header', Buffer.from(qcow2OnAnotherFile('/etc/passwd')), {}, '', 'image.backing-file'],
    ['does so as a raw image', Buffer.from(qcow2OnAnotherFile('/etc/passwd')), {}, '?format=raw', 'image.backing-file'],
    ['is no qcow2 image though it should be', bytes, {}, '?format=qcow2', 'image.not-qcow2'],
  ])('that %s is refused, and nothing is left of it', async (_name, body, headers, query, code) => {
    expect(await put('bad', body, headers, query)).toMatchObject({ status: 422, json: { code } })
    expect(await fileNamed('bad')).toBeUndefined()
    expect(await leftovers()).toBe('')
  })

  it('is taken by a process with no rights and one file in view, and leaves nothing when its sender goes', async () => {
    const { probe } = host()
    const { request } = await begin('cut.raw', 64 * MIB, bytes)
    const pid = await until('receiver', async () => (await probe.pidsOf('hv-core', 'receive.qjb'))[0] ?? null, { timeoutMs: minutes(1) })
    const status = await probe.output(`cat /proc/${pid}/status`)
    expect(status).toMatch(/^Uid:\s104\s104\s104\s104$/m)
    for (const set of ['CapInh', 'CapPrm', 'CapEff', 'CapBnd', 'CapAmb']) expect(status).toMatch(new RegExp(`^${set}:\\s0+$`, 'm'))
    expect(await probe.output(`ls /proc/${pid}/root/image; tail -n +3 /proc/${pid}/net/dev`)).toMatch(/^new\s+lo:[^:]*$/)
    request.destroy()
    const task = await until('failed task', () => uploadTask('failed'), { timeoutMs: minutes(1) })
    expect(task.error).toMatchObject({ code: 'upload.truncated' })
    expect(await fileNamed('cut.raw')).toBeUndefined()
    expect(await leftovers()).toBe('')
  })

  it('is a task that shows how far it is, and that others can cancel', async () => {
    const { api } = host()
    const { request, response } = await begin('cancelled.raw', 4 * MIB, bytes)
    const task = await until(
      'half of it',
      async () => ((await uploadTask('running'))?.progressPercent ?? 0) >= 50 && uploadTask('running'),
      {
        timeoutMs: minutes(1),
      },
    )
    await api.call('POST', `/v1/tasks/${task.id}/cancel`)
    expect((await within('answer', response, minutes(1))).statusCode).toBe(409)
    request.destroy()
    await until('cancelled task', () => uploadTask('cancelled'), { timeoutMs: minutes(1) })
    expect(await leftovers()).toBe('')
  })

  it('is lost with its controld, not half there', async () => {
    const { request, response } = await begin('orphan.raw', 64 * MIB, bytes)
    await until('task', () => uploadTask('running'), { timeoutMs: minutes(1) })
    await host().killControld()
    expect((await within('answer', response, minutes(1))).statusCode).toBe(503)
    request.destroy()
    await until('nothing of it', async () => (await leftovers()) === '', { timeoutMs: minutes(1) })
    expect((await uploadTask('failed'))?.error).toMatchObject({ code: 'task.interrupted' })
    expect(await fileNamed('orphan.raw')).toBeUndefined()
  })

  it('of any size passes through without being kept anywhere', async () => {
    const { probe } = host()
    const memory = async () => {
      const processes = await probe.processes()
      const of = (end: string) => processes.find(({ argv }) => argv.some((word) => word.endsWith(end)))?.pssKiB ?? 0
      return { controld: of('controld.qjb'), gateway: of('gatewayd') }
    }
    const before = await memory()
    const large = randomBytes(48 * MIB)
    const seen: { controld: number; gateway: number }[] = []
    const sent = put('large.raw', large, digest(large))
    let ended = false
    const watched = sent.finally(() => (ended = true))
    while (!ended) seen.push(await memory())
    expect(await watched).toMatchObject({ status: 201 })
    expect(seen.length).toBeGreaterThan(1)
    for (const { controld, gateway } of seen) {
      expect(controld - before.controld).toBeLessThan(8 * 1024)
      expect(gateway - before.gateway).toBeLessThan(8 * 1024)
    }
    await host().api.call('DELETE', `${FILES}/large.raw`)
  })
})

describe.skipIf(leftToE2e)('a guest', () => {
  let id = ''
  let shell: GuestShell

  it('boots with the new disk', async () => {
    const { api, machine, vms } = host()
    const disk = (file: string) => ({ datastore: 'local', file, format: 'qcow2' })
    id = (await vms.create({ name: 'debian', memoryMiB: 256, disks: [disk('debian.qcow2'), disk('second.qcow2')] })).id
    await vms.power(id, 'power-on', minutes(1))
    shell = await GuestShell.login(await SerialSocket.open(api, id), machine, minutes(6), () => vms.power(id, 'reset', minutes(1)))
    expect(await shell.run('cat /sys/block/vdb/size', minutes(1))).toBe(String((1024 * MIB) / 512))
    expect((await fileNamed('second.qcow2'))?.usedBy).toEqual([id])
  })

  it('sees its disk grow', async () => {
    await done(`${FILES}/second.qcow2/grow`, { sizeBytes: 1536 * MIB })
    await shell.waitFor('cat /sys/block/vdb/size', new RegExp(`^${(1536 * MIB) / 512}$`), minutes(1))
  })

  it('writes no faster than its disk’s limit, from when that is set', async () => {
    const { api, vms } = host()
    const limited = async (limits: object | null) => {
      const { revision, spec } = await vms.get(id)
      const { disks } = spec as unknown as { readonly disks: readonly object[] }
      const body = { disks: disks.map((disk, slot) => (slot === 1 ? { ...disk, limits } : disk)) }
      const headers = { 'if-match': `"${revision}"` }
      await vms.follow(await api.call<Task>('PATCH', `/v1/vms/${id}`, { body, headers }), minutes(1))
    }
    const seconds = async () => {
      const begun = performance.now()
      await shell.run('dd if=/dev/zero of=/dev/vdb bs=256k count=16 oflag=direct && echo written', minutes(3))
      return (performance.now() - begun) / 1000
    }
    // However busy the machine is that emulates it, it cannot be faster than that: QEMU lets through a second's worth at once.
    await limited({ writeBytesPerSecond: 262_144 })
    const slow = await seconds()
    console.log(`4 MiB written in ${slow} s with a limit of 256 KiB/s`)
    expect(slow).toBeGreaterThan(13)
    await limited(null)
    expect((await vms.get(id)).status.pending).toEqual([])
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
