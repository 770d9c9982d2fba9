// The seccomp filter for everything that the peer sends: what is common, and one question; anything else kills the process.
#include <errno.h>
#include <linux/sockios.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>

#include "../filter/filter.h"
#include "tlsdial.h"

static bool add_rules(scmp_filter_ctx filter) {
  bool ok = filter_allow_common(filter);
  // How much the peer has not acknowledged yet
  ok = ok && seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(ioctl), 1, SCMP_A1(SCMP_CMP_EQ, SIOCOUTQ)) == 0;
#if defined(__SANITIZE_ADDRESS__)
  ok = ok && seccomp_rule_add(filter, SCMP_ACT_ERRNO(ENOTTY), SCMP_SYS(ioctl), 1, SCMP_A1(SCMP_CMP_NE, SIOCOUTQ)) == 0;
#endif
  return ok;
}

bool sandbox_enter(void) {
  bool ok = prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 && filter_forbid_inspection();
  scmp_filter_ctx filter = ok ? seccomp_init(SCMP_ACT_KILL_PROCESS) : NULL;
  int result = filter_load(filter, filter != NULL && add_rules(filter));
  if (result < 0) fail("sandbox", "seccomp: %s", strerror(-result));
  return result == 0;
}
