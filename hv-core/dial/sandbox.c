// The seccomp filter for everything that the peer sends: what is common, and what this program adds; anything else kills the process.
#include <string.h>
#include <sys/prctl.h>

#include "../filter/filter.h"
#include "dial.h"

bool sandbox_enter(bool (*add)(scmp_filter_ctx filter)) {
  bool ok = prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 && filter_forbid_inspection();
  scmp_filter_ctx filter = ok ? seccomp_init(SCMP_ACT_KILL_PROCESS) : NULL;
  int result = filter_load(filter, filter != NULL && filter_allow_common(filter) && add(filter));
  if (result < 0) fail("sandbox", "seccomp: %s", strerror(-result));
  return result == 0;
}
