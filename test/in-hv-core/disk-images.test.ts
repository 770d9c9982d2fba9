// Disk images by the real qemu-img, confined as on the appliance: what it makes, what it can reach, and what is left when it is stopped or finds no room.
import * as fs from 'hv:fs'
import { landlockVersion, run } from 'hv:process'
import { type Connection, fromFd } from 'hv:socket'
import { decodeUtf8 } from 'hv:text'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { createDiskImages } from '../../control/src/adapters/disk-images.ts'
import { imageSandbox } from '../../control/src/adapters/image-sandbox.ts'
import { makeCgroup, removeCgroup } from '../../control/src/adapters/vm-cgroup.ts'
import { waitUntil } from '../../control/src/adapters/wait.ts'
import { type DiskImagesBench, diskImagesContract, follower } from '../contract/disk-images.contract.ts'
import { PYTHON } from './fake-qemu.ts'
import { build } from './native/support.ts'
import { removeDirectory, temporaryDirectory } from './temporary.ts'
import { cgroupMount, clock, failureOf, openDescriptors } from './vm-bench.ts'

const MIB = 1_048_576
let directory = ''
let cgroups = ''
let logged: string[] = []

beforeEach(() => {
  directory = temporaryDirectory()
  cgroups = `${cgroupMount()}/${directory.split('/').at(-1)}`
  logged = []
})
afterEach(() => {
  removeDirectory(directory)
  if (fs.statOrNull(cgroups) !== null) fs.rmdir(cgroups)
})

/** As shipped: the sanitizers want more than a sandbox has. */
const receiver = { engine: build.replace(/asan$/, 'release/hv-core'), bundle: build.replace(/hv-core\/asan$/, 'control/receive.qjb') }

function images() {
  return createDiskImages({ directory, cgroups, limits: {}, receiver }, clock, (_severity, text) => logged.push(text))
}

async function tool(...argv: string[]): Promise<string> {
  const { code, stdout, stderr } = await run({ argv, env: { LC_ALL: 'C' } })
  if (code !== 0) throw new Error(decodeUtf8(stderr))
  return decodeUtf8(stdout)
}

const python = (program: string, ...args: string[]) => tool(PYTHON, '-I', '-S', '-c', program, ...args)

/** Bytes that no compression makes small, here and there in a file of holes. */
async function scatter(path: string, sizeBytes: number): Promise<void> {
  await python(
    `
import os, sys
with open(sys.argv[1], 'wb') as file:
    file.truncate(int(sys.argv[2]))
    for at in range(0, int(sys.argv[2]), 7 << 20):
        file.seek(at + 4321)
        file.write(os.urandom(100000))
`,
    path,
    String(sizeBytes),
  )
}

function send(descriptor: number, head: Uint8Array, sizeBytes: number): void {
  const bytes = new Uint8Array(sizeBytes)
  bytes.set(head)
  const connection = fromFd(descriptor)
  connection.write(bytes)
  connection.closeWhenSent(10_000)
}

describe('qemu-img', () => {
  diskImagesContract(
    (): DiskImagesBench => ({
      images: images(),
      directory,
      names: () => fs.readDir(directory),
      put(name, head, sizeBytes) {
        const bytes = new Uint8Array(sizeBytes)
        bytes.set(head)
        fs.writeFileAtomic(`${directory}/${name}`, bytes)
      },
      send,
    }),
  )
})

describe('a received file', () => {
  it('of many steps arrives whole, tells how far it is, and is root’s alone', async () => {
    const before = openDescriptors()
    const seen = follower()
    const sizeBytes = 40 * MIB + 1
    const image = { path: `${directory}/new`, sizeBytes, sha256: null, format: null }
    const offered = (descriptor: number) => {
      const connection = fromFd(descriptor)
      let left = sizeBytes
      // What goes out at once leaves nothing to be drained.
      const more = () => {
        while (left > 0 && connection.queuedBytes === 0) {
          const piece = new Uint8Array(Math.min(left, MIB)).fill(left & 255)
          left -= piece.length
          connection.write(piece)
          if (left === 0) connection.closeWhenSent(60_000)
        }
      }
      connection.onDrain(more)
      more()
    }
    const { sha256 } = await images().receive(image, offered, seen)
    expect(`${sha256}  ${directory}/new`).toBe((await tool('/usr/bin/sha256sum', `${directory}/new`)).trim())
    const { size, mode, uid, gid } = fs.lstat(image.path)
    expect([size, mode, uid, gid]).toEqual([sizeBytes, 0o600, 0, 0])
    expect([...seen.seen].sort((one, other) => one - other)).toEqual([...seen.seen])
    expect(openDescriptors()).toBe(before)
  })

  it('is refused while it comes, by its first page', async () => {
    const connections: Connection[] = []
    const sizeBytes = 1024 * MIB
    const head = new Uint8Array(65_536)
    head.set([0x51, 0x46, 0x49, 0xfb, 0, 0, 0, 9])
    const received = images().receive(
      { path: `${directory}/new`, sizeBytes, sha256: null, format: null },
      (descriptor) => {
        const connection = fromFd(descriptor)
        connections.push(connection)
        connection.write(head)
      },
      follower(),
    )
    expect((await failureOf(received)).code).toBe('image.unsupported-feature')
    expect(fs.readDir(directory)).toEqual([])
    for (const connection of connections) connection.close()
  })

  it('for which there is no room is not kept', async () => {
    fs.mkdir(`${directory}/small`)
    fs.mount('tmpfs', `${directory}/small`, 'tmpfs', [], 'size=4m')
    try {
      const small = createDiskImages({ directory: `${directory}/small`, cgroups, limits: {}, receiver }, clock, () => {})
      const image = { path: `${directory}/small/new`, sizeBytes: 8 * MIB, sha256: null, format: null }
      const failure = await failureOf(small.receive(image, (descriptor) => send(descriptor, new Uint8Array(), 8 * MIB), follower()))
      expect([failure.code, failure.message]).toEqual(['datastore.full', 'hv-core: write: No space left on device (ENOSPC).'])
      expect(fs.readDir(`${directory}/small`)).toEqual([])
    } finally {
      fs.unmount(`${directory}/small`)
    }
  })
})

describe('a copy', () => {
  it.each([
    ['raw', 'qcow2'],
    ['qcow2', 'raw'],
  ] as const)('from %s into %s has the same content, its holes included, and is root’s alone', async (sourceFormat, format) => {
    const [raw, source, path] = [`${directory}/raw`, `${directory}/a`, `${directory}/b`]
    await scatter(raw, 64 * MIB)
    await tool('/usr/bin/qemu-img', 'convert', '-f', 'raw', '-O', sourceFormat, '-c', raw, source).catch(() =>
      tool('/usr/bin/qemu-img', 'convert', '-f', 'raw', '-O', sourceFormat, raw, source),
    )
    // As a VM that was off left it.
    fs.chown(source, 20_007, 20_007)
    fs.chmod(source, 0o600)
    const before = openDescriptors()
    const seen = follower()
    const needed = await images().measure(source, sourceFormat, seen.cancellation)
    await images().copy({ source, sourceFormat, path, format }, seen)
    await tool('/usr/bin/qemu-img', 'compare', '-f', format, '-F', 'raw', path, raw)
    const { mode, uid, gid, allocatedBytes } = fs.lstat(path)
    expect([mode, uid, gid]).toEqual([0o600, 0, 0])
    expect(allocatedBytes).toBeLessThan(needed + MIB)
    expect(needed).toBeLessThan(4 * MIB)
    expect(seen.seen.length).toBeGreaterThan(0)
    expect(openDescriptors()).toBe(before)
  })
})

describe('an image of version 2 with a snapshot', () => {
  it('keeps its size, and one of version 3 does not', async () => {
    for (const [version, outcome] of [
      ['0.10', 'disk.grow.snapshots'],
      ['1.1', null],
    ] as const) {
      const path = `${directory}/${version}`
      await tool('/usr/bin/qemu-img', 'create', '-q', '-f', 'qcow2', '-o', `compat=${version}`, path, '4M')
      await tool('/usr/bin/qemu-img', 'snapshot', '-c', 'one', path)
      expect(images().info(path, 'qcow2').fixedSize).toBe(outcome)
      if (outcome !== null) expect((await failureOf(images().grow(path, 'qcow2', 8 * MIB))).code).toBe(outcome)
      else await images().grow(path, 'qcow2', 8 * MIB)
      expect(images().info(path, 'qcow2').virtualSizeBytes).toBe(outcome === null ? 8 * MIB : 4 * MIB)
      await tool('/usr/bin/qemu-img', 'check', '-q', '-f', 'qcow2', path)
    }
  })
})

describe('work that is stopped', () => {
  it('when cancelled, leaves no process, cgroup, file or descriptor', async () => {
    const before = openDescriptors()
    const following = follower()
    const image = { path: `${directory}/new`, format: 'raw', sizeBytes: 4096 * MIB, preallocation: 'full' } as const
    const failed = failureOf(images().create(image, following))
    expect(await waitUntil(clock, () => following.seen.some((percent) => percent > 0), 30_000)).toBe(true)
    following.cancel()
    expect((await failed).code).toBe('image.cancelled')
    expect(fs.readDir(directory)).toEqual([])
    expect(fs.readDir(cgroups).filter((name) => fs.stat(`${cgroups}/${name}`).kind === 'directory')).toEqual([])
    expect(openDescriptors()).toBe(before)
    expect(logged).toEqual([])
  })

  it.each(['create', 'copy'] as const)('by a full file system, %s, leaves nothing and says so', async (act) => {
    const small = `${directory}/small`
    fs.mkdir(small)
    fs.mount('tmpfs', small, 'tmpfs', ['nosuid', 'nodev', 'noexec'], 'size=512k')
    try {
      await scatter(`${directory}/a`, 64 * MIB)
      const path = `${small}/b`
      const failure = await failureOf(
        act === 'create'
          ? images().create({ path, format: 'raw', sizeBytes: 8 * MIB, preallocation: 'full' }, follower())
          : images().copy({ source: `${directory}/a`, sourceFormat: 'raw', path, format: 'qcow2' }, follower()),
      )
      expect(failure.code).toBe('datastore.full')
      expect(failure.message).toMatch(/No space left on device/)
      expect(fs.readDir(small)).toEqual([])
    } finally {
      fs.unmount(small)
    }
  })

  it('with an earlier controld is ended by the next one, and its file removed', async () => {
    const image = { path: `${directory}/new`, format: 'raw', sizeBytes: 4096 * MIB, preallocation: 'full' } as const
    const following = follower()
    const failed = failureOf(images().create(image, following))
    expect(await waitUntil(clock, () => following.seen.some((percent) => percent > 0), 30_000)).toBe(true)
    await images().removeUnfinished()
    expect((await failed).code).toBe('image.failed')
    expect(fs.readDir(directory)).toEqual([])
  })
})

describe('the confinement of qemu-img', () => {
  it('leaves it its files and libraries, and no rights, network or way to write elsewhere', async () => {
    fs.writeFileAtomic(`${directory}/own`, 'x', { uid: 104, gid: 104 })
    fs.writeFileAtomic(`${directory}/other`, 'x', { mode: 0o666 })
    const report = `
import json, os, socket
def tried(act):
    try:
        return act()
    except OSError as error:
        return error.strerror
def writes(path):
    return tried(lambda: os.close(os.open(path, os.O_WRONLY)) or 'ok')
print(json.dumps({
    'ids': os.getresuid() + os.getresgid(), 'groups': os.getgroups(), 'environment': dict(os.environ),
    'root': tried(lambda: sorted(os.listdir('/'))), 'image': tried(lambda: sorted(os.listdir('/image'))), 'pid': os.getpid(),
    'networks': tried(lambda: [name for _, name in socket.if_nameindex()]), 'children': tried(lambda: os.fork() and 'made'),
    'own': writes('/image/own'), 'other': writes('/image/other'), 'new': os.access('/image', os.W_OK), 'root_writable': os.access('/', os.W_OK),
}))
`
    const files = [
      { name: 'own', path: `${directory}/own`, readOnly: false },
      { name: 'other', path: `${directory}/other`, readOnly: true },
    ]
    const program = { path: PYTHON, args: ['-I', '-S', '-c', report], reads: ['/usr/lib'] }
    makeCgroup(`${cgroups}/job`, {})
    const { cgroup: _cgroup, parentDeathSignal: _signal, ...options } = imageSandbox(program, files, `${cgroups}/job`, {})
    const whole = await run(options)
    // What is left when Landlock and the filter are taken off tells what the views are worth by themselves.
    const { code, stdout, stderr } = await run({ ...options, landlock: false, refusedCalls: [{ name: 'fork' }, { name: 'clone' }] })
    await removeCgroup(`${cgroups}/job`, clock)
    const denied = 'Operation not permitted'
    expect(`${whole.code} ${decodeUtf8(whole.stderr)}`).toBe('0 ')
    expect(JSON.parse(decodeUtf8(whole.stdout))).toMatchObject({ pid: 1, own: 'ok', networks: denied, children: denied })
    if (landlockVersion() > 0) expect(decodeUtf8(whole.stdout)).toMatch(/"root": "Permission denied", "image": "Permission denied"/)
    expect(`${code} ${decodeUtf8(stderr)}`).toBe('0 ')
    expect(JSON.parse(decodeUtf8(stdout))).toMatchObject({
      ...{ ids: [104, 104, 104, 104, 104, 104], groups: [], networks: ['lo'], environment: { LC_ALL: 'C' }, pid: 1 },
      ...{
        root: ['dev', 'image', 'lib64', 'usr'],
        image: ['other', 'own'],
        own: 'ok',
        other: 'Read-only file system',
        new: false,
        root_writable: false,
      },
    })
  })
})
