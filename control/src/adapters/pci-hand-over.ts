// Takes PCI functions from the host's drivers for a VM, and gives them back: each step can be the last one of a controld, and another goes on from there.
// @source Linux Documentation/ABI/testing/sysfs-bus-pci (driver_override), sysfs-bus (drivers_probe); Documentation/driver-api/vfio.rst
import { VmHostFailure } from './host-failure.ts'

export const VFIO_DRIVER = 'vfio-pci'

/** What is remembered of a function for as long as it is away from the host. */
export interface HandedOver {
  readonly address: string
  /** The VM that it was taken for. */
  readonly vm: string
  /** Who had it before; null: no driver. */
  readonly driver: string | null
}

export interface PciTools {
  /** Null when it has none, or is not there. */
  driverOf(address: string): string | null
  isThere(address: string): boolean
  records(): readonly HandedOver[]
  /** Kept for as long as the machine runs: at the next start of it, drivers take devices anew. */
  keep(record: HandedOver): void
  forget(address: string): void
  /** The only driver that may take it from now on; null: whichever fits. */
  setOverride(address: string, driver: string | null): Promise<void>
  unbind(address: string, driver: string): Promise<void>
  /** Lets a driver take it that may. */
  probe(address: string): Promise<void>
}

/** On failure, what was begun is taken back by {@link giveBack}. */
export async function handOver(address: string, vm: string, tools: PciTools): Promise<void> {
  if (!tools.isThere(address)) throw new VmHostFailure('pci.device.missing', 'hand-over', `${address} is not there`)
  const left = tools.records().find((record) => record.address === address)
  const now = tools.driverOf(address)
  // What an earlier VM left behind keeps the driver that it came from; what a driver of the host has is no such thing.
  const isLeft = left !== undefined && (now === null || now === VFIO_DRIVER)
  tools.keep({ address, vm, driver: isLeft ? left.driver : now })
  await tools.setOverride(address, VFIO_DRIVER)
  if (now === VFIO_DRIVER) return
  if (now !== null) await tools.unbind(address, now)
  await tools.probe(address)
  const then = tools.driverOf(address)
  if (then === VFIO_DRIVER) return
  throw new VmHostFailure('pci.bind.failed', 'hand-over', `${address} was not taken by ${VFIO_DRIVER}: ${then ?? 'no driver'} has it`)
}

/** Nothing to do for what was never handed over, has been given back, or was pulled out. */
export async function giveBack(address: string, tools: PciTools): Promise<void> {
  const record = tools.records().find((one) => one.address === address)
  if (record === undefined) return
  if (tools.isThere(address)) {
    await tools.setOverride(address, null)
    const now = tools.driverOf(address)
    if (now === VFIO_DRIVER) await tools.unbind(address, now)
    if (record.driver !== null && tools.driverOf(address) === null) await tools.probe(address)
    const then = tools.driverOf(address)
    // Another card may be in its place by now, with another driver.
    const isHome = then === null ? record.driver === null : then !== VFIO_DRIVER
    if (!isHome) {
      const message = `${address} was not taken by ${record.driver ?? 'no driver'} again: ${then ?? 'no driver'} has it`
      throw new VmHostFailure('pci.give-back.failed', 'give-back', message)
    }
  }
  tools.forget(address)
}

/** All that was taken for a VM, whose processes have ended. Goes on after a failure; the first one is thrown. */
export async function giveBackAll(vm: string, tools: PciTools): Promise<void> {
  const failures: unknown[] = []
  for (const { address } of tools.records().filter((record) => record.vm === vm)) {
    try {
      await giveBack(address, tools)
    } catch (error) {
      failures.push(error)
    }
  }
  if (failures.length > 0) throw failures[0]
}

/** All that was taken for VMs that have no processes any more. Resolves with what could not be given back, in words. */
export async function giveBackStrays(running: ReadonlySet<string>, tools: PciTools): Promise<readonly string[]> {
  const problems: string[] = []
  for (const vm of new Set(tools.records().map((record) => record.vm))) {
    if (running.has(vm)) continue
    try {
      await giveBackAll(vm, tools)
    } catch (error) {
      problems.push(error instanceof Error ? error.message : String(error))
    }
  }
  return problems
}
