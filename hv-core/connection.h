// A stream descriptor in the event loop, as the script's Connection object.
#ifndef HV_CONNECTION_H
#define HV_CONNECTION_H

#include "hv.h"
#include "socket_io.h"

#define QUEUE_LIMIT (16 << 20)

/** Bytes accepted and not yet taken by the kernel, with duplicates of the descriptors that go with the first of them. */
struct chunk {
    struct chunk *next;
    size_t length, sent;
    int fd_count;
    int fds[PASSED_FDS_MAX];
    uint8_t bytes[];
};

/** Owned by its object, which the loop holds on to (`self`) until the connection is closed or detached. */
struct connection {
    hv_watch watch;
    hv_timer deadline; // of closeWhenSent
    hv_timer resumed;  // lines to give out after a pause
    hv *h;
    JSValue self;
    JSValue on_data, on_line, on_close, on_drain;
    int fd; // -1 once closed
    int old_flags;
    bool is_socket, is_unix, paused, closing;
    int write_error; // errno of a write that failed while there may still be something to read
    bool close_told;
    JSValue close_error; // for a handler that is set after the close
    struct chunk *first, *last;
    size_t queued;
    uint8_t *line; // bytes not yet given as lines
    size_t line_used, line_capacity, max_line;
    bool has_peer;
    int32_t peer_pid;
    uint32_t peer_uid, peer_gid;
};

extern JSClassID connection_class;
extern const struct hv_class connection_class_definition;
/** Takes over `fd`, or throws and leaves it to the caller. */
JSValue connection_new(JSContext *ctx, int fd);
/** Closes; `error` (consumed) is what onClose gets. Idempotent. */
void connection_close(struct connection *c, JSValue error);
/** Sends what it can. False when the connection was closed by it. */
bool connection_flush(struct connection *c);
void connection_update(struct connection *c);
bool connection_reading(const struct connection *c);
/** Gives out the complete lines that are buffered. */
void connection_emit_lines(struct connection *c);
void connection_drop_queue(struct connection *c);
void connection_drop_handlers(struct connection *c);
JSValue connection_write(JSContext *ctx, struct connection *c, const struct hv_data *data, const int *fds, int fd_count);

#endif
