// A request to the API and the answer to it, as they come from and go to the frame server. No wire format.

/** Who is at the other end of the connection, told by peer credentials. */
export type Peer = 'network' | 'console'

export interface ApiRequest {
  readonly method: string
  /** Without query, still percent-encoded. */
  readonly path: string
  /** Raw, without `?`; empty when there is none. */
  readonly query: string
  /** Lower-case names. */
  readonly headers: Readonly<Record<string, string>>
  /** `address:port` of the network client. */
  readonly remote: string
  /** When the network client connected, on the clock that runs since the boot. */
  readonly connectedMs?: number
  /** SHA-256 of the certificate that the client has shown, lower-case hexadecimal. */
  readonly certificate?: string
  readonly upgrade?: 'websocket'
  readonly body: Uint8Array
  /** A body that has not been read yet; then `body` is empty. */
  readonly incoming?: Incoming
}

/** A body that goes past the script. */
export interface Incoming {
  /** 1 or more. */
  readonly sizeBytes: number
  /** Has its bytes written to the descriptor, which is the caller's no longer. To be called once at most. */
  receive(descriptor: number): void
}

/** A whole answer. */
export interface CompleteResponse {
  readonly kind: 'complete'
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  readonly body: string | Uint8Array
}

/** An answer whose body goes on: it is pushed from `subscribe` on, until `end` or until the returned function is called because the client has gone. */
export interface StreamResponse {
  readonly kind: 'stream'
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  subscribe(push: (text: string) => void, end: () => void): () => void
}

/** The answer to an upgrade: a stream socket to pass on. The receiver owns the descriptor and closes it. */
export interface AttachResponse {
  readonly kind: 'attach'
  readonly status: 101
  readonly headers: Readonly<Record<string, string>>
  readonly descriptor: number
}

export type ApiResponse = CompleteResponse | StreamResponse | AttachResponse

/** Never rejects: what goes wrong inside is an answer with status 500. */
export interface Api {
  handle(request: ApiRequest, peer: Peer): Promise<ApiResponse>
}
