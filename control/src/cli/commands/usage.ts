// What is used: `corbel top` over all, and one VM or the host by itself.
import type { HostUsage, PoolUsage, UsageHistory, VmUsage } from '../../domain/usage.ts'
import { RESOLUTIONS } from '../../domain/usage.ts'
import type { Client } from '../client.ts'
import type { Command, Context, Option } from '../command.ts'
import { usage } from '../failure.ts'
import { findVm } from '../names.ts'
import { operation, whoMay } from '../operations.ts'
import { printResult } from '../output.ts'
import { openScreen } from '../screen.ts'
import { renderPairs } from '../table.ts'
import { type AllUsage, hostUsagePairs, poolUsagePairs, renderHistory, renderTop, renderTopPools, vmUsagePairs } from '../usage-view.ts'
import { pause } from '../wait.ts'

const INTERVAL_SECONDS = 5
const SHORTEST_SECONDS = 2
const LONGEST_SECONDS = 10

const PAST: Option = {
  name: 'past',
  value: 'RESOLUTION',
  values: RESOLUTIONS,
  help: 'Also the past: 10s shows the last hour in samples, 5m the last day in averages',
}

interface Answer<Usage> {
  readonly latest: Usage | null
  readonly history: UsageHistory
}

export const usageCommands: readonly Command[] = [
  {
    words: ['top'],
    summary: 'What the VMs that run use, those that use most CPU first; drawn anew until Ctrl-C',
    details: [
      '100 CPU% is one CPU. STEAL% is time in which vCPUs had to wait for one, THROTTLED% what a limit withheld.',
      'READ/s and WRITE/s are what reaches the host’s disks. Samples are taken every 10 s.',
      whoMay('GET /v1/usage'),
    ],
    options: () => [
      { name: 'pools', help: 'Pools in place of VMs' },
      { name: 'once', help: 'Print once and end; so it is, too, where the output is no terminal, and with --json' },
      { name: 'interval', value: 'SECONDS', help: `How often, ${SHORTEST_SECONDS} to ${LONGEST_SECONDS}; default ${INTERVAL_SECONDS}` },
    ],
    async run(context) {
      const { given, io, json } = context
      const seconds = intervalOf(given.value('interval'))
      const client = context.host()
      if (given.has('once') || json || io.output.isTTY !== true) {
        const all = await observe(client)
        printResult(context, all, () => renderer(context)(all))
      } else await keepDrawing(context, client, seconds)
    },
  },
  {
    words: ['vm', 'usage'],
    summary: operation('GET /v1/vms/{id}/usage').summary,
    details: [whoMay('GET /v1/vms/{id}/usage')],
    arguments: [{ name: 'VM', kind: 'vm' }],
    options: () => [PAST],
    async run(context) {
      const client = context.host()
      const { id } = await findVm(client, context.given.arguments[0] ?? '')
      const answer = await client.call<Answer<VmUsage>>('GET', `/v1/vms/${id}/usage${query(context)}`)
      print(context, answer, vmUsagePairs, 'residentBytes', 'It does not run, or has not been sampled yet.')
    },
  },
  {
    words: ['pool', 'usage'],
    summary: operation('GET /v1/pools/{pool}/usage').summary,
    details: [whoMay('GET /v1/pools/{pool}/usage')],
    arguments: [{ name: 'POOL', kind: 'pool' }],
    options: () => [PAST],
    async run(context) {
      const name = encodeURIComponent(context.given.arguments[0] ?? '')
      const answer = await context.host().call<Answer<PoolUsage>>('GET', `/v1/pools/${name}/usage${query(context)}`)
      print(context, answer, poolUsagePairs, 'residentBytes', 'No VM was started in it, or it has not been sampled yet.')
    },
  },
  {
    words: ['host', 'usage'],
    summary: operation('GET /v1/host/usage').summary,
    details: [whoMay('GET /v1/host/usage')],
    options: () => [PAST],
    async run(context) {
      const answer = await context.host().call<Answer<HostUsage>>('GET', `/v1/host/usage${query(context)}`)
      print(context, answer, hostUsagePairs, 'memoryUsedBytes', 'It has not been sampled yet.')
    },
  },
]

function observe(client: Client): Promise<AllUsage> {
  return client.call<AllUsage>('GET', '/v1/usage')
}

function renderer({ given }: Pick<Context, 'given'>): typeof renderTop {
  return given.has('pools') ? renderTopPools : renderTop
}

async function keepDrawing(context: Context, client: Client, seconds: number): Promise<void> {
  const { io } = context
  const render = renderer(context)
  // What is in the way of the first answer belongs to the screen that stays.
  let all = await observe(client)
  const screen = openScreen(io)
  try {
    for (;;) {
      screen.draw(render(all, io.output.columns))
      await pause(seconds * 1000, io.interrupted)
      all = await observe(client)
    }
  } finally {
    screen.end()
  }
}

/** What another resolution is worth is for the host to say. */
function query({ given }: Pick<Context, 'given'>): string {
  const past = given.value('past')
  return past === undefined ? '' : `?resolution=${encodeURIComponent(past)}`
}

function print<Usage>(
  context: Context,
  answer: Answer<Usage>,
  pairs: (latest: Usage) => readonly (readonly [string, string])[],
  memoryMetric: string,
  nothing: string,
): void {
  printResult(context, answer, () => {
    const latest = answer.latest === null ? `${nothing}\n` : renderPairs(pairs(answer.latest))
    return context.given.has('past') ? `${latest}\n${renderHistory(answer.history, memoryMetric)}` : latest
  })
}

function intervalOf(text: string | undefined): number {
  const seconds = text === undefined ? INTERVAL_SECONDS : Number(text)
  if (seconds >= SHORTEST_SECONDS && seconds <= LONGEST_SECONDS) return seconds
  const message = `must be a number of seconds from ${SHORTEST_SECONDS} to ${LONGEST_SECONDS}, not ${text}`
  throw usage({ code: 'usage.invalid-value', field: '--interval', message, min: SHORTEST_SECONDS, max: LONGEST_SECONDS })
}
