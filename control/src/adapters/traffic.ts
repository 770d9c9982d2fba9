// Rates of NICs over the kernel's traffic control, by ip and tc. What the kernel has is read at first, and again whenever a command has failed; else it is what was told last.
import { decodeUtf8 } from 'hv:text'
import { type KernelTraffic, MEETING_DEVICES, NO_TRAFFIC, parseTraffic, renderTraffic } from '../codec/traffic-batch.ts'
import { type NicShape, type TrafficTree, WAYS } from '../domain/traffic.ts'
import type { Traffic } from '../ports/traffic.ts'
import { VmHostFailure } from './host-failure.ts'
import { runTool } from './run-tool.ts'
import { namesIn, textOrNull } from './sysfs.ts'

const IP = '/usr/bin/ip'
const TC = '/usr/sbin/tc'
const NETWORK_DEVICES = '/sys/class/net'
/** A thousand VMs with all their NICs. */
const MAX_OUTPUT_BYTES = 8_388_608
/** The first commands wait for modules of the kernel. */
const TIMEOUT_MS = 30_000

const NO_TREE: TrafficTree = { pools: { receive: [], transmit: [] }, nics: [] }

export function createTraffic(): Traffic {
  let wanted = NO_TREE
  /** Null: not known. */
  let kernel: KernelTraffic | null = null
  let last: Promise<unknown> = Promise.resolve()

  /** One after the other. */
  function inTurn<T>(act: () => Promise<T>): Promise<T> {
    const result = last.then(act)
    last = result.catch(() => {})
    return result
  }

  async function bring(): Promise<void> {
    const before = kernel ?? (await readTraffic())
    kernel = null
    const taps = new Set([...wanted.nics.map(({ tap }) => tap), ...before.taps.keys()])
    const { links, lines, unlinks, after } = renderTraffic(before, wanted, indices([...taps]))
    await tell(IP, links)
    await tell(TC, lines)
    await tell(IP, unlinks)
    kernel = after
  }

  /** A TAP may go while its commands are on their way: what there is then is looked at once more. */
  async function bringOrAgain(): Promise<void> {
    try {
      await bring()
    } catch {
      await bring()
    }
  }

  return {
    arrange: (tree) =>
      inTurn(async () => {
        wanted = tree
        try {
          await bringOrAgain()
          return []
        } catch (error) {
          return [wordsOf(error)]
        }
      }),
    shape: (nic: NicShape) =>
      inTurn(async () => {
        const before = wanted
        wanted = { ...before, nics: [...before.nics.filter(({ tap }) => tap !== nic.tap), nic] }
        try {
          await bringOrAgain()
        } catch (error) {
          wanted = before
          throw new VmHostFailure('traffic.failed', 'shape-nic', wordsOf(error), nic.tap)
        }
      }),
  }
}

/** Without either device nothing of ours is there, and no program is started. */
async function readTraffic(): Promise<KernelTraffic> {
  const names = namesIn(NETWORK_DEVICES)
  if (!WAYS.some((way) => names.includes(MEETING_DEVICES[way]))) return NO_TRAFFIC
  const show = async (argv: readonly string[]) => {
    const { stdout } = await runTool([TC, '-j', ...argv], { timeoutMs: TIMEOUT_MS, maxOutputBytes: MAX_OUTPUT_BYTES })
    return decodeUtf8(stdout)
  }
  const classesOf = (device: string) => (names.includes(device) ? show(['class', 'show', 'dev', device]) : Promise.resolve(null))
  const qdiscs = await show(['qdisc', 'show'])
  const receive = await classesOf(MEETING_DEVICES.receive)
  const transmit = await classesOf(MEETING_DEVICES.transmit)
  return parseTraffic(qdiscs, { receive, transmit }, indices(names))
}

/** By name, of those that are there. */
function indices(devices: readonly string[]): ReadonlyMap<string, number> {
  return new Map(
    devices.flatMap((device) => {
      const text = textOrNull(`${NETWORK_DEVICES}/${device}/ifindex`)
      return text === null ? [] : [[device, Number(text)] as const]
    }),
  )
}

/** In order, up to the first that fails: one start of the program for all. */
async function tell(program: string, lines: readonly string[]): Promise<void> {
  if (lines.length > 0) await runTool([program, '-batch', '-'], { stdin: `${lines.join('\n')}\n`, timeoutMs: TIMEOUT_MS })
}

function wordsOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
