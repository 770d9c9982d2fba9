// hv:fs: reading and writing files. Names, attributes and mounts are in fs_names.c and fs_mounts.c.
#include "fs_write.h"
#include "hv.h"
#include "mod_fs.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/fsuid.h>
#include <unistd.h>

#define READ_LIMIT_DEFAULT (16 << 20)

/** Reads to the end of the file, whose size /proc and /sys do not tell; past the limit it is EFBIG, or the rest is left out. 0 or an errno. */
static int read_whole(const char *path, size_t limit, bool leave_rest, uint8_t **bytes, size_t *length, const char **call) {
    *call = "openat";
    // Not blocking: in a directory that others write to, a pipe may lie where a file is looked for.
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0)
        return errno;
    size_t capacity = 0, used = 0;
    int error = 0;
    *bytes = NULL;
    *call = "read";
    for (;;) {
        if (used == capacity)
            *bytes = hv_realloc(*bytes, capacity = capacity ? capacity * 2 : 8192);
        size_t room = capacity - used;
        // What will be left out is not read at all: it can have effects on a device, or take what another reader of a pipe wants.
        if (leave_rest && room > limit - used)
            room = limit - used;
        ssize_t count = read(fd, *bytes + used, room);
        if (count == 0)
            break;
        if (count < 0 && errno == EINTR)
            continue;
        error = count < 0 ? errno : 0;
        used += count > 0 ? (size_t)count : 0;
        if (!error && used > limit && !leave_rest)
            error = EFBIG;
        if (error || (leave_rest && used >= limit))
            break;
    }
    close(fd);
    *length = used > limit ? limit : used;
    return error;
}

enum { BYTES, TEXT, HEAD };

static JSValue js_read(JSContext *ctx, JSValueConst this_val, int argc, JSValueConst *argv, int as) {
    int64_t limit = READ_LIMIT_DEFAULT;
    if ((as == HEAD || !JS_IsUndefined(argv[1])) && hv_integer(ctx, argv[1], "maxBytes", 0, 1LL << 40, &limit))
        return JS_EXCEPTION;
    const char *path = hv_string(ctx, argv[0], "path");
    if (!path)
        return JS_EXCEPTION;
    uint8_t *bytes = NULL;
    size_t length = 0;
    const char *call;
    int error = read_whole(path, (size_t)limit, as == HEAD, &bytes, &length, &call);
    if (!error && as == TEXT && !hv_utf8_valid(bytes, length))
        error = EILSEQ;
    JSValue value = error ? hv_throw(ctx, error, call, path) : as == TEXT ? JS_NewStringLen(ctx, (char *)bytes, length) : hv_new_bytes(ctx, bytes, length);
    free(bytes);
    JS_FreeCString(ctx, path);
    return value;
}

static JSValue js_write_file_atomic(JSContext *ctx, JSValueConst this_val, int argc, JSValueConst *argv) {
    int64_t mode = 0600, uid = -1, gid = -1;
    struct hv_data data;
    if (hv_get_integer(ctx, argv[2], "mode", 0, 07777, &mode) < 0 || hv_get_integer(ctx, argv[2], "uid", 0, UINT32_MAX - 1, &uid) < 0 ||
        hv_get_integer(ctx, argv[2], "gid", 0, UINT32_MAX - 1, &gid) < 0)
        return JS_EXCEPTION;
    const char *path = hv_string(ctx, argv[0], "path");
    if (!path)
        return JS_EXCEPTION;
    JSValue result = JS_EXCEPTION;
    if (hv_data_get(ctx, argv[1], "data", &data) == 0) {
        const char *call;
        int error = fs_replace(path, data.bytes, data.length, (unsigned)mode, uid, gid, &call);
        hv_data_free(ctx, &data);
        result = error ? hv_throw(ctx, error, call, path) : JS_UNDEFINED;
    }
    JS_FreeCString(ctx, path);
    return result;
}

static JSValue js_write_control(JSContext *ctx, JSValueConst this_val, int argc, JSValueConst *argv) {
    struct hv_data data;
    int64_t uid = -1;
    if (hv_get_integer(ctx, argv[2], "uid", 0, UINT32_MAX - 1, &uid) < 0)
        return JS_EXCEPTION;
    const char *path = hv_string(ctx, argv[0], "path");
    if (!path)
        return JS_EXCEPTION;
    JSValue result = JS_EXCEPTION;
    if (!JS_IsString(argv[1])) {
        JS_ThrowTypeError(ctx, "text must be a string");
    } else if (hv_data_get(ctx, argv[1], "text", &data) == 0) {
        const char *call = "openat";
        // Without the right to become that user nothing changes, and the file's own rights decide.
        int own = uid < 0 ? -1 : setfsuid((uid_t)uid);
        int fd = open(path, O_WRONLY | O_CLOEXEC);
        int error = fd < 0 ? errno : 0;
        if (own >= 0)
            setfsuid((uid_t)own);
        if (!error) {
            // One write: the kernel takes a control file's value from one call.
            call = "write";
            ssize_t count = write(fd, data.bytes, data.length);
            error = count < 0 ? errno : (size_t)count < data.length ? EIO : 0;
            close(fd);
        }
        hv_data_free(ctx, &data);
        result = error ? hv_throw(ctx, error, call, path) : JS_UNDEFINED;
    }
    JS_FreeCString(ctx, path);
    return result;
}

static JSValue js_append_file(JSContext *ctx, JSValueConst this_val, int argc, JSValueConst *argv) {
    struct hv_data data;
    int64_t mode = 0600;
    if (hv_get_integer(ctx, argv[2], "mode", 0, 07777, &mode) < 0)
        return JS_EXCEPTION;
    const char *path = hv_string(ctx, argv[0], "path");
    if (!path)
        return JS_EXCEPTION;
    JSValue result = JS_EXCEPTION;
    if (hv_data_get(ctx, argv[1], "data", &data) == 0) {
        const char *call = "openat";
        int fd = open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NOFOLLOW, (mode_t)mode);
        int error = fd < 0 ? errno : 0;
        for (size_t used = 0; !error && used < data.length;) {
            call = "write";
            ssize_t count = write(fd, data.bytes + used, data.length - used);
            error = count < 0 && errno != EINTR ? errno : 0;
            used += count > 0 ? (size_t)count : 0;
        }
        if (fd >= 0)
            close(fd);
        hv_data_free(ctx, &data);
        result = error ? hv_throw(ctx, error, call, path) : JS_UNDEFINED;
    }
    JS_FreeCString(ctx, path);
    return result;
}

static JSValue js_open_fd(JSContext *ctx, JSValueConst this_val, int argc, JSValueConst *argv) {
    static const struct {
        const char *name;
        int flags;
    } kinds[] = {{"r", O_RDONLY}, {"w", O_WRONLY}, {"rw", O_RDWR}, {"a", O_WRONLY | O_APPEND | O_CREAT}};
    const char *name = hv_string(ctx, argv[1], "flags");
    if (!name)
        return JS_EXCEPTION;
    int i = 0;
    while (i < COUNT_OF(kinds) && strcmp(kinds[i].name, name) != 0)
        i++;
    JS_FreeCString(ctx, name);
    if (i == COUNT_OF(kinds))
        return JS_ThrowTypeError(ctx, "flags must be r, w, rw or a");
    const char *path = hv_string(ctx, argv[0], "path");
    if (!path)
        return JS_EXCEPTION;
    int fd = open(path, kinds[i].flags | O_CLOEXEC | O_NOCTTY, 0600);
    JSValue result = fd < 0 ? hv_throw(ctx, errno, "openat", path) : JS_NewInt32(ctx, fd);
    JS_FreeCString(ctx, path);
    return result;
}

static JSValue js_close_fd(JSContext *ctx, JSValueConst this_val, int argc, JSValueConst *argv) {
    int fd;
    if (hv_descriptor(ctx, argv[0], &fd))
        return JS_EXCEPTION;
    return close(fd) < 0 ? hv_throw(ctx, errno, "close", NULL) : JS_UNDEFINED;
}

static const JSCFunctionListEntry exports[] = {
    JS_CFUNC_MAGIC_DEF("readFile", 2, js_read, BYTES),
    JS_CFUNC_MAGIC_DEF("readText", 2, js_read, TEXT),
    JS_CFUNC_MAGIC_DEF("readHead", 2, js_read, HEAD),
    JS_CFUNC_DEF("writeFileAtomic", 3, js_write_file_atomic),
    JS_CFUNC_DEF("writeControl", 3, js_write_control),
    JS_CFUNC_DEF("appendFile", 3, js_append_file),
    JS_CFUNC_DEF("openFd", 2, js_open_fd),
    JS_CFUNC_DEF("closeFd", 1, js_close_fd),
    JS_CFUNC_MAGIC_DEF("stat", 1, fs_js_stat, FS_STAT),
    JS_CFUNC_MAGIC_DEF("statOrNull", 1, fs_js_stat, FS_STAT_OR_NULL),
    JS_CFUNC_MAGIC_DEF("lstat", 1, fs_js_stat, FS_LSTAT),
    JS_CFUNC_DEF("readDir", 1, fs_js_read_dir),
    JS_CFUNC_DEF("mkdir", 2, fs_js_mkdir),
    JS_CFUNC_MAGIC_DEF("rmdir", 1, fs_js_one_path, FS_RMDIR),
    JS_CFUNC_MAGIC_DEF("unlink", 1, fs_js_one_path, FS_UNLINK),
    JS_CFUNC_MAGIC_DEF("syncDir", 1, fs_js_one_path, FS_SYNC_DIR),
    JS_CFUNC_MAGIC_DEF("rename", 2, fs_js_two_paths, FS_RENAME),
    JS_CFUNC_MAGIC_DEF("symlink", 2, fs_js_two_paths, FS_SYMLINK),
    JS_CFUNC_DEF("chmod", 2, fs_js_chmod),
    JS_CFUNC_DEF("chown", 3, fs_js_chown),
    JS_CFUNC_DEF("readLink", 1, fs_js_read_link),
    JS_CFUNC_DEF("diskSpace", 1, fs_js_disk_space),
    JS_CFUNC_DEF("mount", 5, fs_js_mount),
    JS_CFUNC_DEF("unmount", 1, fs_js_unmount),
};

const struct hv_export_list hv_exports_fs = {exports, COUNT_OF(exports)};

int hv_module_fs(JSContext *ctx, JSModuleDef *m) { return JS_SetModuleExportList(ctx, m, exports, COUNT_OF(exports)); }
