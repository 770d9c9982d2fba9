// The shipped build under its own, narrower system-call filter: one of everything.
import { readFileSync } from 'node:fs'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { WebSocket } from 'ws'
import { pause, until, within } from '../harness/wait.ts'
import { exchange, fetchFrom, problemCode } from './client.ts'
import { type AttachPeer, cpuTicks, type Gateway, startAttachPeer, startGateway } from './gateway.ts'

let gateway: Gateway
let peer: AttachPeer

beforeAll(async () => {
  gateway = await startGateway('release', 'release')
})
afterAll(() => gateway.stop())

it('files, refusals, a controld that is away and one that comes', async () => {
  expect((await fetchFrom(gateway.port, '/large.txt')).text.length).toBe(3 * 1024 * 1024)
  expect(problemCode(await exchange(gateway.port, 'BREW /v1/x HTTP/1.1\r\n\r\n'))).toBe('gateway.method-unknown')
  expect((await fetchFrom(gateway.port, '/v1/x')).status).toBe(503)
  peer = await startAttachPeer(gateway.controlPath)
  expect((await fetchFrom(gateway.port, '/v1/x', { method: 'POST', body: 'x'.repeat(1024 * 1024) })).status).toBe(403)
})

it('a megabyte through a WebSocket, and the loss of controld under it', async () => {
  const socket = new WebSocket(`wss://127.0.0.1:${gateway.port}/v1/echo`, { rejectUnauthorized: false })
  let length = 0
  socket.on('message', (data: Buffer) => {
    length += data.length
  })
  await within('WebSocket', new Promise<void>((resolve, reject) => socket.once('open', resolve).once('error', reject)), 10_000)
  socket.send(Buffer.alloc(1024 * 1024))
  await until('1 MiB', () => length === 1024 * 1024, { timeoutMs: 10_000 })
  socket.terminate()
  await peer.stop()
  await until('loss', () => gateway.log().includes('closed the connection'), { timeoutMs: 5000 })
})

it('it rests when there is nothing to do, in less than 16 MiB', async () => {
  const ticks = cpuTicks(gateway.pid)
  await pause(1000)
  expect(cpuTicks(gateway.pid) - ticks).toBeLessThan(10)
  const pss = readFileSync(`/proc/${gateway.pid}/smaps_rollup`, 'utf8').match(/^Pss:\s+(\d+)/m)?.[1]
  expect(Number(pss)).toBeLessThan(16 * 1024)
})
