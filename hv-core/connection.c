// Connections: reading, writing and closing a stream descriptor on the loop. The script's view of it is in connection_object.c.
#include "connection.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define READ_BYTES 65536

bool connection_reading(const struct connection *c) {
    return !c->paused && !c->closing && !(JS_IsUndefined(c->on_data) && JS_IsUndefined(c->on_line));
}

void connection_update(struct connection *c) {
    if (c->fd < 0)
        return;
    uint32_t events = (connection_reading(c) ? EPOLLIN : 0u) | (c->first ? EPOLLOUT : 0u);
    // A hang-up is always reported; when nobody reads, once is enough.
    hv_watch_set(c->h, &c->watch, events ? events : EPOLLET);
}

static void free_first(struct connection *c) {
    struct chunk *chunk = c->first;
    c->first = chunk->next;
    if (!c->first)
        c->last = NULL;
    c->queued -= chunk->length - chunk->sent;
    io_close_all(chunk->fds, chunk->fd_count);
    free(chunk);
}

void connection_drop_queue(struct connection *c) {
    while (c->first)
        free_first(c);
}

static void drop(struct connection *c, JSValue *handler) {
    JSValue old = *handler;
    *handler = JS_UNDEFINED;
    JS_FreeValue(c->h->ctx, old);
}

void connection_drop_handlers(struct connection *c) {
    drop(c, &c->on_data);
    drop(c, &c->on_line);
    drop(c, &c->on_drain);
    drop(c, &c->on_close);
}

void connection_close(struct connection *c, JSValue error) {
    if (c->fd < 0) {
        JS_FreeValue(c->h->ctx, error);
        return;
    }
    hv_timer_stop(c->h, &c->deadline);
    hv_timer_stop(c->h, &c->resumed);
    hv_watch_remove(c->h, &c->watch);
    close(c->fd);
    c->fd = -1;
    connection_drop_queue(c);
    if (!JS_IsUndefined(c->on_close)) {
        c->close_told = true;
        hv_defer(c->h, c->on_close, error);
    } else {
        c->close_error = error;
    }
    connection_drop_handlers(c);
    drop(c, &c->self);
}

static void close_errno(struct connection *c, int error, const char *call) {
    connection_close(c, hv_errno_error(c->h->ctx, error, call, NULL));
}

/** A failed write ends writing at once, and the connection when nothing is being read: what the peer sent before it left still counts. */
static bool write_failed(struct connection *c, int error) {
    c->write_error = error;
    connection_drop_queue(c);
    if (connection_reading(c)) {
        connection_update(c);
        return true;
    }
    close_errno(c, error, "sendmsg");
    return false;
}

bool connection_flush(struct connection *c) {
    while (c->first) {
        struct chunk *chunk = c->first;
        ssize_t count = io_send(c->fd, c->is_socket, chunk->bytes + chunk->sent, chunk->length - chunk->sent, chunk->fds, chunk->fd_count);
        if (count < 0 && errno == EINTR)
            continue;
        if (count < 0 && errno == EAGAIN)
            return true;
        if (count < 0)
            return write_failed(c, errno);
        io_close_all(chunk->fds, chunk->fd_count);
        chunk->fd_count = 0;
        chunk->sent += (size_t)count;
        c->queued -= (size_t)count;
        if (chunk->sent == chunk->length)
            free_first(c);
    }
    if (c->closing) {
        connection_close(c, JS_NULL);
        return false;
    }
    connection_update(c);
    return true;
}

static void enqueue(struct connection *c, const uint8_t *bytes, size_t length, const int *fds, int fd_count) {
    struct chunk *chunk = hv_alloc(sizeof *chunk + length);
    chunk->length = length;
    memcpy(chunk->bytes, bytes, length);
    chunk->fd_count = fd_count;
    for (int i = 0; i < fd_count; i++)
        chunk->fds[i] = fds[i];
    *(c->last ? &c->last->next : &c->first) = chunk;
    c->last = chunk;
    c->queued += length;
    connection_update(c);
}

static JSValue enqueue_with_fds(JSContext *ctx, struct connection *c, const uint8_t *bytes, size_t length, const int *fds, int fd_count) {
    int copies[PASSED_FDS_MAX];
    for (int i = 0; i < fd_count; i++) {
        copies[i] = fcntl(fds[i], F_DUPFD_CLOEXEC, 3);
        if (copies[i] < 0) {
            int error = errno;
            io_close_all(copies, i);
            return hv_throw(ctx, error, "fcntl", NULL);
        }
    }
    enqueue(c, bytes, length, copies, fd_count);
    return JS_UNDEFINED;
}

JSValue connection_write(JSContext *ctx, struct connection *c, const struct hv_data *data, const int *fds, int fd_count) {
    size_t sent = 0;
    if (c->fd < 0 || c->closing || c->write_error)
        return hv_throw(ctx, EPIPE, "write", NULL);
    if (fd_count > 0 && (!c->is_unix || data->length == 0))
        return hv_throw(ctx, EINVAL, "write", NULL);
    if (c->queued + data->length > QUEUE_LIMIT)
        return hv_throw(ctx, ENOBUFS, "write", NULL);
    if (data->length == 0)
        return JS_UNDEFINED;
    if (!c->first) {
        ssize_t count = io_send(c->fd, c->is_socket, data->bytes, data->length, fds, fd_count);
        if (count < 0 && errno == EBADF && fd_count > 0)
            return hv_throw(ctx, EBADF, "sendmsg", NULL); // one of the descriptors given, not this connection's
        if (count < 0 && errno != EAGAIN && errno != EINTR) {
            write_failed(c, errno);
            return JS_UNDEFINED;
        }
        sent = count > 0 ? (size_t)count : 0;
        if (sent == data->length)
            return JS_UNDEFINED;
    }
    return enqueue_with_fds(ctx, c, data->bytes + sent, data->length - sent, fds, sent > 0 ? 0 : fd_count);
}

void connection_emit_lines(struct connection *c) {
    size_t start = 0; // moved up once at the end, or many short lines would take time by the square
    while (c->fd >= 0 && connection_reading(c) && start < c->line_used) {
        uint8_t *text = c->line + start;
        uint8_t *end = memchr(text, '\n', c->line_used - start);
        size_t length = end ? (size_t)(end - text) : c->line_used - start;
        int error = length > c->max_line ? EMSGSIZE : end && !hv_utf8_valid(text, length) ? EILSEQ : 0;
        if (error)
            close_errno(c, error, "read");
        if (error || !end)
            break;
        start += length + 1;
        JSValue line = JS_NewStringLen(c->h->ctx, (char *)text, length);
        hv_call(c->h, c->on_line, 1, &line);
    }
    c->line_used -= start;
    if (start > 0)
        memmove(c->line, c->line + start, c->line_used);
}

static void buffer_lines(struct connection *c, const uint8_t *bytes, size_t length) {
    if (c->line_used + length > c->line_capacity) {
        c->line_capacity = (c->line_used + length) * 2;
        c->line = hv_realloc(c->line, c->line_capacity);
    }
    memcpy(c->line + c->line_used, bytes, length);
    c->line_used += length;
    connection_emit_lines(c);
}

static void give_data(struct connection *c, const uint8_t *bytes, size_t length, const int *fds, int fd_count) {
    JSContext *ctx = c->h->ctx;
    JSValue arguments[2] = {hv_new_bytes(ctx, bytes, length), JS_NewArray(ctx)};
    for (int i = 0; i < fd_count; i++)
        JS_SetPropertyUint32(ctx, arguments[1], (uint32_t)i, JS_NewInt32(ctx, fds[i]));
    if (JS_IsException(arguments[0]))
        hv_fatal(c->h, "uncaught", JS_GetException(ctx));
    hv_call(c->h, c->on_data, 2, arguments);
}

static void read_some(struct connection *c) {
    static uint8_t bytes[READ_BYTES];
    int fds[PASSED_FDS_MAX], fd_count;
    ssize_t count = io_receive(c->fd, c->is_socket, bytes, sizeof bytes, fds, &fd_count);
    // EPIPE of a read is the kernel's log: records were overwritten before they were read, and the next read goes on after them.
    if (count < 0 && (errno == EAGAIN || errno == EINTR || (errno == EPIPE && !c->is_socket)))
        return;
    // A terminal whose other side has gone, or a pseudo-terminal without one, reads as EIO: its end of file.
    if (count == 0 || (count < 0 && errno == EIO && !c->is_socket)) {
        if (c->write_error)
            close_errno(c, c->write_error, "sendmsg");
        else
            connection_close(c, JS_NULL);
    } else if (count < 0) {
        close_errno(c, errno, c->is_socket ? "recvmsg" : "read");
    } else if (!JS_IsUndefined(c->on_data)) {
        give_data(c, bytes, (size_t)count, fds, fd_count);
    } else {
        io_close_all(fds, fd_count);
        buffer_lines(c, bytes, (size_t)count);
    }
}

static void ready(hv *h, hv_watch *watch, uint32_t events) {
    struct connection *c = CONTAINER_OF(watch, struct connection, watch);
    JSValue held = JS_DupValue(h->ctx, c->self); // a handler may close it
    if (c->first && (events & (EPOLLOUT | EPOLLERR | EPOLLHUP)) && connection_flush(c) && !c->first && !JS_IsUndefined(c->on_drain))
        hv_call(h, c->on_drain, 0, NULL);
    if (c->fd >= 0 && connection_reading(c) && (events & (EPOLLIN | EPOLLERR | EPOLLHUP)))
        read_some(c);
    JS_FreeValue(h->ctx, held);
}

static void deadline(hv *h, hv_timer *timer) { connection_close(CONTAINER_OF(timer, struct connection, deadline), JS_NULL); }

static void look_at(struct connection *c) {
    int type, domain;
    socklen_t size = sizeof type;
    c->is_socket = getsockopt(c->fd, SOL_SOCKET, SO_TYPE, &type, &size) == 0;
    size = sizeof domain;
    c->is_unix = c->is_socket && getsockopt(c->fd, SOL_SOCKET, SO_DOMAIN, &domain, &size) == 0 && domain == AF_UNIX;
    struct ucred peer;
    size = sizeof peer;
    if (c->is_unix && getsockopt(c->fd, SOL_SOCKET, SO_PEERCRED, &peer, &size) == 0) {
        c->has_peer = true;
        c->peer_pid = peer.pid;
        c->peer_uid = peer.uid;
        c->peer_gid = peer.gid;
    }
}

JSValue connection_new(JSContext *ctx, int fd) {
    int flags = fcntl(fd, F_GETFL);
    if (flags < 0)
        return hv_throw(ctx, errno, "fcntl", NULL);
    JSValue object = JS_NewObjectClass(ctx, (int)connection_class);
    if (JS_IsException(object))
        return object;
    struct connection *c = hv_alloc(sizeof *c);
    *c = (struct connection){.h = hv_of(ctx), .fd = fd, .old_flags = flags, .watch.ready = ready, .deadline.fire = deadline};
    c->self = c->on_data = c->on_line = c->on_close = c->on_drain = c->close_error = JS_UNDEFINED;
    JS_SetOpaque(object, c);
    if (hv_watch_add(c->h, &c->watch, fd, EPOLLET) < 0) {
        int error = errno;
        c->fd = -1; // still the caller's
        JS_FreeValue(ctx, object);
        return hv_throw(ctx, error, "epoll_ctl", NULL);
    }
    look_at(c);
    fcntl(fd, F_SETFD, FD_CLOEXEC);
    if (!c->is_socket)
        fcntl(fd, F_SETFL, flags | O_NONBLOCK); // sockets are asked not to wait call by call
    c->self = JS_DupValue(ctx, object);
    return object;
}
