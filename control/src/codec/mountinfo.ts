// What is mounted, as /proc/self/mountinfo lists it. @source Linux Documentation/filesystems/proc.rst, "/proc/<pid>/mountinfo"

export interface Mount {
  /** `254:17`: major and minor number of the device; major 0 is no block device. */
  readonly device: string
  readonly target: string
}

export function parseMountinfo(text: string): readonly Mount[] {
  return text.split('\n').flatMap((line) => {
    const [, , device, , target] = line.split(' ')
    if (device === undefined || target === undefined) return []
    // Blanks, tabs, line ends and backslashes are octal.
    return [{ device, target: target.replace(/\\([0-7]{3})/g, (_, digits: string) => String.fromCharCode(Number.parseInt(digits, 8))) }]
  })
}
