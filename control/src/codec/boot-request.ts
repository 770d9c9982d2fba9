// What whoever stands at the machine has asked for in the boot menu, from the kernel's command line.
import type { BootRequest } from '../domain/boot-outcome.ts'

export function parseBootRequest(commandLine: string): BootRequest {
  const words = commandLine.trim().split(/\s+/)
  return { previousGeneration: words.includes('corbel.generation=previous'), resetNetwork: words.includes('corbel.reset=network') }
}
