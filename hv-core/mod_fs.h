// Functions of hv:fs that live outside mod_fs.c.
#ifndef HV_MOD_FS_H
#define HV_MOD_FS_H

#include <quickjs/quickjs.h>

enum { FS_STAT, FS_STAT_OR_NULL, FS_LSTAT };
enum { FS_RMDIR, FS_UNLINK, FS_SYNC_DIR };
enum { FS_RENAME, FS_SYMLINK };

JSValue fs_js_stat(JSContext *ctx, JSValueConst this_val, int argc, JSValueConst *argv, int kind);
JSValue fs_js_one_path(JSContext *ctx, JSValueConst this_val, int argc, JSValueConst *argv, int act);
JSValue fs_js_two_paths(JSContext *ctx, JSValueConst this_val, int argc, JSValueConst *argv, int act);
JSValue fs_js_read_dir(JSContext *ctx, JSValueConst this_val, int argc, JSValueConst *argv);
JSValue fs_js_mkdir(JSContext *ctx, JSValueConst this_val, int argc, JSValueConst *argv);
JSValue fs_js_chmod(JSContext *ctx, JSValueConst this_val, int argc, JSValueConst *argv);
JSValue fs_js_chown(JSContext *ctx, JSValueConst this_val, int argc, JSValueConst *argv);
JSValue fs_js_read_link(JSContext *ctx, JSValueConst this_val, int argc, JSValueConst *argv);
JSValue fs_js_disk_space(JSContext *ctx, JSValueConst this_val, int argc, JSValueConst *argv);
JSValue fs_js_mount(JSContext *ctx, JSValueConst this_val, int argc, JSValueConst *argv);
JSValue fs_js_unmount(JSContext *ctx, JSValueConst this_val, int argc, JSValueConst *argv);

#endif
