// The bundle file: header, engine stamp, checksum, bytecode. Reads and writes it; runs nothing.
#include "bytecode.h"
#include "hv.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define BUNDLE_LIMIT (16 << 20)

static const char magic[8] = {'H', 'V', 'Q', 'J', 'B', '\0', '\0', 1};

struct header {
    char magic[8];
    struct engine_stamp stamp;
    char name[BUNDLE_NAME_BYTES];
    uint8_t checksum[SHA256_BYTES]; // of the bytecode: the engine's reader trusts what it reads
    uint8_t length[8];              // little-endian
};

// Touches most kinds of opcodes, predefined names and constants, so that a shift in any numbering shows.
static const char probe[] =
    "import { a as b } from 'hv:probe'; export default class K extends Array { #p = 1n; static s = /x(?<n>[a-z]+)\\b/giu;"
    "get v() { return this.#p ?? super.length; } async *g(x, ...r) { for await (const y of x) yield* [y, ...r]; } }"
    "export async function f({ c, d = 2.5 }, [e]) { try { label: for (let i = 0; i < c.length; i++) { if (i in d) continue label;"
    "switch (typeof e) { case 'symbol': delete e.z; break; default: throw new TypeError(`t${i}`); } } } catch { return await b?.(e); }"
    "finally { new.target; } return { __proto__: null, c, [d]: (-d) ** 2, ...e, toJSON() { return () => arguments.length; } }; }"
    "export const o = function* () { const m = new Map(); m.set(1, void 0); yield import.meta; m.x ||= 1; m.y &&= ~1 >>> 3; };"
    "for (const k in o) JSON.stringify(Promise.all, Object.entries, String.raw, Symbol.asyncIterator, k instanceof K, Reflect.ownKeys);";

static JSModuleDef *probe_import(JSContext *ctx, const char *name, void *opaque) { return JS_NewCModule(ctx, name, NULL); }

/** The engine tells its version only in the first line of its memory report: "… -- VERSION version, …". */
static void engine_version(JSRuntime *rt, char version[ENGINE_BYTES]) {
    char *report = NULL;
    size_t size = 0;
    FILE *stream = open_memstream(&report, &size);
    if (!stream)
        return;
    JSMemoryUsage usage;
    JS_ComputeMemoryUsage(rt, &usage);
    JS_DumpMemoryUsage(stream, &usage, NULL);
    fclose(stream);
    const char *start = report ? strstr(report, "-- ") : NULL;
    if (start)
        snprintf(version, ENGINE_BYTES, "%.*s", (int)strcspn(start + 3, " "), start + 3);
    free(report);
}

int engine_stamp_make(struct engine_stamp *stamp) {
    memset(stamp, 0, sizeof *stamp);
    JSRuntime *rt = JS_NewRuntime();
    JSContext *ctx = rt ? JS_NewContextRaw(rt) : NULL;
    uint8_t *code = NULL;
    size_t length = 0;
    if (ctx) {
        engine_version(rt, stamp->version);
        JS_SetStripInfo(rt, JS_STRIP_SOURCE);
        JS_SetModuleLoaderFunc(rt, NULL, probe_import, NULL);
        JS_AddIntrinsicBaseObjects(ctx);
        JS_AddIntrinsicEval(ctx);
        JS_AddIntrinsicRegExpCompiler(ctx);
        JSValue module = JS_Eval(ctx, probe, strlen(probe), "probe", JS_EVAL_TYPE_MODULE | JS_EVAL_FLAG_COMPILE_ONLY);
        if (!JS_IsException(module))
            code = JS_WriteObject(ctx, &length, module, JS_WRITE_OBJ_BYTECODE);
        if (code)
            sha256(code, length, stamp->hash);
        js_free(ctx, code);
        JS_FreeValue(ctx, module);
        JS_FreeContext(ctx);
    }
    if (rt)
        JS_FreeRuntime(rt);
    return code && stamp->version[0] ? 0 : -1;
}

static uint8_t *read_whole(const char *path, size_t *length) {
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    struct stat info;
    uint8_t *bytes = NULL;
    if (fd < 0)
        return NULL;
    if (fstat(fd, &info) == 0 && info.st_size <= BUNDLE_LIMIT) {
        size_t used = 0;
        ssize_t count = 1;
        bytes = hv_alloc((size_t)info.st_size);
        while (used < (size_t)info.st_size && (count = read(fd, bytes + used, (size_t)info.st_size - used)) > 0)
            used += (size_t)count;
        *length = used;
        if (count < 0) {
            free(bytes);
            bytes = NULL;
        }
    } else if (errno == 0) {
        errno = EFBIG;
    }
    int error = errno;
    close(fd);
    errno = error;
    return bytes;
}

int bundle_read(const char *path, const struct engine_stamp *stamp, struct bundle *bundle, char problem[256]) {
    size_t length = 0;
    struct header header;
    errno = 0;
    memset(bundle, 0, sizeof *bundle);
    bundle->file = read_whole(path, &length);
    if (!bundle->file) {
        snprintf(problem, 256, "%s: %s", path, strerror(errno));
        return HV_EXIT_NO_INPUT;
    }
    if (length < sizeof header || memcmp(bundle->file, magic, sizeof magic) != 0) {
        snprintf(problem, 256, "%s: not a bundle", path);
        return HV_EXIT_ENGINE;
    }
    memcpy(&header, bundle->file, sizeof header);
    if (memcmp(&header.stamp, stamp, sizeof *stamp) != 0) {
        snprintf(problem, 256, "%s: made for engine %.31s (%02x%02x%02x%02x), this is engine %.31s (%02x%02x%02x%02x)", path, header.stamp.version,
            header.stamp.hash[0], header.stamp.hash[1], header.stamp.hash[2], header.stamp.hash[3], stamp->version, stamp->hash[0],
            stamp->hash[1], stamp->hash[2], stamp->hash[3]);
        return HV_EXIT_ENGINE;
    }
    uint64_t code_length = 0;
    for (int i = 0; i < 8; i++)
        code_length |= (uint64_t)header.length[i] << 8 * i;
    uint8_t digest[SHA256_BYTES];
    sha256(bundle->file + sizeof header, length - sizeof header, digest);
    if (code_length != length - sizeof header || memcmp(digest, header.checksum, sizeof digest) != 0) {
        snprintf(problem, 256, "%s: damaged", path);
        return HV_EXIT_ENGINE;
    }
    snprintf(bundle->name, sizeof bundle->name, "%.63s", header.name);
    bundle->code = bundle->file + sizeof header;
    bundle->code_length = code_length;
    return 0;
}

void bundle_free(struct bundle *bundle) {
    free(bundle->file);
    memset(bundle, 0, sizeof *bundle);
}

int bundle_write(const char *path, const struct engine_stamp *stamp, const char *name, const uint8_t *code, size_t length) {
    struct header header = {.stamp = *stamp};
    memcpy(header.magic, magic, sizeof magic);
    snprintf(header.name, sizeof header.name, "%s", name);
    sha256(code, length, header.checksum);
    for (int i = 0; i < 8; i++)
        header.length[i] = (uint8_t)((uint64_t)length >> 8 * i);
    FILE *file = fopen(path, "we");
    if (!file)
        return errno;
    bool written = fwrite(&header, sizeof header, 1, file) == 1 && fwrite(code, 1, length, file) == length;
    int error = written ? 0 : errno;
    if (fclose(file) != 0 && !error)
        error = errno;
    if (error)
        remove(path);
    return error;
}
