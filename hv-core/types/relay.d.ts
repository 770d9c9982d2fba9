// Copies one byte stream to a bounded log file and to attached peers, entirely outside the script.
declare module 'hv:relay' {
  export interface Relay {
    /**
     * A new peer: the returned socket descriptor (close-on-exec, owned by the caller) reads what the source says from now on,
     * preceded by up to `replayBytes` of its latest output; what is written to it goes to the source.
     * A peer that lets more than 256 KiB queue up is dropped.
     */
    attach(replayBytes: number): number
    readonly peerCount: number
    /** Called once when the source ends. Peers are closed. */
    onClose(handler: () => void): void
    close(): void
  }
  /** Takes over `sourceFd`. The log keeps between `maxLogBytes` and twice that at `logPath` and `logPath + '.1'`. Bytes are kept as they come. */
  export function open(sourceFd: number, options: { logPath: string; maxLogBytes: number }): Relay
}
