// What the files of hv-core share: the program's state, the event loop, errors and value conversion. Holds no policy.
#ifndef HV_H
#define HV_H

#include <quickjs/quickjs.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/epoll.h>
#include <sys/types.h>

#define HV_EXIT_USAGE 64    // wrong command line
#define HV_EXIT_DATA 65     // the script does not compile
#define HV_EXIT_NO_INPUT 66 // the bundle cannot be read
#define HV_EXIT_SCRIPT 70   // uncaught error, unhandled rejection, turn deadline
#define HV_EXIT_SYSTEM 71   // the host refuses what the program itself needs
#define HV_EXIT_ENGINE 78   // no bundle, or one made by another engine

#define CONTAINER_OF(pointer, type, member) ((type *)((char *)(pointer) - offsetof(type, member)))
#define COUNT_OF(array) ((int)(sizeof(array) / sizeof((array)[0])))

typedef struct hv hv;
typedef struct hv_watch hv_watch;
typedef struct hv_timer hv_timer;

/** A descriptor in the loop. The embedding object owns the memory and the descriptor. */
struct hv_watch {
    int fd;
    bool added;
    void (*ready)(hv *h, hv_watch *watch, uint32_t events);
};

/** A timer in the loop; `slot` is its place in the heap plus one, 0 while idle. */
struct hv_timer {
    int64_t due_ns;
    size_t slot;
    int64_t id; // in the order of starting, never used again
    void (*fire)(hv *h, hv_timer *timer);
};

struct hv {
    JSRuntime *rt;
    JSContext *ctx;
    char name[64]; // in log records
    int argc;
    char **argv; // arguments after the bundle's path
    int epoll_fd;
    size_t watches; // those that keep the loop alive
    struct epoll_event *batch;
    int batch_count;
    hv_timer **timers; // binary heap by due_ns
    size_t timer_count;
    size_t timer_capacity;
    int64_t last_timer_id;
    int64_t turn_limit_ns;
    int64_t turn_start_ns;
    JSValue *rejections; // rejected promises without a handler, owned
    size_t rejection_count;
    size_t rejection_capacity;
};

// engine.c
struct hv_limits {
    size_t memory_bytes;
    size_t stack_bytes;
    int64_t turn_ms;
};
void hv_engine_open(hv *h, const struct hv_limits *limits);
void hv_engine_close(hv *h);
static inline hv *hv_of(JSContext *ctx) { return JS_GetContextOpaque(ctx); }
/** Runs every queued job, then ends the program if a rejection stayed unhandled. */
void hv_pump(hv *h);
/** Marks the start of a turn: the deadline counts processor time from here. */
void hv_turn(hv *h);
/** One turn: calls `function`, frees the result and each of `argv`, pumps. An exception ends the program. */
void hv_call(hv *h, JSValueConst function, int argc, JSValue *argv);
/** Queues `function(argument)` as a job of this or the next turn; consumes `argument`, keeps its own `function`. */
void hv_defer(hv *h, JSValueConst function, JSValue argument);
/** Logs the error with its stack and ends the program with HV_EXIT_SCRIPT. Consumes `error`. */
_Noreturn void hv_fatal(hv *h, const char *what, JSValue error);
/** Ends the program: terminals restored, nothing else. */
_Noreturn void hv_exit(int code);

// loop.c
int hv_loop_open(hv *h);
void hv_loop_close(hv *h);
/** Runs until nothing is left that could call the script. */
void hv_loop_run(hv *h);
/** 0 or -1 with errno. */
int hv_watch_add(hv *h, hv_watch *watch, int fd, uint32_t events);
int hv_watch_set(hv *h, hv_watch *watch, uint32_t events);
/** Idempotent; must come before the descriptor is closed. */
void hv_watch_remove(hv *h, hv_watch *watch);
int64_t hv_now_ns(void);
void hv_timer_start(hv *h, hv_timer *timer, int64_t delay_ms);
void hv_timer_stop(hv *h, hv_timer *timer);

// log.c
void hv_log(const hv *h, int severity, const char *text, size_t length);
void hv_logf(const hv *h, int severity, const char *format, ...) __attribute__((format(printf, 3, 4)));

// error.c
const char *hv_errno_name(int error);
/** A new HostError; `path` may be NULL. */
JSValue hv_error(JSContext *ctx, const char *code, const char *message, const char *syscall, const char *path);
JSValue hv_errno_error(JSContext *ctx, int error, const char *syscall, const char *path);
JSValue hv_throw(JSContext *ctx, int error, const char *syscall, const char *path);
JSValue hv_throw_code(JSContext *ctx, const char *code, const char *message, const char *syscall, const char *path);

// value.c
/** Aborts the program when memory is out. */
void *hv_alloc(size_t size);
void *hv_realloc(void *old, size_t size);
char *hv_strdup(const char *text);
/** A string argument without NUL bytes, to be freed by JS_FreeCString; NULL with an exception. */
const char *hv_string(JSContext *ctx, JSValueConst value, const char *what);
/** An integer within limits; -1 with an exception. */
int hv_integer(JSContext *ctx, JSValueConst value, const char *what, int64_t min, int64_t max, int64_t *result);
int hv_descriptor(JSContext *ctx, JSValueConst value, int *fd);
/** Members of an options object: 1 present, 0 absent (result untouched), -1 exception. `options` may be undefined. */
int hv_get(JSContext *ctx, JSValueConst options, const char *name, JSValue *result);
int hv_get_integer(JSContext *ctx, JSValueConst options, const char *name, int64_t min, int64_t max, int64_t *result);
int hv_get_bool(JSContext *ctx, JSValueConst options, const char *name, bool *result);
/** The result is malloc'd. */
int hv_get_string(JSContext *ctx, JSValueConst options, const char *name, char **result);
/** The length of an array, or -1 with an exception. */
int64_t hv_array_length(JSContext *ctx, JSValueConst array, const char *what);

/** Bytes borrowed from a string (as UTF-8) or a Uint8Array; valid until hv_data_free and while no script runs. */
struct hv_data {
    const uint8_t *bytes;
    size_t length;
    const char *text;
};
int hv_data_get(JSContext *ctx, JSValueConst value, const char *what, struct hv_data *data);
int hv_bytes_get(JSContext *ctx, JSValueConst value, const char *what, struct hv_data *data);
void hv_data_free(JSContext *ctx, struct hv_data *data);
JSValue hv_new_bytes(JSContext *ctx, const void *bytes, size_t length);
JSValue hv_rejected(JSContext *ctx, JSValue error);
/** Defines a read-only, enumerable member; consumes `value`. */
void hv_define(JSContext *ctx, JSValueConst object, const char *name, JSValue value);

// utf8.c
bool hv_utf8_valid(const uint8_t *bytes, size_t length);
/** Replaces surrogates encoded as three bytes by U+FFFD, in place. */
void hv_utf8_repair(uint8_t *bytes, size_t length);
/** A string with U+FFFD for each bad sequence. */
JSValue hv_utf8_lossy(JSContext *ctx, const uint8_t *bytes, size_t length);

// modules.c: one hv_module_NAME per mod_NAME.c
JSModuleDef *hv_module_load(JSContext *ctx, const char *name, void *opaque);
struct hv_class {
    JSClassID *id;
    JSClassDef definition;
    const JSCFunctionListEntry *members;
    int member_count;
};
int hv_class_define(JSContext *ctx, const struct hv_class *class);
int hv_module_fs(JSContext *ctx, JSModuleDef *m);
int hv_module_process(JSContext *ctx, JSModuleDef *m);
int hv_module_socket(JSContext *ctx, JSModuleDef *m);
int hv_module_relay(JSContext *ctx, JSModuleDef *m);
int hv_module_hold(JSContext *ctx, JSModuleDef *m);
int hv_module_sqlite(JSContext *ctx, JSModuleDef *m);
int hv_module_copy(JSContext *ctx, JSModuleDef *m);
int hv_module_crypto(JSContext *ctx, JSModuleDef *m);
int hv_module_text(JSContext *ctx, JSModuleDef *m);
int hv_module_tty(JSContext *ctx, JSModuleDef *m);
int hv_module_system(JSContext *ctx, JSModuleDef *m);
struct hv_export_list {
    const JSCFunctionListEntry *entries;
    int count;
};
extern const struct hv_export_list hv_exports_fs, hv_exports_process, hv_exports_socket, hv_exports_relay, hv_exports_hold, hv_exports_sqlite,
    hv_exports_copy, hv_exports_crypto, hv_exports_text, hv_exports_tty, hv_exports_system;
void hv_globals_define(hv *h);

// signals.c
/** Calls `handler` for a signal; one for each signal and slot. NULL takes it away. */
#define HV_SIGNAL_SLOTS 2
typedef void hv_signal_handler(hv *h, int signal);
int hv_signal_set(hv *h, int signal, int slot, hv_signal_handler *handler);
void hv_signals_close(hv *h);

// mod_*.c that keep state to be freed or restored at the end
void hv_system_close(hv *h);
void hv_tty_close(hv *h);
void hv_tty_restore(void);

#endif
