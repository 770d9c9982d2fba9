// On which CPUs the vCPUs of one process run.

export interface VcpuPlacement {
  readonly pid: number
  /** The VM's group. */
  readonly group: string
  /** Whether they are in a group of their own, {@link VCPU_GROUP}, in the VM's. */
  readonly apart: boolean
  /** By vCPU; null: wherever their group may. */
  readonly cpus: readonly (readonly number[])[] | null
}

/** The group of a VM's vCPUs, within the VM's. */
export const VCPU_GROUP = 'vcpus'
