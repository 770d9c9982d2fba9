// Tells the DHCP client of the management network where to work. The client is init's: it is ended, and its launcher reads here what to become.
import { readDir, readText, writeFileAtomic } from 'hv:fs'
import { signalPid } from 'hv:process'
import type { Clock } from '../ports/clock.ts'
import { waitUntil } from './wait.ts'

const PATH = '/run/corbel/management-dhcp'
/** `udhcpc` in /etc/passwd. */
export const DHCP_CLIENT_USER = 103
/** `udhcpd` in /etc/passwd. */
const DHCP_SERVER_USER = 102
const SIGTERM = 15
/** Init's launcher waits a second before it starts what ended at once. */
const SETTLE_MS = 6_000

/** The interface that an address is to be asked for on; null for none. */
export function readDhcpInterface(): string | null {
  try {
    return readText(PATH).trim() || null
  } catch {
    return null
  }
}

/** At boot, before the launcher reads it. */
export function writeDhcpInterface(name: string | null): void {
  writeFileAtomic(PATH, `${name ?? ''}\n`, { mode: 0o644 })
}

/**
 * For a host that runs. To none: resolves once a process that does nothing stands in the client's place, so that an old one can set no address any more. A launcher that has read the
 * old word and not become the client yet is found in the next look.
 */
export async function changeDhcpInterface(clock: Clock, name: string | null): Promise<void> {
  writeDhcpInterface(name)
  const isClient = (pid: string) => commandOf(pid).includes('udhcpc')
  if (name !== null) {
    for (const pid of processesOf(DHCP_CLIENT_USER)) end(pid)
    return
  }
  await waitUntil(
    clock,
    () => {
      const pids = processesOf(DHCP_CLIENT_USER)
      for (const pid of pids.filter(isClient)) end(pid)
      return pids.length > 0 && !pids.some(isClient)
    },
    SETTLE_MS,
  )
}

/** The VMs' DHCP server begins anew, and gives out the name servers that there are now. Its leases are kept. */
export function restartDhcpServer(): void {
  for (const pid of processesOf(DHCP_SERVER_USER)) end(pid)
}

function processesOf(uid: number): readonly string[] {
  return readDir('/proc').filter((name) => /^\d+$/.test(name) && uidOf(name) === uid)
}

function uidOf(pid: string): number | null {
  const match = /^Uid:\s+(\d+)/m.exec(textOr(`/proc/${pid}/status`))
  return match === null ? null : Number(match[1])
}

function commandOf(pid: string): string {
  return textOr(`/proc/${pid}/cmdline`)
}

function end(pid: string): void {
  try {
    signalPid(Number(pid), SIGTERM)
  } catch {
    // It has ended by itself.
  }
}

function textOr(path: string): string {
  try {
    return readText(path)
  } catch {
    return ''
  }
}
