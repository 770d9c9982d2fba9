// Whether the end of a VM's process was asked for, by the guest or by us. Reasons that controld adds to those of QMP's SHUTDOWN event.

/** Ended on request, but QEMU had to be killed. */
export const POWERED_OFF = 'powered-off'
/** The whole machine went down under it. */
export const HOST_RESTARTED = 'host-restarted'
/** It just died. */
export const CRASHED = 'crashed'
/** It ended while no controld ran to see why. */
export const UNSEEN = 'unseen'

/** @source QMP ShutdownCause */
const ORDERLY: readonly string[] = ['guest-shutdown', 'guest-reset', 'host-qmp-quit', 'host-ui', POWERED_OFF, HOST_RESTARTED]

export function isCrash(reason: string): boolean {
  return !ORDERLY.includes(reason)
}
