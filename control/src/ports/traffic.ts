// The port through which the traffic of NICs is held to its rates.
import type { NicShape, TrafficTree } from '../domain/traffic.ts'

export interface Traffic {
  /** Brings the kernel to this tree, whatever it had; NICs whose TAPs are not there wait for `shape`. What cannot be done is told. */
  arrange(tree: TrafficTree): Promise<readonly string[]>
  /** The same of one NIC, whose pools are arranged and whose TAP is there. Rejects with a HostFailure `traffic.failed`, and whatever it had then may be gone or not. */
  shape(nic: NicShape): Promise<void>
}
