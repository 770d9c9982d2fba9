// Starts a program: clone, confinement in the child, execve; the failing step comes back over a pipe.
#include "linux_calls.h"
#include "process.h"

#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

static void reset_signals(void) {
    for (int signal = 1; signal < 65; signal++)
        call_default_signal(signal); // fails for those that cannot be changed, which are at their default
    sigset_t none;
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
}

static bool has_target(const struct spawn_plan *plan, int target) {
    for (size_t i = 0; i < plan->fd_count; i++)
        if (plan->fds[i].target == target)
            return true;
    return false;
}

/** The plan's descriptors with /dev/null for those of 0, 1 and 2 that it leaves out; the null descriptor is the caller's to close. */
static int complete_fds(const struct spawn_plan *plan, struct fd_pair pairs[64], size_t *count, int *null_fd, struct step_failure *failure) {
    *null_fd = open("/dev/null", O_RDWR | O_CLOEXEC);
    if (*null_fd < 0)
        return step_failed(failure, 0, "openat", "/dev/null");
    *count = plan->fd_count;
    if (plan->fd_count > 0)
        memcpy(pairs, plan->fds, plan->fd_count * sizeof *pairs);
    for (int target = 0; target < 3; target++)
        if (!has_target(plan, target))
            pairs[(*count)++] = (struct fd_pair){target, *null_fd};
    return 0;
}

/** All steps of a new or replaced program; returns only on failure. `status` is the pipe to keep, or -1. */
static void enter(const struct spawn_plan *plan, const struct confinement *c, const struct fd_pair *pairs, size_t count, int *status, struct step_failure *failure) {
    reset_signals();
    if (plan->new_session && getsid(0) != getpid() && setsid() < 0) {
        step_failed(failure, 0, "setsid", NULL);
        return;
    }
    if (confine_view(c, failure) < 0 || place_fds(pairs, count, status, failure) < 0 || confine_rights(c, plan->death_signal, failure) < 0)
        return;
    // A parent that has ended before its death could be signalled holds no end of the pipe any more.
    struct pollfd parent = {.fd = *status};
    if (plan->death_signal && *status >= 0 && poll(&parent, 1, 0) > 0 && (parent.revents & POLLERR))
        _exit(127);
    execve(plan->argv[0], plan->argv, plan->env);
    step_failed(failure, 0, "execve", plan->argv[0]);
}

static _Noreturn void child_main(const struct spawn_plan *plan, const struct fd_pair *pairs, size_t count, int status) {
    struct step_failure failure = {0};
    struct confinement c = plan->confinement;
    c.namespaces &= ~CLONE_NEWPID; // it was started in its own already
    enter(plan, &c, pairs, count, &status, &failure);
    ssize_t written = write(status, &failure, sizeof failure);
    _exit(written == sizeof failure ? 126 : 127);
}

int64_t child_start_time(pid_t pid) {
    char path[32], text[1024];
    snprintf(path, sizeof path, "/proc/%d/stat", (int)pid);
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return -1;
    ssize_t length = read(fd, text, sizeof text - 1);
    int error = errno;
    close(fd);
    errno = error;
    if (length <= 0)
        return -1;
    text[length] = '\0';
    // Field 2, the name, may hold anything but ends with the last parenthesis; 3 follows it.
    char *field = strrchr(text, ')');
    for (int i = 2; field && i < 22; i++)
        field = strchr(field + 1, ' ');
    if (!field) {
        errno = EPROTO;
        return -1;
    }
    return strtoll(field + 1, NULL, 10);
}

static void reap(pid_t pid) {
    while (waitpid(pid, NULL, 0) < 0 && errno == EINTR) {
    }
}

/** Waits for the verdict of a child that has been started: its failure, or the end of the pipe by execve. */
static int await_exec(struct child *child, int status, struct step_failure *failure) {
    ssize_t got;
    while ((got = read(status, failure, sizeof *failure)) < 0 && errno == EINTR) {
    }
    if (got == 0) {
        child->start_time = child_start_time(child->pid);
        if (child->start_time >= 0)
            return 0;
        step_failed(failure, 0, "read", "/proc");
        call_pidfd_send_signal(child->pidfd, SIGKILL);
    }
    reap(child->pid);
    close(child->pidfd);
    return -1;
}

static int start(const struct spawn_plan *plan, const struct fd_pair *pairs, size_t count, struct child *child, struct step_failure *failure) {
    int status[2], cgroup = -1, pidfd = -1, result = -1;
    if (pipe2(status, O_CLOEXEC) < 0)
        return step_failed(failure, 0, "pipe2", NULL);
    if (plan->cgroup && (cgroup = open(plan->cgroup, O_PATH | O_DIRECTORY | O_CLOEXEC)) < 0) {
        step_failed(failure, 0, "openat", plan->cgroup);
    } else {
        struct clone_args args = {
            .flags = CLONE_PIDFD | (cgroup >= 0 ? CLONE_INTO_CGROUP : 0) | (uint64_t)(plan->confinement.namespaces & CLONE_NEWPID),
            .pidfd = (uint64_t)(uintptr_t)&pidfd,
            .exit_signal = SIGCHLD,
            .cgroup = (uint64_t)(cgroup >= 0 ? cgroup : 0),
        };
        // A copy of this process: its memory is shared until written to, and the child writes little before execve.
        int pid = call_clone3(&args);
        if (pid == 0) {
            close(status[0]);
            child_main(plan, pairs, count, status[1]);
        }
        close(status[1]);
        status[1] = -1;
        if (pid < 0) {
            step_failed(failure, 0, "clone3", plan->cgroup);
        } else {
            *child = (struct child){.pid = pid, .pidfd = pidfd};
            result = await_exec(child, status[0], failure);
        }
    }
    if (cgroup >= 0)
        close(cgroup);
    if (status[1] >= 0)
        close(status[1]);
    close(status[0]);
    return result;
}

int child_spawn(const struct spawn_plan *plan, struct child *child, struct step_failure *failure) {
    struct fd_pair pairs[64];
    size_t count;
    int null_fd;
    if (complete_fds(plan, pairs, &count, &null_fd, failure) < 0)
        return -1;
    int result = start(plan, pairs, count, child, failure);
    close(null_fd);
    return result;
}

void child_become(const struct spawn_plan *plan, struct step_failure *failure) {
    struct fd_pair pairs[64];
    size_t count;
    int null_fd, none = -1;
    if (complete_fds(plan, pairs, &count, &null_fd, failure) < 0)
        return;
    enter(plan, &plan->confinement, pairs, count, &none, failure);
    close(null_fd);
    // Still this program, whose script will want to say so.
    signal(SIGPIPE, SIG_IGN);
}

JSValue child_throw(JSContext *ctx, const struct step_failure *failure) {
    return hv_throw(ctx, failure->error, failure->call, failure->path[0] ? failure->path : NULL);
}
