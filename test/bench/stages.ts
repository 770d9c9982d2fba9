// Where the time of a boot goes, by the kernel's own clock in its log.

/** Seconds of kernel time at which each stage was over, and what marks it. */
export interface Stage {
  readonly name: string
  readonly seconds: number
}

/** The first kernel timestamp (seconds) of a /dev/kmsg record that matches, or null. */
export function timestampOf(kernelLog: string, pattern: RegExp): number | null {
  for (const line of kernelLog.split('\n')) {
    const record = /^\d+,\d+,(\d+),[^;]*;(.*)$/.exec(line.trim())
    if (record !== null && pattern.test(record[2] ?? '')) return Number(record[1]) / 1e6
  }
  return null
}

const marks: readonly (readonly [string, RegExp])[] = [
  ['kernel', /Run \/probe\/init as init process|Run \/init as init process/],
  ['initramfs', /EXT4-fs|erofs.*mounted|init: boot|corbel-boot|setup: /],
]

/** Durations of the stages that the log shows, in order; a mark that is missing is left out rather than guessed. */
export function stagesOf(kernelLog: string): Stage[] {
  const stages: Stage[] = []
  let before = 0
  for (const [name, pattern] of marks) {
    const end = timestampOf(kernelLog, pattern)
    if (end === null) continue
    stages.push({ name, seconds: end - before })
    before = end
  }
  return stages
}
