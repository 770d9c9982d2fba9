// hv-core [--memory-mib N] [--turn-ms N] BUNDLE.qjb [ARGUMENT…]: runs one bundle until nothing is left to wait for.
#include "bytecode.h"
#include "hv.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>

#define STACK_BYTES (1 << 20)

static bool number_option(const char *text, int64_t max, int64_t *result) {
    char *end;
    long long number = text ? strtoll(text, &end, 10) : 0;
    if (!text || *end != '\0' || number < 1 || number > max)
        return false;
    *result = number;
    return true;
}

/** The index of the bundle in `argv`, or 0 when the command line is wrong. */
static int parse_options(int argc, char **argv, struct hv_limits *limits) {
    int64_t memory_mib = 64;
    int i = 1;
    for (; i < argc && argv[i][0] == '-'; i += 2) {
        int64_t *target = strcmp(argv[i], "--memory-mib") == 0 ? &memory_mib : strcmp(argv[i], "--turn-ms") == 0 ? &limits->turn_ms : NULL;
        if (!target || !number_option(i + 1 < argc ? argv[i + 1] : NULL, 1 << 24, target))
            return 0;
    }
    limits->memory_bytes = (size_t)memory_mib << 20;
    return i < argc ? i : 0;
}

static void run_module(hv *h, struct bundle *bundle) {
    JSContext *ctx = h->ctx;
    JSValue module = JS_ReadObject(ctx, bundle->code, bundle->code_length, JS_READ_OBJ_BYTECODE);
    bundle_free(bundle);
    if (JS_IsException(module) || JS_ResolveModule(ctx, module) < 0)
        hv_fatal(h, "load", JS_GetException(ctx));
    hv_turn(h);
    JSValue done = JS_EvalFunction(ctx, module);
    if (JS_IsException(done))
        hv_fatal(h, "uncaught", JS_GetException(ctx));
    hv_pump(h);
    hv_loop_run(h);
    // Nothing can resume the module any more: it waits for something that cannot happen.
    if (JS_PromiseState(ctx, done) == JS_PROMISE_PENDING) {
        hv_logf(h, 3, "the top level waits for something that never happens");
        hv_exit(HV_EXIT_SCRIPT);
    }
    JS_FreeValue(ctx, done);
}

int main(int argc, char **argv) {
    hv h = {.name = "hv-core"};
    struct hv_limits limits = {.stack_bytes = STACK_BYTES, .turn_ms = 2000};
    struct engine_stamp stamp;
    struct bundle bundle;
    char problem[256];
    int first = parse_options(argc, argv, &limits);
    if (first == 0) {
        hv_logf(&h, 3, "usage: hv-core [--memory-mib N] [--turn-ms N] BUNDLE.qjb [ARGUMENT...]");
        return HV_EXIT_USAGE;
    }
    // A lost peer is an error of one write, not the end of the program; an inherited "ignore" would lose exit statuses.
    signal(SIGPIPE, SIG_IGN);
    signal(SIGCHLD, SIG_DFL);
#if !defined(__SANITIZE_ADDRESS__)
    // What it holds is in no core and no other process's view; the leak check of the tests must look.
    prctl(PR_SET_DUMPABLE, 0);
#endif
    if (engine_stamp_make(&stamp) < 0 || hv_loop_open(&h) < 0) {
        hv_logf(&h, 3, "the engine or the event loop does not start");
        return HV_EXIT_SYSTEM;
    }
    int refused = bundle_read(argv[first], &stamp, &bundle, problem);
    if (refused) {
        hv_log(&h, 3, problem, strlen(problem));
        bundle_free(&bundle);
        hv_loop_close(&h);
        return refused;
    }
    snprintf(h.name, sizeof h.name, "%s", bundle.name);
    h.argc = argc - first - 1;
    h.argv = argv + first + 1;
    hv_engine_open(&h, &limits);
    run_module(&h, &bundle);
    hv_tty_close(&h);
    hv_system_close(&h);
    hv_signals_close(&h);
    hv_engine_close(&h);
    hv_loop_close(&h);
    return 0;
}
