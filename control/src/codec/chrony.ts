// The time client's configuration, and its answers. @source chrony.conf(5), chronyc(1), options -c and -n
import type { TimeClientStatus } from '../domain/time.ts'

export interface ChronyPaths {
  /** The client's own, for its socket. */
  readonly run: string
  /** The client's own, for what it has learned of the machine's clock. */
  readonly state: string
}

/** Asks and never answers: it has no port. */
export function renderChronyConf(servers: readonly string[], { run, state }: ChronyPaths): string {
  return [
    ...servers.map((server) => `server ${server} iburst`),
    'port 0',
    'cmdport 0',
    `bindcmdaddress ${run}/chronyd.sock`,
    `pidfile ${run}/chronyd.pid`,
    `driftfile ${state}/drift`,
    // A clock that is wrong at the start of the client is put right at once, later it is only sped up or slowed down.
    'makestep 1.0 3',
    // The kernel sets the machine's own clock every 11 minutes while it is synchronised.
    'rtcsync',
    '',
  ].join('\n')
}

const NOT_RUNNING: TimeClientStatus = { synchronised: false, source: null, stratum: null, offsetSeconds: null }

/** Of `chronyc -c -n tracking`: reference, name, stratum, reference time, system clock's offset, …, leap status. What cannot be read is not synchronised. */
export function parseChronyTracking(text: string): TimeClientStatus {
  const fields = text.trim().split(',')
  const leap = fields.at(-1)
  if (fields.length < 14 || leap === 'Not synchronised') return NOT_RUNNING
  const [, source = '', stratum, , offset] = fields
  return { synchronised: true, source: source === '' ? null : source, stratum: Number(stratum), offsetSeconds: Number(offset) }
}
