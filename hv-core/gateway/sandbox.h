// The system calls that are left once the gateway is set up.
#ifndef CORBEL_GATEWAY_SANDBOX_H
#define CORBEL_GATEWAY_SANDBOX_H

#include <stdbool.h>

/** For good, for all threads; sets no_new_privs. False with the reason logged. */
bool sandbox_enter(void);

#endif
