// The few commands by which setup changes the network. Decides nothing.
import { statOrNull, writeControl } from 'hv:fs'
import { runTool } from './run-tool.ts'

/** Lines of `ip`, in order, up to the first that fails: one start of the program for all. */
export async function ip(lines: readonly string[]): Promise<void> {
  if (lines.length > 0) await runTool(['/usr/bin/ip', '-batch', '-'], { stdin: `${lines.join('\n')}\n`, timeoutMs: 5_000 })
}

/** One of the kernel's network settings, such as `net/ipv4/ip_forward`. A kernel without that protocol has nothing to set. */
export function setSysctl(path: string, value: string): void {
  const file = `/proc/sys/${path}`
  if (statOrNull(file) !== null) writeControl(file, value)
}
