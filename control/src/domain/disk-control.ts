// What the kernel can do about the use of the datastore's disk. Plain data.

export interface DiskControl {
  /** `254:16`, as cgroups name the whole disk; null where the datastore is on none, and then nothing can be limited. */
  readonly device: string | null
  /** Whether what is asked of a busy disk is divided by the weights of groups. */
  readonly weights: boolean
}
