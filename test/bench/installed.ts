// An installed host: how long an installation takes, a start to the API and to the VMs that start with it, and for how long an update leaves the host without an API.
import { mkdirSync, rmSync } from 'node:fs'
import type { Appliance } from '../harness/appliance.ts'
import { blankDisk } from '../harness/data-disk.ts'
import { freshLogDirectory } from '../harness/paths.ts'
import { isoWithCommandLine, makeUpdate } from '../harness/update-file.ts'
import { guestSpecs } from '../harness/vm-client.ts'
import { until } from '../harness/wait.ts'
import { withAppliance } from '../harness/with-appliance.ts'

export interface Installed {
  /** From power-on of the medium until it powers off by itself. */
  readonly installSeconds: number
  /** From power-on of the disk, firmware and loader included. */
  readonly toApiSeconds: number
  readonly toAutostartSeconds: number
  /** Sent and read back. */
  readonly updateWriteSeconds: number
  /** From the request to restart until the new system's API answers. */
  readonly updateDowntimeSeconds: number
  /** The same of a restart that updates nothing. */
  readonly restartDowntimeSeconds: number
}

const password = 'measured from the disk'
const seed = {
  version: 1,
  administrator: { password },
  // biome-ignore lint/suspicious/noThenProperty: a word of the seed
  install: { target: { serial: 'DATA1' }, wipe: 'if-blank', then: 'power-off' },
}

const since = (begun: number) => (performance.now() - begun) / 1000

async function powerOnToAutostart(appliance: Appliance): Promise<[number, number]> {
  const ms = await appliance.ready(appliance.patience(60_000))
  await appliance.api.login(password)
  const runs = async () => (await appliance.vms.list()).some(({ status }) => status.powerState === 'running')
  await until('the VM', runs, { timeoutMs: appliance.patience(60_000), intervalMs: 200, signal: appliance.machine.died })
  return [ms / 1000, since(appliance.machine.poweredOnAt)]
}

/** Seconds from the request until the API answers again, from whichever system. */
async function restart({ api, machine, patience, ready }: Appliance): Promise<number> {
  const [begun, resets] = [performance.now(), machine.resets]
  await api.call('POST', '/v1/host/restart')
  await until('the restart', () => machine.resets > resets, { timeoutMs: patience(90_000), signal: machine.died })
  await ready(patience(90_000))
  return since(begun)
}

async function confirmed({ api, machine, patience }: Appliance): Promise<void> {
  await api.login(password)
  const look = async () => (await api.call<{ confirmed: boolean }>('GET', '/v1/host/slots')).confirmed
  await until('confirmation', look, { timeoutMs: patience(60_000), intervalMs: 500, signal: machine.died })
}

export async function measureInstalled(): Promise<Installed> {
  const directory = freshLogDirectory('bench-installed-disk')
  mkdirSync(directory, { recursive: true })
  const dataDisk = blankDisk(directory, 16_384)
  const installed = { name: 'bench-installed', medium: 'none', seed: null, dataDisk } as const
  try {
    const installSeconds = await withAppliance({ name: 'bench-install', seed, dataDisk }, async ({ machine, patience }) => {
      await machine.waitForPowerOff(patience(90_000))
      return since(machine.poweredOnAt)
    })
    await withAppliance(installed, async (appliance) => {
      await appliance.ready(appliance.patience(60_000))
      await confirmed(appliance)
      await appliance.vms.makeEmptyDisk('starts', appliance.patience(15_000))
      await appliance.vms.create(guestSpecs.idle('starts'))
      await appliance.powerOff()
    })
    return await withAppliance(installed, async (appliance) => {
      const [toApiSeconds, toAutostartSeconds] = await powerOnToAutostart(appliance)
      const restartDowntimeSeconds = await restart(appliance)
      await confirmed(appliance)
      const begun = performance.now()
      const headers = { 'content-type': 'application/octet-stream' }
      const rawBody = makeUpdate({ payload: isoWithCommandLine('') })
      await appliance.api.call('PUT', '/v1/host/update', { rawBody, headers, timeoutMs: 600_000 })
      const updateWriteSeconds = since(begun)
      const updateDowntimeSeconds = await restart(appliance)
      await confirmed(appliance)
      return { installSeconds, toApiSeconds, toAutostartSeconds, updateWriteSeconds, updateDowntimeSeconds, restartDowntimeSeconds }
    })
  } finally {
    rmSync(dataDisk, { force: true })
  }
}
