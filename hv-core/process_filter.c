// Turns the script's list of refused system calls into a seccomp filter, ready before there is a child to load it.
#include "process.h"

#include <errno.h>
#include <linux/filter.h>
#include <seccomp.h>
#include <stdlib.h>
#include <string.h>

static const struct {
    const char *name;
    int error;
} errors[] = {{"EPERM", EPERM}, {"ENOSYS", ENOSYS}};

/** The member `error`, EPERM where there is none; -1 with an exception. */
static int parse_error(JSContext *ctx, JSValueConst value, int *error) {
    char *name = NULL;
    int found = hv_get_string(ctx, value, "error", &name);
    *error = found == 0 ? EPERM : 0;
    for (int k = 0; found > 0 && k < COUNT_OF(errors); k++)
        if (strcmp(errors[k].name, name) == 0)
            *error = errors[k].error;
    free(name);
    if (found > 0 && *error == 0)
        JS_ThrowTypeError(ctx, "a refused call fails with EPERM or ENOSYS");
    return *error == 0 ? -1 : 0;
}

/** The member `when` as a comparison; 1 if it is there, 0 if not, -1 with an exception. */
static int parse_condition(JSContext *ctx, JSValueConst value, struct scmp_arg_cmp *comparison) {
    JSValue when;
    int64_t argument, mask, wanted;
    int found = hv_get(ctx, value, "when", &when);
    if (found <= 0)
        return found;
    int all = hv_get_integer(ctx, when, "argument", 0, 5, &argument);
    if (all > 0)
        all = hv_get_integer(ctx, when, "mask", 1, UINT32_MAX, &mask);
    if (all > 0)
        all = hv_get_integer(ctx, when, "value", 0, UINT32_MAX, &wanted);
    JS_FreeValue(ctx, when);
    if (all == 0)
        JS_ThrowTypeError(ctx, "a condition has 'argument', 'mask' and 'value'");
    if (all <= 0)
        return -1;
    *comparison = SCMP_CMP64((unsigned)argument, SCMP_CMP_MASKED_EQ, (uint64_t)mask, (uint64_t)wanted);
    return 1;
}

static int add_call(JSContext *ctx, JSValueConst value, scmp_filter_ctx filter) {
    struct scmp_arg_cmp comparison;
    char *name = NULL;
    int error, number = __NR_SCMP_ERROR;
    int found = JS_IsObject(value) ? hv_get_string(ctx, value, "name", &name) : 0;
    if (found > 0)
        number = seccomp_syscall_resolve_name(name);
    // Negative numbers are calls of other architectures.
    if (found >= 0 && number < 0)
        JS_ThrowTypeError(ctx, "no system call is called '%s'", name ? name : "");
    free(name);
    if (number < 0 || parse_error(ctx, value, &error) < 0)
        return -1;
    int conditional = parse_condition(ctx, value, &comparison);
    if (conditional < 0)
        return -1;
    int failed = seccomp_rule_add_array(filter, SCMP_ACT_ERRNO((uint32_t)error), number, (unsigned)conditional, &comparison);
    if (failed < 0 && failed != -EEXIST)
        hv_throw(ctx, -failed, "seccomp_rule_add", NULL);
    return failed < 0 && failed != -EEXIST ? -1 : 0;
}

static int export_filter(JSContext *ctx, scmp_filter_ctx filter, struct confinement *c) {
    size_t size = 0;
    int failed = seccomp_export_bpf_mem(filter, NULL, &size);
    if (failed == 0) {
        c->filter = hv_alloc(size);
        failed = seccomp_export_bpf_mem(filter, c->filter, &size);
    }
    if (failed < 0) {
        hv_throw(ctx, -failed, "seccomp_export_bpf_mem", NULL);
        return -1;
    }
    c->filter_length = size / sizeof *c->filter;
    return 0;
}

int plan_parse_filter(JSContext *ctx, JSValueConst list, struct confinement *c) {
    int64_t count = hv_array_length(ctx, list, "refusedCalls");
    if (count <= 0)
        return count < 0 ? -1 : 0;
    scmp_filter_ctx filter = seccomp_init(SCMP_ACT_ALLOW);
    // A tree instead of a row of comparisons.
    if (!filter || seccomp_attr_set(filter, SCMP_FLTATR_CTL_OPTIMIZE, 2) < 0) {
        seccomp_release(filter);
        hv_throw(ctx, ENOMEM, "seccomp_init", NULL);
        return -1;
    }
    int failed = 0;
    for (int64_t i = 0; i < count && !failed; i++) {
        JSValue value = JS_GetPropertyUint32(ctx, list, (uint32_t)i);
        failed = JS_IsException(value) || add_call(ctx, value, filter) < 0;
        JS_FreeValue(ctx, value);
    }
    int result = failed ? -1 : export_filter(ctx, filter, c);
    seccomp_release(filter);
    return result;
}

void plan_free_filter(struct confinement *c) { free(c->filter); }
