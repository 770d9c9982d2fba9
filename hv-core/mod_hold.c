// hv:hold: puts a socket pair between a socket and whoever is given it, so that what was given can be taken back. No script in the path.
#include "hv.h"
#include "socket_io.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define BUFFER_BYTES (32 << 10) // in each direction; while it is not empty nothing more is read

struct hold;
/** One of the two sockets, with what was read from it and the other has not taken yet. */
struct side {
    hv_watch watch;
    struct hold *hold;
    uint8_t *bytes; // while there are any
    size_t start, used;
    bool ended;
};

/** Owned by its object, which the loop holds on to until the hold is closed. */
struct hold {
    hv *h;
    JSValue self, on_close;
    struct side held, given; // the socket that was taken over, and our end of the pair
    bool open, told;
};

static JSClassID hold_class;

static void finalize(JSRuntime *rt, JSValue value) { free(JS_GetOpaque(value, hold_class)); }

static struct side *other_side(struct side *s) { return s == &s->hold->held ? &s->hold->given : &s->hold->held; }

static void side_update(struct side *s) {
    uint32_t events = (!s->ended && s->used == 0 ? EPOLLIN : 0u) | (other_side(s)->used ? EPOLLOUT : 0u);
    // With nothing to wait for, an end that has been seen must not be told again and again.
    hv_watch_set(s->hold->h, &s->watch, events ? events : EPOLLET);
}

static void side_close(struct side *s) {
    hv_watch_remove(s->hold->h, &s->watch);
    close(s->watch.fd);
    free(s->bytes);
    s->bytes = NULL;
    s->used = 0;
}

static void hold_close(struct hold *l) {
    if (!l->open)
        return;
    l->open = false;
    side_close(&l->held);
    side_close(&l->given);
    JSValue handler = l->on_close, self = l->self;
    l->on_close = l->self = JS_UNDEFINED;
    JS_FreeValue(l->h->ctx, handler);
    JS_FreeValue(l->h->ctx, self);
}

/** Nothing more is to be carried: both ends are closed, and whoever waits for that is told. */
static void hold_end(struct hold *l) {
    hv *h = l->h;
    JSValue handler = JS_DupValue(h->ctx, l->on_close);
    bool tell = !JS_IsUndefined(handler);
    l->told = tell;
    hold_close(l);
    if (tell)
        hv_call(h, handler, 0, NULL);
    JS_FreeValue(h->ctx, handler);
}

/** Writes what was read from `from` to the other side. False when that takes no more for good. */
static bool side_flush(struct side *from) {
    while (from->used > 0) {
        ssize_t count = io_send(other_side(from)->watch.fd, true, from->bytes + from->start, from->used, NULL, 0);
        if (count < 0 && errno == EINTR)
            continue;
        if (count < 0)
            return errno == EAGAIN;
        from->start += (size_t)count;
        from->used -= (size_t)count;
    }
    free(from->bytes);
    from->bytes = NULL;
    from->start = 0;
    return true;
}

/** Reads once. False when the whole hold is at its end. */
static bool side_read(struct side *s) {
    int fds[PASSED_FDS_MAX], fd_count;
    s->bytes = hv_alloc(BUFFER_BYTES);
    ssize_t count = io_receive(s->watch.fd, true, s->bytes, BUFFER_BYTES, fds, &fd_count);
    io_close_all(fds, fd_count);
    bool nothing_yet = count < 0 && (errno == EAGAIN || errno == EINTR);
    s->used = count > 0 ? (size_t)count : 0;
    s->ended = count <= 0 && !nothing_yet;
    return side_flush(s) && !s->ended;
}

static void ready(hv *h, hv_watch *watch, uint32_t events) {
    struct side *s = CONTAINER_OF(watch, struct side, watch);
    struct hold *l = s->hold;
    JSValue held = JS_DupValue(h->ctx, l->self);
    bool alive = side_flush(other_side(s));
    if (alive && s->used == 0 && !s->ended && (events & (EPOLLIN | EPOLLHUP | EPOLLERR)))
        alive = side_read(s);
    if (!alive) {
        hold_end(l);
    } else {
        side_update(&l->held);
        side_update(&l->given);
    }
    JS_FreeValue(h->ctx, held);
}

/** Both watched, or neither, with errno. */
static bool watch_both(struct hold *l, int fd, int given) {
    l->held.hold = l->given.hold = l;
    l->held.watch.ready = l->given.watch.ready = ready;
    if (hv_watch_add(l->h, &l->held.watch, fd, EPOLLIN) < 0)
        return false;
    if (hv_watch_add(l->h, &l->given.watch, given, EPOLLIN) == 0)
        return true;
    int error = errno;
    hv_watch_remove(l->h, &l->held.watch);
    errno = error;
    return false;
}

static JSValue js_hold(JSContext *ctx, JSValueConst this_val, int argc, JSValueConst *argv) {
    int fd, pair[2];
    if (hv_descriptor(ctx, argv[0], &fd))
        return JS_EXCEPTION;
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) < 0)
        return hv_throw(ctx, errno, "socketpair", NULL);
    JSValue object = JS_NewObjectClass(ctx, (int)hold_class);
    if (JS_IsException(object)) {
        close(pair[0]);
        close(pair[1]);
        return object;
    }
    struct hold *l = hv_alloc(sizeof *l);
    *l = (struct hold){.h = hv_of(ctx), .self = JS_UNDEFINED, .on_close = JS_UNDEFINED, .open = true};
    JS_SetOpaque(object, l);
    if (!watch_both(l, fd, pair[0])) {
        int error = errno;
        l->open = false;
        close(pair[0]);
        close(pair[1]);
        JS_FreeValue(ctx, object);
        return hv_throw(ctx, error, "epoll_ctl", NULL);
    }
    fcntl(fd, F_SETFD, FD_CLOEXEC);
    l->self = JS_DupValue(ctx, object);
    hv_define(ctx, object, "givenFd", JS_NewInt32(ctx, pair[1]));
    return object;
}

static JSValue js_on_close(JSContext *ctx, JSValueConst this_val, int argc, JSValueConst *argv) {
    struct hold *l = JS_GetOpaque2(ctx, this_val, hold_class);
    if (!l)
        return JS_EXCEPTION;
    if (!JS_IsFunction(ctx, argv[0]))
        return JS_ThrowTypeError(ctx, "handler must be a function");
    if (l->open) {
        JSValue old = l->on_close;
        l->on_close = JS_DupValue(ctx, argv[0]);
        JS_FreeValue(ctx, old);
    } else if (!l->told) {
        l->told = true;
        hv_defer(l->h, argv[0], JS_UNDEFINED);
    }
    return JS_UNDEFINED;
}

static JSValue js_close(JSContext *ctx, JSValueConst this_val, int argc, JSValueConst *argv) {
    struct hold *l = JS_GetOpaque2(ctx, this_val, hold_class);
    if (!l)
        return JS_EXCEPTION;
    l->told = true; // its own doing
    hold_close(l);
    return JS_UNDEFINED;
}

static const JSCFunctionListEntry members[] = {
    JS_CFUNC_DEF("onClose", 1, js_on_close),
    JS_CFUNC_DEF("close", 0, js_close),
};
static const JSCFunctionListEntry exports[] = {JS_CFUNC_DEF("hold", 1, js_hold)};
static const struct hv_class class = {&hold_class, {.class_name = "Hold", .finalizer = finalize}, members, COUNT_OF(members)};

const struct hv_export_list hv_exports_hold = {exports, COUNT_OF(exports)};

int hv_module_hold(JSContext *ctx, JSModuleDef *m) {
    return hv_class_define(ctx, &class) < 0 ? -1 : JS_SetModuleExportList(ctx, m, exports, COUNT_OF(exports));
}
