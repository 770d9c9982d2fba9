// The port through which PCI devices of the host are looked at and brought back. What is given to a VM is given by the effects of its start.
import type { SeenDevice } from '../domain/pci-device.ts'

export interface PciDevices {
  /** Every PCI function as it is now, by address. Throws nothing. */
  observe(): readonly SeenDevice[]
  /**
   * Gives back to the host's drivers whatever was taken for a VM that has no processes any more: what a controld that was killed, or a driver that refused, has
   * left. Resolves with what could not be given back, in words.
   */
  settle(): Promise<readonly string[]>
  /** Makes it so many virtual functions, which no driver of the host takes. Rejects with a HostFailure, with the number as it was where that is possible. */
  setVirtualFunctions(address: string, count: number): Promise<void>
}
