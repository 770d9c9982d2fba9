// The few commands that change the network. Decides nothing.
import { statOrNull, writeControl } from 'hv:fs'
import { runTool } from './run-tool.ts'

/** Lines of `ip`, in order, up to the first that fails: one start of the program for all. */
export async function ip(lines: readonly string[], family: 4 | 6 | null = null): Promise<void> {
  const which = family === null ? [] : [`-${family}`]
  if (lines.length > 0) await runTool(['/usr/bin/ip', ...which, '-batch', '-'], { stdin: `${lines.join('\n')}\n` })
}

/** Brings adapters up, which is what makes links appear. No router gets a say in the host's addresses that the settings do not give it. */
export async function raiseAdapters(names: readonly string[]): Promise<void> {
  for (const name of names) {
    setSysctl(`net/ipv6/conf/${name}/accept_ra`, '0')
    setSysctl(`net/ipv6/conf/${name}/autoconf`, '0')
  }
  await ip(names.map((name) => `link set dev ${name} up`))
}

/** One of the kernel's network settings, such as `net/ipv4/ip_forward`. A kernel without that protocol has nothing to set. */
export function setSysctl(path: string, value: string): void {
  const file = `/proc/sys/${path}`
  if (statOrNull(file) !== null) writeControl(file, value)
}
