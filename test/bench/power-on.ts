// From the request for power to a running guest, against the same QEMU started by hand in the same appliance.
import type { Appliance } from '../harness/appliance.ts'
import { EventStream } from '../harness/event-stream.ts'
import { guestSpecs, type Vm } from '../harness/vm-client.ts'
import { percentile } from './load.ts'

export interface PowerOnResult {
  readonly rounds: number
  /** Medians, in milliseconds. */
  readonly apiToRunningMs: number
  readonly byHandToGreetingMs: number
  readonly byHandToRunningMs: number
  readonly ratio: number
}

/** POST until the event `vm.started`, which is written after QMP has greeted, KVM has been checked and the guest runs. */
async function throughApi(appliance: Appliance, vm: Vm, events: EventStream): Promise<number> {
  const { vms, patience } = appliance
  const seen = () => events.events.filter((event) => event.code === 'vm.started' && event.target.id === vm.id).length
  const before = seen()
  const started = new Promise<number>((resolve) => {
    events.onEvent(() => {
      if (seen() > before) resolve(performance.now())
    })
  })
  const begin = performance.now()
  const task = await vms.ask(vm.id, 'power-on')
  const took = (await started) - begin
  await vms.follow(task, patience(10_000))
  await vms.power(vm.id, 'power-off', patience(10_000))
  return took
}

/** Rounds of both kinds, interleaved, so that whatever slows the machine slows both. */
export async function measurePowerOn(appliance: Appliance, rounds: number): Promise<PowerOnResult> {
  const { api, vms, probe, patience } = appliance
  const [model, measured] = [await vms.create(guestSpecs.hello('bench-model')), await vms.create(guestSpecs.hello('bench-measured'))]
  await vms.power(model.id, 'power-on', patience(10_000))
  const { pid } = (await vms.waitForPowerState(model.id, 'running', patience(10_000))).status
  const events = EventStream.open(api)
  const [apiMs, greetingMs, runningMs]: [number[], number[], number[]] = [[], [], []]
  try {
    for (let round = 0; round < rounds; round++) {
      apiMs.push(await throughApi(appliance, measured, events))
      const [greeted, running] = (await probe.output(`by-hand ${pid}`)).split(' ').map(Number)
      greetingMs.push(greeted ?? Number.NaN)
      runningMs.push(running ?? Number.NaN)
    }
  } finally {
    events.close()
  }
  await vms.power(model.id, 'power-off', patience(10_000))
  for (const vm of [model, measured]) await vms.remove(vm.id)
  const [apiToRunningMs, byHandToGreetingMs, byHandToRunningMs] = [
    percentile(apiMs, 0.5),
    percentile(greetingMs, 0.5),
    percentile(runningMs, 0.5),
  ]
  return { rounds, apiToRunningMs, byHandToGreetingMs, byHandToRunningMs, ratio: apiToRunningMs / byHandToRunningMs }
}
