// What init's recipe notes of a program: when it was last started, its process number, how often again. @source rootfs/usr/lib/corbel/service

export interface ServiceNote {
  /** Since boot. */
  readonly atSeconds: number
  readonly pid: number
  readonly restarts: number
}

/** Null for what is none. */
export function parseServiceNote(text: string): ServiceNote | null {
  const parts = /^(\d+) (\d+) (\d+)\n?$/.exec(text)
  return parts === null ? null : { atSeconds: Number(parts[1]), pid: Number(parts[2]), restarts: Number(parts[3]) }
}
