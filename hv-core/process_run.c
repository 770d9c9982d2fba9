// hv:process run(): a helper program to its end, its output collected, with limits of size and time.
#include "linux_calls.h"
#include "process.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>

#define OUTPUT_LIMIT_DEFAULT (1 << 20)
#define TIMEOUT_MS_DEFAULT 30000

struct output {
    hv_watch watch;
    struct run *run;
    uint8_t *bytes;
    size_t used, capacity;
};

struct run {
    hv_watch ended, input;
    hv_timer timeout;
    hv *h;
    struct child child;
    bool own_group, timed_out;
    struct output out[2]; // stdout, stderr
    uint8_t *stdin_bytes;
    size_t stdin_length, stdin_sent, output_limit;
    int error; // errno of what made it fail
    JSValue resolve, reject;
};

static void kill_all(struct run *r) {
    // Not reaped yet, so the number is still this process group's.
    if (r->own_group)
        kill(-r->child.pid, SIGKILL);
    call_pidfd_send_signal(r->child.pidfd, SIGKILL);
}

static void stop_watch(struct run *r, hv_watch *watch) {
    if (!watch->added)
        return;
    hv_watch_remove(r->h, watch);
    close(watch->fd);
}

/** Reads what is there; false at the end of the stream. */
static bool collect(struct output *o) {
    for (;;) {
        if (o->used == o->capacity)
            o->bytes = hv_realloc(o->bytes, o->capacity = o->capacity ? o->capacity * 2 : 8192);
        ssize_t count = read(o->watch.fd, o->bytes + o->used, o->capacity - o->used);
        if (count < 0 && errno == EINTR)
            continue;
        if (count <= 0)
            return count < 0 && errno == EAGAIN;
        o->used += (size_t)count;
        if (o->used > o->run->output_limit) {
            o->run->error = EFBIG;
            kill_all(o->run);
            return false;
        }
    }
}

static void output_ready(hv *h, hv_watch *watch, uint32_t events) {
    struct output *o = CONTAINER_OF(watch, struct output, watch);
    if (!collect(o))
        stop_watch(o->run, watch);
}

static void input_ready(hv *h, hv_watch *watch, uint32_t events) {
    struct run *r = CONTAINER_OF(watch, struct run, input);
    ssize_t count = write(watch->fd, r->stdin_bytes + r->stdin_sent, r->stdin_length - r->stdin_sent);
    if (count < 0 && (errno == EAGAIN || errno == EINTR))
        return;
    r->stdin_sent += count > 0 ? (size_t)count : 0;
    // A helper may stop reading early: that is its own affair, told by its status.
    if (count < 0 || r->stdin_sent == r->stdin_length)
        stop_watch(r, watch);
}

static void timed_out(hv *h, hv_timer *timer) {
    struct run *r = CONTAINER_OF(timer, struct run, timeout);
    r->timed_out = true;
    kill_all(r);
}

static JSValue result_of(struct run *r, const siginfo_t *info) {
    JSContext *ctx = r->h->ctx;
    JSValue result = process_exit_status(ctx, info);
    JS_SetPropertyStr(ctx, result, "stdout", hv_new_bytes(ctx, r->out[0].bytes, r->out[0].used));
    JS_SetPropertyStr(ctx, result, "stderr", hv_new_bytes(ctx, r->out[1].bytes, r->out[1].used));
    JS_SetPropertyStr(ctx, result, "timedOut", JS_NewBool(ctx, r->timed_out));
    return result;
}

static void run_free(struct run *r) {
    hv_timer_stop(r->h, &r->timeout);
    stop_watch(r, &r->ended);
    stop_watch(r, &r->input);
    for (int i = 0; i < 2; i++) {
        stop_watch(r, &r->out[i].watch);
        free(r->out[i].bytes);
    }
    free(r->stdin_bytes);
    free(r);
}

static void ended(hv *h, hv_watch *watch, uint32_t events) {
    struct run *r = CONTAINER_OF(watch, struct run, ended);
    siginfo_t info = {0};
    if (waitid(P_PIDFD, (id_t)r->child.pidfd, &info, WEXITED) < 0)
        r->error = errno;
    // What the program itself wrote is in the pipes by now; a grandchild that keeps them open is not waited for.
    for (int i = 0; i < 2; i++)
        if (r->out[i].watch.added)
            collect(&r->out[i]);
    JSValue outcome = r->error ? hv_errno_error(h->ctx, r->error, r->error == EFBIG ? "read" : "waitid", NULL) : result_of(r, &info);
    JSValue resolve = r->resolve, reject = r->reject;
    bool failed = r->error != 0;
    run_free(r);
    hv_call(h, failed ? reject : resolve, 1, &outcome);
    JS_FreeValue(h->ctx, resolve);
    JS_FreeValue(h->ctx, reject);
}

static int parse(JSContext *ctx, JSValueConst options, struct run *r, int64_t *timeout_ms) {
    JSValue value;
    struct hv_data data;
    int64_t limit = OUTPUT_LIMIT_DEFAULT;
    if (hv_get_integer(ctx, options, "maxOutputBytes", 0, 1 << 30, &limit) < 0 || hv_get_integer(ctx, options, "timeoutMs", 1, INT32_MAX, timeout_ms) < 0)
        return -1;
    r->output_limit = (size_t)limit;
    int found = hv_get(ctx, options, "stdin", &value);
    if (found <= 0)
        return found;
    int failed = hv_data_get(ctx, value, "stdin", &data);
    if (!failed) {
        r->stdin_length = data.length;
        r->stdin_bytes = memcpy(hv_alloc(data.length), data.bytes, data.length);
        hv_data_free(ctx, &data);
    }
    JS_FreeValue(ctx, value);
    return failed;
}

/** The three pipes, ends of the program at [i][0], ours at [i][1]. */
static int make_pipes(int pipes[3][2]) {
    for (int i = 0; i < 3; i++) {
        int ends[2];
        if (pipe2(ends, O_CLOEXEC) < 0)
            return -1;
        pipes[i][0] = ends[i == 0 ? 0 : 1];
        pipes[i][1] = ends[i == 0 ? 1 : 0];
        fcntl(pipes[i][1], F_SETFL, O_NONBLOCK);
    }
    return 0;
}

static void close_end(int pipes[3][2], int end) {
    for (int i = 0; i < 3; i++)
        if (pipes[i][end] >= 0)
            close(pipes[i][end]);
}

/** Replaces whatever the plan says of 0, 1 and 2. */
static void set_standard_fds(struct spawn_plan *plan, int pipes[3][2], bool with_input) {
    size_t kept = 0;
    for (size_t i = 0; i < plan->fd_count; i++)
        if (plan->fds[i].target > 2)
            plan->fds[kept++] = plan->fds[i];
    plan->fds = hv_realloc(plan->fds, (kept + 3) * sizeof *plan->fds);
    for (int target = with_input ? 0 : 1; target < 3; target++)
        plan->fds[kept++] = (struct fd_pair){target, pipes[target][0]};
    plan->fd_count = kept;
}

static int watch_all(struct run *r, int pipes[3][2], bool with_input) {
    for (int i = 0; i < 2; i++) {
        r->out[i].run = r;
        r->out[i].watch.ready = output_ready;
        if (hv_watch_add(r->h, &r->out[i].watch, pipes[i + 1][1], EPOLLIN) < 0)
            return -1;
        pipes[i + 1][1] = -1;
    }
    r->input.ready = input_ready;
    if (with_input && hv_watch_add(r->h, &r->input, pipes[0][1], EPOLLOUT) < 0)
        return -1;
    if (with_input)
        pipes[0][1] = -1;
    r->ended.ready = ended;
    return hv_watch_add(r->h, &r->ended, r->child.pidfd, EPOLLIN);
}

/** 0 with the run on its way, or -1 with the failure; the run is the caller's to free then. */
static int start(struct run *r, struct spawn_plan *plan, struct step_failure *failure) {
    int pipes[3][2] = {{-1, -1}, {-1, -1}, {-1, -1}};
    bool with_input = r->stdin_length > 0;
    int result = -1;
    if (make_pipes(pipes) < 0) {
        step_failed(failure, 0, "pipe2", NULL);
    } else {
        set_standard_fds(plan, pipes, with_input);
        r->own_group = plan->new_session;
        result = child_spawn(plan, &r->child, failure);
        if (result == 0 && watch_all(r, pipes, with_input) < 0) {
            result = step_failed(failure, 0, "epoll_ctl", NULL);
            kill_all(r);
            waitpid(r->child.pid, NULL, 0);
            close(r->child.pidfd);
        }
    }
    close_end(pipes, 0);
    close_end(pipes, 1);
    return result;
}

JSValue process_js_run(JSContext *ctx, JSValueConst this_val, int argc, JSValueConst *argv) {
    struct spawn_plan plan;
    struct step_failure failure;
    int64_t timeout_ms = TIMEOUT_MS_DEFAULT;
    struct run *r = hv_alloc(sizeof *r);
    r->h = hv_of(ctx);
    r->timeout.fire = timed_out;
    JSValue result = JS_EXCEPTION;
    bool started = false;
    if (plan_parse(ctx, argv[0], &plan) == 0 && parse(ctx, argv[0], r, &timeout_ms) == 0) {
        started = start(r, &plan, &failure) == 0;
        if (!started)
            result = hv_rejected(ctx, hv_errno_error(ctx, failure.error, failure.call, failure.path[0] ? failure.path : NULL));
    }
    plan_free(&plan);
    if (!started) {
        run_free(r);
        return result;
    }
    JSValue functions[2] = {JS_UNDEFINED, JS_UNDEFINED};
    result = JS_NewPromiseCapability(ctx, functions);
    r->resolve = functions[0];
    r->reject = functions[1];
    hv_timer_start(r->h, &r->timeout, timeout_ms);
    return result;
}
