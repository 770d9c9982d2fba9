// hv:relay: copies one byte stream to a bounded log and to peers, and what peers write to the stream, with no script in the path.
#include "hv.h"
#include "relay_log.h"
#include "socket_io.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define PEER_QUEUE_LIMIT (256 << 10)
#define INPUT_LIMIT 4096 // what peers wrote and the source has not taken; then peers wait
#define READ_BYTES 65536

struct relay;
struct peer {
    hv_watch watch;
    struct relay *relay;
    struct peer *next;
    uint8_t *queue;
    size_t start, used; // the queue holds `used` bytes from `start` on
};

/** Owned by its object, which the loop holds on to until the relay is closed. */
struct relay {
    hv_watch source;
    hv *h;
    JSValue self, on_close;
    bool is_socket, open;
    struct relay_log log;
    struct peer *peers;
    int32_t peer_count;
    uint8_t input[INPUT_LIMIT];
    size_t input_used;
};

static JSClassID relay_class;

static void finalize(JSRuntime *rt, JSValue value) { free(JS_GetOpaque(value, relay_class)); }

static void update_peer(struct peer *p) {
    bool may_write = p->relay->input_used < INPUT_LIMIT;
    uint32_t events = (may_write ? EPOLLIN : 0u) | (p->used ? EPOLLOUT : 0u);
    hv_watch_set(p->relay->h, &p->watch, events ? events : EPOLLET);
}

static void drop_peer(struct peer *p) {
    struct relay *r = p->relay;
    struct peer **link = &r->peers;
    while (*link != p)
        link = &(*link)->next;
    *link = p->next;
    r->peer_count--;
    hv_watch_remove(r->h, &p->watch);
    close(p->watch.fd);
    free(p->queue);
    free(p);
}

/** Sends what the peer takes; false when it has gone and been dropped. */
static bool flush_peer(struct peer *p) {
    while (p->used > 0) {
        ssize_t count = io_send(p->watch.fd, true, p->queue + p->start, p->used, NULL, 0);
        if (count < 0 && errno == EAGAIN)
            break;
        if (count < 0 && errno != EINTR) {
            drop_peer(p);
            return false;
        }
        p->start += count > 0 ? (size_t)count : 0;
        p->used -= count > 0 ? (size_t)count : 0;
    }
    if (p->used == 0)
        p->start = 0;
    update_peer(p);
    return true;
}

/** Queues for one peer and sends; drops it when it lets too much queue up. */
static void give_peer(struct peer *p, const uint8_t *bytes, size_t length) {
    if (p->used == 0) {
        ssize_t count = io_send(p->watch.fd, true, bytes, length, NULL, 0);
        if (count > 0) {
            bytes += count;
            length -= (size_t)count;
        }
    }
    if (length == 0)
        return;
    if (p->used + length > PEER_QUEUE_LIMIT) {
        hv_logf(p->relay->h, 4, "relay: a peer of %s does not read and is dropped", p->relay->log.path);
        drop_peer(p);
        return;
    }
    if (!p->queue)
        p->queue = hv_alloc(PEER_QUEUE_LIMIT);
    if (p->start + p->used + length > PEER_QUEUE_LIMIT) {
        memmove(p->queue, p->queue + p->start, p->used);
        p->start = 0;
    }
    memcpy(p->queue + p->start + p->used, bytes, length);
    p->used += length;
    flush_peer(p);
}

static void relay_close(struct relay *r) {
    if (!r->open)
        return;
    r->open = false;
    while (r->peers)
        drop_peer(r->peers);
    hv_watch_remove(r->h, &r->source);
    close(r->source.fd);
    relay_log_close(&r->log);
    JSValue handler = r->on_close, self = r->self;
    r->on_close = r->self = JS_UNDEFINED;
    JS_FreeValue(r->h->ctx, handler);
    JS_FreeValue(r->h->ctx, self);
}

static void source_ended(struct relay *r) {
    hv *h = r->h;
    JSValue handler = JS_DupValue(h->ctx, r->on_close);
    // Last words that a peer has room for reach it before its end is closed.
    for (struct peer *p = r->peers, *next; p; p = next) {
        next = p->next;
        flush_peer(p);
    }
    relay_close(r);
    if (!JS_IsUndefined(handler))
        hv_call(h, handler, 0, NULL);
    JS_FreeValue(h->ctx, handler);
}

static void update_source(struct relay *r) { hv_watch_set(r->h, &r->source, EPOLLIN | (r->input_used ? EPOLLOUT : 0u)); }

static void flush_input(struct relay *r) {
    bool was_full = r->input_used == INPUT_LIMIT;
    ssize_t count = r->input_used ? io_send(r->source.fd, r->is_socket, r->input, r->input_used, NULL, 0) : 0;
    if (count > 0) {
        r->input_used -= (size_t)count;
        memmove(r->input, r->input + count, r->input_used);
    } else if (count < 0 && errno != EAGAIN && errno != EINTR) {
        r->input_used = 0; // nobody takes it; the end of the source shows when it is read
    }
    update_source(r);
    if (was_full && r->input_used < INPUT_LIMIT)
        for (struct peer *p = r->peers; p; p = p->next)
            update_peer(p);
}

static void source_ready(hv *h, hv_watch *watch, uint32_t events) {
    static uint8_t bytes[READ_BYTES];
    struct relay *r = CONTAINER_OF(watch, struct relay, source);
    if (events & EPOLLOUT)
        flush_input(r);
    if (!(events & (EPOLLIN | EPOLLHUP | EPOLLERR)))
        return;
    int fds[PASSED_FDS_MAX], fd_count;
    ssize_t count = io_receive(watch->fd, r->is_socket, bytes, sizeof bytes, fds, &fd_count);
    io_close_all(fds, fd_count);
    if (count < 0 && (errno == EAGAIN || errno == EINTR))
        return;
    if (count <= 0) {
        source_ended(r);
        return;
    }
    if (relay_log_write(&r->log, bytes, (size_t)count))
        hv_logf(h, 4, "relay: %s cannot be written", r->log.path);
    for (struct peer *p = r->peers, *next; p; p = next) {
        next = p->next;
        give_peer(p, bytes, (size_t)count);
    }
}

static void peer_ready(hv *h, hv_watch *watch, uint32_t events) {
    struct peer *p = CONTAINER_OF(watch, struct peer, watch);
    struct relay *r = p->relay;
    if (p->used && !flush_peer(p))
        return;
    if (!(events & (EPOLLIN | EPOLLHUP | EPOLLERR)) || r->input_used == INPUT_LIMIT)
        return;
    int fds[PASSED_FDS_MAX], fd_count;
    ssize_t count = io_receive(watch->fd, true, r->input + r->input_used, INPUT_LIMIT - r->input_used, fds, &fd_count);
    io_close_all(fds, fd_count);
    if (count < 0 && (errno == EAGAIN || errno == EINTR))
        return;
    if (count <= 0) {
        drop_peer(p);
        return;
    }
    r->input_used += (size_t)count;
    flush_input(r);
    if (r->input_used == INPUT_LIMIT)
        for (struct peer *q = r->peers; q; q = q->next)
            update_peer(q);
}

static struct relay *open_relay(JSContext *ctx, JSValueConst value, const char *call) {
    struct relay *r = JS_GetOpaque2(ctx, value, relay_class);
    if (r && !r->open) {
        hv_throw(ctx, EPIPE, call, NULL);
        return NULL;
    }
    return r;
}

static JSValue js_attach(JSContext *ctx, JSValueConst this_val, int argc, JSValueConst *argv) {
    struct relay *r = open_relay(ctx, this_val, "attach");
    int64_t replay;
    int fds[2];
    if (!r || hv_integer(ctx, argv[0], "replayBytes", 0, INT64_MAX >> 10, &replay))
        return JS_EXCEPTION;
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds) < 0)
        return hv_throw(ctx, errno, "socketpair", NULL);
    struct peer *p = hv_alloc(sizeof *p);
    p->relay = r;
    p->watch.ready = peer_ready;
    if (hv_watch_add(r->h, &p->watch, fds[0], EPOLLIN) < 0) {
        int error = errno;
        free(p);
        close(fds[0]);
        close(fds[1]);
        return hv_throw(ctx, error, "epoll_ctl", NULL);
    }
    p->next = r->peers;
    r->peers = p;
    r->peer_count++;
    size_t length;
    uint8_t *tail = relay_log_tail(&r->log, replay > PEER_QUEUE_LIMIT ? PEER_QUEUE_LIMIT : (size_t)replay, &length);
    give_peer(p, tail, length);
    free(tail);
    return JS_NewInt32(ctx, fds[1]);
}

static JSValue js_peer_count(JSContext *ctx, JSValueConst this_val) {
    struct relay *r = JS_GetOpaque2(ctx, this_val, relay_class);
    return r ? JS_NewInt32(ctx, r->peer_count) : JS_EXCEPTION;
}

static JSValue js_on_close(JSContext *ctx, JSValueConst this_val, int argc, JSValueConst *argv) {
    struct relay *r = open_relay(ctx, this_val, "onClose");
    if (!r)
        return JS_EXCEPTION;
    if (!JS_IsFunction(ctx, argv[0]))
        return JS_ThrowTypeError(ctx, "handler must be a function");
    JSValue old = r->on_close;
    r->on_close = JS_DupValue(ctx, argv[0]);
    JS_FreeValue(ctx, old);
    return JS_UNDEFINED;
}

static JSValue js_close(JSContext *ctx, JSValueConst this_val, int argc, JSValueConst *argv) {
    struct relay *r = JS_GetOpaque2(ctx, this_val, relay_class);
    if (!r)
        return JS_EXCEPTION;
    relay_close(r);
    return JS_UNDEFINED;
}

/** A relay on `fd`, or NULL with errno and the name of the failed call; the descriptor is taken over only on success. */
static struct relay *relay_open(hv *h, int fd, const char *path, size_t limit, const char **call) {
    struct relay *r = hv_alloc(sizeof *r);
    int type;
    socklen_t size = sizeof type;
    *r = (struct relay){.source.ready = source_ready, .h = h, .self = JS_UNDEFINED, .on_close = JS_UNDEFINED, .open = true};
    r->is_socket = getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &size) == 0;
    *call = "openat";
    int error = relay_log_open(&r->log, path, limit);
    if (!error) {
        *call = "epoll_ctl";
        if (hv_watch_add(h, &r->source, fd, EPOLLIN) == 0) {
            fcntl(fd, F_SETFD, FD_CLOEXEC);
            if (!r->is_socket)
                fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) | O_NONBLOCK);
            return r;
        }
        error = errno;
        relay_log_close(&r->log);
    }
    free(r);
    errno = error;
    return NULL;
}

static JSValue js_open(JSContext *ctx, JSValueConst this_val, int argc, JSValueConst *argv) {
    int fd;
    int64_t limit = 0;
    char *path = NULL;
    const char *call;
    if (hv_descriptor(ctx, argv[0], &fd) || hv_get_integer(ctx, argv[1], "maxLogBytes", 1, 1LL << 40, &limit) < 0 ||
        hv_get_string(ctx, argv[1], "logPath", &path) < 0)
        return JS_EXCEPTION;
    if (limit == 0 || !path) {
        free(path);
        return JS_ThrowTypeError(ctx, "open wants logPath and maxLogBytes");
    }
    JSValue object = JS_NewObjectClass(ctx, (int)relay_class);
    struct relay *r = JS_IsException(object) ? NULL : relay_open(hv_of(ctx), fd, path, (size_t)limit, &call);
    if (r) {
        JS_SetOpaque(object, r);
        r->self = JS_DupValue(ctx, object);
    } else if (!JS_IsException(object)) {
        JS_FreeValue(ctx, object);
        object = hv_throw(ctx, errno, call, path);
    }
    free(path);
    return object;
}

static const JSCFunctionListEntry members[] = {
    JS_CFUNC_DEF("attach", 1, js_attach),
    JS_CGETSET_DEF("peerCount", js_peer_count, NULL),
    JS_CFUNC_DEF("onClose", 1, js_on_close),
    JS_CFUNC_DEF("close", 0, js_close),
};
static const JSCFunctionListEntry exports[] = {JS_CFUNC_DEF("open", 2, js_open)};
static const struct hv_class class = {&relay_class, {.class_name = "Relay", .finalizer = finalize}, members, COUNT_OF(members)};

const struct hv_export_list hv_exports_relay = {exports, COUNT_OF(exports)};

int hv_module_relay(JSContext *ctx, JSModuleDef *m) {
    return hv_class_define(ctx, &class) < 0 ? -1 : JS_SetModuleExportList(ctx, m, exports, COUNT_OF(exports));
}
