// The table of native modules, and how one is made known to the engine.
#include "hv.h"

#include <string.h>

static const struct {
    const char *name;
    JSModuleInitFunc *init;
    const struct hv_export_list *exports;
} modules[] = {
    {"hv:fs", hv_module_fs, &hv_exports_fs},
    {"hv:process", hv_module_process, &hv_exports_process},
    {"hv:socket", hv_module_socket, &hv_exports_socket},
    {"hv:relay", hv_module_relay, &hv_exports_relay},
    {"hv:hold", hv_module_hold, &hv_exports_hold},
    {"hv:sqlite", hv_module_sqlite, &hv_exports_sqlite},
    {"hv:copy", hv_module_copy, &hv_exports_copy},
    {"hv:crypto", hv_module_crypto, &hv_exports_crypto},
    {"hv:text", hv_module_text, &hv_exports_text},
    {"hv:tty", hv_module_tty, &hv_exports_tty},
    {"hv:system", hv_module_system, &hv_exports_system},
};

JSModuleDef *hv_module_load(JSContext *ctx, const char *name, void *opaque) {
    for (int i = 0; i < COUNT_OF(modules); i++) {
        if (strcmp(modules[i].name, name) != 0)
            continue;
        JSModuleDef *m = JS_NewCModule(ctx, name, modules[i].init);
        if (m && JS_AddModuleExportList(ctx, m, modules[i].exports->entries, modules[i].exports->count) == 0)
            return m;
        return NULL;
    }
    JS_ThrowReferenceError(ctx, "there is no module '%s'", name);
    return NULL;
}

int hv_class_define(JSContext *ctx, const struct hv_class *class) {
    JSRuntime *rt = JS_GetRuntime(ctx);
    JS_NewClassID(class->id);
    if (!JS_IsRegisteredClass(rt, *class->id) && JS_NewClass(rt, *class->id, &class->definition) < 0)
        return -1;
    JSValue prototype = JS_NewObject(ctx);
    if (JS_IsException(prototype))
        return -1;
    JS_SetPropertyFunctionList(ctx, prototype, class->members, class->member_count);
    JS_SetClassProto(ctx, *class->id, prototype);
    return 0;
}
