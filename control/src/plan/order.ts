// In which order VMs start with the host and go down with it. Pure.
import type { VmSpec } from '../domain/vm.ts'

interface Ordered {
  readonly id: string
  readonly spec: Pick<VmSpec, 'autostart'>
}

/** VMs that start together, after those of every lower order are ready. */
export interface Wave {
  readonly ids: readonly string[]
  /** Waited once all are ready: the longest that one of them asks for. */
  readonly delayMs: number
}

export function planAutostart(vms: readonly Ordered[]): readonly Wave[] {
  return wavesOf(vms.filter(({ spec }) => spec.autostart.enabled))
}

/** The same backwards, with every VM in it. */
export function planShutdown(vms: readonly Ordered[]): readonly (readonly string[])[] {
  return wavesOf(vms)
    .map(({ ids }) => ids)
    .reverse()
}

function wavesOf(vms: readonly Ordered[]): readonly Wave[] {
  const orders = [...new Set(vms.map(({ spec }) => spec.autostart.order))].sort((a, b) => a - b)
  return orders.map((order) => {
    const together = vms.filter(({ spec }) => spec.autostart.order === order)
    return { ids: together.map(({ id }) => id), delayMs: Math.max(...together.map(({ spec }) => spec.autostart.delaySeconds)) * 1000 }
  })
}
