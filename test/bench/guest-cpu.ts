// What a guest gets done as a VM of Corbel against the same guest in a plain QEMU with as many threads, in the same appliance: none is confined or limited there.
import type { Appliance } from '../harness/appliance.ts'
import { SerialSocket } from '../harness/serial-socket.ts'
import { guestSpecs } from '../harness/vm-client.ts'
import { pause, until } from '../harness/wait.ts'
import { percentile } from './load.ts'

export interface GuestCpu {
  readonly rounds: number
  /** Medians: rounds of the guest's work a second. */
  readonly corbelPerSecond: number
  readonly plainPerSecond: number
  readonly ratio: number
}

const SECONDS = 10

/** Alternating, so that whatever slows the machine slows both. The one that does not work has nothing to do. */
export async function measureGuestCpu({ api, vms, probe, machine, patience }: Appliance, rounds: number): Promise<GuestCpu> {
  const { id } = await vms.create({ ...guestSpecs.hello('bench-cpu'), memoryMiB: 128 })
  await vms.power(id, 'power-on', patience(10_000))
  const console = await SerialSocket.open(api, id)
  const [corbel, plain]: [number[], number[]] = [[], []]
  try {
    await console.waitFor(/nested kvm is/, patience(30_000), machine.died)
    const { pid } = (await vms.get(id)).status
    const done = () => Number(console.text.match(/(?<=corbel-guest: burnt )\d+(?=\r?\n)/g)?.at(-1) ?? 0)
    for (let round = 0; round < rounds; round++) {
      console.forget()
      console.send('burn\r')
      await until('work', () => done() > 0, { timeoutMs: patience(30_000), signal: machine.died })
      const [begin, before] = [performance.now(), done()]
      await pause(SECONDS * 1000)
      corbel.push(((done() - before) / (performance.now() - begin)) * 1000)
      console.send('rest\r')
      await console.waitFor(/corbel-guest: rested/, patience(30_000), machine.died)
      plain.push(Number(await probe.output(`by-hand ${pid} ${SECONDS}`, patience(60_000))))
    }
  } finally {
    console.close()
  }
  await vms.power(id, 'power-off', patience(10_000))
  await vms.remove(id)
  const [corbelPerSecond, plainPerSecond] = [percentile(corbel, 0.5), percentile(plain, 0.5)]
  return { rounds, corbelPerSecond, plainPerSecond, ratio: corbelPerSecond / plainPerSecond }
}
