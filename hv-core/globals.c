// Globals beside the language's own: timers and queueMicrotask. Takes eval away.
#include "hv.h"

#include <stdlib.h>

struct script_timer {
    hv_timer timer;
    JSValue callback;
};

static void fire(hv *h, hv_timer *timer) {
    struct script_timer *t = CONTAINER_OF(timer, struct script_timer, timer);
    JSValue callback = t->callback;
    free(t);
    hv_call(h, callback, 0, NULL);
    JS_FreeValue(h->ctx, callback);
}

static JSValue js_set_timeout(JSContext *ctx, JSValueConst this_val, int argc, JSValueConst *argv) {
    int64_t delay_ms;
    if (!JS_IsFunction(ctx, argv[0]))
        return JS_ThrowTypeError(ctx, "callback must be a function");
    if (hv_integer(ctx, argv[1], "delayMs", 0, INT32_MAX, &delay_ms)) {
        // A fraction of a millisecond is a reasonable delay; everything else is a mistake.
        double fraction;
        if (!JS_IsNumber(argv[1]) || JS_ToFloat64(ctx, &fraction, argv[1]) || !(fraction >= 0 && fraction <= INT32_MAX))
            return JS_EXCEPTION;
        JS_FreeValue(ctx, JS_GetException(ctx));
        delay_ms = (int64_t)fraction + 1;
    }
    struct script_timer *t = hv_alloc(sizeof *t);
    t->timer.fire = fire;
    t->callback = JS_DupValue(ctx, argv[0]);
    hv_timer_start(hv_of(ctx), &t->timer, delay_ms);
    return JS_NewInt64(ctx, t->timer.id);
}

static JSValue js_clear_timeout(JSContext *ctx, JSValueConst this_val, int argc, JSValueConst *argv) {
    hv *h = hv_of(ctx);
    int64_t id;
    if (!JS_IsNumber(argv[0]) || JS_ToInt64(ctx, &id, argv[0]))
        return JS_UNDEFINED;
    for (size_t i = 0; i < h->timer_count; i++) {
        hv_timer *timer = h->timers[i];
        if (timer->id != id || timer->fire != fire)
            continue;
        struct script_timer *t = CONTAINER_OF(timer, struct script_timer, timer);
        hv_timer_stop(h, timer);
        JS_FreeValue(ctx, t->callback);
        free(t);
        break;
    }
    return JS_UNDEFINED;
}

static JSValue run_microtask(JSContext *ctx, int argc, JSValueConst *argv) { return JS_Call(ctx, argv[0], JS_UNDEFINED, 0, NULL); }

static JSValue js_queue_microtask(JSContext *ctx, JSValueConst this_val, int argc, JSValueConst *argv) {
    if (!JS_IsFunction(ctx, argv[0]))
        return JS_ThrowTypeError(ctx, "callback must be a function");
    return JS_EnqueueJob(ctx, run_microtask, 1, argv) < 0 ? JS_EXCEPTION : JS_UNDEFINED;
}

static const JSCFunctionListEntry globals[] = {
    JS_CFUNC_DEF("setTimeout", 2, js_set_timeout),
    JS_CFUNC_DEF("clearTimeout", 1, js_clear_timeout),
    JS_CFUNC_DEF("queueMicrotask", 1, js_queue_microtask),
};

void hv_globals_define(hv *h) {
    JSValue global = JS_GetGlobalObject(h->ctx);
    JS_SetPropertyFunctionList(h->ctx, global, globals, COUNT_OF(globals));
    // Without the eval intrinsic it could only throw. Function stays for `instanceof`; calling it throws.
    JSAtom eval = JS_NewAtom(h->ctx, "eval");
    JS_DeleteProperty(h->ctx, global, eval, 0);
    JS_FreeAtom(h->ctx, eval);
    JS_FreeValue(h->ctx, global);
}
