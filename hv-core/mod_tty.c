// hv:tty: terminals. Keeps a descriptor of its own for each, so that settings can be put back whatever becomes of the script's.
#include "hv.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

#define TTY_SLOT 1

struct tty {
    int fd;       // own
    int given_fd; // made at first use, the script's from then on
    bool raw;
    struct termios saved;
    JSValue resize;
    struct tty *next;
};

static JSClassID tty_class;
static struct tty *open_ttys; // closed ones are taken out

static void restore(struct tty *t) {
    if (t->raw)
        tcsetattr(t->fd, TCSAFLUSH, &t->saved);
    t->raw = false;
}

void hv_tty_restore(void) {
    for (struct tty *t = open_ttys; t; t = t->next)
        restore(t);
}

static void tty_close(JSRuntime *rt, struct tty *t) {
    if (t->fd < 0)
        return;
    restore(t);
    close(t->fd);
    t->fd = -1;
    struct tty **link = &open_ttys;
    while (*link != t)
        link = &(*link)->next;
    *link = t->next;
    JS_FreeValueRT(rt, t->resize);
    t->resize = JS_UNDEFINED;
}

void hv_tty_close(hv *h) {
    while (open_ttys)
        tty_close(h->rt, open_ttys);
}

static void finalize(JSRuntime *rt, JSValue value) {
    struct tty *t = JS_GetOpaque(value, tty_class);
    if (t)
        tty_close(rt, t);
    free(t);
}

static void mark(JSRuntime *rt, JSValueConst value, JS_MarkFunc *function) {
    struct tty *t = JS_GetOpaque(value, tty_class);
    if (t)
        JS_MarkValue(rt, t->resize, function);
}

static struct tty *open_tty_of(JSContext *ctx, JSValueConst value) {
    struct tty *t = JS_GetOpaque2(ctx, value, tty_class);
    if (t && t->fd < 0) {
        hv_throw(ctx, EBADF, "tty", NULL);
        return NULL;
    }
    return t;
}

static JSValue js_fd(JSContext *ctx, JSValueConst this_val) {
    struct tty *t = open_tty_of(ctx, this_val);
    if (!t)
        return JS_EXCEPTION;
    if (t->given_fd < 0 && (t->given_fd = fcntl(t->fd, F_DUPFD_CLOEXEC, 3)) < 0)
        return hv_throw(ctx, errno, "fcntl", NULL);
    return JS_NewInt32(ctx, t->given_fd);
}

static JSValue js_size(JSContext *ctx, JSValueConst this_val, int argc, JSValueConst *argv) {
    struct tty *t = open_tty_of(ctx, this_val);
    struct winsize size;
    if (!t)
        return JS_EXCEPTION;
    if (ioctl(t->fd, TIOCGWINSZ, &size) < 0)
        return hv_throw(ctx, errno, "TIOCGWINSZ", NULL);
    JSValue result = JS_NewObject(ctx);
    JS_SetPropertyStr(ctx, result, "columns", JS_NewInt32(ctx, size.ws_col));
    JS_SetPropertyStr(ctx, result, "rows", JS_NewInt32(ctx, size.ws_row));
    return result;
}

static JSValue js_set_raw(JSContext *ctx, JSValueConst this_val, int argc, JSValueConst *argv) {
    struct tty *t = open_tty_of(ctx, this_val);
    struct termios now;
    if (!t)
        return JS_EXCEPTION;
    if (tcgetattr(t->fd, &now) < 0)
        return hv_throw(ctx, errno, "tcgetattr", NULL);
    if (!t->raw)
        t->saved = now;
    now.c_iflag &= ~(tcflag_t)(IGNBRK | BRKINT | PARMRK | ISTRIP | INLCR | IGNCR | ICRNL | IXON);
    now.c_oflag &= ~(tcflag_t)OPOST;
    now.c_lflag &= ~(tcflag_t)(ECHO | ECHONL | ICANON | ISIG | IEXTEN);
    now.c_cflag = (now.c_cflag & ~(tcflag_t)(CSIZE | PARENB)) | CS8;
    now.c_cc[VMIN] = 1;
    now.c_cc[VTIME] = 0;
    if (tcsetattr(t->fd, TCSAFLUSH, &now) < 0)
        return hv_throw(ctx, errno, "tcsetattr", NULL);
    t->raw = true;
    return JS_UNDEFINED;
}

static void resized(hv *h, int signal) {
    // A handler may close any terminal, so the list is walked anew after each call.
    size_t total = 0;
    for (struct tty *t = open_ttys; t; t = t->next)
        total++;
    for (size_t i = 0; i < total; i++) {
        struct tty *t = open_ttys;
        for (size_t k = 0; t && k < i; k++)
            t = t->next;
        if (t && JS_IsFunction(h->ctx, t->resize))
            hv_call(h, t->resize, 0, NULL);
    }
}

static JSValue js_on_resize(JSContext *ctx, JSValueConst this_val, int argc, JSValueConst *argv) {
    struct tty *t = open_tty_of(ctx, this_val);
    if (!t)
        return JS_EXCEPTION;
    if (!JS_IsFunction(ctx, argv[0]))
        return JS_ThrowTypeError(ctx, "handler must be a function");
    if (hv_signal_set(hv_of(ctx), SIGWINCH, TTY_SLOT, resized) < 0)
        return hv_throw(ctx, errno, "signalfd", NULL);
    JSValue old = t->resize;
    t->resize = JS_DupValue(ctx, argv[0]);
    JS_FreeValue(ctx, old);
    return JS_UNDEFINED;
}

static JSValue js_close(JSContext *ctx, JSValueConst this_val, int argc, JSValueConst *argv) {
    struct tty *t = JS_GetOpaque2(ctx, this_val, tty_class);
    if (!t)
        return JS_EXCEPTION;
    tty_close(JS_GetRuntime(ctx), t);
    return JS_UNDEFINED;
}

/** Makes `fd` the controlling terminal, of a new session if this process leads none. */
static int take_control(int fd) {
    if (getsid(0) != getpid() && setsid() < 0)
        return -1;
    return ioctl(fd, TIOCSCTTY, 0);
}

static JSValue js_open(JSContext *ctx, JSValueConst this_val, int argc, JSValueConst *argv) {
    bool controlling = false;
    if (hv_get_bool(ctx, argv[1], "controlling", &controlling) < 0)
        return JS_EXCEPTION;
    const char *path = hv_string(ctx, argv[0], "path");
    if (!path)
        return JS_EXCEPTION;
    // Not blocking, because a serial line may wait for its carrier.
    const char *call = "openat";
    int fd = open(path, O_RDWR | O_NOCTTY | O_NONBLOCK | O_CLOEXEC);
    int error = fd < 0 ? errno : 0;
    if (!error && !isatty(fd)) {
        call = "isatty";
        error = ENOTTY;
    }
    if (!error && controlling && take_control(fd) < 0) {
        call = "TIOCSCTTY";
        error = errno;
    }
    JSValue object = error ? hv_throw(ctx, error, call, path) : JS_NewObjectClass(ctx, (int)tty_class);
    JS_FreeCString(ctx, path);
    if (JS_IsException(object)) {
        if (fd >= 0)
            close(fd);
        return object;
    }
    struct tty *t = hv_alloc(sizeof *t);
    *t = (struct tty){.fd = fd, .given_fd = -1, .resize = JS_UNDEFINED, .next = open_ttys};
    open_ttys = t;
    JS_SetOpaque(object, t);
    return object;
}

static const JSCFunctionListEntry members[] = {
    JS_CGETSET_DEF("fd", js_fd, NULL),
    JS_CFUNC_DEF("size", 0, js_size),
    JS_CFUNC_DEF("setRaw", 0, js_set_raw),
    JS_CFUNC_DEF("onResize", 1, js_on_resize),
    JS_CFUNC_DEF("close", 0, js_close),
};
static const JSCFunctionListEntry exports[] = {JS_CFUNC_DEF("open", 2, js_open)};
static const struct hv_class class = {
    &tty_class, {.class_name = "Tty", .finalizer = finalize, .gc_mark = mark}, members, COUNT_OF(members)};

const struct hv_export_list hv_exports_tty = {exports, COUNT_OF(exports)};

int hv_module_tty(JSContext *ctx, JSModuleDef *m) {
    return hv_class_define(ctx, &class) < 0 ? -1 : JS_SetModuleExportList(ctx, m, exports, COUNT_OF(exports));
}
