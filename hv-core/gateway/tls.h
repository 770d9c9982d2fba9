// How TLS is spoken, and whose certificate a client has shown; decides nothing about users.
#ifndef CORBEL_GATEWAY_TLS_H
#define CORBEL_GATEWAY_TLS_H

#include <openssl/ssl.h>

#include "gateway.h"

enum { FINGERPRINT_TEXT_BYTES = 65 }; // SHA-256 in lower-case hexadecimal, and NUL

/** Keeps `tls` for what is set later. 0, or -1 when the library lacks something. */
int tls_configure(struct gateway *gateway, SSL_CTX *tls);
/** From the next connection on, clients are asked for a certificate, or no longer; they may always do without. */
void tls_ask_certificates(struct gateway *gateway, bool on);
/** The fingerprint of the certificate whose key this client has proved to hold. False when it has shown none. */
bool tls_fingerprint(struct lws *wsi, char fingerprint[FINGERPRINT_TEXT_BYTES]);

#endif
