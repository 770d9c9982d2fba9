// Sets of CPUs as people, sysfs and cgroup files write them: `0-3,8`.

/** Above all that Linux can have on x86. */
const MAX_CPUS = 8192

/**
 * The numbers, ascending and each once; an empty text is none. Null for what is no such list, a range that runs backwards, or a number above 8191.
 * @source Linux Documentation/core-api/printk-formats.rst, `%*pbl`
 */
export function parseCpuList(text: string): readonly number[] | null {
  const trimmed = text.trim()
  if (trimmed === '') return []
  const found = new Set<number>()
  for (const part of trimmed.split(',')) {
    const match = /^(\d{1,5})(?:-(\d{1,5}))?$/.exec(part)
    if (match === null) return null
    const first = Number(match[1])
    const last = Number(match[2] ?? match[1])
    if (last < first || last >= MAX_CPUS) return null
    for (let cpu = first; cpu <= last; cpu++) found.add(cpu)
  }
  return ascending(found)
}

/** The shortest list of these numbers, in whatever order they come; the empty text for none. */
export function renderCpuList(cpus: Iterable<number>): string {
  const ranges: [number, number][] = []
  for (const cpu of ascending(new Set(cpus))) {
    const latest = ranges.at(-1)
    if (latest !== undefined && latest[1] + 1 === cpu) latest[1] = cpu
    else ranges.push([cpu, cpu])
  }
  return ranges.map(([first, last]) => (first === last ? String(first) : `${first}-${last}`)).join(',')
}

/** A bit for each CPU, in words of 32 bits, the highest first: `3,00000010`. */
export function renderCpuMask(cpus: Iterable<number>): string {
  const words: number[] = []
  for (const cpu of cpus) {
    const at = Math.floor(cpu / 32)
    while (words.length <= at) words.push(0)
    words[at] = ((words[at] ?? 0) | (1 << (cpu % 32))) >>> 0
  }
  const [first = 0, ...rest] = words.reverse()
  return [first.toString(16), ...rest.map((word) => word.toString(16).padStart(8, '0'))].join(',')
}

function ascending(numbers: Iterable<number>): number[] {
  return [...numbers].sort((a, b) => a - b)
}
