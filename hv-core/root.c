// Builds a tmpfs root out of entries, by descriptors only, and pivots into it. Needs CAP_SYS_ADMIN and a mount namespace of its own.
#include "confine.h"
#include "linux_calls.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#define ROOT_ATTRIBUTES (MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV | MOUNT_ATTR_NOEXEC)
#define ROOT_OPTIONS_MAX 4

struct option {
    const char *key;
    char value[24];
};

/** An unattached mount of a new file system, or -1. */
static int new_mount(const char *type, const struct option *options, int count, struct step_failure *failure, const char *target) {
    int context = call_fsopen(type);
    if (context < 0)
        return step_failed(failure, 0, "fsopen", target);
    int mount = -1;
    bool good = true;
    for (int i = 0; i < count && good; i++)
        good = call_fsconfig(context, FSCONFIG_SET_STRING, options[i].key, options[i].value) == 0;
    good = good && call_fsconfig(context, FSCONFIG_CMD_CREATE, NULL, NULL) == 0;
    if (!good) {
        step_failed(failure, 0, "fsconfig", target);
    } else {
        mount = call_fsmount(context, ROOT_ATTRIBUTES);
        if (mount < 0)
            step_failed(failure, 0, "fsmount", target);
    }
    close(context);
    return mount;
}

/** Opens a path inside the new root; symlinks in it mean what they will mean later. */
static int open_inside(int root, const char *path, int flags) {
    struct open_how how = {.flags = (uint64_t)(flags | O_CLOEXEC), .resolve = RESOLVE_IN_ROOT};
    return call_openat2(root, path, &how);
}

/** The parent directory of `target`, made as needed, with `*name` pointing at the last component; -1 with errno. */
static int open_parent(int root, const char *target, const char **name) {
    char path[PATH_MAX];
    if (target[0] != '/' || strlen(target) >= sizeof path) {
        errno = EINVAL;
        return -1;
    }
    snprintf(path, sizeof path, "%s", target);
    *name = strrchr(target, '/') + 1;
    path[*name - target] = '\0'; // keeps the last slash
    for (char *slash = strchr(path + 1, '/'); slash; slash = strchr(slash + 1, '/')) {
        *slash = '\0';
        int existing = open_inside(root, path, O_PATH | O_DIRECTORY);
        if (existing >= 0) {
            close(existing);
        } else {
            char *last = strrchr(path, '/');
            char name_here[NAME_MAX + 1];
            snprintf(name_here, sizeof name_here, "%s", last + 1);
            *last = '\0';
            int above = open_inside(root, path[0] ? path : "/", O_PATH | O_DIRECTORY);
            *last = '/';
            if (above < 0)
                return -1;
            int failed = mkdirat(above, name_here, 0755);
            int error = errno;
            close(above);
            errno = error;
            if (failed < 0)
                return -1;
        }
        *slash = '/';
    }
    return open_inside(root, path, O_PATH | O_DIRECTORY);
}

/** A mount point at `target`, made when absent; its descriptor or -1 with errno. */
static int mount_point(int root, const char *target, bool directory, mode_t mode) {
    const char *name;
    int parent = open_parent(root, target, &name);
    if (parent < 0)
        return -1;
    int result = 0;
    if (name[0] != '\0')
        result = directory ? mkdirat(parent, name, mode) : mknodat(parent, name, S_IFREG | 0444, 0);
    if (result < 0 && errno == EEXIST)
        result = 0;
    int error = errno;
    close(parent);
    errno = error;
    return result < 0 ? -1 : open_inside(root, target, O_PATH);
}

/** Attaches the unattached mount (consumed) at the target. */
static int attach(int root, int mount, const char *target, bool directory, struct step_failure *failure) {
    int point = mount_point(root, target, directory, 0755);
    if (point < 0) {
        step_failed(failure, 0, directory ? "mkdirat" : "mknodat", target);
        close(mount);
        return -1;
    }
    int result = call_move_mount(mount, point) < 0 ? step_failed(failure, 0, "move_mount", target) : 0;
    close(point);
    close(mount);
    return result;
}

static int add_bind(int root, const struct root_entry *e, struct step_failure *failure) {
    struct stat source;
    int tree = call_open_tree(e->source, OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | AT_RECURSIVE);
    if (tree < 0)
        return step_failed(failure, 0, "open_tree", e->source);
    struct mount_attr attributes = {.attr_set = MOUNT_ATTR_NOSUID | (e->read_only ? MOUNT_ATTR_RDONLY : 0u) |
                                                (e->allow_devices ? 0u : MOUNT_ATTR_NODEV) | (e->allow_exec ? 0u : MOUNT_ATTR_NOEXEC)};
    // Before it is attached, so that it is never there without its restrictions; what is mounted below included.
    if (call_mount_setattr(tree, AT_RECURSIVE, &attributes) < 0 || fstatat(tree, "", &source, AT_EMPTY_PATH) < 0) {
        step_failed(failure, 0, "mount_setattr", e->source);
        close(tree);
        return -1;
    }
    return attach(root, tree, e->target, S_ISDIR(source.st_mode), failure);
}

static int add_tmpfs(int root, const struct root_entry *e, struct step_failure *failure) {
    struct option options[ROOT_OPTIONS_MAX] = {{.key = "size"}, {.key = "mode"}, {.key = "uid"}, {.key = "gid"}};
    snprintf(options[0].value, sizeof options[0].value, "%lld", (long long)e->size_bytes);
    snprintf(options[1].value, sizeof options[1].value, "%llo", (unsigned long long)(e->mode >= 0 ? e->mode : 0755));
    snprintf(options[2].value, sizeof options[2].value, "%lld", (long long)(e->uid >= 0 ? e->uid : 0));
    snprintf(options[3].value, sizeof options[3].value, "%lld", (long long)(e->gid >= 0 ? e->gid : 0));
    int mount = new_mount("tmpfs", options, ROOT_OPTIONS_MAX, failure, e->target);
    return mount < 0 ? -1 : attach(root, mount, e->target, true, failure);
}

static int add_proc(int root, const struct root_entry *e, struct step_failure *failure) {
    int mount = new_mount("proc", NULL, 0, failure, e->target);
    return mount < 0 ? -1 : attach(root, mount, e->target, true, failure);
}

static int add_directory(int root, const struct root_entry *e, struct step_failure *failure) {
    int fd = mount_point(root, e->target, true, 0700);
    if (fd < 0)
        return step_failed(failure, 0, "mkdirat", e->target);
    int result = 0;
    // Through a readable descriptor: changing mode by an O_PATH one needs newer kernels.
    int readable = openat(fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (readable < 0)
        result = step_failed(failure, 0, "openat", e->target);
    else if ((e->uid >= 0 || e->gid >= 0) && fchown(readable, e->uid >= 0 ? (uid_t)e->uid : (uid_t)-1, e->gid >= 0 ? (gid_t)e->gid : (gid_t)-1) < 0)
        result = step_failed(failure, 0, "fchown", e->target);
    else if (fchmod(readable, e->mode >= 0 ? (mode_t)e->mode : 0755) < 0)
        result = step_failed(failure, 0, "fchmod", e->target);
    if (readable >= 0)
        close(readable);
    close(fd);
    return result;
}

static int add_symlink(int root, const struct root_entry *e, struct step_failure *failure) {
    const char *name;
    int parent = open_parent(root, e->target, &name);
    if (parent < 0)
        return step_failed(failure, 0, "mkdirat", e->target);
    int result = symlinkat(e->source, parent, name) < 0 ? step_failed(failure, 0, "symlinkat", e->target) : 0;
    close(parent);
    return result;
}

static int fill(int root, const struct root_entry *entries, size_t count, struct step_failure *failure) {
    static int (*const add[])(int, const struct root_entry *, struct step_failure *) = {
        [ROOT_BIND] = add_bind, [ROOT_TMPFS] = add_tmpfs, [ROOT_PROC] = add_proc, [ROOT_DIRECTORY] = add_directory, [ROOT_SYMLINK] = add_symlink};
    for (size_t i = 0; i < count; i++)
        if (add[entries[i].kind](root, &entries[i], failure) < 0)
            return -1;
    return 0;
}

/** The new root lies over the old one, which stays what "/" means until the pivot: so sources are found, and no directory is needed to mount on. */
static int enter(int root, const struct root_entry *entries, size_t count, struct step_failure *failure) {
    int old = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
    if (old < 0)
        return step_failed(failure, 0, "openat", "/");
    int moved = call_move_mount(root, old);
    int error = errno;
    close(old);
    if (moved < 0)
        return step_failed(failure, error, "move_mount", "/");
    if (fill(root, entries, count, failure) < 0)
        return -1;
    struct mount_attr read_only = {.attr_set = MOUNT_ATTR_RDONLY};
    if (call_mount_setattr(root, 0, &read_only) < 0)
        return step_failed(failure, 0, "mount_setattr", "/");
    if (fchdir(root) < 0)
        return step_failed(failure, 0, "fchdir", "/");
    // Both the same: the old root ends up on top of the new one and is taken off.
    if (call_pivot_root(".", ".") < 0)
        return step_failed(failure, 0, "pivot_root", "/");
    if (call_umount(".", CALL_MNT_DETACH) < 0)
        return step_failed(failure, 0, "umount2", "/");
    return chdir("/") < 0 ? step_failed(failure, 0, "chdir", "/") : 0;
}

int root_enter(const struct root_entry *entries, size_t count, struct step_failure *failure) {
    struct option options[] = {{"size", "1m"}, {"mode", "755"}};
    mode_t umask_before = umask(0);
    int root = new_mount("tmpfs", options, 2, failure, "/");
    int result = root < 0 ? -1 : enter(root, entries, count, failure);
    if (root >= 0)
        close(root);
    umask(umask_before);
    return result;
}
