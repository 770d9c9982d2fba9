// hv:system: clock, host name, signals, log, TAP devices.
#include "hv.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/if.h>
#include <linux/if_tun.h>
#include <linux/rtc.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#define SCRIPT_SLOT 0

static const struct {
    const char *name;
    int number;
} signals[] = {
    {"SIGTERM", SIGTERM}, {"SIGINT", SIGINT}, {"SIGHUP", SIGHUP}, {"SIGUSR1", SIGUSR1},
    {"SIGUSR2", SIGUSR2}, {"SIGCHLD", SIGCHLD}, {"SIGWINCH", SIGWINCH},
};
static JSValue handlers[COUNT_OF(signals)];
static bool handled[COUNT_OF(signals)];

static JSValue js_monotonic_ms(JSContext *ctx, JSValueConst this_val, int argc, JSValueConst *argv) {
    struct timespec now;
    clock_gettime(CLOCK_BOOTTIME, &now);
    return JS_NewFloat64(ctx, (double)now.tv_sec * 1e3 + (double)now.tv_nsec / 1e6);
}

static JSValue js_set_hostname(JSContext *ctx, JSValueConst this_val, int argc, JSValueConst *argv) {
    const char *name = hv_string(ctx, argv[0], "name");
    if (!name)
        return JS_EXCEPTION;
    int error = sethostname(name, strlen(name)) < 0 ? errno : 0;
    JS_FreeCString(ctx, name);
    return error ? hv_throw(ctx, error, "sethostname", NULL) : JS_UNDEFINED;
}

static JSValue js_hostname(JSContext *ctx, JSValueConst this_val, int argc, JSValueConst *argv) {
    char name[65] = "";
    if (gethostname(name, sizeof name - 1) < 0)
        return hv_throw(ctx, errno, "gethostname", NULL);
    return JS_NewString(ctx, name);
}

static JSValue js_page_size(JSContext *ctx, JSValueConst this_val, int argc, JSValueConst *argv) {
    return JS_NewInt64(ctx, sysconf(_SC_PAGESIZE));
}

static JSValue js_sync(JSContext *ctx, JSValueConst this_val, int argc, JSValueConst *argv) {
    sync();
    return JS_UNDEFINED;
}

static void deliver(hv *h, int signal) {
    for (int i = 0; i < COUNT_OF(signals); i++)
        if (signals[i].number == signal && handled[i])
            hv_call(h, handlers[i], 0, NULL);
}

static JSValue js_on_signal(JSContext *ctx, JSValueConst this_val, int argc, JSValueConst *argv) {
    const char *name = hv_string(ctx, argv[0], "name");
    if (!name)
        return JS_EXCEPTION;
    int i = 0;
    while (i < COUNT_OF(signals) && strcmp(signals[i].name, name) != 0)
        i++;
    JS_FreeCString(ctx, name);
    bool set = JS_IsFunction(ctx, argv[1]);
    if (i == COUNT_OF(signals) || !(set || JS_IsNull(argv[1])))
        return JS_ThrowTypeError(ctx, "onSignal wants a signal's name and a function or null");
    if (handled[i])
        JS_FreeValue(ctx, handlers[i]);
    handled[i] = set;
    handlers[i] = set ? JS_DupValue(ctx, argv[1]) : JS_UNDEFINED;
    if (hv_signal_set(hv_of(ctx), signals[i].number, SCRIPT_SLOT, set ? deliver : NULL) < 0)
        return hv_throw(ctx, errno, "signalfd", NULL);
    return JS_UNDEFINED;
}

void hv_system_close(hv *h) {
    for (int i = 0; i < COUNT_OF(signals); i++)
        if (handled[i])
            JS_FreeValue(h->ctx, handlers[i]);
}

static JSValue js_log(JSContext *ctx, JSValueConst this_val, int argc, JSValueConst *argv) {
    static const struct {
        const char *name;
        int number;
    } severities[] = {{"error", 3}, {"warning", 4}, {"notice", 5}, {"info", 6}, {"debug", 7}};
    struct hv_data text;
    const char *severity = hv_string(ctx, argv[0], "severity");
    if (!severity)
        return JS_EXCEPTION;
    int i = 0;
    while (i < COUNT_OF(severities) && strcmp(severities[i].name, severity) != 0)
        i++;
    JS_FreeCString(ctx, severity);
    if (i == COUNT_OF(severities) || !JS_IsString(argv[1]))
        return JS_ThrowTypeError(ctx, "log wants a severity and a text");
    if (hv_data_get(ctx, argv[1], "text", &text))
        return JS_EXCEPTION;
    hv_log(hv_of(ctx), severities[i].number, text.text, text.length);
    hv_data_free(ctx, &text);
    return JS_UNDEFINED;
}

static JSValue js_set_log_name(JSContext *ctx, JSValueConst this_val, int argc, JSValueConst *argv) {
    hv *h = hv_of(ctx);
    const char *name = hv_string(ctx, argv[0], "name");
    if (!name)
        return JS_EXCEPTION;
    snprintf(h->name, sizeof h->name, "%s", name);
    JS_FreeCString(ctx, name);
    return JS_UNDEFINED;
}

static JSValue js_open_tap(JSContext *ctx, JSValueConst this_val, int argc, JSValueConst *argv) {
    struct ifreq request = {0};
    const char *name = hv_string(ctx, argv[0], "name");
    if (!name)
        return JS_EXCEPTION;
    size_t length = strlen(name);
    if (length > 0 && length < sizeof request.ifr_name)
        memcpy(request.ifr_name, name, length);
    JS_FreeCString(ctx, name);
    if (request.ifr_name[0] == '\0')
        return hv_throw(ctx, EINVAL, "TUNSETIFF", NULL);
    int fd = open("/dev/net/tun", O_RDWR | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0)
        return hv_throw(ctx, errno, "openat", "/dev/net/tun");
    // One queue, and an error instead of the device of somebody else.
    request.ifr_flags = IFF_TAP | IFF_NO_PI | IFF_VNET_HDR;
    if (ioctl(fd, TUNSETIFF, &request) < 0) {
        int error = errno;
        close(fd);
        return hv_throw(ctx, error, "TUNSETIFF", request.ifr_name);
    }
    return JS_NewInt32(ctx, fd);
}

/** The machine's own clock, which goes on without power, in UTC; a machine that has none is as good. 0 or an errno. */
static int set_hardware_clock(const struct timespec *now) {
    struct tm parts;
    if (!gmtime_r(&now->tv_sec, &parts))
        return EINVAL;
    struct rtc_time time = {
        .tm_sec = parts.tm_sec, .tm_min = parts.tm_min, .tm_hour = parts.tm_hour, .tm_mday = parts.tm_mday, .tm_mon = parts.tm_mon, .tm_year = parts.tm_year};
    int fd = open("/dev/rtc0", O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return errno == ENOENT ? 0 : errno;
    int error = ioctl(fd, RTC_SET_TIME, &time) < 0 ? errno : 0;
    close(fd);
    return error;
}

static JSValue js_set_clock(JSContext *ctx, JSValueConst this_val, int argc, JSValueConst *argv) {
    int64_t ms;
    if (hv_integer(ctx, argv[0], "epochMs", 0, 1LL << 42, &ms))
        return JS_EXCEPTION;
    struct timespec now = {.tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000};
    if (clock_settime(CLOCK_REALTIME, &now) < 0)
        return hv_throw(ctx, errno, "clock_settime", NULL);
    int error = set_hardware_clock(&now);
    return error ? hv_throw(ctx, error, "RTC_SET_TIME", "/dev/rtc0") : JS_UNDEFINED;
}

static JSValue js_memory_file(JSContext *ctx, JSValueConst this_val, int argc, JSValueConst *argv) {
    int fd = memfd_create(hv_of(ctx)->name, MFD_CLOEXEC);
    return fd < 0 ? hv_throw(ctx, errno, "memfd_create", NULL) : JS_NewInt32(ctx, fd);
}

static const JSCFunctionListEntry exports[] = {
    JS_CFUNC_DEF("monotonicMs", 0, js_monotonic_ms), JS_CFUNC_DEF("setHostname", 1, js_set_hostname),
    JS_CFUNC_DEF("hostname", 0, js_hostname),        JS_CFUNC_DEF("pageSize", 0, js_page_size),
    JS_CFUNC_DEF("sync", 0, js_sync),                JS_CFUNC_DEF("onSignal", 2, js_on_signal),
    JS_CFUNC_DEF("log", 2, js_log),                  JS_CFUNC_DEF("setLogName", 1, js_set_log_name),
    JS_CFUNC_DEF("setClock", 1, js_set_clock),
    JS_CFUNC_DEF("openTap", 1, js_open_tap),       JS_CFUNC_DEF("memoryFile", 0, js_memory_file),
};

const struct hv_export_list hv_exports_system = {exports, COUNT_OF(exports)};

int hv_module_system(JSContext *ctx, JSModuleDef *m) { return JS_SetModuleExportList(ctx, m, exports, COUNT_OF(exports)); }
