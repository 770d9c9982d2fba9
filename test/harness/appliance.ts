// A booted Corbel: a machine with the ISO, a seed, a data disk, a forwarded API and, when asked for, the probe.
import { randomBytes } from 'node:crypto'
import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { type Accelerator, accelerator } from './accel.ts'
import { ApiClient } from './api-client.ts'
import { blankDisk, overlayDataDisk } from './data-disk.ts'
import { Machine } from './machine.ts'
import type { Hardware } from './outer-hardware.ts'
import { freshLogDirectory, iso } from './paths.ts'
import { freePorts } from './ports.ts'
import { directBoot, directBootWithProbe, Probe } from './probe.ts'
import { type DirectBoot, type DiskBus, type Firmware, type Medium, managementMac } from './qemu-argv.ts'
import { dataDiskSerial, ordinarySeed, secondDiskSerial, writeSeed } from './seed-medium.ts'
import { SerialScreen } from './serial-screen.ts'
import { VmClient } from './vm-client.ts'
import { until } from './wait.ts'

export interface ApplianceOptions {
  /** Of build/logs/NAME. */
  readonly name: string
  readonly firmware?: Firmware
  readonly medium?: Medium
  readonly iso?: string
  readonly memoryMiB?: number
  /** CPUs, NUMA nodes, IOMMU and cards; default: one CPU, and nothing beyond what the machine needs. */
  readonly hardware?: Hardware
  readonly noReboot?: boolean
  /** A kernel that gives up is what the test is about. */
  readonly mayPanic?: boolean
  /** A document, or text that is none; null for no seed medium. Default: {@link ordinarySeed}, which names the management adapter where there are cards. */
  readonly seed?: unknown
  /** A raw image with a seed in it instead, which the appliance can write to. */
  readonly seedImage?: string
  /** A qcow2 file instead of a fresh overlay of the prepared disk; null for none. */
  readonly dataDisk?: string | null
  /** A second disk, a qcow2 file. */
  readonly secondDisk?: string
  /** An empty file into which every write to the data disk goes as well; see harness/write-log.ts. */
  readonly writeLog?: string
  /** How the disk is attached; default virtio. */
  readonly diskBus?: DiskBus
  /** Firmware starts from the disk if it can. */
  readonly diskFirst?: boolean
  /** An empty disk instead. */
  readonly blankDiskMiB?: number
  readonly forwards?: readonly number[]
  /** The card that the API is reached by is one of the hardware's, with `netdev=management`. */
  readonly listsManagementCard?: boolean
  /** A unix socket at which a neighbour of the appliance on its management network can be played. */
  readonly neighbour?: string
  /** Has a TPM, with its state in this directory. */
  readonly tpm?: string
  /** Has a USB controller for what a test plugs in. */
  readonly usb?: boolean
  /** Size of the terminal on the serial port; default 80 by 25. */
  readonly terminal?: { readonly columns: number; readonly rows: number }
  /** Boots the kernel directly with the probe before the initramfs. */
  readonly probe?: boolean
}

const makeDataDisk = (directory: string, blankMiB?: number) =>
  blankMiB === undefined ? overlayDataDisk(directory) : blankDisk(directory, blankMiB)

export class Appliance {
  readonly machine: Machine
  readonly screen: SerialScreen
  readonly probe: Probe
  readonly api: ApiClient
  readonly vms: VmClient
  readonly password: string
  readonly dataDisk: string | null
  readonly accelerator: Accelerator
  /** Loopback port here for each port of the appliance asked for. */
  readonly forwarded: ReadonlyMap<number, number>

  private constructor(
    options: ApplianceOptions,
    machine: Machine,
    chosen: Accelerator,
    password: string,
    dataDisk: string | null,
    forwarded: ReadonlyMap<number, number>,
  ) {
    this.machine = machine
    this.accelerator = chosen
    this.password = password
    this.dataDisk = dataDisk
    this.forwarded = forwarded
    this.screen = new SerialScreen(machine.console, options.terminal?.columns, options.terminal?.rows)
    this.probe = new Probe(machine)
    this.api = new ApiClient(forwarded.get(443) ?? 0)
    this.vms = new VmClient(this.api)
  }

  /** Switches the machine on and returns at once. Start it before `try`, stop it in `finally`. */
  static async start(options: ApplianceOptions): Promise<Appliance> {
    const logDirectory = freshLogDirectory(options.name)
    const chosen = await accelerator()
    const password = randomBytes(12).toString('base64url')
    // Among cards, the first adapter with a link may be one of them.
    const adapter = options.hardware?.cards === undefined ? {} : { adapter: managementMac }
    const seed = options.seed === undefined ? ordinarySeed({ password, ...adapter }) : options.seed
    const dataDisk = options.dataDisk === undefined ? makeDataDisk(logDirectory, options.blankDiskMiB) : options.dataDisk
    const wanted = [443, ...(options.forwards ?? [])]
    const ports = await freePorts(wanted.length)
    const forwards = wanted.map((port, n) => [ports[n] ?? 0, port] as const)
    const bootedIso = options.iso ?? iso
    const withoutFirmware = options.firmware === 'direct' ? directBoot(bootedIso) : null
    const direct: DirectBoot | null = options.probe === true ? directBootWithProbe(logDirectory, bootedIso) : withoutFirmware
    const machine = await Machine.start({
      firmware: direct === null ? (options.firmware ?? 'bios') : 'direct',
      medium: options.medium ?? (direct === null ? 'cdrom' : 'disk'),
      iso: bootedIso,
      memoryMiB: options.memoryMiB ?? 1024,
      noReboot: options.noReboot ?? false,
      mayPanic: options.mayPanic ?? false,
      forwards,
      logDirectory,
      ...(options.hardware === undefined ? {} : { hardware: options.hardware }),
      ...(options.usb === undefined ? {} : { usb: options.usb }),
      ...(options.tpm === undefined ? {} : { tpm: options.tpm }),
      ...(options.diskFirst === undefined ? {} : { diskFirst: options.diskFirst }),
      ...(options.listsManagementCard === undefined ? {} : { listsManagementCard: options.listsManagementCard }),
      ...(options.neighbour === undefined ? {} : { neighbour: options.neighbour }),
      ...(direct === null ? {} : { direct }),
      ...(dataDisk === null
        ? {}
        : {
            dataDisk: {
              file: dataDisk,
              serial: dataDiskSerial,
              bus: options.diskBus ?? 'virtio',
              ...(options.writeLog === undefined ? {} : { writeLog: options.writeLog }),
            },
          }),
      ...(options.secondDisk === undefined ? {} : { secondDisk: { file: options.secondDisk, serial: secondDiskSerial } }),
      ...(options.seedImage === undefined ? {} : { seedImage: options.seedImage }),
      ...(seed === null || options.seedImage !== undefined ? {} : { seedDirectory: writeSeed(logDirectory, seed) }),
    })
    return new Appliance(options, machine, chosen, password, dataDisk, new Map(forwards.map(([here, there]) => [there, here])))
  }

  /** `ms` on hardware, more under emulation. */
  readonly patience = (ms: number): number => ms * this.accelerator.slowness

  /** Milliseconds from power-on until the API answered. */
  readonly ready = async (timeoutMs = this.patience(25_000)): Promise<number> => {
    const seen = () => JSON.stringify(this.machine.console.text.slice(-300))
    let readyAt: number | null = null
    const knocks: Promise<void>[] = []
    const look = () => {
      knocks.push(
        this.#knock().then((answered) => {
          if (answered) readyAt ??= performance.now()
        }),
      )
      return readyAt
    }
    await until('API', look, { timeoutMs, intervalMs: 250, signal: this.machine.died, seen })
    // Those that are still open count against what one address may have.
    await Promise.all(knocks)
    return (readyAt ?? 0) - this.machine.poweredOnAt
  }

  /**
   * Whether the API answers a request begun now. QEMU accepts a forwarded connection long before the appliance has a network and
   * then leaves it hanging, so many short tries overlap instead of one waiting in vain; they get longer, for slow machines.
   */
  async #knock(): Promise<boolean> {
    const timeoutMs = 1000 + (performance.now() - this.machine.poweredOnAt) / 10
    const client = new ApiClient(this.api.port, this.api.fingerprint)
    try {
      const { status } = await client.request('GET', '/v1/health', { timeoutMs })
      if (status !== 200) return false
      this.api.fingerprint = client.fingerprint
      return true
    } catch {
      return false
    } finally {
      client.close()
    }
  }

  /** API up and logged in with the seed's password. */
  async readyAndLoggedIn(): Promise<number> {
    const ms = await this.ready()
    await this.api.login(this.password)
    return ms
  }

  /** Kills controld and waits until its successor answers; needs the probe. */
  async killControld(): Promise<void> {
    const timeoutMs = this.patience(10_000)
    const find = () => this.probe.pidsOf('hv-core', 'controld.qjb')
    const [controld] = await find()
    if (controld === undefined) throw new Error('there is no controld')
    await this.probe.output(`kill -9 ${controld}`)
    await until('another controld', async () => (await find()).find((pid) => pid !== controld) ?? null, { timeoutMs })
    const answers = async () => {
      try {
        const { status } = await this.api.request('GET', '/v1/host')
        return status === 503 ? null : status
      } catch {
        return null
      }
    }
    if ((await until('API', answers, { timeoutMs })) === 401) await this.api.login(this.password)
  }

  /** Shuts the host down through the API and waits until the machine is off. */
  async powerOff(): Promise<void> {
    await this.api.call('POST', '/v1/host/power-off')
    await this.machine.waitForPowerOff(this.patience(30_000))
  }

  async stop(): Promise<void> {
    this.screen.close()
    this.api.close()
    await this.machine.stop()
    // Logs and pictures are kept, what they were made with is not: it is large.
    for (const name of ['data.qcow2', 'blank.qcow2', 'initrd', 'uefi-variables.fd'])
      rmSync(join(this.machine.logDirectory, name), { force: true })
  }
}
