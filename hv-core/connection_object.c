// The script's view of a connection: the members of the Connection object.
#include "connection.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>

JSClassID connection_class;

static void finalize(JSRuntime *rt, JSValue value) {
    struct connection *c = JS_GetOpaque(value, connection_class);
    if (!c)
        return;
    JS_FreeValueRT(rt, c->close_error);
    free(c->line);
    free(c);
}

static struct connection *this_connection(JSContext *ctx, JSValueConst value) { return JS_GetOpaque2(ctx, value, connection_class); }

static JSValue js_fd(JSContext *ctx, JSValueConst this_val) {
    struct connection *c = this_connection(ctx, this_val);
    return c ? JS_NewInt32(ctx, c->fd) : JS_EXCEPTION;
}

static JSValue js_queued_bytes(JSContext *ctx, JSValueConst this_val) {
    struct connection *c = this_connection(ctx, this_val);
    return c ? JS_NewInt64(ctx, (int64_t)c->queued) : JS_EXCEPTION;
}

static JSValue js_peer(JSContext *ctx, JSValueConst this_val) {
    struct connection *c = this_connection(ctx, this_val);
    if (!c)
        return JS_EXCEPTION;
    if (!c->has_peer)
        return JS_NULL;
    JSValue peer = JS_NewObject(ctx);
    JS_SetPropertyStr(ctx, peer, "pid", JS_NewInt32(ctx, c->peer_pid));
    JS_SetPropertyStr(ctx, peer, "uid", JS_NewUint32(ctx, c->peer_uid));
    JS_SetPropertyStr(ctx, peer, "gid", JS_NewUint32(ctx, c->peer_gid));
    return peer;
}

static void replace(JSContext *ctx, JSValue *slot, JSValueConst value) {
    JSValue old = *slot;
    *slot = JS_DupValue(ctx, value);
    JS_FreeValue(ctx, old);
}

enum { ON_DATA, ON_DRAIN };

static JSValue js_on(JSContext *ctx, JSValueConst this_val, int argc, JSValueConst *argv, int which) {
    struct connection *c = this_connection(ctx, this_val);
    if (!c)
        return JS_EXCEPTION;
    if (!JS_IsFunction(ctx, argv[0]))
        return JS_ThrowTypeError(ctx, "handler must be a function");
    if (c->fd < 0)
        return JS_UNDEFINED;
    replace(ctx, which == ON_DATA ? &c->on_data : &c->on_drain, argv[0]);
    if (which == ON_DATA)
        replace(ctx, &c->on_line, JS_UNDEFINED);
    connection_update(c);
    return JS_UNDEFINED;
}

static JSValue js_on_line(JSContext *ctx, JSValueConst this_val, int argc, JSValueConst *argv) {
    struct connection *c = this_connection(ctx, this_val);
    int64_t max_line;
    if (!c || hv_integer(ctx, argv[1], "maxLineBytes", 1, QUEUE_LIMIT, &max_line))
        return JS_EXCEPTION;
    if (!JS_IsFunction(ctx, argv[0]))
        return JS_ThrowTypeError(ctx, "handler must be a function");
    if (c->fd < 0)
        return JS_UNDEFINED;
    c->max_line = (size_t)max_line;
    replace(ctx, &c->on_line, argv[0]);
    replace(ctx, &c->on_data, JS_UNDEFINED);
    connection_update(c);
    return JS_UNDEFINED;
}

static JSValue js_on_close(JSContext *ctx, JSValueConst this_val, int argc, JSValueConst *argv) {
    struct connection *c = this_connection(ctx, this_val);
    if (!c)
        return JS_EXCEPTION;
    if (!JS_IsFunction(ctx, argv[0]))
        return JS_ThrowTypeError(ctx, "handler must be a function");
    if (c->fd >= 0) {
        replace(ctx, &c->on_close, argv[0]);
    } else if (!c->close_told) {
        c->close_told = true;
        hv_defer(c->h, argv[0], c->close_error);
        c->close_error = JS_UNDEFINED;
    }
    return JS_UNDEFINED;
}

/** The descriptors of a script's array; their count or -1 with an exception. */
static int get_fds(JSContext *ctx, JSValueConst list, int fds[PASSED_FDS_MAX]) {
    if (JS_IsUndefined(list))
        return 0;
    int64_t count = hv_array_length(ctx, list, "fds");
    if (count > PASSED_FDS_MAX)
        JS_ThrowRangeError(ctx, "at most %d descriptors go with one write", PASSED_FDS_MAX);
    if (count < 0 || count > PASSED_FDS_MAX)
        return -1;
    for (int i = 0; i < count; i++) {
        JSValue value = JS_GetPropertyUint32(ctx, list, (uint32_t)i);
        int failed = JS_IsException(value) || hv_descriptor(ctx, value, &fds[i]);
        JS_FreeValue(ctx, value);
        if (failed)
            return -1;
    }
    return (int)count;
}

static JSValue js_write(JSContext *ctx, JSValueConst this_val, int argc, JSValueConst *argv) {
    struct connection *c = this_connection(ctx, this_val);
    int fds[PASSED_FDS_MAX];
    struct hv_data data;
    int fd_count = c ? get_fds(ctx, argv[1], fds) : -1;
    if (fd_count < 0 || hv_data_get(ctx, argv[0], "data", &data))
        return JS_EXCEPTION;
    JSValue result = connection_write(ctx, c, &data, fds, fd_count);
    hv_data_free(ctx, &data);
    return result;
}

static JSValue js_pause(JSContext *ctx, JSValueConst this_val, int argc, JSValueConst *argv) {
    struct connection *c = this_connection(ctx, this_val);
    if (!c)
        return JS_EXCEPTION;
    c->paused = true;
    connection_update(c);
    return JS_UNDEFINED;
}

/** Gives out, in a turn of its own, lines that were read before the pause. */
static void emit_later(hv *h, hv_timer *timer) {
    struct connection *c = CONTAINER_OF(timer, struct connection, resumed);
    JSValue held = JS_DupValue(h->ctx, c->self);
    connection_emit_lines(c);
    JS_FreeValue(h->ctx, held);
}

static JSValue js_resume(JSContext *ctx, JSValueConst this_val, int argc, JSValueConst *argv) {
    struct connection *c = this_connection(ctx, this_val);
    if (!c)
        return JS_EXCEPTION;
    c->paused = false;
    connection_update(c);
    if (c->fd >= 0 && c->line_used > 0) {
        c->resumed.fire = emit_later;
        hv_timer_start(c->h, &c->resumed, 0);
    }
    return JS_UNDEFINED;
}

static JSValue js_close(JSContext *ctx, JSValueConst this_val, int argc, JSValueConst *argv) {
    struct connection *c = this_connection(ctx, this_val);
    if (!c)
        return JS_EXCEPTION;
    connection_close(c, JS_NULL);
    return JS_UNDEFINED;
}

static JSValue js_close_when_sent(JSContext *ctx, JSValueConst this_val, int argc, JSValueConst *argv) {
    struct connection *c = this_connection(ctx, this_val);
    int64_t timeout_ms;
    if (!c || hv_integer(ctx, argv[0], "timeoutMs", 0, INT32_MAX, &timeout_ms))
        return JS_EXCEPTION;
    if (c->fd < 0)
        return JS_UNDEFINED;
    c->closing = true;
    if (connection_flush(c) && c->fd >= 0) {
        connection_update(c);
        hv_timer_start(c->h, &c->deadline, timeout_ms);
    }
    return JS_UNDEFINED;
}

static JSValue js_detach(JSContext *ctx, JSValueConst this_val, int argc, JSValueConst *argv) {
    struct connection *c = this_connection(ctx, this_val);
    if (!c)
        return JS_EXCEPTION;
    if (c->fd < 0)
        return hv_throw(ctx, EBADF, "detach", NULL);
    if (c->first)
        return hv_throw(ctx, EBUSY, "detach", NULL);
    int fd = c->fd;
    hv_timer_stop(c->h, &c->deadline);
    hv_timer_stop(c->h, &c->resumed);
    hv_watch_remove(c->h, &c->watch);
    if (!c->is_socket)
        fcntl(fd, F_SETFL, c->old_flags);
    c->fd = -1;
    c->close_told = true;
    connection_drop_handlers(c);
    JS_FreeValue(ctx, c->self);
    c->self = JS_UNDEFINED;
    return JS_NewInt32(ctx, fd);
}

static const JSCFunctionListEntry members[] = {
    JS_CGETSET_DEF("fd", js_fd, NULL),
    JS_CGETSET_DEF("peer", js_peer, NULL),
    JS_CGETSET_DEF("queuedBytes", js_queued_bytes, NULL),
    JS_CFUNC_MAGIC_DEF("onData", 1, js_on, ON_DATA),
    JS_CFUNC_MAGIC_DEF("onDrain", 1, js_on, ON_DRAIN),
    JS_CFUNC_DEF("onLine", 2, js_on_line),
    JS_CFUNC_DEF("onClose", 1, js_on_close),
    JS_CFUNC_DEF("write", 2, js_write),
    JS_CFUNC_DEF("pause", 0, js_pause),
    JS_CFUNC_DEF("resume", 0, js_resume),
    JS_CFUNC_DEF("close", 0, js_close),
    JS_CFUNC_DEF("closeWhenSent", 1, js_close_when_sent),
    JS_CFUNC_DEF("detach", 0, js_detach),
};

const struct hv_class connection_class_definition = {
    &connection_class, {.class_name = "Connection", .finalizer = finalize}, members, COUNT_OF(members)};
