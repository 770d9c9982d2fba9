// What the seccomp filters of the programs that talk to the network have in common. Each program adds what it alone needs.
#ifndef CORBEL_FILTER_H
#define CORBEL_FILTER_H

#include <seccomp.h>
#include <stdbool.h>
#include <stddef.h>

/** Allows these calls, whatever their arguments. */
bool filter_allow(scmp_filter_ctx filter, const int *calls, size_t count);

/** Allows what libc and OpenSSL need for bytes, memory, time and the end of the process; memory never becomes code, and no file is opened. */
bool filter_allow_common(scmp_filter_ctx filter);

/** No other process of this uid may look into this one; the leak check of the tests must. */
bool filter_forbid_inspection(void);

/** Loads and releases `filter`, which may be NULL; `ok` tells whether all rules were taken. 0, or a negated errno. */
int filter_load(scmp_filter_ctx filter, bool ok);

#endif
