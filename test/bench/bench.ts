// `make bench`: the figures of a booted appliance and of the planner, as a table and as build/bench.json; `many-vms`, `planner`, `guest-cpu` or `installed` as
// argument measures that part alone. Measures; judges nothing.
import { statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { accelerator } from '../harness/accel.ts'
import type { Appliance } from '../harness/appliance.ts'
import { build, imageFile, iso } from '../harness/paths.ts'
import { guestSpecs } from '../harness/vm-client.ts'
import { withAppliance } from '../harness/with-appliance.ts'
import { type GuestCpu, measureGuestCpu } from './guest-cpu.ts'
import { type Installed, measureInstalled } from './installed.ts'
import { type LoadResult, measureLoad } from './load.ts'
import { type ManyVms, manyVmsRows, measureManyVms } from './many-vms.ts'
import { measurePlanner, type PlannerCost, VMS } from './planner.ts'
import { measurePlannerInEngine } from './planner-in-engine.ts'
import { measurePowerOn, type PowerOnResult } from './power-on.ts'
import { type Stage, stagesOf } from './stages.ts'

const vmCount = 100

interface Figures {
  readonly accelerator: string
  readonly isoBytes: number
  readonly rootImageBytes: number
  /** BIOS, CD. The first stage is what had passed when the kernel began to count. */
  readonly liveIsoToApiSeconds: number
  readonly firmwareAndLoaderSeconds: number
  /** Kernel and initramfs given directly, no firmware's disk access, no loader. */
  readonly directToApiSeconds: number
  readonly stages: readonly Stage[]
  /** From the kernel's start until controld serves, against the kernel's start until any init would run. */
  readonly apiToBareInitRatio: number
  /** All memory of the machine that is in use once the API answers, with no VM: what the kernel counts as total less what it could hand out. */
  readonly usedMiB: number
  readonly processes: readonly { readonly name: string; readonly pssKiB: number }[]
  /** Null where the kernel does not tell: the release's has no smaps. */
  readonly ownPssKiB: number | null
  readonly powerOn: PowerOnResult
  readonly vmCount: number
  readonly load: readonly LoadResult[]
  readonly manyVms: readonly ManyVms[]
  readonly guestCpu: GuestCpu
  readonly installed: Installed
  readonly planner: Planner
}

/** In Node, and in the engine that is shipped. */
interface Planner {
  readonly node: readonly PlannerCost[]
  readonly engine: readonly PlannerCost[]
}

async function measureIsoBoot(): Promise<Pick<Figures, 'liveIsoToApiSeconds' | 'firmwareAndLoaderSeconds'>> {
  return withAppliance({ name: 'bench-iso' }, async (appliance) => {
    const ready = await appliance.readyAndLoggedIn()
    const { status } = await appliance.api.call<{ status: { uptimeSeconds: number } }>('GET', '/v1/host')
    const elapsed = (performance.now() - appliance.machine.poweredOnAt) / 1000
    return { liveIsoToApiSeconds: ready / 1000, firmwareAndLoaderSeconds: elapsed - status.uptimeSeconds }
  })
}

const ours = /(?:controld|dcui|gateway-launch|setup)\.qjb|gatewayd/

async function measureMemory(appliance: Appliance): Promise<Pick<Figures, 'processes' | 'ownPssKiB'>> {
  const all = await appliance.probe.processes()
  const named = all.map(({ argv, pssKiB }) => ({
    name: argv
      .map((word) => word.split('/').at(-1))
      .join(' ')
      .slice(0, 60),
    pssKiB,
  }))
  const ownPssKiB = named.filter(({ name }) => ours.test(name)).reduce((sum, { pssKiB }) => sum + pssKiB, 0)
  if (ownPssKiB === 0) return { processes: [], ownPssKiB: null }
  return { processes: named.sort((a, b) => b.pssKiB - a.pssKiB), ownPssKiB }
}

async function measureUsedMiB(appliance: Appliance): Promise<number> {
  const meminfo = await appliance.probe.output('cat /proc/meminfo')
  const kiB = (name: string) => Number(new RegExp(`^${name}: +(\\d+) kB$`, 'm').exec(meminfo)?.[1])
  return (kiB('MemTotal') - kiB('MemAvailable')) / 1024
}

async function measureRequests(appliance: Appliance): Promise<readonly LoadResult[]> {
  const vms: string[] = []
  for (let n = 0; n < vmCount; n++) vms.push((await appliance.vms.create(guestSpecs.diskless(`bench-${n}`))).id)
  await measureLoad(appliance.api, '/v1/vms', 4, 3000)
  const load = [await measureLoad(appliance.api, '/v1/vms', 1, 10_000), await measureLoad(appliance.api, '/v1/vms', 8, 15_000)]
  for (const id of vms) await appliance.vms.remove(id)
  return load
}

async function measureManyVmsAlone(): Promise<string> {
  return withAppliance({ name: 'bench-many-vms', probe: true, memoryMiB: 2048 }, async (appliance) => {
    await appliance.readyAndLoggedIn()
    return manyVmsRows(await measureManyVms(appliance)).join('\n')
  })
}

async function measureGuestCpuAlone(): Promise<string> {
  return withAppliance({ name: 'bench-guest-cpu', probe: true, memoryMiB: 2048 }, async (appliance) => {
    await appliance.readyAndLoggedIn()
    return guestCpuRows(await measureGuestCpu(appliance, 3)).join('\n')
  })
}

async function measureBothPlanners(): Promise<Planner> {
  return { node: measurePlanner(() => performance.now(), 100), engine: await measurePlannerInEngine(100) }
}

async function measure(): Promise<Figures> {
  const chosen = await accelerator()
  const say = (text: string) => process.stdout.write(`==> ${text}\n`)
  say('measuring the planner')
  const planner = await measureBothPlanners()
  say(`measuring a boot of the ISO (${chosen.name})`)
  const isoBoot = await measureIsoBoot()
  say('measuring an installed host')
  const installed = await measureInstalled()
  say('measuring a direct boot')
  return withAppliance({ name: 'bench', probe: true, memoryMiB: 2048 }, async (appliance) => {
    const direct = await appliance.readyAndLoggedIn()
    const stages = stagesOf(appliance.machine.kernelLog.text)
    const usedMiB = await measureUsedMiB(appliance)
    const memory = await measureMemory(appliance)
    say('measuring power-on of a VM')
    const powerOn = await measurePowerOn(appliance, 7)
    say(`measuring requests with ${vmCount} VMs`)
    const load = await measureRequests(appliance)
    say('measuring up to 1000 defined VMs')
    const manyVms = await measureManyVms(appliance)
    say('measuring the work of a guest')
    const guestCpu = await measureGuestCpu(appliance, 3)
    return {
      accelerator: chosen.name,
      isoBytes: statSync(iso).size,
      rootImageBytes: statSync(imageFile('root.img')).size,
      ...isoBoot,
      directToApiSeconds: direct / 1000,
      stages,
      apiToBareInitRatio: stages.reduce((sum, { seconds }) => sum + seconds, 0) / (stages[0]?.seconds ?? Number.NaN),
      usedMiB,
      ...memory,
      powerOn,
      vmCount,
      load,
      manyVms,
      guestCpu,
      installed,
      planner,
    }
  })
}

const row = (what: string, value: string) => `${what.padEnd(64)} ${value.padStart(12)}`

function guestCpuRows({ corbelPerSecond, plainPerSecond, ratio }: GuestCpu): string[] {
  return [
    row('work of a guest in a VM, rounds a second', corbelPerSecond.toFixed(2)),
    row('work of the same guest in a plain QEMU, rounds a second', plainPerSecond.toFixed(2)),
    row('work of a guest: ratio', ratio.toFixed(3)),
  ]
}

function installedRows(figures: Installed): string[] {
  const s = (seconds: number) => `${seconds.toFixed(1)} s`
  return [
    row('installation: power-on of the medium to power-off', s(figures.installSeconds)),
    row('installed (BIOS): power-on to API', s(figures.toApiSeconds)),
    row('installed (BIOS): power-on to the VM that starts with it', s(figures.toAutostartSeconds)),
    row('restart: without an API', s(figures.restartDowntimeSeconds)),
    row('update: sent, written and read back', s(figures.updateWriteSeconds)),
    row('update: without an API', s(figures.updateDowntimeSeconds)),
    row('update: ratio to a restart', (figures.updateDowntimeSeconds / figures.restartDowntimeSeconds).toFixed(3)),
  ]
}

function plannerRows({ node, engine }: Planner): string[] {
  const cost = ({ p50Ms, p99Ms, growth }: PlannerCost) => `p50 ${p50Ms.toFixed(1)} ms, p99 ${p99Ms.toFixed(1)} ms, ×${growth.toFixed(1)}`
  return [
    `planner, 256 threads and ${VMS} VMs; growth from a quarter of the VMs`,
    ...[['Node', node] as const, ['the shipped engine', engine] as const].flatMap(([name, costs]) => [
      `  in ${name}`,
      ...costs.map((one) => `    ${one.what.padEnd(52)} ${cost(one)}`),
    ]),
  ]
}

const PARTS: Readonly<Record<string, () => Promise<string>>> = {
  'many-vms': measureManyVmsAlone,
  'guest-cpu': measureGuestCpuAlone,
  installed: async () => installedRows(await measureInstalled()).join('\n'),
  planner: async () => plannerRows(await measureBothPlanners()).join('\n'),
}

function table(figures: Figures): string {
  const s = (seconds: number) => `${seconds.toFixed(1)} s`
  const ms = (value: number) => `${value.toFixed(1)} ms`
  const kib = (value: number) => `${(value / 1024).toFixed(1)} MiB`
  const { powerOn } = figures
  return [
    row('accelerator', figures.accelerator),
    row('ISO', `${(figures.isoBytes / 1e6).toFixed(1)} MB`),
    row('root image with hash tree', `${(figures.rootImageBytes / 1e6).toFixed(1)} MB`),
    row('live ISO (BIOS, CD): power-on to API', s(figures.liveIsoToApiSeconds)),
    row('  firmware and boot loader', s(figures.firmwareAndLoaderSeconds)),
    row('direct boot: power-on to API', s(figures.directToApiSeconds)),
    ...figures.stages.map((stage) => row(`  ${stage.name}`, s(stage.seconds))),
    row('kernel start to API, as a multiple of kernel start to a bare init', figures.apiToBareInitRatio.toFixed(2)),
    row('memory used after boot, no VM', `${figures.usedMiB.toFixed(1)} MiB`),
    row('memory (PSS) of our processes', figures.ownPssKiB === null ? 'not told' : kib(figures.ownPssKiB)),
    ...figures.processes.map(({ name, pssKiB }) => row(`  ${name}`, kib(pssKiB))),
    row('power-on: API request to running guest (TLS, port forwarding)', ms(powerOn.apiToRunningMs)),
    row('power-on: same argv by hand, to QMP greeting', ms(powerOn.byHandToGreetingMs)),
    row('power-on: same argv by hand, to running guest', ms(powerOn.byHandToRunningMs)),
    row('power-on: ratio', powerOn.ratio.toFixed(3)),
    ...figures.load.flatMap((load) => [
      row(`GET /v1/vms, ${figures.vmCount} VMs, ${load.connections} kept connections through TLS and port forwarding`, ''),
      row('  requests per second', load.perSecond.toFixed(1)),
      row('  p50', ms(load.p50Ms)),
      row('  p99', ms(load.p99Ms)),
    ]),
    ...manyVmsRows(figures.manyVms),
    ...guestCpuRows(figures.guestCpu),
    ...installedRows(figures.installed),
    ...plannerRows(figures.planner),
  ].join('\n')
}

try {
  const part = process.argv[2]
  if (part !== undefined) {
    const measurePart = PARTS[part]
    if (measurePart === undefined) throw new Error(`there is no part ${part}: there are ${Object.keys(PARTS).join(', ')}`)
    process.stdout.write(`${await measurePart()}\n`)
    process.exit(0)
  }
  const figures = await measure()
  const file = join(build, 'bench.json')
  writeFileSync(file, `${JSON.stringify(figures, null, 2)}\n`)
  process.stdout.write(`\n${table(figures)}\n\nas JSON: ${file}\n`)
  process.exit(0)
} catch (error) {
  process.stderr.write(`make bench: ${error instanceof Error ? error.message : String(error)}; logs: ${join(build, 'logs')}\n`)
  process.exit(1)
}
