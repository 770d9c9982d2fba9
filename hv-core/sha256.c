// SHA-256 in one call, by nettle.
#include "sha256.h"

#include <nettle/sha2.h>

_Static_assert(SHA256_BYTES == SHA256_DIGEST_SIZE, "a digest is 32 bytes");

void sha256(const uint8_t *bytes, size_t length, uint8_t digest[SHA256_BYTES]) {
    struct sha256_ctx state;
    sha256_init(&state);
    sha256_update(&state, length, bytes);
    sha256_digest(&state, SHA256_DIGEST_SIZE, digest);
}
