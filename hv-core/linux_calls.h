// Kernel calls that not every C library wraps (musl has few of them). Each returns what the kernel does: -1 with errno.
#ifndef HV_LINUX_CALLS_H
#define HV_LINUX_CALLS_H

#include <fcntl.h>
#include <linux/mount.h>
#include <linux/openat2.h>
#include <linux/sched.h>
#include <signal.h>
#include <stdint.h>
#include <sys/syscall.h>
#include <unistd.h>

#ifndef AT_RECURSIVE
#define AT_RECURSIVE 0x8000
#endif
#ifndef OPEN_TREE_CLOEXEC
#define OPEN_TREE_CLOEXEC O_CLOEXEC
#endif
#ifndef CLOSE_RANGE_CLOEXEC
#define CLOSE_RANGE_CLOEXEC (1U << 2)
#endif
#define CALL_MNT_DETACH 2

static inline int call_mount(const char *source, const char *target, const char *type, unsigned long flags, const char *data) {
    return (int)syscall(SYS_mount, source, target, type, flags, data);
}
static inline int call_umount(const char *target, int flags) { return (int)syscall(SYS_umount2, target, flags); }
static inline int call_pivot_root(const char *new_root, const char *put_old) { return (int)syscall(SYS_pivot_root, new_root, put_old); }
static inline int call_fsopen(const char *type) { return (int)syscall(SYS_fsopen, type, FSOPEN_CLOEXEC); }
static inline int call_fsconfig(int fd, unsigned command, const char *key, const void *value) {
    return (int)syscall(SYS_fsconfig, fd, command, key, value, 0);
}
static inline int call_fsmount(int fd, unsigned attributes) { return (int)syscall(SYS_fsmount, fd, FSMOUNT_CLOEXEC, attributes); }
static inline int call_open_tree(const char *path, unsigned flags) { return (int)syscall(SYS_open_tree, AT_FDCWD, path, flags); }
static inline int call_move_mount(int from, int to) {
    return (int)syscall(SYS_move_mount, from, "", to, "", MOVE_MOUNT_F_EMPTY_PATH | MOVE_MOUNT_T_EMPTY_PATH);
}
static inline int call_mount_setattr(int fd, unsigned flags, struct mount_attr *attributes) {
    return (int)syscall(SYS_mount_setattr, fd, "", flags | AT_EMPTY_PATH, attributes, sizeof *attributes);
}
static inline int call_openat2(int dir, const char *path, const struct open_how *how) {
    return (int)syscall(SYS_openat2, dir, path, how, sizeof *how);
}
static inline int call_clone3(struct clone_args *args) { return (int)syscall(SYS_clone3, args, sizeof *args); }
static inline int call_unshare(int flags) { return (int)syscall(SYS_unshare, flags); }
static inline int call_close_range(unsigned first, unsigned last, unsigned flags) {
    return (int)syscall(SYS_close_range, first, last, flags);
}
/** Unlike sigaction, also for the two signals that the C library keeps to itself. */
static inline int call_default_signal(int signal) {
    struct {
        void (*handler)(int);
        unsigned long flags;
        void (*restorer)(void);
        uint64_t mask;
    } action = {.handler = SIG_DFL};
    return (int)syscall(SYS_rt_sigaction, signal, &action, NULL, sizeof action.mask);
}
static inline int call_pidfd_open(pid_t pid) { return (int)syscall(SYS_pidfd_open, pid, 0); }
static inline int call_pidfd_send_signal(int fd, int signal) { return (int)syscall(SYS_pidfd_send_signal, fd, signal, NULL, 0); }

#endif
