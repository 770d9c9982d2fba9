// How the traffic of NICs is held to its rates: a tree of classes for each way, and by which of them the packets of a NIC go. Plain data.
// @source tc-htb(8)

/** As guests see it. */
export const WAYS = ['receive', 'transmit'] as const
export type Way = (typeof WAYS)[number]

export interface TrafficClass {
  /** 1 to 65,535, unique within a way. */
  readonly minor: number
  /** The class that this one is in; 0: none. */
  readonly parent: number
  /** Never more, whatever is in it. */
  readonly bytesPerSecond: number
  /** What may pass at once after a time of less. */
  readonly burstBytes: number
}

/** Of one NIC. Each after the one that it is in; packets go by the last. Empty: nothing limits it, and it is not touched. */
export interface NicShape extends Readonly<Record<Way, readonly TrafficClass[]>> {
  readonly tap: string
}

export interface TrafficTree {
  /** Classes of pools, each after the one that it is in. */
  readonly pools: Readonly<Record<Way, readonly TrafficClass[]>>
  readonly nics: readonly NicShape[]
}
