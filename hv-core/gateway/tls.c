// TLS 1.2 and 1.3 by OpenSSL: the settings, and the fingerprint of what a client has shown.
#include "tls.h"

#include <openssl/err.h>
#include <openssl/evp.h>
#include <stdio.h>

#include "limits.h"

/**
 * No chain is built and nothing in the certificate is looked at: controld knows it by its fingerprint, or not at all. That the client
 * holds its key is checked by the handshake in any case. @source RFC 8446 section 4.4.3, RFC 5246 section 7.4.8
 */
static int take_any(X509_STORE_CTX *store, void *argument) {
  (void)argument;
  X509_STORE_CTX_set_error(store, X509_V_OK);
  return 1;
}

/** Forward secrecy only; no resumption, so that no session state is kept, no ticket key needs care, and every connection proves anew what it shows. */
int tls_configure(struct gateway *gateway, SSL_CTX *tls) {
  gateway->tls = tls;
  SSL_CTX_set_tlsext_servername_callback(tls, NULL); // the library would let a client's SNI choose among our inner virtual hosts
  SSL_CTX_set_session_cache_mode(tls, SSL_SESS_CACHE_OFF);
  SSL_CTX_set_mode(tls, SSL_MODE_RELEASE_BUFFERS);
  SSL_CTX_set_options(tls, SSL_OP_NO_TICKET | SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION | SSL_OP_CIPHER_SERVER_PREFERENCE);
  SSL_CTX_set_cert_verify_callback(tls, take_any, NULL);
  SSL_CTX_set_max_cert_list(tls, LIMIT_CLIENT_CERTIFICATES);
  tls_ask_certificates(gateway, gateway->ask_certificates);
  bool ok = SSL_CTX_set_num_tickets(tls, 0) == 1 && SSL_CTX_set_min_proto_version(tls, TLS1_2_VERSION) == 1;
  return ok && SSL_CTX_set_cipher_list(tls, "ECDHE+AESGCM:ECDHE+CHACHA20") == 1 ? 0 : -1;
}

void tls_ask_certificates(struct gateway *gateway, bool on) {
  gateway->ask_certificates = on;
  // A connection takes its mode over when it is made.
  if (gateway->tls != NULL) SSL_CTX_set_verify(gateway->tls, on ? SSL_VERIFY_PEER : SSL_VERIFY_NONE, NULL);
}

bool tls_fingerprint(struct lws *wsi, char fingerprint[FINGERPRINT_TEXT_BYTES]) {
  unsigned char digest[EVP_MAX_MD_SIZE];
  unsigned length = 0;
  SSL *ssl = lws_get_ssl(wsi);
  X509 *certificate = ssl != NULL ? SSL_get0_peer_certificate(ssl) : NULL;
  if (certificate == NULL) return false;
  bool ok = X509_digest(certificate, EVP_sha256(), digest, &length) == 1 && length == (FINGERPRINT_TEXT_BYTES - 1) / 2;
  for (unsigned i = 0; ok && i < length; i++) snprintf(fingerprint + 2 * i, 3, "%02x", digest[i]);
  ERR_clear_error();
  return ok;
}
