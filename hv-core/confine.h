// What a process may be and see, as plain C data, and the steps that make it so. Knows no script; safe to run in a fresh child.
#ifndef HV_CONFINE_H
#define HV_CONFINE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/resource.h>
#include <sys/types.h>

/** The step that failed, small enough to cross a pipe in one write. */
struct step_failure {
    int error;
    char call[24];
    char path[256]; // empty where there is none
};
/** Notes errno (or `error` when not 0) and returns -1, so that a step can end with it. */
int step_failed(struct step_failure *failure, int error, const char *call, const char *path);

enum root_kind { ROOT_BIND, ROOT_TMPFS, ROOT_PROC, ROOT_DIRECTORY, ROOT_SYMLINK };
struct root_entry {
    enum root_kind kind;
    char *source; // of a bind; the text of a symlink
    char *target;
    bool read_only, allow_devices, allow_exec;
    int64_t size_bytes, mode, uid, gid; // mode, uid, gid: -1 for the default
};
/** Builds the new root and makes it this process's; its mount namespace must be its own. */
int root_enter(const struct root_entry *entries, size_t count, struct step_failure *failure);

// landlock.c
/** Of the kernel's Landlock; 0 where it has none. */
int landlock_version(void);
/** A rule set that allows what the entries, which are this process's root by now, say. `*ruleset` is the caller's to enter, or -1 where the kernel has no Landlock. */
int landlock_prepare(const struct root_entry *entries, size_t count, int *ruleset, struct step_failure *failure);
/** Takes effect for good, and closes the rule set; needs no_new_privs or CAP_SYS_ADMIN. */
int landlock_enter(int ruleset, struct step_failure *failure);

struct sock_filter;

struct confinement {
    int64_t uid, gid; // -1: as they are
    bool has_groups, has_capabilities, has_root, no_new_privileges, landlock, core_scheduling;
    gid_t *groups;
    size_t group_count;
    uint64_t capabilities; // bit N: capability N is kept
    int namespaces;        // CLONE_NEW*
    struct root_entry *root;
    size_t root_count;
    struct {
        int resource;
        struct rlimit limit;
    } rlimits[16];
    size_t rlimit_count;
    bool has_oom_score;
    int oom_score_adj;
    int64_t umask; // -1: as it is
    char *cwd;
    struct sock_filter *filter; // of system calls; NULL for none
    size_t filter_length;
};

/** Namespaces, out-of-memory score, root, working directory: needs this process's privileges. */
int confine_view(const struct confinement *c, struct step_failure *failure);
/** Limits, capabilities, user and groups, no_new_privs, umask, Landlock, the filter of system calls: the privileges are gone afterwards. */
int confine_rights(const struct confinement *c, int death_signal, struct step_failure *failure);

struct fd_pair {
    int target, source;
};
struct spawn_plan {
    struct confinement confinement;
    char **argv, **env;
    struct fd_pair *fds;
    size_t fd_count;
    char *cgroup;
    bool new_session;
    int death_signal; // 0: none
};

/** Puts the descriptors in place and marks all others close-on-exec, but `*keep`, which may move. */
int place_fds(const struct fd_pair *pairs, size_t count, int *keep, struct step_failure *failure);

#endif
