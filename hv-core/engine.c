// The script engine: context without eval, limits, turns, and the end of the program on uncaught errors.
#include "hv.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

// Processor time, not wall time: a slow disk must not end a program, an endless loop must.
static int64_t spent_ns(void) {
    struct timespec spent;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &spent);
    return (int64_t)spent.tv_sec * 1000000000 + spent.tv_nsec;
}

/** A new Error with the present stack; also where the engine is about to be interrupted. */
static JSValue error_here(JSContext *ctx, const char *constructor_name, const char *text) {
    JSValue global = JS_GetGlobalObject(ctx);
    JSValue constructor = JS_GetPropertyStr(ctx, global, constructor_name);
    JSValue message = JS_NewString(ctx, text);
    JSValue error = JS_CallConstructor(ctx, constructor, 1, (JSValueConst *)&message);
    JS_FreeValue(ctx, message);
    JS_FreeValue(ctx, constructor);
    JS_FreeValue(ctx, global);
    return error;
}

static int interrupt(JSRuntime *rt, void *opaque) {
    hv *h = opaque;
    if (spent_ns() - h->turn_start_ns < h->turn_limit_ns)
        return 0;
    // Ended here and not by an exception, which an async function would turn into a rejection that the script may handle.
    char text[96];
    snprintf(text, sizeof text, "interrupted: a turn took more than %lld ms of processor time", (long long)(h->turn_limit_ns / 1000000));
    hv_fatal(h, "uncaught", error_here(h->ctx, "InternalError", text));
}

static void rejection(JSContext *ctx, JSValueConst promise, JSValueConst reason, JS_BOOL handled, void *opaque) {
    hv *h = opaque;
    if (!handled) {
        if (h->rejection_count == h->rejection_capacity) {
            h->rejection_capacity = h->rejection_capacity ? h->rejection_capacity * 2 : 8;
            h->rejections = hv_realloc(h->rejections, h->rejection_capacity * sizeof(JSValue));
        }
        h->rejections[h->rejection_count++] = JS_DupValue(ctx, promise);
        return;
    }
    for (size_t i = 0; i < h->rejection_count; i++) {
        if (JS_VALUE_GET_PTR(h->rejections[i]) != JS_VALUE_GET_PTR(promise))
            continue;
        JS_FreeValue(ctx, h->rejections[i]);
        h->rejections[i] = h->rejections[--h->rejection_count];
        return;
    }
}

void hv_engine_open(hv *h, const struct hv_limits *limits) {
    h->rt = JS_NewRuntime();
    h->ctx = h->rt ? JS_NewContextRaw(h->rt) : NULL;
    if (!h->ctx) {
        hv_logf(h, 3, "the engine does not start: out of memory");
        hv_exit(HV_EXIT_SYSTEM);
    }
    JSContext *ctx = h->ctx;
    JS_SetRuntimeOpaque(h->rt, h);
    JS_SetContextOpaque(ctx, h);
    JS_SetMemoryLimit(h->rt, limits->memory_bytes);
    JS_SetMaxStackSize(h->rt, limits->stack_bytes);
    // Everything of the language but eval; RegExp constructors need the pattern compiler, which runs no script.
    JS_AddIntrinsicBaseObjects(ctx);
    JS_AddIntrinsicDate(ctx);
    JS_AddIntrinsicStringNormalize(ctx);
    JS_AddIntrinsicRegExpCompiler(ctx);
    JS_AddIntrinsicRegExp(ctx);
    JS_AddIntrinsicJSON(ctx);
    JS_AddIntrinsicProxy(ctx);
    JS_AddIntrinsicMapSet(ctx);
    JS_AddIntrinsicTypedArrays(ctx);
    JS_AddIntrinsicPromise(ctx);
    JS_AddIntrinsicWeakRef(ctx);
    JS_SetModuleLoaderFunc(h->rt, NULL, hv_module_load, NULL);
    JS_SetHostPromiseRejectionTracker(h->rt, rejection, h);
    h->turn_limit_ns = limits->turn_ms * 1000000;
    hv_turn(h);
    JS_SetInterruptHandler(h->rt, interrupt, h);
    hv_globals_define(h);
}

void hv_engine_close(hv *h) {
    for (size_t i = 0; i < h->rejection_count; i++)
        JS_FreeValue(h->ctx, h->rejections[i]);
    free(h->rejections);
    JS_FreeContext(h->ctx);
    JS_FreeRuntime(h->rt);
}

void hv_turn(hv *h) { h->turn_start_ns = spent_ns(); }

void hv_pump(hv *h) {
    JSContext *ctx;
    int result;
    while ((result = JS_ExecutePendingJob(h->rt, &ctx)) > 0) {
    }
    if (result < 0)
        hv_fatal(h, "uncaught", JS_GetException(ctx));
    if (h->rejection_count > 0)
        hv_fatal(h, "unhandled rejection", JS_PromiseResult(h->ctx, h->rejections[0]));
}

void hv_call(hv *h, JSValueConst function, int argc, JSValue *argv) {
    hv_turn(h);
    // The callee may replace or drop the handler that is running.
    JSValue held = JS_DupValue(h->ctx, function);
    JSValue result = JS_Call(h->ctx, held, JS_UNDEFINED, argc, argv);
    JS_FreeValue(h->ctx, held);
    for (int i = 0; i < argc; i++)
        JS_FreeValue(h->ctx, argv[i]);
    if (JS_IsException(result))
        hv_fatal(h, "uncaught", JS_GetException(h->ctx));
    JS_FreeValue(h->ctx, result);
    hv_pump(h);
}

static JSValue run_deferred(JSContext *ctx, int argc, JSValueConst *argv) {
    return JS_Call(ctx, argv[0], JS_UNDEFINED, 1, argv + 1);
}

static void pump_timer(hv *h, hv_timer *timer) {
    free(timer);
    hv_turn(h);
    hv_pump(h);
}

void hv_defer(hv *h, JSValueConst function, JSValue argument) {
    JSValueConst arguments[2] = {function, argument};
    if (JS_EnqueueJob(h->ctx, run_deferred, 2, arguments) < 0)
        hv_fatal(h, "uncaught", JS_GetException(h->ctx));
    JS_FreeValue(h->ctx, argument);
    // A job queued outside a turn still has to be run by somebody.
    hv_timer *timer = hv_alloc(sizeof *timer);
    timer->fire = pump_timer;
    hv_timer_start(h, timer, 0);
}

void hv_fatal(hv *h, const char *what, JSValue error) {
    JSContext *ctx = h->ctx;
    JS_SetInterruptHandler(h->rt, NULL, NULL);
    JS_SetMemoryLimit(h->rt, (size_t)-1); // so that the report itself can be made
    const char *text = JS_ToCString(ctx, error);
    hv_logf(h, 3, "%s: %s", what, text ? text : "(an error without text)");
    JS_FreeCString(ctx, text);
    if (JS_IsObject(error)) {
        JSValue stack = JS_GetPropertyStr(ctx, error, "stack");
        const char *lines = JS_IsString(stack) ? JS_ToCString(ctx, stack) : NULL;
        for (const char *line = lines; line && *line;) {
            size_t length = strcspn(line, "\n");
            hv_log(h, 3, line, length);
            line += length + (line[length] == '\n');
        }
        JS_FreeCString(ctx, lines);
        JS_FreeValue(ctx, stack);
    }
    JS_FreeValue(ctx, error);
    hv_exit(HV_EXIT_SCRIPT);
}

void hv_exit(int code) {
    hv_tty_restore();
    exit(code);
}
