// A physical network adapter of the host.

export interface Adapter {
  /** The kernel's, such as `eth0`; may change from boot to boot. */
  readonly name: string
  /** Lower case. */
  readonly mac: string
  /** The kernel's number, in the order of discovery. */
  readonly index: number
  /** There is a live cable, as far as the adapter can tell. */
  readonly hasLink: boolean
}
