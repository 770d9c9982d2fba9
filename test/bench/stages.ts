// Where the time of a boot goes, by the kernel's own clock in its log.

export interface Stage {
  readonly name: string
  readonly seconds: number
}

/** Each stage with the record that ends it. */
const ends: readonly (readonly [string, RegExp])[] = [
  ['kernel', /^Run \S+ as init process/],
  ['initramfs: drivers, medium', /^initramfs: medium /],
  ['initramfs: verity, root', /^boot: 10-/],
  ['boot jobs', /^boot: 60-/],
  ['setup', /^boot: 90-/],
  ['controld', /^controld: serving/],
]

/** Seconds of kernel time of the first /dev/kmsg record that matches, or null. */
function timeOf(kernelLog: string, pattern: RegExp): number | null {
  for (const line of kernelLog.split('\n')) {
    const record = /^\d+,\d+,(\d+),[^;]*;(.*?)\r?$/.exec(line)
    if (record !== null && pattern.test(record[2] ?? '')) return Number(record[1]) / 1e6
  }
  return null
}

/** How long each stage took; throws when the log lacks the end of one. */
export function stagesOf(kernelLog: string): Stage[] {
  let before = 0
  return ends.map(([name, pattern]) => {
    const end = timeOf(kernelLog, pattern)
    if (end === null) throw new Error(`the kernel log does not show the end of the stage "${name}"`)
    const seconds = end - before
    before = end
    return { name, seconds }
  })
}
