// How jobs that mount disks are confined: programs of ours, each started for one piece of work.
import type { Confinement } from 'hv:process'

/** What it mounts is seen by it alone, and is gone with it, whatever becomes of disk and process. */
export const MOUNTING_JOB: Confinement = {
  noNewPrivileges: true,
  capabilities: ['CAP_SYS_ADMIN'],
  namespaces: ['mount', 'net', 'ipc', 'uts'],
  rlimits: { core: [0, 0] },
}
