// hv:process: this process, its children as objects, adopted processes.
#include "linux_calls.h"
#include "process.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

/** Owned by its object, which the loop holds on to until the process has ended or is released. */
struct process {
    hv_watch watch;
    hv *h;
    JSValue self, resolve;
    int pidfd; // -1 after the end
    pid_t pid;
    bool own; // spawned here, to be reaped
};

static JSClassID process_class;

static void finalize(JSRuntime *rt, JSValue value) { free(JS_GetOpaque(value, process_class)); }

static void forget(struct process *p) {
    JSContext *ctx = p->h->ctx;
    hv_watch_remove(p->h, &p->watch);
    close(p->pidfd);
    p->pidfd = -1;
    JSValue resolve = p->resolve, self = p->self;
    p->resolve = p->self = JS_UNDEFINED;
    JS_FreeValue(ctx, resolve);
    JS_FreeValue(ctx, self);
}

JSValue process_exit_status(JSContext *ctx, const siginfo_t *info) {
    JSValue status = JS_NewObject(ctx);
    bool exited = info && info->si_code == CLD_EXITED;
    JS_SetPropertyStr(ctx, status, "code", exited ? JS_NewInt32(ctx, info->si_status) : JS_NULL);
    JS_SetPropertyStr(ctx, status, "signal", info && !exited ? JS_NewInt32(ctx, info->si_status) : JS_NULL);
    return status;
}

static void ended(hv *h, hv_watch *watch, uint32_t events) {
    struct process *p = CONTAINER_OF(watch, struct process, watch);
    siginfo_t info = {0};
    if (p->own && waitid(P_PIDFD, (id_t)p->pidfd, &info, WEXITED) < 0)
        info.si_pid = 0;
    JSValue status = process_exit_status(h->ctx, info.si_pid ? &info : NULL);
    JSValue resolve = JS_DupValue(h->ctx, p->resolve);
    forget(p);
    hv_call(h, resolve, 1, &status);
    JS_FreeValue(h->ctx, resolve);
}

/** Leaves nothing of a child that no object will speak for. */
static void give_up(const struct child *child, bool own) {
    if (own) {
        call_pidfd_send_signal(child->pidfd, SIGKILL);
        waitid(P_PIDFD, (id_t)child->pidfd, &(siginfo_t){0}, WEXITED);
    }
}

/** Takes over `child->pidfd`; a child of our own ends when this fails. */
static JSValue process_new(JSContext *ctx, const struct child *child, bool own) {
    JSValue functions[2];
    JSValue object = JS_NewObjectClass(ctx, (int)process_class);
    JSValue exited = JS_IsException(object) ? JS_EXCEPTION : JS_NewPromiseCapability(ctx, functions);
    if (JS_IsException(exited)) {
        JS_FreeValue(ctx, object);
        give_up(child, own);
        close(child->pidfd);
        return JS_EXCEPTION;
    }
    JS_FreeValue(ctx, functions[1]); // it is never rejected
    hv_define(ctx, object, "pid", JS_NewInt32(ctx, child->pid));
    hv_define(ctx, object, "startTime", JS_NewInt64(ctx, child->start_time));
    hv_define(ctx, object, "exited", exited);
    struct process *p = hv_alloc(sizeof *p);
    *p = (struct process){.watch.ready = ended, .h = hv_of(ctx), .self = JS_UNDEFINED, .resolve = functions[0], .pidfd = child->pidfd, .pid = child->pid, .own = own};
    JS_SetOpaque(object, p);
    p->self = JS_DupValue(ctx, object);
    if (hv_watch_add(p->h, &p->watch, p->pidfd, EPOLLIN) < 0) {
        int error = errno;
        give_up(child, own);
        forget(p);
        JS_FreeValue(ctx, object);
        return hv_throw(ctx, error, "epoll_ctl", NULL);
    }
    return object;
}

static JSValue js_spawn(JSContext *ctx, JSValueConst this_val, int argc, JSValueConst *argv) {
    struct spawn_plan plan;
    struct step_failure failure;
    struct child child;
    JSValue result = JS_EXCEPTION;
    if (plan_parse(ctx, argv[0], &plan) == 0) {
        if (child_spawn(&plan, &child, &failure) < 0)
            child_throw(ctx, &failure);
        else
            result = process_new(ctx, &child, true);
    }
    plan_free(&plan);
    return result;
}

static JSValue js_adopt(JSContext *ctx, JSValueConst this_val, int argc, JSValueConst *argv) {
    int64_t pid, start_time;
    if (hv_integer(ctx, argv[0], "pid", 1, INT32_MAX, &pid) || hv_integer(ctx, argv[1], "startTime", 0, INT64_MAX >> 10, &start_time))
        return JS_EXCEPTION;
    int pidfd = call_pidfd_open((pid_t)pid);
    if (pidfd < 0)
        // EINVAL and ENOENT: a thread of some process has the number now.
        return errno == ESRCH || errno == EINVAL || errno == ENOENT ? JS_NULL : hv_throw(ctx, errno, "pidfd_open", NULL);
    // Read after the descriptor is held, so that it cannot be about a successor unless the number is one's already.
    int64_t actual = child_start_time((pid_t)pid);
    if (actual != start_time) {
        int error = actual < 0 && errno != ENOENT && errno != ESRCH ? errno : 0;
        close(pidfd);
        return error ? hv_throw(ctx, error, "read", "/proc") : JS_NULL;
    }
    struct child child = {(pid_t)pid, pidfd, start_time};
    return process_new(ctx, &child, false);
}

static JSValue js_exec(JSContext *ctx, JSValueConst this_val, int argc, JSValueConst *argv) {
    struct spawn_plan plan;
    struct step_failure failure;
    if (plan_parse(ctx, argv[0], &plan) == 0) {
        if (plan.cgroup || plan.death_signal || (plan.confinement.namespaces & CLONE_NEWPID)) {
            hv_throw(ctx, EINVAL, "exec", NULL);
        } else {
            child_become(&plan, &failure);
            child_throw(ctx, &failure);
        }
    }
    plan_free(&plan);
    return JS_EXCEPTION;
}

static JSValue js_confine(JSContext *ctx, JSValueConst this_val, int argc, JSValueConst *argv) {
    struct confinement c;
    struct step_failure failure;
    JSValue result = JS_EXCEPTION;
    if (plan_parse_confinement(ctx, argv[0], &c) == 0) {
        if (c.namespaces & CLONE_NEWPID)
            hv_throw(ctx, EINVAL, "unshare", NULL);
        else if (confine_view(&c, &failure) < 0 || confine_rights(&c, 0, &failure) < 0)
            child_throw(ctx, &failure);
        else
            result = JS_UNDEFINED;
    }
    plan_free_confinement(&c);
    return result;
}

static JSValue js_kill(JSContext *ctx, JSValueConst this_val, int argc, JSValueConst *argv) {
    struct process *p = JS_GetOpaque2(ctx, this_val, process_class);
    int64_t signal;
    if (!p || hv_integer(ctx, argv[0], "signal", 0, 64, &signal))
        return JS_EXCEPTION;
    if (p->pidfd < 0)
        return hv_throw(ctx, ESRCH, "pidfd_send_signal", NULL);
    return call_pidfd_send_signal(p->pidfd, (int)signal) < 0 ? hv_throw(ctx, errno, "pidfd_send_signal", NULL) : JS_UNDEFINED;
}

static JSValue js_release(JSContext *ctx, JSValueConst this_val, int argc, JSValueConst *argv) {
    struct process *p = JS_GetOpaque2(ctx, this_val, process_class);
    if (!p)
        return JS_EXCEPTION;
    if (p->pidfd >= 0)
        forget(p);
    return JS_UNDEFINED;
}

static JSValue js_env(JSContext *ctx, JSValueConst this_val, int argc, JSValueConst *argv) {
    const char *name = hv_string(ctx, argv[0], "name");
    if (!name)
        return JS_EXCEPTION;
    const char *value = getenv(name);
    JS_FreeCString(ctx, name);
    return value ? hv_utf8_lossy(ctx, (const uint8_t *)value, strlen(value)) : JS_UNDEFINED;
}

static JSValue js_exit(JSContext *ctx, JSValueConst this_val, int argc, JSValueConst *argv) {
    int64_t code;
    if (hv_integer(ctx, argv[0], "code", 0, 255, &code))
        return JS_EXCEPTION;
    hv_exit((int)code);
}

static JSValue js_signal_pid(JSContext *ctx, JSValueConst this_val, int argc, JSValueConst *argv) {
    int64_t pid, signal;
    // Groups and "everybody" are not for this call.
    if (hv_integer(ctx, argv[0], "pid", 1, INT32_MAX, &pid) || hv_integer(ctx, argv[1], "signal", 0, 64, &signal))
        return JS_EXCEPTION;
    return kill((pid_t)pid, (int)signal) < 0 ? hv_throw(ctx, errno, "kill", NULL) : JS_UNDEFINED;
}

static JSValue js_landlock_version(JSContext *ctx, JSValueConst this_val, int argc, JSValueConst *argv) { return JS_NewInt32(ctx, landlock_version()); }

static const JSCFunctionListEntry members[] = {
    JS_CFUNC_DEF("kill", 1, js_kill),
    JS_CFUNC_DEF("release", 0, js_release),
};
static const struct hv_class class = {&process_class, {.class_name = "Process", .finalizer = finalize}, members, COUNT_OF(members)};

static const JSCFunctionListEntry exports[] = {
    JS_CFUNC_DEF("spawn", 1, js_spawn),       JS_CFUNC_DEF("adopt", 2, js_adopt),       JS_CFUNC_DEF("exec", 1, js_exec),
    JS_CFUNC_DEF("confine", 1, js_confine),   JS_CFUNC_DEF("run", 1, process_js_run),   JS_CFUNC_DEF("env", 1, js_env),
    JS_CFUNC_DEF("exit", 1, js_exit),         JS_CFUNC_DEF("signalPid", 2, js_signal_pid), JS_CFUNC_DEF("setAffinity", 2, process_js_set_affinity),
    JS_CFUNC_DEF("landlockVersion", 0, js_landlock_version),
    JS_PROP_INT32_DEF("pid", 0, 0),           JS_PROP_UNDEFINED_DEF("args", 0),
};
#define FUNCTION_COUNT (COUNT_OF(exports) - 2) // `pid` and `args` get their values at start

const struct hv_export_list hv_exports_process = {exports, COUNT_OF(exports)};

int hv_module_process(JSContext *ctx, JSModuleDef *m) {
    hv *h = hv_of(ctx);
    if (hv_class_define(ctx, &class) < 0 || JS_SetModuleExportList(ctx, m, exports, FUNCTION_COUNT) < 0)
        return -1;
    JSValue args = JS_NewArray(ctx);
    for (int i = 0; i < h->argc; i++)
        JS_SetPropertyUint32(ctx, args, (uint32_t)i, hv_utf8_lossy(ctx, (uint8_t *)h->argv[i], strlen(h->argv[i])));
    return JS_SetModuleExport(ctx, m, "pid", JS_NewInt32(ctx, getpid())) < 0 || JS_SetModuleExport(ctx, m, "args", args) < 0 ? -1 : 0;
}
