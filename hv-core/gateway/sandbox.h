// The system calls that are left once the gateway is set up.
#ifndef CORBEL_GATEWAY_SANDBOX_H
#define CORBEL_GATEWAY_SANDBOX_H

#include <stdbool.h>

/**
 * Before the library is set up: bind fails from now on. It would follow the kernel's route messages and close connections by its own
 * idea of what can be reached; told that it may not, it does without. Sets no_new_privs. False with the reason logged.
 */
bool sandbox_forbid_bind(void);

/** For good, for all threads. False with the reason logged. */
bool sandbox_enter(void);

#endif
