// The monitor of a fake QEMU: block nodes, devices, file descriptors and migration, as far as the control plane's commands go. Each command is whole.
import { VmHostFailure } from '../../control/src/adapters/host-failure.ts'
import type { QmpEvent } from '../../control/src/adapters/qmp-client.ts'
import type { Effect } from '../../control/src/domain/effect.ts'
import type { FakeKernel, Holder } from './kernel.ts'

type Arguments = Readonly<Record<string, unknown>>

interface Node {
  readonly path: string | null
  readonly isWritable: boolean
  /** The node below it. */
  readonly file: string | null
}

interface FdSet {
  readonly opaque: string
  readonly descriptor: number
  readonly path: string
  readonly isWritable: boolean
}

/** What its commands do outside of the monitor. */
export interface Machine {
  /** `running`, `paused`, … */
  state: string
  stop(): void
  inflate(balloonBytes: number): void
  goOn(): void
  /** The guest is asked to let go of a device; `release` is called when it does. */
  askToRelease(id: string): void
  emit(event: QmpEvent): void
  /** Begins to write its state, or to read it; calls back when that has come to its end. */
  migrate(ended: (status: 'completed' | 'failed') => void): void
}

export class FakeQmp {
  /** What each disk (a node) or NIC (a netdev) stands on. */
  readonly devices = new Map<string, string>()
  readonly nodes = new Map<string, Node>()
  readonly fdsets = new Map<number, FdSet>()
  /** Descriptors by name, and by netdev: those of TAPs. */
  readonly fds = new Map<string, number>()
  readonly netdevs = new Map<string, number>()
  readonly unlinked = new Set<string>()
  /** The node in each drive. */
  readonly media = new Map<string, string | null>()
  readonly openTrays = new Set<string>()
  /** Numbers of the vCPUs that are there; those from the start have no name. */
  readonly vcpus = new Map<number, string>()
  mostVcpus = 1
  requestedHotBytes = 0
  panicAction: string | null = null
  migration = 'none'
  #nextFdset = 1

  constructor(
    readonly kernel: FakeKernel,
    readonly holder: Holder,
    readonly machine: Machine,
    plan: readonly Effect[],
  ) {
    for (const effect of plan) if (effect.kind === 'start-process') this.#begin(effect, plan)
  }

  /** Paths of the disks' files that it has open for writing, or could have without being given them again. */
  writtenFiles(): readonly string[] {
    const open = [...this.nodes.values(), ...[...this.fdsets.values()].filter(({ opaque }) => opaque.startsWith('disk'))]
    return [...new Set(open.flatMap(({ path, isWritable }) => (path !== null && isWritable ? [path] : [])))]
  }

  /** The guest has let go of a device. */
  release(id: string): void {
    const vcpu = [...this.vcpus].find(([, name]) => name === id)
    if (vcpu !== undefined) this.vcpus.delete(vcpu[0])
    this.devices.delete(id)
    this.unlinked.delete(id)
    if (vcpu === undefined) this.machine.emit({ name: 'DEVICE_DELETED', data: { path: `/machine/peripheral/${id}/virtio-backend` } })
    const data = id.startsWith('/') ? { path: id } : { device: id, path: `/machine/peripheral/${id}` }
    this.machine.emit({ name: 'DEVICE_DELETED', data })
  }

  has(id: string): boolean {
    return this.devices.has(id) || [...this.vcpus.values()].includes(id)
  }

  execute(command: string, given: Arguments, descriptors: readonly number[]): unknown {
    const text = (name: string) => String(given[name])
    switch (command) {
      case 'query-status':
        return { running: this.machine.state === 'running', status: this.machine.state }
      case 'stop':
        return this.machine.stop()
      case 'cont':
        return this.machine.goOn()
      case 'add-fd':
        return this.#addFd(text('opaque'), descriptors)
      case 'remove-fd':
        return this.#removeFd(Number(given['fdset-id']))
      case 'query-fdsets':
        return [...this.fdsets].map(([id, { opaque }]) => ({ 'fdset-id': id, fds: [{ opaque }] }))
      case 'blockdev-add':
        return this.#addNode(given)
      case 'blockdev-del':
        return this.#removeNode(text('node-name'))
      case 'device_add':
        return this.#addDevice(given)
      case 'device_del':
        require(this.has(text('id')), command, `there is no device ${text('id')}`)
        return this.machine.askToRelease(text('id'))
      case 'qom-list':
        return [...this.devices.keys(), ...this.media.keys(), ...this.vcpus.values()].map((name) => ({ name }))
      case 'getfd':
        this.#closeFd(text('fdname'))
        return void this.fds.set(text('fdname'), this.#take(descriptors))
      case 'closefd':
        require(this.fds.has(text('fdname')), command, 'there is no such descriptor')
        return this.#closeFd(text('fdname'))
      case 'netdev_add':
        return this.#addNetdev(text('id'), text('fd'))
      case 'netdev_del':
        return this.#removeNetdev(text('id'))
      case 'set_link':
        require(this.devices.has(text('name')), command, `there is no device ${text('name')}`)
        return void (given.up === true ? this.unlinked.delete(text('name')) : this.unlinked.add(text('name')))
      case 'query-block':
        return [
          ...[...this.devices.keys()]
            .filter((id) => id.startsWith('disk'))
            .map((id) => ({ qdev: `/machine/peripheral/${id}/virtio-backend` })),
          ...[...this.media].map(([drive, node]) => ({ qdev: drive, ...(node === null ? {} : { inserted: { 'node-name': node } }) })),
        ]
      case 'blockdev-open-tray':
        return void this.openTrays.add(text('id'))
      case 'blockdev-remove-medium':
        require(this.openTrays.has(text('id')), command, 'the tray is closed')
        return void this.media.set(text('id'), null)
      case 'blockdev-insert-medium':
        require(this.openTrays.has(text('id')) && this.media.get(text('id')) === null, command, 'there is a medium already')
        require(this.nodes.has(text('node-name')), command, 'there is no such node')
        return void this.media.set(text('id'), text('node-name'))
      case 'blockdev-close-tray':
        return void this.openTrays.delete(text('id'))
      case 'query-hotpluggable-cpus':
        return Array.from({ length: this.mostVcpus }, (_, number) => this.#place(number))
      case 'qom-set':
        this.requestedHotBytes = Number(given.value)
        return {}
      case 'set-action':
        this.panicAction = text('panic')
        return {}
      case 'block_set_io_throttle':
        require([...this.devices.keys()].some((id) => text('id') === `/machine/peripheral/${id}/virtio-backend`), command, 'no such drive')
        return {}
      case 'balloon':
        return this.machine.inflate(Number(given.value))
      case 'migrate-set-parameters':
        return {}
      case 'migrate':
      case 'migrate-incoming':
        return this.#migrate(command, text('uri'))
      case 'migrate_cancel':
        if (this.migration === 'active') this.migration = 'cancelled'
        return {}
      case 'query-migrate':
        return this.migration === 'active' ? { status: 'active', ram: { total: 100, remaining: 50 } } : { status: this.migration }
      default:
        throw new TypeError(`no such command: ${command}`)
    }
  }

  #begin({ view, argv }: Extract<Effect, { kind: 'start-process' }>, plan: readonly Effect[]): void {
    const owned = plan.flatMap((effect) => (effect.kind === 'own-file' && !effect.shared ? [effect.path] : []))
    const add = (name: string, path: string) => {
      this.nodes.set(`${name}-file`, { path, isWritable: owned.includes(path), file: null })
      this.nodes.set(name, { path: null, isWritable: false, file: `${name}-file` })
    }
    for (const [drive] of argv.join(' ').matchAll(/\bcdrom\d+\b/g)) this.media.set(drive, null)
    for (const { source, target } of view) {
      const [, kind, slot] = /^\/(disk|cdrom)\/(\d+)$/.exec(target) ?? []
      if (kind === undefined) continue
      add(`${kind}${slot}`, source)
      if (kind === 'cdrom') this.media.set(`cdrom${slot}`, `cdrom${slot}`)
      else this.devices.set(`disk${slot}`, `disk${slot}`)
    }
    const [, present = '1', most = '1'] = /\bcpus=(\d+),maxcpus=(\d+)/.exec(argv.join(' ')) ?? []
    this.mostVcpus = Number(most)
    for (let number = 0; number < Number(present); number++) this.vcpus.set(number, `/machine/unattached/device[${number}]`)
  }

  /** A NIC from the start. */
  beginNic(name: string, descriptor: number): void {
    this.devices.set(name, `${name}-net`)
    this.netdevs.set(`${name}-net`, descriptor)
  }

  #take([descriptor]: readonly number[]): number {
    if (descriptor === undefined) throw failure('getfd', 'no descriptor came')
    return this.kernel.pass(descriptor, this.holder).number
  }

  #addFd(opaque: string, descriptors: readonly number[]): unknown {
    const descriptor = this.#take(descriptors)
    const { path = null, isWritable = false } = this.kernel.descriptors.get(descriptor) ?? {}
    const id = this.#nextFdset++
    this.fdsets.set(id, { opaque, descriptor, path: path ?? '', isWritable })
    return { 'fdset-id': id }
  }

  #removeFd(id: number): void {
    const set = this.fdsets.get(id)
    require(set !== undefined, 'remove-fd', 'there is no such set')
    this.kernel.close(set?.descriptor ?? -1)
    this.fdsets.delete(id)
  }

  #addNode(node: Arguments): void {
    const name = String(node['node-name'])
    require(!this.nodes.has(name), 'blockdev-add', `there is a node ${name}`)
    if (node.driver !== 'file') {
      require(this.nodes.has(String(node.file)), 'blockdev-add', 'there is no node below')
      return void this.nodes.set(name, { path: null, isWritable: false, file: String(node.file) })
    }
    const set = this.fdsets.get(Number(String(node.filename).replace('/dev/fdset/', '')))
    require(set !== undefined, 'blockdev-add', 'there is no such file')
    this.nodes.set(name, { path: set?.path ?? '', isWritable: node['read-only'] !== true, file: null })
  }

  #removeNode(name: string): void {
    require(this.nodes.has(name), 'blockdev-del', `there is no node ${name}`)
    const users = [...this.devices.values(), ...this.media.values(), ...[...this.nodes.values()].map(({ file }) => file)]
    require(!users.includes(name), 'blockdev-del', `the node ${name} is in use`)
    this.nodes.delete(name)
  }

  #addDevice(device: Arguments): void {
    const id = String(device.id)
    require(!this.has(id), 'device_add', `there is a device ${id}`)
    const number = device['socket-id']
    if (typeof number === 'number') {
      require(!this.vcpus.has(number), 'device_add', 'that place is taken')
      return void this.vcpus.set(number, id)
    }
    const base = String(device.drive ?? device.netdev)
    require(device.netdev === undefined ? this.nodes.has(base) : this.netdevs.has(base), 'device_add', `there is no ${base}`)
    this.devices.set(id, base)
  }

  #addNetdev(id: string, fd: string): void {
    require(!this.netdevs.has(id), 'netdev_add', `there is a netdev ${id}`)
    const descriptor = this.fds.get(fd)
    require(descriptor !== undefined, 'netdev_add', `there is no descriptor ${fd}`)
    this.fds.delete(fd)
    this.netdevs.set(id, descriptor ?? -1)
  }

  #removeNetdev(id: string): void {
    const descriptor = this.netdevs.get(id)
    require(descriptor !== undefined, 'netdev_del', `there is no netdev ${id}`)
    this.netdevs.delete(id)
    this.kernel.close(descriptor ?? -1)
  }

  #closeFd(name: string): void {
    this.kernel.close(this.fds.get(name) ?? -1)
    this.fds.delete(name)
  }

  #place(number: number): unknown {
    const name = this.vcpus.get(number)
    const path = name === undefined || name.startsWith('/') ? name : `/machine/peripheral/${name}`
    return { type: 'cpu', props: { 'socket-id': number }, ...(path === undefined ? {} : { 'qom-path': path }) }
  }

  /** What must be the same at both ends. */
  #hardware(): string {
    return [...this.devices.keys(), ...this.media.keys(), `${this.vcpus.size} vCPUs`].sort().join()
  }

  #migrate(command: string, uri: string): void {
    require(this.migration !== 'active', command, 'there is a migration under way')
    this.migration = 'active'
    const path = this.fdsets.get(Number(uri.replace('file:/dev/fdset/', '')))?.path ?? ''
    const { saved, mismatches } = this.kernel
    const hardware = this.#hardware()
    if (command === 'migrate') saved.set(path, hardware)
    const isOther = command !== 'migrate' && saved.get(path) !== hardware
    if (isOther) mismatches.push(`${path}: ${saved.get(path)}, not ${hardware}`)
    this.machine.migrate((ended) => {
      if (this.migration !== 'active') return
      const status = isOther ? 'failed' : ended
      this.migration = status
      if (status === 'completed') this.machine.state = command === 'migrate' ? 'postmigrate' : 'paused'
    })
  }
}

function failure(command: string, text: string): VmHostFailure {
  return new VmHostFailure('qmp.error.GenericError', command, text)
}

function require(condition: boolean, command: string, text: string): void {
  if (!condition) throw failure(command, text)
}
