// The TPM of a VM: swtpm's command line and what it may see. Pure. @source swtpm(8)
import type { ViewEntry } from '../domain/effect.ts'
import { VIEW } from './vm-paths.ts'
import { data, device, LIBRARIES, program } from './vm-view.ts'

const SWTPM = '/usr/bin/swtpm'
/** Of the control channel to QEMU, in swtpm. */
export const TPM_DESCRIPTOR = 3

/** It ends with its connection; QEMU hands it the data channel over the control channel. */
export function tpmArgv(): readonly string[] {
  return [
    ...[SWTPM, 'socket', '--tpm2'],
    ...['--ctrl', `type=unixio,clientfd=${TPM_DESCRIPTOR}`],
    ...['--tpmstate', `dir=${VIEW.tpm},mode=0600`],
    ...['--flags', 'startup-none'],
    '--terminate',
  ]
}

export function tpmView(directory: string): readonly ViewEntry[] {
  return [program(SWTPM), ...LIBRARIES, data(directory, VIEW.tpm, false), device('/dev/urandom'), device('/dev/null')]
}
