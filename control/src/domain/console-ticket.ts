// Tickets to consoles of VMs, for clients that cannot send a token.

export const CONSOLE_KINDS = ['vnc', 'serial'] as const
export type ConsoleKind = (typeof CONSOLE_KINDS)[number]

export interface ConsoleTicket {
  /** Good once. */
  readonly ticket: string
  /** Of the WebSocket. */
  readonly path: string
  readonly validSeconds: number
}
