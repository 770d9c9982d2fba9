// Processes, shared between the files of hv:process.
#ifndef HV_PROCESS_H
#define HV_PROCESS_H

#include "confine.h"
#include "hv.h"

#include <signal.h>

// process_plan.c: what the script asks for, as C data
/** 0, or -1 with an exception; to be freed either way. */
int plan_parse(JSContext *ctx, JSValueConst options, struct spawn_plan *plan);
int plan_parse_confinement(JSContext *ctx, JSValueConst options, struct confinement *c);
void plan_free(struct spawn_plan *plan);
void plan_free_confinement(struct confinement *c);

// process_root.c
int plan_parse_root(JSContext *ctx, JSValueConst list, struct confinement *c);
void plan_free_root(struct confinement *c);

// process_filter.c
int plan_parse_filter(JSContext *ctx, JSValueConst list, struct confinement *c);
void plan_free_filter(struct confinement *c);

// spawn.c
struct child {
    pid_t pid;
    int pidfd;
    int64_t start_time;
};
/** Returns once execve has succeeded (0) or any step has failed (-1), with nothing left of the child then. */
int child_spawn(const struct spawn_plan *plan, struct child *child, struct step_failure *failure);
/** Replaces this program; returns only on failure. */
void child_become(const struct spawn_plan *plan, struct step_failure *failure);
/** Field 22 of /proc/PID/stat, or -1 with errno. */
int64_t child_start_time(pid_t pid);
JSValue child_throw(JSContext *ctx, const struct step_failure *failure);

// process_run.c
JSValue process_js_run(JSContext *ctx, JSValueConst this_val, int argc, JSValueConst *argv);

// process_affinity.c
JSValue process_js_set_affinity(JSContext *ctx, JSValueConst this_val, int argc, JSValueConst *argv);

/** Ended children: `{code, signal}` of a waitid result, or nulls. */
JSValue process_exit_status(JSContext *ctx, const siginfo_t *info);

#endif
