// Who is trusted, and whether the peer is that: by an authority, its name and its time, or by the fingerprint of its one certificate.
#include <arpa/inet.h>
#include <openssl/err.h>
#include <openssl/x509v3.h>
#include <poll.h>
#include <string.h>

#include "dial.h"

enum { FINGERPRINT_BYTES = 32 };

static bool is_address(const char *host) {
  unsigned char address[sizeof(struct in6_addr)];
  return inet_pton(AF_INET, host, address) == 1 || inet_pton(AF_INET6, host, address) == 1;
}

/** The library's words for its latest error. */
static const char *reason(void) {
  const char *words = ERR_reason_error_string(ERR_peek_last_error());
  return words != NULL ? words : "the peer ended the connection";
}

SSL_CTX *trust(const struct target *target) {
  SSL_CTX *context = SSL_CTX_new(TLS_client_method());
  bool ready = context != NULL && SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION) == 1;
  if (ready && target->authorities != NULL) ready = SSL_CTX_load_verify_file(context, target->authorities) == 1;
  if (!ready) {
    fail("authority", "no authority can be read: %s", reason());
    SSL_CTX_free(context);
    return NULL;
  }
  // A fingerprint stands for all else: it is compared after the handshake, before anything is sent.
  SSL_CTX_set_verify(context, target->authorities != NULL ? SSL_VERIFY_PEER : SSL_VERIFY_NONE, NULL);
  SSL_CTX_set_mode(context, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
  SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF);
  return context;
}

static bool expect_name(SSL *ssl, const char *host) {
  if (is_address(host)) return X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(ssl), host) == 1;
  return SSL_set_tlsext_host_name(ssl, host) == 1 && SSL_set1_host(ssl, host) == 1;
}

static void fail_handshake(SSL *ssl) {
  long verdict = SSL_get_verify_result(ssl);
  if (verdict == X509_V_OK) {
    fail("tls", "no TLS connection: %s", reason());
    return;
  }
  bool wrong_name = verdict == X509_V_ERR_HOSTNAME_MISMATCH || verdict == X509_V_ERR_IP_ADDRESS_MISMATCH;
  bool wrong_time = verdict == X509_V_ERR_CERT_HAS_EXPIRED || verdict == X509_V_ERR_CERT_NOT_YET_VALID;
  const char *code = wrong_name ? "name" : wrong_time ? "time" : "untrusted";
  fail(code, "the certificate is not accepted: %s", X509_verify_cert_error_string(verdict));
}

static bool has_fingerprint(SSL *ssl, const char *wanted) {
  unsigned char digest[EVP_MAX_MD_SIZE];
  unsigned length = 0;
  X509 *certificate = SSL_get0_peer_certificate(ssl);
  if (certificate == NULL || X509_digest(certificate, EVP_sha256(), digest, &length) != 1 || length != FINGERPRINT_BYTES) return false;
  char text[2 * FINGERPRINT_BYTES + 1];
  for (unsigned i = 0; i < length; i++) snprintf(text + 2 * i, 3, "%02x", digest[i]);
  return strcmp(text, wanted) == 0;
}

bool shake_hands(SSL *ssl, int socket, const struct target *target) {
  if (SSL_set_fd(ssl, socket) != 1 || !expect_name(ssl, target->host)) {
    fail("tls", "no TLS connection can be made");
    return false;
  }
  int64_t deadline = now_ms() + HANDSHAKE_TIMEOUT_MS;
  for (;;) {
    ERR_clear_error();
    int result = SSL_connect(ssl);
    if (result == 1) break;
    int wanted = SSL_get_error(ssl, result);
    int64_t left = deadline - now_ms();
    if (wanted != SSL_ERROR_WANT_READ && wanted != SSL_ERROR_WANT_WRITE) {
      fail_handshake(ssl);
      return false;
    }
    struct pollfd waiting = {.fd = socket, .events = wanted == SSL_ERROR_WANT_READ ? POLLIN : POLLOUT};
    if (left <= 0 || poll(&waiting, 1, (int)left) == 0) {
      fail("timeout", "no TLS within %d s", HANDSHAKE_TIMEOUT_MS / 1000);
      return false;
    }
  }
  if (target->fingerprint == NULL || has_fingerprint(ssl, target->fingerprint)) return true;
  fail("fingerprint", "the certificate is not the one with the fingerprint that was named");
  return false;
}
