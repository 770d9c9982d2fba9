// The port through which the groups of the host, pools and VMs get their weights, limits, protections and CPUs.
import type { DiskControl } from '../domain/disk-control.ts'
import type { ResourceGroup } from '../domain/resource-group.ts'
import type { VcpuPlacement } from '../domain/vcpu-placement.ts'

export interface ResourceGroups {
  /** Of the datastore, for as long as this controld runs. */
  readonly disk: DiskControl
  /**
   * Makes everything so that is not; each before those in it, and processes of a VM's with it. What cannot be written is told, and the rest is done. A group
   * of vCPUs that is not named any more is dissolved, its threads back in the VM's.
   */
  arrange(groups: readonly ResourceGroup[]): readonly string[]
  /** Of a pool that nothing is in any more; no-op when it is not there. */
  remove(path: string): void
  /** Puts the vCPUs that a process has now where they are to be. What cannot be done is told. */
  placeVcpus(placement: VcpuPlacement): readonly string[]
  /** By id of a VM the CPUs that it has for itself, as a list such as `4-7`. */
  dedicatedCpus(): ReadonlyMap<string, string>
  /** Interrupts of devices go to these CPUs, as far as the kernel lets them be told. */
  steerInterrupts(cpus: readonly number[]): void
}
