// What is asked of QEMU about the disks of a running VM: their size, and whether it was a full datastore that stopped it.
import { describe, expect, it } from 'vitest'
import { resizeDisk } from '../../../control/src/adapters/block-resize.ts'
import type { Qmp } from '../../../control/src/adapters/monitor.ts'
import { queryState } from '../../../control/src/adapters/run-state.ts'

const MIB = 1_048_576

/** Answers by command; remembers what was asked. */
class FakeQmp implements Qmp {
  readonly asked: unknown[] = []
  readonly #answers: Readonly<Record<string, unknown>>

  constructor(answers: Readonly<Record<string, unknown>>) {
    this.#answers = answers
  }

  async execute(command: string, commandArguments?: Readonly<Record<string, unknown>>): Promise<unknown> {
    this.asked.push(commandArguments === undefined ? command : [command, commandArguments])
    return this.#answers[command] ?? {}
  }
}

async function codeOf(work: Promise<unknown>): Promise<string> {
  try {
    await work
  } catch (error) {
    return (error as { readonly code: string }).code
  }
  return 'done'
}

describe('growing a disk of a running VM', () => {
  const nodes = [
    { 'node-name': 'disk1-file', image: { 'virtual-size': 99 * MIB } },
    { 'node-name': 'disk1', image: { 'virtual-size': 4 * MIB } },
    { 'node-name': 'odd', image: {} },
  ]
  it.each<[string, string, number, string, boolean]>([
    ['makes it larger', 'disk1', 5 * MIB, 'done', true],
    ['has nothing to do at the same size', 'disk1', 4 * MIB, 'done', false],
    ['never makes it smaller', 'disk1', 4 * MIB - 512, 'disk.grow.smaller', false],
    ['needs the disk', 'disk2', 5 * MIB, 'device.not-found', false],
    ['needs an answer that can be understood', 'odd', 5 * MIB, 'qmp.malformed', false],
  ])('%s', async (_name, node, sizeBytes, outcome, resized) => {
    const qmp = new FakeQmp({ 'query-named-block-nodes': nodes })
    expect(await codeOf(resizeDisk(node, sizeBytes, qmp))).toBe(outcome)
    const asked = [
      ['query-named-block-nodes', { flat: true }],
      ...(resized ? [['block_resize', { 'node-name': node, size: sizeBytes }]] : []),
    ]
    expect(qmp.asked).toEqual(asked)
  })
})

describe('the state of a VM', () => {
  const blocks = (...statuses: (string | undefined)[]) => statuses.map((status) => (status === undefined ? {} : { 'io-status': status }))
  it.each<[string, unknown, unknown, string]>([
    ['that runs', { status: 'running' }, blocks('ok'), 'running'],
    ['that was paused', { status: 'paused' }, blocks('ok'), 'paused'],
    ['that a full datastore stopped', { status: 'io-error' }, blocks(undefined, 'ok', 'nospace'), 'out-of-space'],
    ['that another error stopped', { status: 'io-error' }, blocks('failed'), 'io-error'],
    ['that both stopped', { status: 'io-error' }, blocks('nospace', 'failed'), 'io-error'],
    ['that was full before and was paused then', { status: 'paused' }, blocks('nospace'), 'paused'],
  ])('%s', async (_name, status, answer, expected) => {
    expect(await queryState(new FakeQmp({ 'query-status': status, 'query-block': answer }))).toBe(expected)
  })

  it('is none where the answer is none', async () => {
    expect(await codeOf(queryState(new FakeQmp({ 'query-status': { running: true } })))).toBe('qmp.malformed')
    expect(await codeOf(queryState(new FakeQmp({ 'query-status': { status: 'io-error' }, 'query-block': {} })))).toBe('qmp.malformed')
  })
})
