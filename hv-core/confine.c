// The steps that confine the calling process, in the order in which they have to happen.
#include "confine.h"
#include "linux_calls.h"

#include <errno.h>
#include <grp.h>
#include <linux/capability.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <linux/securebits.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>

int step_failed(struct step_failure *failure, int error, const char *call, const char *path) {
    failure->error = error ? error : errno;
    snprintf(failure->call, sizeof failure->call, "%s", call);
    snprintf(failure->path, sizeof failure->path, "%s", path ? path : "");
    return -1;
}

static int set_oom_score(int score, struct step_failure *failure) {
    static const char path[] = "/proc/self/oom_score_adj";
    char text[16];
    int length = snprintf(text, sizeof text, "%d", score);
    int fd = open(path, O_WRONLY | O_CLOEXEC);
    if (fd < 0)
        return step_failed(failure, 0, "openat", path);
    ssize_t written = write(fd, text, (size_t)length);
    int error = errno;
    close(fd);
    return written < 0 ? step_failed(failure, error, "write", path) : 0;
}

int confine_view(const struct confinement *c, struct step_failure *failure) {
    if (c->has_root && !(c->namespaces & CLONE_NEWNS))
        return step_failed(failure, EINVAL, "pivot_root", NULL);
    if (c->landlock && !c->has_root)
        return step_failed(failure, EINVAL, "landlock_create_ruleset", NULL);
    // A new pid namespace is for children only; spawn makes its child in one and leaves the flag out here.
    if (c->namespaces && call_unshare(c->namespaces) < 0)
        return step_failed(failure, 0, "unshare", NULL);
    // Nothing that is mounted from now on may show up in the namespace this one was copied from.
    if ((c->namespaces & CLONE_NEWNS) && call_mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0)
        return step_failed(failure, 0, "mount", "/");
    if (c->has_oom_score && set_oom_score(c->oom_score_adj, failure) < 0)
        return -1;
    if (c->has_root && root_enter(c->root, c->root_count, failure) < 0)
        return -1;
    if (c->cwd && chdir(c->cwd) < 0)
        return step_failed(failure, 0, "chdir", c->cwd);
    return 0;
}

static int set_limits(const struct confinement *c, struct step_failure *failure) {
    for (size_t i = 0; i < c->rlimit_count; i++)
        if (setrlimit(c->rlimits[i].resource, &c->rlimits[i].limit) < 0)
            return step_failed(failure, 0, "setrlimit", NULL);
    return 0;
}

/** The bounding set can only shrink, and only while CAP_SETPCAP is held: first of all. */
static int drop_bounding(uint64_t kept, struct step_failure *failure) {
    for (unsigned long capability = 0; capability < 64; capability++) {
        int held = prctl(PR_CAPBSET_READ, capability, 0, 0, 0);
        if (held < 0)
            break; // past the last one that this kernel knows
        if (held && !(kept >> capability & 1) && prctl(PR_CAPBSET_DROP, capability, 0, 0, 0) < 0)
            return step_failed(failure, 0, "prctl", NULL);
    }
    return 0;
}

static int set_capabilities(uint64_t kept, struct step_failure *failure) {
    struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
    struct __user_cap_data_struct data[2];
    for (int i = 0; i < 2; i++)
        data[i].permitted = data[i].effective = data[i].inheritable = (uint32_t)(kept >> 32 * i);
    if (prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0) < 0)
        return step_failed(failure, 0, "prctl", NULL);
    if (syscall(SYS_capset, &header, data) < 0)
        return step_failed(failure, 0, "capset", NULL);
    for (unsigned long capability = 0; capability < 64; capability++)
        if ((kept >> capability & 1) && prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, capability, 0, 0) < 0)
            return step_failed(failure, 0, "prctl", NULL);
    return 0;
}

/** Groups before the user: afterwards the right to change them is gone. */
static int set_identity(const struct confinement *c, struct step_failure *failure) {
    bool already_none = c->group_count == 0 && getgroups(0, NULL) == 0;
    if ((c->has_groups || c->uid >= 0) && !already_none && setgroups(c->group_count, c->groups) < 0)
        return step_failed(failure, 0, "setgroups", NULL);
    if (c->gid >= 0 && setresgid((gid_t)c->gid, (gid_t)c->gid, (gid_t)c->gid) < 0)
        return step_failed(failure, 0, "setresgid", NULL);
    if (c->uid >= 0 && setresuid((uid_t)c->uid, (uid_t)c->uid, (uid_t)c->uid) < 0)
        return step_failed(failure, 0, "setresuid", NULL);
    return 0;
}

/** A cookie that no other process has, inherited by all threads to come. Where no core has two threads (ENODEV) nothing can run beside it anyway. */
static int set_core_cookie(struct step_failure *failure) {
    if (prctl(PR_SCHED_CORE, PR_SCHED_CORE_CREATE, 0, PR_SCHED_CORE_SCOPE_THREAD, 0) == 0 || errno == ENODEV)
        return 0;
    return step_failed(failure, 0, "prctl", "PR_SCHED_CORE");
}

/** The last step of all: whatever it refuses has been done by then. */
static int set_filter(const struct confinement *c, struct step_failure *failure) {
    struct sock_fprog program = {.len = (unsigned short)c->filter_length, .filter = c->filter};
    if (c->filter && syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &program) < 0)
        return step_failed(failure, 0, "seccomp", NULL);
    return 0;
}

/** Everything but Landlock and the filter. */
static int drop_rights(const struct confinement *c, int death_signal, struct step_failure *failure) {
    bool limited = c->has_capabilities || c->uid > 0;
    if (set_limits(c, failure) < 0 || (limited && drop_bounding(c->capabilities, failure) < 0))
        return -1;
    // Keeps the permitted set over the change of user, until set_capabilities cuts it down.
    if (limited && c->uid > 0 && prctl(PR_SET_KEEPCAPS, 1, 0, 0, 0) < 0)
        return step_failed(failure, 0, "prctl", NULL);
    if (set_identity(c, failure) < 0 || (limited && set_capabilities(c->capabilities, failure) < 0))
        return -1;
    if (limited && prctl(PR_SET_KEEPCAPS, 0, 0, 0, 0) < 0)
        return step_failed(failure, 0, "prctl", NULL);
    // After the change of user, which resets it.
    if (death_signal && prctl(PR_SET_PDEATHSIG, death_signal, 0, 0, 0) < 0)
        return step_failed(failure, 0, "prctl", NULL);
    if (c->no_new_privileges && prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
        return step_failed(failure, 0, "prctl", NULL);
    if (c->umask >= 0)
        umask((mode_t)c->umask);
    return 0;
}

int confine_rights(const struct confinement *c, int death_signal, struct step_failure *failure) {
    int ruleset = -1;
    if (c->core_scheduling && set_core_cookie(failure) < 0)
        return -1;
    // While every entry can still be reached, whoever it belongs to.
    if (c->landlock && landlock_prepare(c->root, c->root_count, &ruleset, failure) < 0)
        return -1;
    if (drop_rights(c, death_signal, failure) < 0) {
        if (ruleset >= 0)
            close(ruleset);
        return -1;
    }
    return landlock_enter(ruleset, failure) < 0 ? -1 : set_filter(c, failure);
}

int place_fds(const struct fd_pair *pairs, size_t count, int *keep, struct step_failure *failure) {
    int above = 3;
    int moved[64];
    for (size_t i = 0; i < count; i++)
        above = pairs[i].target >= above ? pairs[i].target + 1 : above;
    if (call_close_range(3, ~0U, CLOSE_RANGE_CLOEXEC) < 0)
        return step_failed(failure, 0, "close_range", NULL);
    // Out of the way of every target first, since one pair's source may be another's target.
    int kept = *keep < 0 ? -1 : fcntl(*keep, F_DUPFD_CLOEXEC, above);
    if (*keep >= 0 && kept < 0)
        return step_failed(failure, 0, "fcntl", NULL);
    *keep = kept;
    for (size_t i = 0; i < count; i++)
        if ((moved[i] = fcntl(pairs[i].source, F_DUPFD_CLOEXEC, above)) < 0)
            return step_failed(failure, 0, "fcntl", NULL);
    for (size_t i = 0; i < count; i++) {
        if (dup2(moved[i], pairs[i].target) < 0)
            return step_failed(failure, 0, "dup2", NULL);
        close(moved[i]);
    }
    return 0;
}
