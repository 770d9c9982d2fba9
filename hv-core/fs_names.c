// The part of hv:fs that deals with names, directories and attributes.
#include "fs_write.h"
#include "hv.h"
#include "mod_fs.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

static const char *kind_name(mode_t mode) {
    switch (mode & S_IFMT) {
    case S_IFDIR:
        return "directory";
    case S_IFLNK:
        return "symlink";
    case S_IFBLK:
        return "block";
    case S_IFCHR:
        return "char";
    case S_IFIFO:
        return "fifo";
    case S_IFSOCK:
        return "socket";
    default:
        return "file";
    }
}

JSValue fs_js_stat(JSContext *ctx, JSValueConst this_val, int argc, JSValueConst *argv, int kind) {
    const char *path = hv_string(ctx, argv[0], "path");
    struct stat info;
    if (!path)
        return JS_EXCEPTION;
    int error = fstatat(AT_FDCWD, path, &info, kind == FS_LSTAT ? AT_SYMLINK_NOFOLLOW : 0) < 0 ? errno : 0;
    bool absent = kind == FS_STAT_OR_NULL && (error == ENOENT || error == ENOTDIR);
    JSValue result = absent ? JS_NULL : error ? hv_throw(ctx, error, "fstatat", path) : JS_NewObject(ctx);
    JS_FreeCString(ctx, path);
    if (!JS_IsObject(result))
        return result;
    JS_SetPropertyStr(ctx, result, "kind", JS_NewString(ctx, kind_name(info.st_mode)));
    JS_SetPropertyStr(ctx, result, "size", JS_NewInt64(ctx, info.st_size));
    JS_SetPropertyStr(ctx, result, "allocatedBytes", JS_NewInt64(ctx, (int64_t)info.st_blocks * 512));
    JS_SetPropertyStr(ctx, result, "mode", JS_NewInt32(ctx, (int32_t)(info.st_mode & 07777)));
    JS_SetPropertyStr(ctx, result, "uid", JS_NewInt64(ctx, info.st_uid));
    JS_SetPropertyStr(ctx, result, "gid", JS_NewInt64(ctx, info.st_gid));
    JS_SetPropertyStr(ctx, result, "ino", JS_NewInt64(ctx, (int64_t)info.st_ino));
    double modified_ms = (double)info.st_mtim.tv_sec * 1e3 + (double)(info.st_mtim.tv_nsec / 1000000);
    JS_SetPropertyStr(ctx, result, "modifiedMs", JS_NewFloat64(ctx, modified_ms));
    return result;
}

JSValue fs_js_one_path(JSContext *ctx, JSValueConst this_val, int argc, JSValueConst *argv, int act) {
    const char *path = hv_string(ctx, argv[0], "path");
    const char *call = act == FS_RMDIR ? "rmdir" : "unlink";
    if (!path)
        return JS_EXCEPTION;
    int error = 0;
    if (act == FS_SYNC_DIR)
        error = fs_sync_dir(path, &call);
    else if ((act == FS_RMDIR ? rmdir(path) : unlink(path)) < 0)
        error = errno;
    JSValue result = error ? hv_throw(ctx, error, call, path) : JS_UNDEFINED;
    JS_FreeCString(ctx, path);
    return result;
}

JSValue fs_js_two_paths(JSContext *ctx, JSValueConst this_val, int argc, JSValueConst *argv, int act) {
    const char *first = hv_string(ctx, argv[0], "first path");
    const char *second = first ? hv_string(ctx, argv[1], "second path") : NULL;
    JSValue result = JS_EXCEPTION;
    if (second) {
        bool failed = (act == FS_RENAME ? rename(first, second) : symlink(first, second)) < 0;
        result = !failed ? JS_UNDEFINED : act == FS_RENAME ? hv_throw(ctx, errno, "rename", first) : hv_throw(ctx, errno, "symlink", second);
    }
    JS_FreeCString(ctx, second);
    JS_FreeCString(ctx, first);
    return result;
}

static int compare(const void *a, const void *b) { return strcmp(*(char *const *)a, *(char *const *)b); }

/** The sorted names in a directory, each and the list malloc'd. 0 or an errno. */
static int list(const char *path, char ***names, size_t *count, const char **call) {
    *call = "openat";
    DIR *directory = opendir(path);
    if (!directory)
        return errno;
    size_t capacity = 0;
    struct dirent *entry;
    *call = "getdents64";
    while (errno = 0, (entry = readdir(directory))) {
        if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0)
            continue;
        if (*count == capacity)
            *names = hv_realloc(*names, (capacity = capacity ? capacity * 2 : 32) * sizeof **names);
        (*names)[(*count)++] = hv_strdup(entry->d_name);
    }
    int error = errno;
    closedir(directory);
    if (*count > 0)
        qsort(*names, *count, sizeof **names, compare);
    return error;
}

JSValue fs_js_read_dir(JSContext *ctx, JSValueConst this_val, int argc, JSValueConst *argv) {
    char **names = NULL;
    size_t count = 0;
    const char *call, *path = hv_string(ctx, argv[0], "path");
    if (!path)
        return JS_EXCEPTION;
    int error = list(path, &names, &count, &call);
    JSValue result = error ? hv_throw(ctx, error, call, path) : JS_NewArray(ctx);
    for (size_t i = 0; i < count; i++) {
        if (!JS_IsException(result))
            JS_SetPropertyUint32(ctx, result, (uint32_t)i, hv_utf8_lossy(ctx, (uint8_t *)names[i], strlen(names[i])));
        free(names[i]);
    }
    free(names);
    JS_FreeCString(ctx, path);
    return result;
}

/** mkdir with the exact mode, whatever the umask. */
static int make_directory(const char *path, mode_t mode) {
    if (mkdir(path, 0700) < 0)
        return errno;
    return chmod(path, mode) < 0 ? errno : 0;
}

static int make_parents(const char *path, mode_t mode) {
    char *prefix = hv_strdup(path);
    int error = 0;
    for (char *slash = strchr(prefix + 1, '/'); slash && !error; slash = strchr(slash + 1, '/')) {
        *slash = '\0';
        error = make_directory(prefix, mode);
        error = error == EEXIST ? 0 : error;
        *slash = '/';
    }
    free(prefix);
    return error;
}

JSValue fs_js_mkdir(JSContext *ctx, JSValueConst this_val, int argc, JSValueConst *argv) {
    int64_t mode = 0755;
    bool recursive = false;
    struct stat info;
    if (hv_get_integer(ctx, argv[1], "mode", 0, 07777, &mode) < 0 || hv_get_bool(ctx, argv[1], "recursive", &recursive) < 0)
        return JS_EXCEPTION;
    const char *path = hv_string(ctx, argv[0], "path");
    if (!path)
        return JS_EXCEPTION;
    int error = recursive && path[0] ? make_parents(path, 0755) : 0;
    if (!error)
        error = make_directory(path, (mode_t)mode);
    if (error == EEXIST && recursive && stat(path, &info) == 0 && S_ISDIR(info.st_mode))
        error = 0;
    JSValue result = error ? hv_throw(ctx, error, "mkdir", path) : JS_UNDEFINED;
    JS_FreeCString(ctx, path);
    return result;
}

JSValue fs_js_chmod(JSContext *ctx, JSValueConst this_val, int argc, JSValueConst *argv) {
    int64_t mode;
    if (hv_integer(ctx, argv[1], "mode", 0, 07777, &mode))
        return JS_EXCEPTION;
    const char *path = hv_string(ctx, argv[0], "path");
    if (!path)
        return JS_EXCEPTION;
    JSValue result = chmod(path, (mode_t)mode) < 0 ? hv_throw(ctx, errno, "chmod", path) : JS_UNDEFINED;
    JS_FreeCString(ctx, path);
    return result;
}

JSValue fs_js_chown(JSContext *ctx, JSValueConst this_val, int argc, JSValueConst *argv) {
    int64_t uid, gid;
    if (hv_integer(ctx, argv[1], "uid", 0, UINT32_MAX - 1, &uid) || hv_integer(ctx, argv[2], "gid", 0, UINT32_MAX - 1, &gid))
        return JS_EXCEPTION;
    const char *path = hv_string(ctx, argv[0], "path");
    if (!path)
        return JS_EXCEPTION;
    JSValue result = lchown(path, (uid_t)uid, (gid_t)gid) < 0 ? hv_throw(ctx, errno, "lchown", path) : JS_UNDEFINED;
    JS_FreeCString(ctx, path);
    return result;
}

JSValue fs_js_read_link(JSContext *ctx, JSValueConst this_val, int argc, JSValueConst *argv) {
    char target[PATH_MAX];
    const char *path = hv_string(ctx, argv[0], "path");
    if (!path)
        return JS_EXCEPTION;
    ssize_t length = readlink(path, target, sizeof target);
    JSValue result = length < 0 ? hv_throw(ctx, errno, "readlink", path) : hv_utf8_lossy(ctx, (uint8_t *)target, (size_t)length);
    JS_FreeCString(ctx, path);
    return result;
}

JSValue fs_js_disk_space(JSContext *ctx, JSValueConst this_val, int argc, JSValueConst *argv) {
    struct statvfs info;
    const char *path = hv_string(ctx, argv[0], "path");
    if (!path)
        return JS_EXCEPTION;
    JSValue result = statvfs(path, &info) < 0 ? hv_throw(ctx, errno, "statvfs", path) : JS_NewObject(ctx);
    JS_FreeCString(ctx, path);
    if (JS_IsException(result))
        return result;
    JS_SetPropertyStr(ctx, result, "totalBytes", JS_NewFloat64(ctx, (double)info.f_blocks * (double)info.f_frsize));
    JS_SetPropertyStr(ctx, result, "availableBytes", JS_NewFloat64(ctx, (double)info.f_bavail * (double)info.f_frsize));
    return result;
}
