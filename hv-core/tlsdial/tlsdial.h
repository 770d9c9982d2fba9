// One TLS connection to one peer: what its parts have in common. Knows neither what is sent nor why.
#ifndef CORBEL_TLSDIAL_H
#define CORBEL_TLSDIAL_H

#include <openssl/ssl.h>
#include <stdbool.h>
#include <stdint.h>

/** The descriptor of whoever started it: bytes to send come in by it, lines about how it goes go out. */
enum { CONTROL_FD = 3 };

enum { CONNECT_TIMEOUT_MS = 5000, HANDSHAKE_TIMEOUT_MS = 10000, SILENT_PEER_MS = 60000 };

struct target {
  const char *host, *port;
  /** One of the two: a file with authorities, or the SHA-256 of the one certificate that is trusted, in hexadecimal. */
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

/** From here on: the two descriptors, memory and time. False after `fail`. */
bool sandbox_enter(void);

#endif
