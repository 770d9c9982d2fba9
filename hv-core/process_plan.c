// Turns the script's description of a process into C data, so that a fresh child needs neither the engine nor memory.
#include "process.h"
#include "linux_calls.h"

#include <errno.h>
#include <linux/capability.h>
#include <stdlib.h>
#include <string.h>

static const char *const capability_names[] = {
    "CAP_CHOWN", "CAP_DAC_OVERRIDE", "CAP_DAC_READ_SEARCH", "CAP_FOWNER", "CAP_FSETID", "CAP_KILL", "CAP_SETGID", "CAP_SETUID",
    "CAP_SETPCAP", "CAP_LINUX_IMMUTABLE", "CAP_NET_BIND_SERVICE", "CAP_NET_BROADCAST", "CAP_NET_ADMIN", "CAP_NET_RAW", "CAP_IPC_LOCK",
    "CAP_IPC_OWNER", "CAP_SYS_MODULE", "CAP_SYS_RAWIO", "CAP_SYS_CHROOT", "CAP_SYS_PTRACE", "CAP_SYS_PACCT", "CAP_SYS_ADMIN",
    "CAP_SYS_BOOT", "CAP_SYS_NICE", "CAP_SYS_RESOURCE", "CAP_SYS_TIME", "CAP_SYS_TTY_CONFIG", "CAP_MKNOD", "CAP_LEASE",
    "CAP_AUDIT_WRITE", "CAP_AUDIT_CONTROL", "CAP_SETFCAP", "CAP_MAC_OVERRIDE", "CAP_MAC_ADMIN", "CAP_SYSLOG", "CAP_WAKE_ALARM",
    "CAP_BLOCK_SUSPEND", "CAP_AUDIT_READ", "CAP_PERFMON", "CAP_BPF", "CAP_CHECKPOINT_RESTORE"}; // in the order of their numbers

struct name_value {
    const char *name;
    int value;
};
static const struct name_value namespaces[] = {
    {"mount", CLONE_NEWNS}, {"net", CLONE_NEWNET}, {"ipc", CLONE_NEWIPC}, {"uts", CLONE_NEWUTS}, {"pid", CLONE_NEWPID}, {"cgroup", CLONE_NEWCGROUP},
};
static const struct name_value resources[] = {
    {"as", RLIMIT_AS}, {"core", RLIMIT_CORE}, {"cpu", RLIMIT_CPU}, {"data", RLIMIT_DATA}, {"fsize", RLIMIT_FSIZE},
    {"memlock", RLIMIT_MEMLOCK}, {"nofile", RLIMIT_NOFILE}, {"nproc", RLIMIT_NPROC}, {"stack", RLIMIT_STACK},
};

/** Calls `each` with every element; -1 with an exception, else the count. */
static int64_t for_each(JSContext *ctx, JSValueConst list, const char *what, int (*each)(JSContext *, JSValueConst, int64_t, void *), void *state) {
    int64_t count = hv_array_length(ctx, list, what);
    for (int64_t i = 0; i < count; i++) {
        JSValue value = JS_GetPropertyUint32(ctx, list, (uint32_t)i);
        int failed = JS_IsException(value) || each(ctx, value, i, state) < 0;
        JS_FreeValue(ctx, value);
        if (failed)
            return -1;
    }
    return count;
}

static int add_capability(JSContext *ctx, JSValueConst value, int64_t i, void *state) {
    const char *name = hv_string(ctx, value, "capability");
    if (!name)
        return -1;
    int k = 0;
    while (k < COUNT_OF(capability_names) && strcmp(capability_names[k], name) != 0)
        k++;
    if (k == COUNT_OF(capability_names))
        JS_ThrowTypeError(ctx, "no capability is called '%s'", name);
    else
        *(uint64_t *)state |= (uint64_t)1 << k;
    JS_FreeCString(ctx, name);
    return k == COUNT_OF(capability_names) ? -1 : 0;
}

static int add_namespace(JSContext *ctx, JSValueConst value, int64_t i, void *state) {
    const char *name = hv_string(ctx, value, "namespace");
    int flag = 0;
    if (!name)
        return -1;
    for (int k = 0; k < COUNT_OF(namespaces); k++)
        if (strcmp(namespaces[k].name, name) == 0)
            flag = namespaces[k].value;
    if (!flag)
        JS_ThrowTypeError(ctx, "no namespace is called '%s'", name);
    JS_FreeCString(ctx, name);
    *(int *)state |= flag;
    return flag ? 0 : -1;
}

static int add_group(JSContext *ctx, JSValueConst value, int64_t i, void *state) {
    struct confinement *c = state;
    int64_t gid;
    if (hv_integer(ctx, value, "group", 0, UINT32_MAX - 1, &gid))
        return -1;
    c->groups = hv_realloc(c->groups, (size_t)(i + 1) * sizeof *c->groups);
    c->groups[i] = (gid_t)gid;
    c->group_count = (size_t)i + 1;
    return 0;
}

struct limit_pair {
    int64_t values[2];
};

static int add_limit(JSContext *ctx, JSValueConst value, int64_t i, void *state) {
    struct limit_pair *pair = state;
    if (i < 2)
        return hv_integer(ctx, value, "rlimit", -1, INT64_MAX >> 10, &pair->values[i]);
    JS_ThrowTypeError(ctx, "an rlimit is [soft, hard]");
    return -1;
}

static int parse_rlimits(JSContext *ctx, JSValueConst limits, struct confinement *c) {
    for (int k = 0; k < COUNT_OF(resources); k++) {
        JSValue value;
        struct limit_pair pair = {{0, 0}};
        int found = hv_get(ctx, limits, resources[k].name, &value);
        if (found < 0)
            return -1;
        if (!found)
            continue;
        int64_t count = for_each(ctx, value, "rlimit", add_limit, &pair);
        JS_FreeValue(ctx, value);
        if (count >= 0 && count != 2)
            JS_ThrowTypeError(ctx, "an rlimit is [soft, hard]");
        if (count != 2)
            return -1;
        c->rlimits[c->rlimit_count].resource = resources[k].value;
        c->rlimits[c->rlimit_count].limit.rlim_cur = pair.values[0] < 0 ? RLIM_INFINITY : (rlim_t)pair.values[0];
        c->rlimits[c->rlimit_count++].limit.rlim_max = pair.values[1] < 0 ? RLIM_INFINITY : (rlim_t)pair.values[1];
    }
    return 0;
}

static int parse_lists(JSContext *ctx, JSValueConst options, struct confinement *c) {
    JSValue value;
    int found;
    int64_t done = 0;
    if ((found = hv_get(ctx, options, "groups", &value)) > 0) {
        c->has_groups = true;
        done = for_each(ctx, value, "groups", add_group, c);
        JS_FreeValue(ctx, value);
    }
    if (found < 0 || done < 0)
        return -1;
    if ((found = hv_get(ctx, options, "capabilities", &value)) > 0) {
        c->has_capabilities = true;
        done = for_each(ctx, value, "capabilities", add_capability, &c->capabilities);
        JS_FreeValue(ctx, value);
    }
    if (found < 0 || done < 0)
        return -1;
    if ((found = hv_get(ctx, options, "namespaces", &value)) > 0) {
        done = for_each(ctx, value, "namespaces", add_namespace, &c->namespaces);
        JS_FreeValue(ctx, value);
    }
    if (found < 0 || done < 0)
        return -1;
    if ((found = hv_get(ctx, options, "rlimits", &value)) > 0) {
        done = parse_rlimits(ctx, value, c);
        JS_FreeValue(ctx, value);
    }
    if (found < 0 || done < 0)
        return -1;
    if ((found = hv_get(ctx, options, "root", &value)) > 0) {
        c->has_root = true;
        done = plan_parse_root(ctx, value, c);
        JS_FreeValue(ctx, value);
    }
    if (found < 0 || done < 0)
        return -1;
    if ((found = hv_get(ctx, options, "refusedCalls", &value)) > 0) {
        done = plan_parse_filter(ctx, value, c);
        JS_FreeValue(ctx, value);
    }
    return found < 0 || done < 0 ? -1 : 0;
}

int plan_parse_confinement(JSContext *ctx, JSValueConst options, struct confinement *c) {
    int64_t score = 0;
    *c = (struct confinement){.uid = -1, .gid = -1, .umask = -1};
    if (!JS_IsObject(options)) {
        JS_ThrowTypeError(ctx, "options must be an object");
        return -1;
    }
    int has_score = hv_get_integer(ctx, options, "oomScoreAdj", -1000, 1000, &score);
    c->has_oom_score = has_score > 0;
    c->oom_score_adj = (int)score;
    if (has_score < 0 || hv_get_integer(ctx, options, "uid", 0, UINT32_MAX - 1, &c->uid) < 0 ||
        hv_get_integer(ctx, options, "gid", 0, UINT32_MAX - 1, &c->gid) < 0 || hv_get_integer(ctx, options, "umask", 0, 0777, &c->umask) < 0 ||
        hv_get_bool(ctx, options, "noNewPrivileges", &c->no_new_privileges) < 0 || hv_get_bool(ctx, options, "landlock", &c->landlock) < 0 ||
        hv_get_bool(ctx, options, "coreScheduling", &c->core_scheduling) < 0 || hv_get_string(ctx, options, "cwd", &c->cwd) < 0)
        return -1;
    return parse_lists(ctx, options, c);
}

static int add_argument(JSContext *ctx, JSValueConst value, int64_t i, void *state) {
    struct spawn_plan *plan = state;
    const char *text = hv_string(ctx, value, "argument");
    if (!text)
        return -1;
    plan->argv = hv_realloc(plan->argv, (size_t)(i + 2) * sizeof *plan->argv);
    plan->argv[i] = hv_strdup(text);
    plan->argv[i + 1] = NULL;
    JS_FreeCString(ctx, text);
    return 0;
}

/** Calls `each` with every own name and value of an object. */
static int for_each_member(JSContext *ctx, JSValueConst object, struct spawn_plan *plan,
    int (*each)(JSContext *, const char *name, JSValueConst value, size_t i, struct spawn_plan *)) {
    JSPropertyEnum *properties;
    uint32_t count;
    int result = 0;
    if (JS_GetOwnPropertyNames(ctx, &properties, &count, object, JS_GPN_STRING_MASK | JS_GPN_ENUM_ONLY) < 0)
        return -1;
    for (uint32_t i = 0; i < count; i++) {
        JSValue key = JS_AtomToString(ctx, properties[i].atom);
        JSValue value = JS_GetProperty(ctx, object, properties[i].atom);
        const char *name = result < 0 ? NULL : hv_string(ctx, key, "name");
        if (!name || JS_IsException(value) || each(ctx, name, value, i, plan) < 0)
            result = -1;
        JS_FreeCString(ctx, name);
        JS_FreeValue(ctx, value);
        JS_FreeValue(ctx, key);
        JS_FreeAtom(ctx, properties[i].atom);
    }
    js_free(ctx, properties);
    return result;
}

static int add_variable(JSContext *ctx, const char *name, JSValueConst value, size_t i, struct spawn_plan *plan) {
    const char *text = hv_string(ctx, value, name);
    if (!text)
        return -1;
    plan->env = hv_realloc(plan->env, (i + 2) * sizeof *plan->env);
    plan->env[i] = hv_alloc(strlen(name) + strlen(text) + 2);
    strcat(strcat(strcpy(plan->env[i], name), "="), text);
    plan->env[i + 1] = NULL;
    JS_FreeCString(ctx, text);
    return 0;
}

static int add_fd(JSContext *ctx, const char *name, JSValueConst value, size_t i, struct spawn_plan *plan) {
    char *end;
    long target = strtol(name, &end, 10);
    int source;
    if (hv_descriptor(ctx, value, &source))
        return -1;
    if (*end != '\0' || end == name || target < 0 || target > 255 || i >= 60) {
        JS_ThrowRangeError(ctx, "fds: at most 60 descriptors, each below 256");
        return -1;
    }
    plan->fds = hv_realloc(plan->fds, (i + 1) * sizeof *plan->fds);
    plan->fds[i] = (struct fd_pair){(int)target, source};
    plan->fd_count = i + 1;
    return 0;
}

int plan_parse(JSContext *ctx, JSValueConst options, struct spawn_plan *plan) {
    JSValue value;
    int64_t signal = 0;
    memset(plan, 0, sizeof *plan);
    plan->new_session = true;
    if (plan_parse_confinement(ctx, options, &plan->confinement) < 0 || hv_get_string(ctx, options, "cgroup", &plan->cgroup) < 0 ||
        hv_get_bool(ctx, options, "newSession", &plan->new_session) < 0 ||
        hv_get_integer(ctx, options, "parentDeathSignal", 1, 64, &signal) < 0)
        return -1;
    plan->death_signal = (int)signal;
    int found = hv_get(ctx, options, "argv", &value);
    int64_t count = 0;
    if (found > 0) {
        count = for_each(ctx, value, "argv", add_argument, plan);
        JS_FreeValue(ctx, value);
    }
    if (found < 0 || count < 0)
        return -1;
    if (count == 0 || plan->argv[0][0] != '/') {
        JS_ThrowTypeError(ctx, "argv[0] must be an absolute path");
        return -1;
    }
    plan->env = hv_alloc(sizeof *plan->env);
    int failed = 0;
    if ((found = hv_get(ctx, options, "env", &value)) > 0) {
        failed = for_each_member(ctx, value, plan, add_variable);
        JS_FreeValue(ctx, value);
    }
    if (found < 0 || failed)
        return -1;
    if ((found = hv_get(ctx, options, "fds", &value)) > 0) {
        failed = for_each_member(ctx, value, plan, add_fd);
        JS_FreeValue(ctx, value);
    }
    return found < 0 || failed ? -1 : 0;
}

void plan_free_confinement(struct confinement *c) {
    plan_free_root(c);
    plan_free_filter(c);
    free(c->groups);
    free(c->cwd);
}

static void free_list(char **list) {
    for (char **item = list; item && *item; item++)
        free(*item);
    free(list);
}

void plan_free(struct spawn_plan *plan) {
    plan_free_confinement(&plan->confinement);
    free_list(plan->argv);
    free_list(plan->env);
    free(plan->fds);
    free(plan->cgroup);
}
