// The gateway's limits, all in one place, and what they add up to; holds no code.
//
// Worst case of memory, with every limit reached at once:
//   256 connections x 128 KiB  (24 KiB struct with its 12 KiB head text, 32 KiB unparsed input, 56 KiB OpenSSL, 16 KiB unsent TLS data)  32.0 MiB
//   64 WebSockets x 320 KiB    (64 KiB in queues, 256 KiB the last words of a closed peer)                                              20.0 MiB
//   request bodies, everywhere together (LIMIT_BODIES_BYTES)                                                                            32.0 MiB
//   answers and frames to controld, everywhere together (LIMIT_ANSWERS_BYTES)                                                           32.0 MiB
//   one frame being received and one being built (LIMIT_FRAME_PAYLOAD each, in growing doubled)                                          8.0 MiB
//   static files (LIMIT_STATIC_BYTES), libwebsockets, OpenSSL, code                                                                     20.0 MiB
// which is 144 MiB; 10 MiB is the usual case. RLIMIT_DATA of 192 MiB is a safe fence.
#ifndef CORBEL_GATEWAY_LIMITS_H
#define CORBEL_GATEWAY_LIMITS_H

enum {
  LIMIT_CONNECTIONS = 256,            // beyond, one that waits for a request makes place
  LIMIT_CONNECTIONS_PER_ADDRESS = 32, // an IPv6 address counts by its first 64 bits
  LIMIT_WEBSOCKETS = 64,
  LIMIT_UPLOADS = 32,                 // controld takes fewer

  LIMIT_HEAD_BYTES = 8 * 1024,        // request line and header fields, 431 beyond
  LIMIT_HEAD_TEXT = 12 * 1024,        // what of the head is kept, joined lists included
  LIMIT_BODY_BYTES = 1024 * 1024,     // 413 beyond
  LIMIT_READ_BYTES = 16 * 1024,       // one read, one TLS record
  LIMIT_CLIENT_CERTIFICATES = 16 * 1024, // what a client shows in its handshake, its whole chain
  LIMIT_STREAM_QUEUE = 1024 * 1024,   // a slower reader of a streamed answer is dropped
  LIMIT_TUNNEL_QUEUE = 48 * 1024,     // above this a WebSocket's source is not read
  LIMIT_LAST_WORDS = 256 * 1024,      // what is still read from a descriptor whose peer has closed; more than a unix socket holds
  LIMIT_DISCARD_BYTES = 4 * 1024 * 1024, // read and thrown away after a refusal, so that the client sees the answer and no reset

  LIMIT_BODIES_PER_ADDRESS = 16,      // being received at once, so that no one address can use up the bytes below
  LIMIT_BODIES_BYTES = 32 * 1024 * 1024,
  LIMIT_ANSWERS_BYTES = 32 * 1024 * 1024,
  LIMIT_FRAME_PAYLOAD = 2 * 1024 * 1024,
  LIMIT_STATIC_BYTES = 8 * 1024 * 1024,
  LIMIT_STATIC_FILES = 128,
  LIMIT_ANSWER_HEADERS = 8 * 1024,

  TIMEOUT_HEAD_MS = 10 * 1000,        // TLS handshake and head; from the first byte where a connection is kept alive
  TIMEOUT_BODY_MS = 10 * 1000,
  TIMEOUT_UPLOAD_MS = 60 * 1000,     // of a streamed body: without one byte of it moved
  TIMEOUT_IDLE_MS = 30 * 1000,
  TIMEOUT_ANSWER_MS = 60 * 1000,
  TIMEOUT_SEND_MS = 30 * 1000,        // without one byte taken by the client
  TIMEOUT_DISCARD_MS = 2 * 1000,
  TIMEOUT_CONTROL_MS = 2 * 1000,      // how long a request waits for controld to be there
  TIMEOUT_STOP_MS = 2 * 1000,
  RECONNECT_MIN_MS = 10,
  RECONNECT_MAX_MS = 100,
  ACCEPT_PAUSE_MS = 100,              // when the system is out of descriptors
  PING_INTERVAL_S = 30,
  PING_HANGUP_S = 45,
};

#endif
