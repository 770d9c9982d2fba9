// One connection to one peer, and the trust in it by TLS: for programs that dial. Knows neither what is sent nor why.
#ifndef CORBEL_DIAL_H
#define CORBEL_DIAL_H

#include <openssl/ssl.h>
#include <seccomp.h>
#include <stdbool.h>
#include <stdint.h>

/** The descriptor of whoever started it: lines about how it goes go out by it, and what is needed comes in. */
enum { CONTROL_FD = 3 };

enum { CONNECT_TIMEOUT_MS = 5000, HANDSHAKE_TIMEOUT_MS = 10000, SILENT_PEER_MS = 60000 };

struct target {
  const char *host, *port;
  /** At most one of the two: a file with authorities, or the SHA-256 of the one certificate that is trusted, in hexadecimal. With neither nobody is verified. */
  const char *authorities, *fingerprint;
};

/** One line to whoever started it, without control characters; dropped where it is not being read. */
void tell(const char *format, ...) __attribute__((format(printf, 1, 2)));
/** `failed CODE words`. */
void fail(const char *code, const char *format, ...) __attribute__((format(printf, 2, 3)));

int64_t now_ms(void);

/** A connected, non-blocking socket, or -1 after `fail`. Names are resolved here. */
int connect_to(const struct target *target);

/** What is trusted, read from its file; NULL after `fail`. The caller owns it. */
SSL_CTX *trust(const struct target *target);
/** The handshake and the check of who is there; false after `fail`. */
bool shake_hands(SSL *ssl, int socket, const struct target *target);

/** From here on: bytes by the descriptors that are open, memory and time, and what `add` allows besides. False after `fail`. */
bool sandbox_enter(bool (*add)(scmp_filter_ctx filter));

#endif
