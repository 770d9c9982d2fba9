// Which CPUs serve the interrupts of devices.
// @source Linux Documentation/core-api/irq/irq-affinity.rst
import * as fs from 'hv:fs'
import { renderCpuList, renderCpuMask } from '../domain/cpu-list.ts'
import { namesIn } from './sysfs.ts'

/** Those that the kernel or a driver keeps to itself stay where they are: there is one for each CPU, for what that CPU asks of the device. */
export function steerInterrupts(cpus: readonly number[], root = ''): void {
  const list = renderCpuList(cpus)
  for (const name of namesIn(`${root}/proc/irq`)) if (/^\d+$/.test(name)) unlessRefused(`${root}/proc/irq/${name}/smp_affinity_list`, list)
  unlessRefused(`${root}/proc/irq/default_smp_affinity`, renderCpuMask(cpus))
}

function unlessRefused(path: string, text: string): void {
  try {
    fs.writeControl(path, text)
  } catch {
    // Not every interrupt can be told.
  }
}
