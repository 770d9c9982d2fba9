// Updates on sticks that are plugged into the machine.
import type { UpdateOnMedium } from '../domain/update-source.ts'
import type { IncomingFile } from './incoming-file.ts'

export interface UpdateMedia {
  /** In the root of each stick with a FAT file system, as they are now; what a stick that cannot be read has is none. */
  list(): Promise<readonly UpdateOnMedium[]>
  /** One of those listed. Rejects with a HostFailure, `update.no-such-file`, where it is not there any more. */
  open(device: string, file: string): Promise<IncomingFile>
}
