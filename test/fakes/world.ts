// An app over fakes: what a unit test of use cases or of the API starts with. A restart of controld makes a new app over the same world.

import { createApi } from '../../control/src/api/api.ts'
import type { Api, ApiResponse, CompleteResponse, Incoming, Peer } from '../../control/src/api/message.ts'
import { type App, createApp } from '../../control/src/app/app.ts'
import type { AppPorts } from '../../control/src/app/ports.ts'
import { NETWORK_KEYS, readCards, resolveNetwork } from '../../control/src/domain/network-kept.ts'
import { FakeBackupFiles } from './backup-files.ts'
import { FakeBootSlots, FakeSelfTest, FakeUpdateTrust } from './boot-slots.ts'
import { FakeClock } from './clock.ts'
import { FakeControlPlane } from './control-plane.ts'
import { ControlProcess } from './control-process.ts'
import { FakeDiskImages } from './disk-images.ts'
import { FakeDatastores, FakeHost } from './host.ts'
import { FakeHostLogs } from './host-logs.ts'
import { FakeHugePages } from './huge-pages.ts'
import { FakeInstaller } from './installer.ts'
import { FakeKeyboard } from './keyboard.ts'
import { FakeLogCollector } from './log-collector.ts'
import { FakeMirrors } from './mirrors.ts'
import { FakeNetwork } from './network.ts'
import { FakePasswords } from './passwords.ts'
import { FakeRandom } from './random.ts'
import { FakeResourceGroups } from './resource-groups.ts'
import { FakeServices } from './services.ts'
import { FakeSockets } from './sockets.ts'
import { FakeSpecCopies } from './spec-copies.ts'
import { FakeStateCare } from './state-care.ts'
import { FakeStore } from './store.ts'
import { FakeSupport } from './support.ts'
import { FakeTimekeeping } from './timekeeping.ts'
import { FakeUpdateMedia } from './update-media.ts'
import { FakeUsage } from './usage.ts'
import { FakeUsb } from './usb.ts'
import { FakeVmHost } from './vm-host.ts'
import { FakeWebFiles } from './web-files.ts'

export const PASSWORD = 'correct horse battery'

export class World implements Omit<AppPorts, 'vmHost' | 'pciDevices' | 'network'> {
  readonly store = new FakeStore()
  readonly vmHost = new FakeVmHost()
  readonly clock = new FakeClock()
  readonly host = new FakeHost(this.clock)
  readonly datastores = new FakeDatastores('a.qcow2', 'b.qcow2', 'c.raw', 'x.iso', 'vmlinuz', 'initrd')
  readonly stateCare = new FakeStateCare()
  readonly specCopies = new FakeSpecCopies()
  readonly diskImages = new FakeDiskImages(this.datastores)
  readonly kernelNetwork = new FakeNetwork((name) => {
    this.host.hostname = name
  })
  readonly usage = new FakeUsage()
  readonly usbDevices = new FakeUsb()
  readonly resourceGroups = new FakeResourceGroups()
  readonly hugePages = new FakeHugePages()
  readonly traffic = this.vmHost.kernel.traffic
  readonly passwords = new FakePasswords()
  readonly logCollector = new FakeLogCollector()
  readonly webFiles = new FakeWebFiles()
  readonly updateMedia = new FakeUpdateMedia()
  readonly hostLogs = new FakeHostLogs()
  readonly services = new FakeServices()
  readonly installer = new FakeInstaller()
  readonly backupFiles = new FakeBackupFiles()
  readonly bootSlots = new FakeBootSlots()
  readonly controlPlane = new FakeControlPlane()
  readonly updateTrust = new FakeUpdateTrust()
  readonly selfTest = new FakeSelfTest()
  readonly keyboard = new FakeKeyboard()
  readonly mirrors = new FakeMirrors()
  readonly timekeeping = new FakeTimekeeping()
  readonly support = new FakeSupport()
  readonly sockets = new FakeSockets()
  readonly random: FakeRandom
  readonly logged: string[] = []
  /** How long an effect takes that is waited for; null: no time at all. */
  latencyMs: (() => number) | null = null
  #process: ControlProcess | null = null

  constructor(seed = 1) {
    this.random = new FakeRandom(seed)
  }

  log = (severity: string, text: string): void => {
    this.logged.push(`${severity}: ${text}`)
  }

  /** A controld begins to come up, over `others` in place of what is here; the one before is dead from now on. */
  begin(others: Partial<Pick<AppPorts, 'usage'>> = {}): {
    readonly app: App
    readonly process: ControlProcess
    readonly started: Promise<void>
  } {
    this.#process?.kill()
    const process = new ControlProcess(this.clock, this.latencyMs, () => {
      this.vmHost.disconnect(process)
      this.diskImages.disconnect()
    })
    this.#process = process
    const vmHost = this.vmHost.for(process)
    const pciDevices = this.vmHost.kernel.pci.for(process)
    const { document } = this.host.bootOutcome.seed
    const setting = (key: string) => this.store.getSetting(key)
    this.kernelNetwork.setUp(resolveNetwork(setting, document).settings, readCards(setting(NETWORK_KEYS.cards)))
    const network = this.kernelNetwork.for(process)
    const app = createApp({
      ...this,
      ...others,
      log: this.log,
      vmHost,
      pciDevices,
      network,
      store: process.store(this.store),
      clock: process.clock,
    })
    return { app, process, started: app.start() }
  }

  /** A controld that has come up. */
  async boot(others: Partial<Pick<AppPorts, 'usage'>> = {}): Promise<App> {
    const { app, started } = this.begin(others)
    await started
    return app
  }

  /** A user has one role on the host and nothing else, whatever the rules say of that. */
  grantAlone(name: string, role: string): void {
    const user = this.store.getUser(name)
    if (user !== null) this.store.putUser({ ...user, spec: { ...user.spec, grants: [{ role, on: 'host' }] } })
  }

  /** The whole host goes down and comes back, with no controld yet. */
  powerCut(): void {
    this.#process?.kill()
    this.vmHost.powerCut()
    this.host.bootId = `${this.host.bootId}'`
    this.kernelNetwork.boot()
  }
}

export interface Sent {
  readonly method?: string
  readonly path: string
  readonly query?: string
  readonly headers?: Readonly<Record<string, string>>
  /** Sent as JSON; bytes are sent as they are. */
  readonly body?: unknown
  readonly remote?: string
  /** When the client has connected; without it nobody knows. */
  readonly connectedMs?: number
  readonly upgrade?: 'websocket'
  readonly peer?: Peer
  readonly incoming?: Incoming
}

/** A client of the API in a world, logged in as administrator. */
export class Client {
  token: string | null = null
  readonly api: Api

  constructor(
    readonly world: World,
    readonly app: App,
  ) {
    this.api = createApi(app, { decodeUtf8: decodeAscii, log: world.log })
  }

  static async open(world = new World()): Promise<Client> {
    const client = new Client(world, await world.boot())
    if (client.app.sessions.setupRequired) await client.app.sessions.setUp(PASSWORD)
    client.token = (await client.app.sessions.login('administrator', PASSWORD, '192.0.2.1')).token
    return client
  }

  send({
    method = 'GET',
    path,
    query = '',
    headers = {},
    body,
    remote = '192.0.2.1:4711',
    peer = 'network',
    ...rest
  }: Sent): Promise<ApiResponse> {
    const bytes = body === undefined ? new Uint8Array() : body instanceof Uint8Array ? body : encodeAscii(JSON.stringify(body))
    const authorization = this.token === null ? {} : { authorization: `Bearer ${this.token}` }
    const type = body === undefined ? {} : { 'content-type': 'application/json' }
    return this.api.handle({ method, path, query, headers: { ...authorization, ...type, ...headers }, remote, body: bytes, ...rest }, peer)
  }

  /** A whole answer with its body parsed. */
  async call(sent: Sent): Promise<{ readonly status: number; readonly headers: Readonly<Record<string, string>>; readonly body: unknown }> {
    const response = await this.send(sent)
    if (response.kind !== 'complete') throw new Error(`a ${response.kind} came`)
    const { status, headers } = response
    return { status, headers, body: parse(response) }
  }
}

function parse({ headers, body }: CompleteResponse): unknown {
  const text = typeof body === 'string' ? body : String.fromCharCode(...body)
  return /\bjson/.test(headers['content-type'] ?? '') ? JSON.parse(text) : text
}

export function encodeAscii(text: string): Uint8Array {
  return Uint8Array.from(text, (character) => character.charCodeAt(0))
}

/** Anything above ASCII counts as malformed here. */
function decodeAscii(bytes: Uint8Array): string | null {
  return bytes.some((byte) => byte > 127) ? null : Array.from(bytes, (byte) => String.fromCharCode(byte)).join('')
}
