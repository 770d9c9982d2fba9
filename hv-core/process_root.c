// Turns the script's list of root entries into C data.
#include "process.h"

#include <stdlib.h>
#include <string.h>

static const struct {
    const char *name;
    enum root_kind kind;
    const char *source; // the member that is its source, if any
} kinds[] = {
    {"bind", ROOT_BIND, "source"}, {"tmpfs", ROOT_TMPFS, NULL}, {"proc", ROOT_PROC, NULL}, {"directory", ROOT_DIRECTORY, NULL}, {"symlink", ROOT_SYMLINK, "to"},
};

static int parse_kind(JSContext *ctx, JSValueConst value, struct root_entry *e) {
    char *name = NULL;
    if (hv_get_string(ctx, value, "kind", &name) < 0)
        return -1;
    int k = 0;
    while (name && k < COUNT_OF(kinds) && strcmp(kinds[k].name, name) != 0)
        k++;
    free(name);
    if (!name || k == COUNT_OF(kinds)) {
        JS_ThrowTypeError(ctx, "kind of a root entry must be bind, tmpfs, proc, directory or symlink");
        return -1;
    }
    e->kind = kinds[k].kind;
    if (!kinds[k].source)
        return 0;
    int found = hv_get_string(ctx, value, kinds[k].source, &e->source);
    if (found == 0)
        JS_ThrowTypeError(ctx, "a root entry lacks '%s'", kinds[k].source);
    return found > 0 ? 0 : -1;
}

static int parse_entry(JSContext *ctx, JSValueConst value, struct root_entry *e) {
    *e = (struct root_entry){.mode = -1, .uid = -1, .gid = -1, .size_bytes = -1};
    if (!JS_IsObject(value)) {
        JS_ThrowTypeError(ctx, "a root entry must be an object");
        return -1;
    }
    if (parse_kind(ctx, value, e) < 0)
        return -1;
    int found = hv_get_string(ctx, value, "target", &e->target);
    if (found < 0)
        return -1;
    if (found == 0 || e->target[0] != '/') {
        JS_ThrowTypeError(ctx, "target of a root entry must be an absolute path");
        return -1;
    }
    if (hv_get_bool(ctx, value, "readOnly", &e->read_only) < 0 || hv_get_bool(ctx, value, "allowDevices", &e->allow_devices) < 0 ||
        hv_get_bool(ctx, value, "allowExec", &e->allow_exec) < 0 || hv_get_integer(ctx, value, "mode", 0, 07777, &e->mode) < 0 ||
        hv_get_integer(ctx, value, "uid", 0, UINT32_MAX - 1, &e->uid) < 0 || hv_get_integer(ctx, value, "gid", 0, UINT32_MAX - 1, &e->gid) < 0 ||
        hv_get_integer(ctx, value, "sizeBytes", 4096, 1LL << 50, &e->size_bytes) < 0)
        return -1;
    if (e->kind == ROOT_TMPFS && e->size_bytes < 0) {
        JS_ThrowTypeError(ctx, "a tmpfs entry lacks 'sizeBytes'");
        return -1;
    }
    return 0;
}

int plan_parse_root(JSContext *ctx, JSValueConst list, struct confinement *c) {
    int64_t count = hv_array_length(ctx, list, "root");
    if (count < 0)
        return -1;
    c->root = hv_alloc((size_t)count * sizeof *c->root);
    for (int64_t i = 0; i < count; i++) {
        JSValue value = JS_GetPropertyUint32(ctx, list, (uint32_t)i);
        c->root_count = (size_t)i + 1;
        int failed = JS_IsException(value) || parse_entry(ctx, value, &c->root[i]) < 0;
        JS_FreeValue(ctx, value);
        if (failed)
            return -1;
    }
    return 0;
}

void plan_free_root(struct confinement *c) {
    for (size_t i = 0; i < c->root_count; i++) {
        free(c->root[i].source);
        free(c->root[i].target);
    }
    free(c->root);
}
