// Stream sockets and other stream descriptors, non-blocking, driven by the event loop.
declare module 'hv:socket' {
  /** SO_PEERCRED, read when the connection was made. */
  export interface PeerCredentials {
    pid: number
    uid: number
    gid: number
  }

  export interface Connection {
    readonly fd: number
    /** Null where the descriptor is no unix socket. */
    readonly peer: PeerCredentials | null
    /** Bytes accepted by `write` and not yet taken by the kernel. */
    readonly queuedBytes: number
    /**
     * `fds` are descriptors that came with this chunk (SCM_RIGHTS, close-on-exec), in order; the receiver owns them. The byte that they were sent with need
     * not be the chunk's first, but nothing after that byte's own write is in the chunk. Setting a handler starts reading; only reading notices the peer's end.
     */
    onData(handler: (chunk: Uint8Array, fds: number[]) => void): void
    /** Instead of onData: UTF-8 lines without their `\n`; an unfinished last one is dropped, and so are passed descriptors. A line over `maxLineBytes` closes the connection with `EMSGSIZE`, bad UTF-8 with `EILSEQ`. */
    onLine(handler: (line: string) => void, maxLineBytes: number): void
    /** Called once, whoever closes; `error` is null for an end of file or an own close. */
    onClose(handler: (error: HostError | null) => void): void
    /** Called whenever the queue has become empty. */
    onDrain(handler: () => void): void
    /** Queues; throws `EPIPE` after close and `ENOBUFS` past 16 MiB queued. At most 16 `fds` go with the first byte and are duplicated, so the caller keeps its own. */
    write(data: string | Uint8Array, fds?: number[]): void
    pause(): void
    resume(): void
    /** Closes at once. `closeWhenSent` first sends what is queued, at most `timeoutMs` long. */
    close(): void
    closeWhenSent(timeoutMs: number): void
    /** Gives the descriptor back, out of the event loop; the object is dead afterwards and onClose is not called. `EBUSY` while something is queued. */
    detach(): number
  }

  export interface Listener {
    readonly fd: number
    onConnection(handler: (connection: Connection) => void): void
    /** Closes; a unix listener does not unlink its path. */
    close(): void
  }

  /** Replaces a socket left at `path`. `mode` defaults to 0o600. */
  export function listenUnix(path: string, options?: { mode?: number; uid?: number; gid?: number; backlog?: number }): Listener
  /** A listening TCP socket; `address` is `0.0.0.0`, `::` (both families) or one address. */
  export function listenTcp(address: string, port: number, options?: { backlog?: number }): Listener
  /** Rejects with HostError (`ECONNREFUSED`, `ENOENT`, `EAGAIN` …). */
  export function connectUnix(path: string): Promise<Connection>
  export function socketPair(): [number, number]
  export function pipe(): { readFd: number; writeFd: number }
  /** Takes over a stream descriptor (socket, pipe, tty). */
  export function fromFd(fd: number): Connection
}
