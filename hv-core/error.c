// HostError, made here and nowhere else.
#include "hv.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#define E(name) {name, #name}
static const struct {
    int value;
    const char *name;
} names[] = {
    E(EPERM), E(ENOENT), E(ESRCH), E(EINTR), E(EIO), E(ENXIO), E(E2BIG), E(ENOEXEC), E(EBADF), E(ECHILD), E(EAGAIN), E(ENOMEM),
    E(EACCES), E(EFAULT), E(ENOTBLK), E(EBUSY), E(EEXIST), E(EXDEV), E(ENODEV), E(ENOTDIR), E(EISDIR), E(EINVAL), E(ENFILE),
    E(EMFILE), E(ENOTTY), E(ETXTBSY), E(EFBIG), E(ENOSPC), E(ESPIPE), E(EROFS), E(EMLINK), E(EPIPE), E(EDOM), E(ERANGE),
    E(EDEADLK), E(ENAMETOOLONG), E(ENOLCK), E(ENOSYS), E(ENOTEMPTY), E(ELOOP), E(ENODATA), E(ETIME), E(EPROTO), E(EBADMSG),
    E(EOVERFLOW), E(EILSEQ), E(EUSERS), E(ENOTSOCK), E(EDESTADDRREQ), E(EMSGSIZE), E(EPROTOTYPE), E(ENOPROTOOPT),
    E(EPROTONOSUPPORT), E(ESOCKTNOSUPPORT), E(EOPNOTSUPP), E(EPFNOSUPPORT), E(EAFNOSUPPORT), E(EADDRINUSE), E(EADDRNOTAVAIL),
    E(ENETDOWN), E(ENETUNREACH), E(ENETRESET), E(ECONNABORTED), E(ECONNRESET), E(ENOBUFS), E(EISCONN), E(ENOTCONN),
    E(ESHUTDOWN), E(ETOOMANYREFS), E(ETIMEDOUT), E(ECONNREFUSED), E(EHOSTDOWN), E(EHOSTUNREACH), E(EALREADY), E(EINPROGRESS),
    E(ESTALE), E(EUCLEAN), E(EDQUOT), E(ENOMEDIUM), E(EMEDIUMTYPE), E(ECANCELED), E(ENOKEY), E(EREMOTEIO), E(EHWPOISON),
    E(EOWNERDEAD), E(ENOTRECOVERABLE), E(ENOTUNIQ), E(ELIBACC), E(ELIBBAD),
};

const char *hv_errno_name(int error) {
    for (int i = 0; i < COUNT_OF(names); i++)
        if (names[i].value == error)
            return names[i].name;
    return "EUNKNOWN";
}

JSValue hv_error(JSContext *ctx, const char *code, const char *message, const char *syscall, const char *path) {
    char text[1024];
    snprintf(text, sizeof text, "%s%s%s: %s (%s)", syscall, path ? " " : "", path ? path : "", message, code);
    // By the constructor, because that is what records the stack.
    JSValue global = JS_GetGlobalObject(ctx);
    JSValue constructor = JS_GetPropertyStr(ctx, global, "Error");
    JSValue argument = JS_NewStringLen(ctx, text, strlen(text));
    JSValue error = JS_CallConstructor(ctx, constructor, 1, (JSValueConst *)&argument);
    JS_FreeValue(ctx, argument);
    JS_FreeValue(ctx, constructor);
    JS_FreeValue(ctx, global);
    if (JS_IsException(error))
        return error;
    JS_DefinePropertyValueStr(ctx, error, "name", JS_NewString(ctx, "HostError"), JS_PROP_CONFIGURABLE);
    hv_define(ctx, error, "code", JS_NewString(ctx, code));
    hv_define(ctx, error, "syscall", JS_NewString(ctx, syscall));
    if (path)
        hv_define(ctx, error, "path", JS_NewString(ctx, path));
    return error;
}

JSValue hv_errno_error(JSContext *ctx, int error, const char *syscall, const char *path) {
    return hv_error(ctx, hv_errno_name(error), strerror(error), syscall, path);
}

JSValue hv_throw_code(JSContext *ctx, const char *code, const char *message, const char *syscall, const char *path) {
    JSValue error = hv_error(ctx, code, message, syscall, path);
    return JS_IsException(error) ? error : JS_Throw(ctx, error);
}

JSValue hv_throw(JSContext *ctx, int error, const char *syscall, const char *path) {
    return hv_throw_code(ctx, hv_errno_name(error), strerror(error), syscall, path);
}
