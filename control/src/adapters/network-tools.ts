// The few commands by which setup changes the network. Decides nothing.
import { statOrNull, writeControl } from 'hv:fs'
import { runTool } from './run-tool.ts'

export async function ip(...words: readonly string[]): Promise<void> {
  await runTool(['/usr/bin/ip', ...words], { timeoutMs: 5_000 })
}

/** One of the kernel's network settings, such as `net/ipv4/ip_forward`. A kernel without that protocol has nothing to set. */
export function setSysctl(path: string, value: string): void {
  const file = `/proc/sys/${path}`
  if (statOrNull(file) !== null) writeControl(file, value)
}
