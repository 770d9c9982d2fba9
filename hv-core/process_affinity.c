// setAffinity: the CPUs that a thread may run on.
#include "process.h"

#include <errno.h>
#include <sched.h>
#include <stdlib.h>

/** More than Linux has on any machine. */
#define MOST_CPUS 8192

JSValue process_js_set_affinity(JSContext *ctx, JSValueConst this_val, int argc, JSValueConst *argv) {
    int64_t tid, count = hv_array_length(ctx, argv[1], "cpus");
    if (count < 0 || hv_integer(ctx, argv[0], "tid", 1, INT32_MAX, &tid))
        return JS_EXCEPTION;
    // Too large for some stacks: freed on every path below.
    cpu_set_t *set = CPU_ALLOC(MOST_CPUS);
    if (!set)
        abort();
    size_t size = CPU_ALLOC_SIZE(MOST_CPUS);
    CPU_ZERO_S(size, set);
    int failed = 0;
    for (int64_t i = 0; i < count && !failed; i++) {
        int64_t cpu = 0;
        JSValue item = JS_GetPropertyUint32(ctx, argv[1], (uint32_t)i);
        failed = JS_IsException(item) || hv_integer(ctx, item, "cpus", 0, MOST_CPUS - 1, &cpu);
        JS_FreeValue(ctx, item);
        CPU_SET_S((size_t)cpu, size, set);
    }
    JSValue result = failed ? JS_EXCEPTION : JS_UNDEFINED;
    if (!failed && sched_setaffinity((pid_t)tid, size, set) < 0)
        result = hv_throw(ctx, errno, "sched_setaffinity", NULL);
    CPU_FREE(set);
    return result;
}
