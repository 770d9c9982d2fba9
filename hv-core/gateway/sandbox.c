// The seccomp filter: an allow-list with a reason beside each rule; anything else kills the process.
#include "sandbox.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>

#include "../filter/filter.h"
#include "log.h"

static const int own[] = {
  // Connections: the listening socket is inherited, so neither bind nor listen
  SCMP_SYS(accept4), SCMP_SYS(getpeername), SCMP_SYS(setsockopt),
  // Descriptors come with bytes
  SCMP_SYS(sendmsg), SCMP_SYS(recvmsg),
  // controld: connecting again
  SCMP_SYS(connect),
#if defined(__SANITIZE_ADDRESS__)
  // Only in the build for tests: whether its reports go to a terminal
  SCMP_SYS(ioctl),
#endif
};

static bool add_rules(scmp_filter_ctx filter) {
  bool ok = filter_allow_common(filter) && filter_allow(filter, own, sizeof own / sizeof own[0]);
  // controld's socket and the pairs for WebSockets; no other family, so no way out to the network
  ok = ok && seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(socket), 1, SCMP_A0(SCMP_CMP_EQ, AF_UNIX)) == 0;
  ok = ok && seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(socketpair), 1, SCMP_A0(SCMP_CMP_EQ, AF_UNIX)) == 0;
  // libwebsockets makes what it adopts non-blocking
  ok = ok && seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(fcntl), 1, SCMP_A1(SCMP_CMP_EQ, F_GETFL)) == 0;
  ok = ok && seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(fcntl), 1, SCMP_A1(SCMP_CMP_EQ, F_SETFL)) == 0;
  ok = ok && seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(fcntl), 1, SCMP_A1(SCMP_CMP_EQ, F_SETFD)) == 0;
  return ok;
}

static bool load(scmp_filter_ctx filter, bool ok) {
  int result = filter_load(filter, ok);
  if (result < 0) log_write(LOG_ERROR, "seccomp: %s", strerror(-result));
  return result == 0;
}

bool sandbox_forbid_bind(void) {
  if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0) return false;
  scmp_filter_ctx filter = seccomp_init(SCMP_ACT_ALLOW);
  return load(filter, filter != NULL && seccomp_rule_add(filter, SCMP_ACT_ERRNO(EACCES), SCMP_SYS(bind), 0) == 0);
}

bool sandbox_enter(void) {
  if (!filter_forbid_inspection()) return false;
  scmp_filter_ctx filter = seccomp_init(SCMP_ACT_KILL_PROCESS);
  return load(filter, filter != NULL && add_rules(filter));
}
