// hv:socket: listeners, and how connections come about.
#include "connection.h"
#include "hv.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#define ACCEPTS_A_TURN 16
#define RETRY_MS 100 // after running out of descriptors or memory

/** Owned by its object, which the loop holds on to until it is closed. */
struct listener {
    hv_watch watch;
    hv_timer retry;
    hv *h;
    JSValue self, handler;
    int fd;
};

static JSClassID listener_class;

static void finalize(JSRuntime *rt, JSValue value) { free(JS_GetOpaque(value, listener_class)); }

static void listener_close(struct listener *l) {
    if (l->fd < 0)
        return;
    hv_timer_stop(l->h, &l->retry);
    hv_watch_remove(l->h, &l->watch);
    close(l->fd);
    l->fd = -1;
    JS_FreeValue(l->h->ctx, l->handler);
    JSValue self = l->self;
    l->handler = l->self = JS_UNDEFINED;
    JS_FreeValue(l->h->ctx, self);
}

static void retry(hv *h, hv_timer *timer) {
    struct listener *l = CONTAINER_OF(timer, struct listener, retry);
    hv_watch_set(h, &l->watch, EPOLLIN);
}

static void accepted(hv *h, struct listener *l, int fd) {
    JSValue connection = connection_new(h->ctx, fd);
    if (JS_IsException(connection)) {
        close(fd);
        hv_fatal(h, "uncaught", JS_GetException(h->ctx));
    }
    hv_call(h, l->handler, 1, &connection);
}

static void ready(hv *h, hv_watch *watch, uint32_t events) {
    struct listener *l = CONTAINER_OF(watch, struct listener, watch);
    JSValue held = JS_DupValue(h->ctx, l->self);
    for (int i = 0; i < ACCEPTS_A_TURN && l->fd >= 0; i++) {
        int fd = accept4(l->fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
        if (fd >= 0) {
            accepted(h, l, fd);
            continue;
        }
        if (errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM) {
            // The connection stays in the backlog, so that without this the loop would spin.
            hv_watch_set(h, watch, 0);
            hv_timer_start(h, &l->retry, RETRY_MS);
            break;
        }
        if (errno == EAGAIN)
            break;
    }
    JS_FreeValue(h->ctx, held);
}

static JSValue listener_new(JSContext *ctx, int fd) {
    JSValue object = JS_NewObjectClass(ctx, (int)listener_class);
    if (JS_IsException(object)) {
        close(fd);
        return object;
    }
    struct listener *l = hv_alloc(sizeof *l);
    *l = (struct listener){.watch.ready = ready, .retry.fire = retry, .h = hv_of(ctx), .fd = fd, .self = JS_UNDEFINED, .handler = JS_UNDEFINED};
    JS_SetOpaque(object, l);
    if (hv_watch_add(l->h, &l->watch, fd, 0) < 0) {
        int error = errno;
        close(fd);
        l->fd = -1;
        JS_FreeValue(ctx, object);
        return hv_throw(ctx, error, "epoll_ctl", NULL);
    }
    l->self = JS_DupValue(ctx, object);
    return object;
}

static JSValue js_listener_fd(JSContext *ctx, JSValueConst this_val) {
    struct listener *l = JS_GetOpaque2(ctx, this_val, listener_class);
    return l ? JS_NewInt32(ctx, l->fd) : JS_EXCEPTION;
}

static JSValue js_on_connection(JSContext *ctx, JSValueConst this_val, int argc, JSValueConst *argv) {
    struct listener *l = JS_GetOpaque2(ctx, this_val, listener_class);
    if (!l)
        return JS_EXCEPTION;
    if (!JS_IsFunction(ctx, argv[0]))
        return JS_ThrowTypeError(ctx, "handler must be a function");
    if (l->fd < 0)
        return JS_UNDEFINED;
    JSValue old = l->handler;
    l->handler = JS_DupValue(ctx, argv[0]);
    JS_FreeValue(ctx, old);
    hv_watch_set(l->h, &l->watch, EPOLLIN);
    return JS_UNDEFINED;
}

static JSValue js_listener_close(JSContext *ctx, JSValueConst this_val, int argc, JSValueConst *argv) {
    struct listener *l = JS_GetOpaque2(ctx, this_val, listener_class);
    if (!l)
        return JS_EXCEPTION;
    listener_close(l);
    return JS_UNDEFINED;
}

static bool unix_address(const char *path, struct sockaddr_un *address) {
    size_t length = strlen(path);
    *address = (struct sockaddr_un){.sun_family = AF_UNIX};
    if (length == 0 || length >= sizeof address->sun_path)
        return false;
    memcpy(address->sun_path, path, length);
    return true;
}

struct unix_options {
    int64_t mode, uid, gid, backlog;
};

/** A listening socket at `path`, or -1 with errno and the name of the failed call. */
static int listen_unix(const char *path, const struct unix_options *o, const char **call) {
    struct sockaddr_un address;
    struct stat old;
    *call = "bind";
    if (!unix_address(path, &address)) {
        errno = ENAMETOOLONG;
        return -1;
    }
    if (lstat(path, &old) == 0 && S_ISSOCK(old.st_mode))
        unlink(path);
    *call = "socket";
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0)
        return -1;
    // Nobody else's until owner and mode are set.
    mode_t umask_before = umask(0177);
    *call = "bind";
    bool good = bind(fd, (struct sockaddr *)&address, sizeof address) == 0;
    umask(umask_before);
    bool bound = good;
    if (good && (o->uid >= 0 || o->gid >= 0)) {
        *call = "lchown";
        good = lchown(path, o->uid >= 0 ? (uid_t)o->uid : (uid_t)-1, o->gid >= 0 ? (gid_t)o->gid : (gid_t)-1) == 0;
    }
    if (good) {
        *call = "chmod";
        good = chmod(path, (mode_t)o->mode) == 0;
    }
    if (good) {
        *call = "listen";
        good = listen(fd, (int)o->backlog) == 0;
    }
    if (good)
        return fd;
    int error = errno;
    if (bound)
        unlink(path);
    close(fd);
    errno = error;
    return -1;
}

static JSValue js_listen_unix(JSContext *ctx, JSValueConst this_val, int argc, JSValueConst *argv) {
    struct unix_options o = {.mode = 0600, .uid = -1, .gid = -1, .backlog = 128};
    if (hv_get_integer(ctx, argv[1], "mode", 0, 0777, &o.mode) < 0 || hv_get_integer(ctx, argv[1], "uid", 0, UINT32_MAX - 1, &o.uid) < 0 ||
        hv_get_integer(ctx, argv[1], "gid", 0, UINT32_MAX - 1, &o.gid) < 0 || hv_get_integer(ctx, argv[1], "backlog", 1, 4096, &o.backlog) < 0)
        return JS_EXCEPTION;
    const char *call, *path = hv_string(ctx, argv[0], "path");
    if (!path)
        return JS_EXCEPTION;
    int fd = listen_unix(path, &o, &call);
    JSValue result = fd < 0 ? hv_throw(ctx, errno, call, path) : listener_new(ctx, fd);
    JS_FreeCString(ctx, path);
    return result;
}

/** A listening TCP socket, or -1 with errno and the name of the failed call. */
static int listen_tcp(const char *text, uint16_t port, int backlog, const char **call) {
    struct sockaddr_in v4 = {.sin_family = AF_INET, .sin_port = htons(port)};
    struct sockaddr_in6 v6 = {.sin6_family = AF_INET6, .sin6_port = htons(port)};
    bool is_v6 = inet_pton(AF_INET6, text, &v6.sin6_addr) == 1;
    *call = "inet_pton";
    if (!is_v6 && inet_pton(AF_INET, text, &v4.sin_addr) != 1) {
        errno = EINVAL;
        return -1;
    }
    *call = "socket";
    int fd = socket(is_v6 ? AF_INET6 : AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0)
        return -1;
    int on = 1, off = 0;
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    if (is_v6)
        setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &off, sizeof off);
    *call = "bind";
    const struct sockaddr *address = is_v6 ? (struct sockaddr *)&v6 : (struct sockaddr *)&v4;
    bool good = bind(fd, address, is_v6 ? sizeof v6 : sizeof v4) == 0;
    if (good) {
        *call = "listen";
        good = listen(fd, backlog) == 0;
    }
    if (good)
        return fd;
    int error = errno;
    close(fd);
    errno = error;
    return -1;
}

static JSValue js_listen_tcp(JSContext *ctx, JSValueConst this_val, int argc, JSValueConst *argv) {
    int64_t port, backlog = 128;
    if (hv_integer(ctx, argv[1], "port", 0, 65535, &port) || hv_get_integer(ctx, argv[2], "backlog", 1, 4096, &backlog) < 0)
        return JS_EXCEPTION;
    const char *call, *address = hv_string(ctx, argv[0], "address");
    if (!address)
        return JS_EXCEPTION;
    int fd = listen_tcp(address, (uint16_t)port, (int)backlog, &call);
    JSValue result = fd < 0 ? hv_throw(ctx, errno, call, NULL) : listener_new(ctx, fd);
    JS_FreeCString(ctx, address);
    return result;
}

/** A connected unix socket or -1 with errno: such a connect never waits. */
static int connect_unix(const char *path, const char **call) {
    struct sockaddr_un address;
    *call = "connect";
    if (!unix_address(path, &address)) {
        errno = ENAMETOOLONG;
        return -1;
    }
    *call = "socket";
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0)
        return -1;
    *call = "connect";
    if (connect(fd, (struct sockaddr *)&address, sizeof address) == 0)
        return fd;
    int error = errno;
    close(fd);
    errno = error;
    return -1;
}

static JSValue js_connect_unix(JSContext *ctx, JSValueConst this_val, int argc, JSValueConst *argv) {
    const char *call, *path = hv_string(ctx, argv[0], "path");
    if (!path)
        return JS_EXCEPTION;
    int fd = connect_unix(path, &call);
    JSValue outcome = fd < 0 ? hv_errno_error(ctx, errno, call, path) : connection_new(ctx, fd);
    JS_FreeCString(ctx, path);
    if (fd < 0)
        return hv_rejected(ctx, outcome);
    if (JS_IsException(outcome)) {
        close(fd);
        return outcome;
    }
    JSValue functions[2];
    JSValue promise = JS_NewPromiseCapability(ctx, functions);
    if (!JS_IsException(promise)) {
        JS_FreeValue(ctx, JS_Call(ctx, functions[0], JS_UNDEFINED, 1, (JSValueConst *)&outcome));
        JS_FreeValue(ctx, functions[0]);
        JS_FreeValue(ctx, functions[1]);
    }
    JS_FreeValue(ctx, outcome);
    return promise;
}

static JSValue js_socket_pair(JSContext *ctx, JSValueConst this_val, int argc, JSValueConst *argv) {
    int fds[2];
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds) < 0)
        return hv_throw(ctx, errno, "socketpair", NULL);
    JSValue pair = JS_NewArray(ctx);
    JS_SetPropertyUint32(ctx, pair, 0, JS_NewInt32(ctx, fds[0]));
    JS_SetPropertyUint32(ctx, pair, 1, JS_NewInt32(ctx, fds[1]));
    return pair;
}

static JSValue js_pipe(JSContext *ctx, JSValueConst this_val, int argc, JSValueConst *argv) {
    int fds[2];
    if (pipe2(fds, O_CLOEXEC) < 0)
        return hv_throw(ctx, errno, "pipe2", NULL);
    JSValue ends = JS_NewObject(ctx);
    JS_SetPropertyStr(ctx, ends, "readFd", JS_NewInt32(ctx, fds[0]));
    JS_SetPropertyStr(ctx, ends, "writeFd", JS_NewInt32(ctx, fds[1]));
    return ends;
}

static JSValue js_from_fd(JSContext *ctx, JSValueConst this_val, int argc, JSValueConst *argv) {
    int fd;
    return hv_descriptor(ctx, argv[0], &fd) ? JS_EXCEPTION : connection_new(ctx, fd);
}

static const JSCFunctionListEntry listener_members[] = {
    JS_CGETSET_DEF("fd", js_listener_fd, NULL),
    JS_CFUNC_DEF("onConnection", 1, js_on_connection),
    JS_CFUNC_DEF("close", 0, js_listener_close),
};
static const struct hv_class listener_class_definition = {
    &listener_class, {.class_name = "Listener", .finalizer = finalize}, listener_members, COUNT_OF(listener_members)};
static const JSCFunctionListEntry exports[] = {
    JS_CFUNC_DEF("listenUnix", 2, js_listen_unix),   JS_CFUNC_DEF("listenTcp", 3, js_listen_tcp),
    JS_CFUNC_DEF("connectUnix", 1, js_connect_unix), JS_CFUNC_DEF("socketPair", 0, js_socket_pair),
    JS_CFUNC_DEF("pipe", 0, js_pipe),                JS_CFUNC_DEF("fromFd", 1, js_from_fd),
};

const struct hv_export_list hv_exports_socket = {exports, COUNT_OF(exports)};

int hv_module_socket(JSContext *ctx, JSModuleDef *m) {
    if (hv_class_define(ctx, &listener_class_definition) < 0 || hv_class_define(ctx, &connection_class_definition) < 0)
        return -1;
    return JS_SetModuleExportList(ctx, m, exports, COUNT_OF(exports));
}
