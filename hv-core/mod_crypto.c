// hv:crypto: SHA-256, HMAC-SHA-1, ChaCha20-Poly1305, random bytes, comparison, and argon2id in a child process per call.
#include "hv.h"
#include "linux_calls.h"
#include "sha256.h"

#include <argon2.h>
#include <errno.h>
#include <nettle/chacha-poly1305.h>
#include <nettle/hmac.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/random.h>
#include <sys/wait.h>

#define SALT_BYTES 16
#define HASH_BYTES 32
#define ENCODED_LIMIT 512
#define MEMORY_LIMIT_KIB (256 << 10)
#define PASS_LIMIT 16

/** One hash or verification under way. The child answers with the text of the hash, or `y`, `n`; nothing is a failure. */
struct job {
    hv_watch watch;
    pid_t pid;
    bool verify;
    JSValue resolve, reject;
    size_t used;
    char answer[ENCODED_LIMIT];
};

static JSValue js_sha256(JSContext *ctx, JSValueConst this_val, int argc, JSValueConst *argv) {
    struct hv_data data;
    uint8_t digest[SHA256_BYTES];
    if (hv_data_get(ctx, argv[0], "data", &data))
        return JS_EXCEPTION;
    sha256(data.bytes, data.length, digest);
    hv_data_free(ctx, &data);
    return hv_new_bytes(ctx, digest, sizeof digest);
}

/** @source RFC 2104; SHA-1 because that is what authenticator apps are sure to know. */
static JSValue js_hmac_sha1(JSContext *ctx, JSValueConst this_val, int argc, JSValueConst *argv) {
    struct hv_data key, message;
    struct hmac_sha1_ctx state;
    uint8_t digest[SHA1_DIGEST_SIZE];
    if (hv_bytes_get(ctx, argv[0], "key", &key) || hv_bytes_get(ctx, argv[1], "message", &message))
        return JS_EXCEPTION;
    hmac_sha1_set_key(&state, key.length, key.bytes);
    hmac_sha1_update(&state, message.length, message.bytes);
    hmac_sha1_digest(&state, sizeof digest, digest);
    explicit_bzero(&state, sizeof state);
    return hv_new_bytes(ctx, digest, sizeof digest);
}

/** One sealing or opening. The bytes are borrowed from the arguments: nothing is to be freed. */
struct sealing {
    struct hv_data key, nonce, text, associated;
    struct chacha_poly1305_ctx state;
};

/** @source RFC 8439, section 2.8 */
static int sealing_start(JSContext *ctx, struct sealing *s, JSValueConst *argv) {
    if (hv_bytes_get(ctx, argv[0], "key", &s->key) || hv_bytes_get(ctx, argv[1], "nonce", &s->nonce) || hv_bytes_get(ctx, argv[2], "data", &s->text) ||
        hv_bytes_get(ctx, argv[3], "associated", &s->associated))
        return -1;
    if (s->key.length != CHACHA_POLY1305_KEY_SIZE || s->nonce.length != CHACHA_POLY1305_NONCE_SIZE) {
        JS_ThrowRangeError(ctx, "key must have %d bytes, nonce %d", CHACHA_POLY1305_KEY_SIZE, CHACHA_POLY1305_NONCE_SIZE);
        return -1;
    }
    chacha_poly1305_set_key(&s->state, s->key.bytes);
    chacha_poly1305_set_nonce(&s->state, s->nonce.bytes);
    chacha_poly1305_update(&s->state, s->associated.length, s->associated.bytes);
    return 0;
}

static JSValue js_seal(JSContext *ctx, JSValueConst this_val, int argc, JSValueConst *argv) {
    struct sealing s;
    if (sealing_start(ctx, &s, argv))
        return JS_EXCEPTION;
    size_t length = s.text.length + CHACHA_POLY1305_DIGEST_SIZE;
    uint8_t *sealed = hv_alloc(length);
    chacha_poly1305_encrypt(&s.state, s.text.length, sealed, s.text.bytes);
    chacha_poly1305_digest(&s.state, CHACHA_POLY1305_DIGEST_SIZE, sealed + s.text.length);
    explicit_bzero(&s.state, sizeof s.state);
    JSValue value = hv_new_bytes(ctx, sealed, length);
    free(sealed);
    return value;
}

static JSValue js_unseal(JSContext *ctx, JSValueConst this_val, int argc, JSValueConst *argv) {
    struct sealing s;
    uint8_t digest[CHACHA_POLY1305_DIGEST_SIZE];
    if (sealing_start(ctx, &s, argv))
        return JS_EXCEPTION;
    if (s.text.length < sizeof digest) {
        explicit_bzero(&s.state, sizeof s.state);
        return JS_NULL;
    }
    size_t length = s.text.length - sizeof digest;
    uint8_t *text = hv_alloc(length + 1); // never of no bytes at all
    chacha_poly1305_decrypt(&s.state, length, text, s.text.bytes);
    chacha_poly1305_digest(&s.state, sizeof digest, digest);
    explicit_bzero(&s.state, sizeof s.state);
    volatile uint8_t difference = 0;
    for (size_t i = 0; i < sizeof digest; i++)
        difference |= digest[i] ^ s.text.bytes[length + i];
    JSValue value = difference == 0 ? hv_new_bytes(ctx, text, length) : JS_NULL;
    explicit_bzero(text, length);
    free(text);
    return value;
}

static int fill_random(uint8_t *bytes, size_t count) {
    for (size_t used = 0; used < count;) {
        ssize_t got = getrandom(bytes + used, count - used, 0);
        if (got < 0 && errno != EINTR)
            return -1;
        used += got > 0 ? (size_t)got : 0;
    }
    return 0;
}

static JSValue js_random_bytes(JSContext *ctx, JSValueConst this_val, int argc, JSValueConst *argv) {
    int64_t count;
    if (hv_integer(ctx, argv[0], "count", 0, 65536, &count))
        return JS_EXCEPTION;
    uint8_t *bytes = hv_alloc((size_t)count);
    JSValue value = fill_random(bytes, (size_t)count) < 0 ? hv_throw(ctx, errno, "getrandom", NULL) : hv_new_bytes(ctx, bytes, (size_t)count);
    explicit_bzero(bytes, (size_t)count);
    free(bytes);
    return value;
}

static JSValue js_timing_safe_equal(JSContext *ctx, JSValueConst this_val, int argc, JSValueConst *argv) {
    struct hv_data a, b;
    if (hv_bytes_get(ctx, argv[0], "a", &a) || hv_bytes_get(ctx, argv[1], "b", &b))
        return JS_EXCEPTION;
    volatile uint8_t difference = a.length != b.length;
    for (size_t i = 0; i < a.length && i < b.length; i++)
        difference |= a.bytes[i] ^ b.bytes[i];
    return JS_NewBool(ctx, difference == 0);
}

static void job_end(hv *h, struct job *j) {
    JSContext *ctx = h->ctx;
    close(j->watch.fd);
    // Its pipe is closed, so it is about to end.
    while (waitpid(j->pid, NULL, 0) < 0 && errno == EINTR) {
    }
    JSValue outcome = JS_UNDEFINED;
    if (j->used > 0)
        outcome = j->verify ? JS_NewBool(ctx, j->answer[0] == 'y') : JS_NewStringLen(ctx, j->answer, j->used);
    JSValue settle = j->used > 0 ? j->resolve : j->reject;
    if (j->used == 0)
        outcome = hv_errno_error(ctx, ENOMEM, "argon2", NULL);
    JSValue resolve = j->resolve, reject = j->reject;
    explicit_bzero(j, sizeof *j);
    free(j);
    hv_call(h, settle, 1, &outcome);
    JS_FreeValue(ctx, resolve);
    JS_FreeValue(ctx, reject);
}

static void job_ready(hv *h, hv_watch *watch, uint32_t events) {
    struct job *j = CONTAINER_OF(watch, struct job, watch);
    ssize_t got = read(watch->fd, j->answer + j->used, sizeof j->answer - j->used);
    if (got > 0) {
        j->used += (size_t)got;
        return;
    }
    if (got < 0 && (errno == EINTR || errno == EAGAIN))
        return;
    hv_watch_remove(h, watch);
    job_end(h, j);
}

struct work {
    const char *encoded; // to verify, or NULL to hash
    const char *password;
    size_t password_length;
    uint32_t memory_kib, passes;
    uint8_t salt[SALT_BYTES];
};

static _Noreturn void child(const struct work *w, int fd) {
    char answer[ENCODED_LIMIT] = "";
    // Nothing of the parent's is reachable through it, and it does not outlive the parent.
    call_close_range(3, (unsigned)fd - 1, 0);
    call_close_range((unsigned)fd + 1, ~0U, 0);
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (w->encoded) {
        int result = argon2id_verify(w->encoded, w->password, w->password_length);
        if (result == ARGON2_OK || result == ARGON2_VERIFY_MISMATCH)
            strcpy(answer, result == ARGON2_OK ? "y" : "n");
    } else if (argon2id_hash_encoded(w->passes, w->memory_kib, 1, w->password, w->password_length, w->salt, SALT_BYTES, HASH_BYTES, answer,
                   sizeof answer) != ARGON2_OK) {
        answer[0] = '\0';
    }
    _exit(write(fd, answer, strlen(answer)) < 0);
}

static JSValue start(JSContext *ctx, const struct work *w) {
    hv *h = hv_of(ctx);
    int fds[2];
    if (pipe2(fds, O_CLOEXEC) < 0)
        return hv_rejected(ctx, hv_errno_error(ctx, errno, "pipe2", NULL));
    pid_t pid = fork();
    if (pid == 0)
        child(w, fds[1]);
    int error = pid < 0 ? errno : 0;
    close(fds[1]);
    struct job *j = hv_alloc(sizeof *j);
    j->watch.ready = job_ready;
    j->pid = pid;
    j->verify = w->encoded != NULL;
    if (error || hv_watch_add(h, &j->watch, fds[0], EPOLLIN) < 0) {
        error = error ? error : errno;
        close(fds[0]);
        free(j);
        if (pid > 0) {
            kill(pid, SIGKILL);
            waitpid(pid, NULL, 0);
        }
        return hv_rejected(ctx, hv_errno_error(ctx, error, pid < 0 ? "fork" : "epoll_ctl", NULL));
    }
    JSValue functions[2];
    JSValue promise = JS_NewPromiseCapability(ctx, functions);
    j->resolve = JS_IsException(promise) ? JS_UNDEFINED : functions[0];
    j->reject = JS_IsException(promise) ? JS_UNDEFINED : functions[1];
    return promise;
}

static JSValue start_with_password(JSContext *ctx, JSValueConst password, struct work *w) {
    struct hv_data data;
    if (!JS_IsString(password))
        return JS_ThrowTypeError(ctx, "password must be a string");
    if (hv_data_get(ctx, password, "password", &data))
        return JS_EXCEPTION;
    w->password = data.text;
    w->password_length = data.length;
    JSValue promise = start(ctx, w);
    hv_data_free(ctx, &data);
    return promise;
}

static JSValue js_hash_password(JSContext *ctx, JSValueConst this_val, int argc, JSValueConst *argv) {
    int64_t memory_kib = 19456, passes = 2;
    struct work w = {0};
    if (hv_get_integer(ctx, argv[1], "memoryKiB", 8, MEMORY_LIMIT_KIB, &memory_kib) < 0 || hv_get_integer(ctx, argv[1], "passes", 1, PASS_LIMIT, &passes) < 0)
        return JS_EXCEPTION;
    w.memory_kib = (uint32_t)memory_kib;
    w.passes = (uint32_t)passes;
    JSValue salt = JS_IsObject(argv[1]) ? JS_GetPropertyStr(ctx, argv[1], "salt") : JS_UNDEFINED;
    if (JS_IsException(salt))
        return JS_EXCEPTION;
    if (!JS_IsUndefined(salt)) {
        struct hv_data data;
        int failed = hv_bytes_get(ctx, salt, "salt", &data);
        if (!failed && data.length == SALT_BYTES)
            memcpy(w.salt, data.bytes, SALT_BYTES);
        else if (!failed)
            JS_ThrowRangeError(ctx, "salt must have %d bytes", SALT_BYTES);
        JS_FreeValue(ctx, salt);
        if (failed || data.length != SALT_BYTES)
            return JS_EXCEPTION;
    } else if (fill_random(w.salt, sizeof w.salt) < 0)
        return hv_rejected(ctx, hv_errno_error(ctx, errno, "getrandom", NULL));
    return start_with_password(ctx, argv[0], &w);
}

/** Whether `text` is one or more base64 digits, as PHC strings have them, with `*end` behind them. */
static bool base64_part(const char *text, const char **end) {
    size_t length = strspn(text, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/");
    *end = text + length;
    return length >= 11;
}

/** @source the PHC string format, as argon2's encoded hashes have it: $argon2id$v=19$m=M,t=T,p=P$SALT$HASH. */
static bool acceptable(const char *encoded) {
    unsigned memory_kib, passes, lanes;
    int used = 0;
    const char *end;
    if (strlen(encoded) >= ENCODED_LIMIT || sscanf(encoded, "$argon2id$v=19$m=%6u,t=%3u,p=%3u$%n", &memory_kib, &passes, &lanes, &used) != 3 || used == 0)
        return false;
    return memory_kib >= 8 && memory_kib <= MEMORY_LIMIT_KIB && passes >= 1 && passes <= PASS_LIMIT && lanes >= 1 && lanes <= 16 &&
           base64_part(encoded + used, &end) && *end == '$' && base64_part(end + 1, &end) && *end == '\0';
}

static JSValue js_verify_password(JSContext *ctx, JSValueConst this_val, int argc, JSValueConst *argv) {
    struct work w = {0};
    w.encoded = hv_string(ctx, argv[0], "encoded");
    if (!w.encoded)
        return JS_EXCEPTION;
    JSValue promise = acceptable(w.encoded) ? start_with_password(ctx, argv[1], &w)
                                            : hv_rejected(ctx, hv_errno_error(ctx, EINVAL, "argon2id_verify", NULL));
    JS_FreeCString(ctx, w.encoded);
    return promise;
}

static const JSCFunctionListEntry exports[] = {
    JS_CFUNC_DEF("sha256", 1, js_sha256),
    JS_CFUNC_DEF("hmacSha1", 2, js_hmac_sha1),
    JS_CFUNC_DEF("seal", 4, js_seal),
    JS_CFUNC_DEF("unseal", 4, js_unseal),
    JS_CFUNC_DEF("randomBytes", 1, js_random_bytes),
    JS_CFUNC_DEF("timingSafeEqual", 2, js_timing_safe_equal),
    JS_CFUNC_DEF("hashPassword", 2, js_hash_password),
    JS_CFUNC_DEF("verifyPassword", 2, js_verify_password),
};

const struct hv_export_list hv_exports_crypto = {exports, COUNT_OF(exports)};

int hv_module_crypto(JSContext *ctx, JSModuleDef *m) { return JS_SetModuleExportList(ctx, m, exports, COUNT_OF(exports)); }
