// Kinds of guests, from which a VM's defaults follow.

/** `other`: a system of which nothing is known, as an imported one: what every system has had a driver for since long. */
export const GUEST_TYPES = ['linux', 'windows', 'other'] as const
export type GuestType = (typeof GUEST_TYPES)[number]
