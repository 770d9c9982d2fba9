// Reads pressure files: /proc/pressure/* and those of cgroups. @source Linux Documentation/accounting/psi.rst
import type { Pressure } from '../domain/usage.ts'

/** `some avg10=0.00 avg60=0.00 avg300=0.00 total=0`, and `full` likewise; old kernels tell no `full` of the CPU, which counts as none. Null when it is no such file. */
export function parsePressure(text: string): Pressure | null {
  const some = line(text, 'some')
  if (some === null) return null
  const full = line(text, 'full') ?? { avg10: 0, total: 0 }
  return {
    someAvg10Percent: some.avg10,
    fullAvg10Percent: full.avg10,
    someTotalMicroseconds: some.total,
    fullTotalMicroseconds: full.total,
  }
}

function line(text: string, kind: 'some' | 'full'): { readonly avg10: number; readonly total: number } | null {
  const match = new RegExp(`^${kind} avg10=([\\d.]+) .*total=(\\d+)$`, 'm').exec(text)
  return match === null ? null : { avg10: Number(match[1]), total: Number(match[2]) }
}
