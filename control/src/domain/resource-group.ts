// A group of processes whose resources are managed together: of the host, a pool or a VM.

/** A VM's group has its id for a name; what begins so is a pool's, with more groups inside. */
export const POOL_GROUP_PREFIX = 'pool.'

export interface ResourceGroup {
  readonly path: string
  /** A pool's is made where it is missing, a VM's comes and goes with the VM and that of its vCPUs is made in it, those at the top are always there. */
  readonly kind: 'top' | 'pool' | 'vm' | 'vcpus'
  /** By name of the control file, in the order in which they are written; an empty text resets what can be empty. */
  readonly files: Readonly<Record<string, string>>
  /** Of a VM's, for each process in it, 0 to 1000: how soon it is given up when all memory of the host is taken. /proc/PID/oom_score_adj. */
  readonly oomScoreAdj?: number
}
