// SHA-256 of bytes in memory.
#ifndef HV_SHA256_H
#define HV_SHA256_H

#include <stddef.h>
#include <stdint.h>

#define SHA256_BYTES 32
void sha256(const uint8_t *bytes, size_t length, uint8_t digest[SHA256_BYTES]);

#endif
