// The part of hv:fs that mounts and unmounts.
#include "hv.h"
#include "linux_calls.h"
#include "mod_fs.h"

#include <errno.h>
#include <string.h>

static const struct {
    const char *name;
    unsigned long flag;
} mount_flags[] = {
    {"ro", MS_RDONLY}, {"nosuid", MS_NOSUID}, {"nodev", MS_NODEV}, {"noexec", MS_NOEXEC}, {"noatime", MS_NOATIME}, {"bind", MS_BIND}, {"remount", MS_REMOUNT},
};

static int parse_flags(JSContext *ctx, JSValueConst list, unsigned long *flags) {
    *flags = 0;
    if (JS_IsUndefined(list))
        return 0;
    int64_t count = hv_array_length(ctx, list, "flags");
    if (count < 0)
        return -1;
    for (int64_t i = 0; i < count; i++) {
        JSValue value = JS_GetPropertyUint32(ctx, list, (uint32_t)i);
        const char *name = JS_IsException(value) ? NULL : hv_string(ctx, value, "flag");
        JS_FreeValue(ctx, value);
        if (!name)
            return -1;
        int k = 0;
        while (k < COUNT_OF(mount_flags) && strcmp(mount_flags[k].name, name) != 0)
            k++;
        if (k == COUNT_OF(mount_flags))
            JS_ThrowTypeError(ctx, "no mount flag is called '%s'", name);
        JS_FreeCString(ctx, name);
        if (k == COUNT_OF(mount_flags))
            return -1;
        *flags |= mount_flags[k].flag;
    }
    return 0;
}

/** A new bind ignores the other flags, so they are set by a remount; undone when that fails. */
static int do_mount(const char *source, const char *target, const char *type, unsigned long flags, const char *data) {
    unsigned long extra = MS_RDONLY | MS_NOSUID | MS_NODEV | MS_NOEXEC | MS_NOATIME;
    if (call_mount(source, target, type, flags, data) < 0)
        return errno;
    if ((flags & MS_BIND) && !(flags & MS_REMOUNT) && (flags & extra) && call_mount(NULL, target, NULL, flags | MS_REMOUNT, NULL) < 0) {
        int error = errno;
        call_umount(target, CALL_MNT_DETACH);
        return error;
    }
    return 0;
}

JSValue fs_js_mount(JSContext *ctx, JSValueConst this_val, int argc, JSValueConst *argv) {
    unsigned long flags;
    const char *text[4] = {NULL};
    static const struct {
        int index;
        const char *what;
    } strings[4] = {{0, "source"}, {1, "target"}, {2, "type"}, {4, "data"}};
    if (parse_flags(ctx, argv[3], &flags) < 0)
        return JS_EXCEPTION;
    bool good = true;
    for (int i = 0; i < 4 && good; i++)
        if (i != 3 || !JS_IsUndefined(argv[4]))
            good = (text[i] = hv_string(ctx, argv[strings[i].index], strings[i].what)) != NULL;
    JSValue result = JS_EXCEPTION;
    if (good) {
        int error = do_mount(text[0], text[1], text[2], flags, text[3]);
        result = error ? hv_throw(ctx, error, "mount", text[1]) : JS_UNDEFINED;
    }
    for (int i = 0; i < 4; i++)
        JS_FreeCString(ctx, text[i]);
    return result;
}

JSValue fs_js_unmount(JSContext *ctx, JSValueConst this_val, int argc, JSValueConst *argv) {
    const char *target = hv_string(ctx, argv[0], "target");
    if (!target)
        return JS_EXCEPTION;
    JSValue result = call_umount(target, 0) < 0 ? hv_throw(ctx, errno, "umount2", target) : JS_UNDEFINED;
    JS_FreeCString(ctx, target);
    return result;
}
