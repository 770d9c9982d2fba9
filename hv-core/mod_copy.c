// hv:copy: bytes from one descriptor into a file, hashed on the way, in blocking steps; none of them enters the script.
#include "hv.h"
#include "sha256.h"

#include <errno.h>
#include <nettle/sha2.h>
#include <poll.h>
#include <stdlib.h>
#include <unistd.h>

#define PIECE_BYTES (256 << 10)
#define STEP_LIMIT (1 << 30)

/** Owned by its object. The descriptors are the script's. */
struct copy {
    int source, target;
    struct sha256_ctx state;
    uint8_t piece[PIECE_BYTES];
};

static JSClassID copy_class;

static void finalize(JSRuntime *rt, JSValue value) { free(JS_GetOpaque(value, copy_class)); }

/** Like read(2), but waits where the source is non-blocking. */
static ssize_t read_some(int fd, uint8_t *bytes, size_t length) {
    for (;;) {
        ssize_t count = read(fd, bytes, length);
        if (count >= 0)
            return count;
        if (errno == EAGAIN) {
            struct pollfd wait = {.fd = fd, .events = POLLIN};
            poll(&wait, 1, -1);
        } else if (errno != EINTR) {
            return -1;
        }
    }
}

static int write_all(int fd, const uint8_t *bytes, size_t length) {
    while (length > 0) {
        ssize_t count = write(fd, bytes, length);
        if (count < 0 && errno != EINTR)
            return -1;
        bytes += count > 0 ? count : 0;
        length -= count > 0 ? (size_t)count : 0;
    }
    return 0;
}

static JSValue js_step(JSContext *ctx, JSValueConst this_val, int argc, JSValueConst *argv) {
    struct copy *c = JS_GetOpaque2(ctx, this_val, copy_class);
    int64_t limit;
    if (!c || hv_integer(ctx, argv[0], "maxBytes", 1, STEP_LIMIT, &limit))
        return JS_EXCEPTION;
    int64_t done = 0;
    while (done < limit) {
        size_t wanted = limit - done < PIECE_BYTES ? (size_t)(limit - done) : PIECE_BYTES;
        ssize_t count = read_some(c->source, c->piece, wanted);
        if (count < 0)
            return hv_throw(ctx, errno, "read", NULL);
        if (count == 0)
            break;
        sha256_update(&c->state, (size_t)count, c->piece);
        if (write_all(c->target, c->piece, (size_t)count) < 0)
            return hv_throw(ctx, errno, "write", NULL);
        done += count;
    }
    if (fdatasync(c->target) < 0)
        return hv_throw(ctx, errno, "fdatasync", NULL);
    return JS_NewInt64(ctx, done);
}

static JSValue js_sha256(JSContext *ctx, JSValueConst this_val, int argc, JSValueConst *argv) {
    struct copy *c = JS_GetOpaque2(ctx, this_val, copy_class);
    if (!c)
        return JS_EXCEPTION;
    uint8_t digest[SHA256_BYTES];
    struct sha256_ctx state = c->state;
    sha256_digest(&state, sizeof digest, digest);
    return hv_new_bytes(ctx, digest, sizeof digest);
}

static JSValue js_open(JSContext *ctx, JSValueConst this_val, int argc, JSValueConst *argv) {
    int source, target;
    if (hv_descriptor(ctx, argv[0], &source) || hv_descriptor(ctx, argv[1], &target))
        return JS_EXCEPTION;
    JSValue object = JS_NewObjectClass(ctx, (int)copy_class);
    if (JS_IsException(object))
        return object;
    struct copy *c = hv_alloc(sizeof *c);
    c->source = source;
    c->target = target;
    sha256_init(&c->state);
    JS_SetOpaque(object, c);
    return object;
}

static const JSCFunctionListEntry members[] = {JS_CFUNC_DEF("step", 1, js_step), JS_CFUNC_DEF("sha256", 0, js_sha256)};
static const JSCFunctionListEntry exports[] = {JS_CFUNC_DEF("open", 2, js_open)};
static const struct hv_class class = {&copy_class, {.class_name = "Copy", .finalizer = finalize}, members, COUNT_OF(members)};

const struct hv_export_list hv_exports_copy = {exports, COUNT_OF(exports)};

int hv_module_copy(JSContext *ctx, JSModuleDef *m) {
    return hv_class_define(ctx, &class) < 0 ? -1 : JS_SetModuleExportList(ctx, m, exports, COUNT_OF(exports));
}
