// hv-compile IN.js OUT.qjb NAME: one ES module to a bundle. Imports of hv:* stay; any other import is an error.
#include "bytecode.h"
#include "hv.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void hv_exit(int code) { exit(code); }

static JSModuleDef *allow_native(JSContext *ctx, const char *name, void *opaque) {
    if (strncmp(name, "hv:", 3) == 0)
        return JS_NewCModule(ctx, name, NULL);
    JS_ThrowReferenceError(ctx, "import of '%s': only hv:* may be left to import", name);
    return NULL;
}

static char *read_text(const char *path, size_t *length) {
    FILE *file = fopen(path, "re");
    char *text = NULL;
    size_t used = 0, count = 0;
    if (!file)
        return NULL;
    do {
        text = hv_realloc(text, used + 65537);
        count = fread(text + used, 1, 65536, file);
        used += count;
    } while (count > 0);
    text[used] = '\0'; // the engine's parser wants it
    *length = used;
    bool failed = ferror(file) != 0;
    fclose(file);
    if (failed) {
        free(text);
        return NULL;
    }
    return text;
}

static void print_exception(JSContext *ctx) {
    JSValue error = JS_GetException(ctx);
    const char *text = JS_ToCString(ctx, error);
    JSValue stack = JS_GetPropertyStr(ctx, error, "stack");
    const char *lines = JS_ToCString(ctx, stack);
    fprintf(stderr, "hv-compile: %s\n%s", text ? text : "?", lines ? lines : "");
    JS_FreeCString(ctx, lines);
    JS_FreeCString(ctx, text);
    JS_FreeValue(ctx, stack);
    JS_FreeValue(ctx, error);
}

static int compile(JSContext *ctx, const char *source, size_t length, const char *out, const char *name) {
    struct engine_stamp stamp;
    if (engine_stamp_make(&stamp) < 0) {
        fprintf(stderr, "hv-compile: this engine does not compile the probe\n");
        return HV_EXIT_SYSTEM;
    }
    JSValue module = JS_Eval(ctx, source, length, name, JS_EVAL_TYPE_MODULE | JS_EVAL_FLAG_COMPILE_ONLY);
    if (JS_IsException(module)) {
        print_exception(ctx);
        return HV_EXIT_DATA;
    }
    size_t size;
    uint8_t *code = JS_WriteObject(ctx, &size, module, JS_WRITE_OBJ_BYTECODE);
    JS_FreeValue(ctx, module);
    if (!code) {
        print_exception(ctx);
        return HV_EXIT_DATA;
    }
    int error = bundle_write(out, &stamp, name, code, size);
    js_free(ctx, code);
    if (error)
        fprintf(stderr, "hv-compile: %s: %s\n", out, strerror(error));
    return error ? HV_EXIT_SYSTEM : 0;
}

int main(int argc, char **argv) {
    size_t length;
    if (argc != 4 || strlen(argv[3]) >= BUNDLE_NAME_BYTES) {
        fprintf(stderr, "usage: hv-compile IN.js OUT.qjb NAME (under %d bytes)\n", BUNDLE_NAME_BYTES);
        return HV_EXIT_USAGE;
    }
    char *source = read_text(argv[1], &length);
    if (!source) {
        perror(argv[1]);
        return HV_EXIT_NO_INPUT;
    }
    JSRuntime *rt = JS_NewRuntime();
    JSContext *ctx = rt ? JS_NewContext(rt) : NULL;
    if (!ctx)
        return HV_EXIT_SYSTEM;
    // Line numbers stay, for stacks in the log; the text does not.
    JS_SetStripInfo(rt, JS_STRIP_SOURCE);
    JS_SetModuleLoaderFunc(rt, NULL, allow_native, NULL);
    int result = compile(ctx, source, length, argv[2], argv[3]);
    free(source);
    JS_FreeContext(ctx);
    JS_FreeRuntime(rt);
    return result;
}
