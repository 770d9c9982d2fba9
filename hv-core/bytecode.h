// Bundles: compiled modules with the stamp of the engine that made them.
#ifndef HV_BYTECODE_H
#define HV_BYTECODE_H

#include "sha256.h"
#include <quickjs/quickjs.h>
#include <stddef.h>

#define ENGINE_BYTES 32
#define BUNDLE_NAME_BYTES 64

/** What a bundle is bound to: the engine's version and a hash over what its compiler makes of a fixed probe. */
struct engine_stamp {
    char version[ENGINE_BYTES];
    uint8_t hash[SHA256_BYTES];
};

struct bundle {
    char name[BUNDLE_NAME_BYTES];
    uint8_t *file; // owns the memory that `code` points into
    const uint8_t *code;
    size_t code_length;
};

/** 0, or -1 when the engine cannot compile the probe. */
int engine_stamp_make(struct engine_stamp *stamp);
/** 0, or an exit code with one line in `problem`. */
int bundle_read(const char *path, const struct engine_stamp *stamp, struct bundle *bundle, char problem[256]);
void bundle_free(struct bundle *bundle);
/** 0 or an errno. */
int bundle_write(const char *path, const struct engine_stamp *stamp, const char *name, const uint8_t *code, size_t length);

#endif
