// A physical network adapter of the host.

export interface Adapter {
  /** The kernel's, such as `eth0`; may change from boot to boot. */
  readonly name: string
  /** The permanent one, lower case: that of the card, whatever it goes by in a bond. */
  readonly mac: string
  /** The kernel's number, in the order of discovery. */
  readonly index: number
  /** There is a live cable, as far as the adapter can tell. */
  readonly hasLink: boolean
  /** The way to its PCI function from the host bridge, such as `PCI0-1c.0-00.0`; null for what is elsewhere. */
  readonly slot: string | null
  /** Null without a link, and for what has no speed. */
  readonly speedMbps: number | null
  readonly driver: string | null
}
