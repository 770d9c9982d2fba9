// The part of the seccomp filters that is the same for all: an allow-list with a reason beside each rule.
#include "filter.h"

#include <errno.h>
#include <sys/mman.h>
#include <sys/prctl.h>

static const int common[] = {
  // Waiting
  SCMP_SYS(poll), SCMP_SYS(ppoll), SCMP_SYS(restart_syscall),
  // Bytes: OpenSSL uses read and write, libc the socket calls; OpenSSL asks a socket what went wrong
  SCMP_SYS(read), SCMP_SYS(write), SCMP_SYS(sendto), SCMP_SYS(recvfrom), SCMP_SYS(close), SCMP_SYS(shutdown), SCMP_SYS(getsockopt),
  // Memory, but see the rules for PROT_EXEC
  SCMP_SYS(brk), SCMP_SYS(munmap), SCMP_SYS(mremap), SCMP_SYS(madvise),
  // libc: locks, signal masks around abort, return from the handler
  SCMP_SYS(futex), SCMP_SYS(rt_sigprocmask), SCMP_SYS(rt_sigreturn), SCMP_SYS(rt_sigaction),
  // OpenSSL: randomness, process id in its generator
  SCMP_SYS(getrandom), SCMP_SYS(getpid), SCMP_SYS(gettid),
  // Deadlines and dates where the kernel's clock source has no vDSO
  SCMP_SYS(clock_gettime), SCMP_SYS(gettimeofday), SCMP_SYS(time),
  // The end, and abort, which musl does by tkill
  SCMP_SYS(exit), SCMP_SYS(exit_group), SCMP_SYS(tgkill), SCMP_SYS(tkill),
  // libc's last words before it aborts, which would be lost with a kill
  SCMP_SYS(writev),
#if defined(__SANITIZE_ADDRESS__)
  // Only in the build for tests: reports, and the leak check at exit, which stops the process by a tracing clone
  SCMP_SYS(openat), SCMP_SYS(readlink), SCMP_SYS(newfstatat), SCMP_SYS(fstat), SCMP_SYS(lseek), SCMP_SYS(getdents64),
  SCMP_SYS(clone), SCMP_SYS(wait4), SCMP_SYS(ptrace), SCMP_SYS(prctl), SCMP_SYS(sigaltstack), SCMP_SYS(sched_yield),
  SCMP_SYS(getrlimit), SCMP_SYS(prlimit64), SCMP_SYS(process_vm_readv), SCMP_SYS(getppid), SCMP_SYS(pipe),
  SCMP_SYS(arch_prctl), SCMP_SYS(set_robust_list), SCMP_SYS(rseq), SCMP_SYS(sched_getaffinity), SCMP_SYS(kill), SCMP_SYS(pipe2),
#endif
};

#if !defined(__SANITIZE_ADDRESS__)
/** Files that libc probes for and can do without (locale, /proc/self), musl by the older calls; and abort, which asks whether anyone wants its core. */
static const int refused[] = {SCMP_SYS(openat), SCMP_SYS(open), SCMP_SYS(newfstatat), SCMP_SYS(stat), SCMP_SYS(prlimit64)};
#endif

bool filter_allow(scmp_filter_ctx filter, const int *calls, size_t count) {
  for (size_t i = 0; i < count; i++) {
    if (seccomp_rule_add(filter, SCMP_ACT_ALLOW, calls[i], 0) < 0) return false;
  }
  return true;
}

bool filter_allow_common(scmp_filter_ctx filter) {
  bool ok = filter_allow(filter, common, sizeof common / sizeof common[0]);
  // Memory never becomes code
  ok = ok && seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(mmap), 1, SCMP_A2(SCMP_CMP_MASKED_EQ, PROT_EXEC, 0)) == 0;
  ok = ok && seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(mprotect), 1, SCMP_A2(SCMP_CMP_MASKED_EQ, PROT_EXEC, 0)) == 0;
#if !defined(__SANITIZE_ADDRESS__)
  for (size_t i = 0; i < sizeof refused / sizeof refused[0]; i++)
    ok = ok && seccomp_rule_add(filter, SCMP_ACT_ERRNO(EPERM), refused[i], 0) == 0;
#endif
  return ok;
}

bool filter_forbid_inspection(void) {
#if defined(__SANITIZE_ADDRESS__)
  return true;
#else
  return prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) == 0;
#endif
}

int filter_load(scmp_filter_ctx filter, bool ok) {
  int result = ok && filter != NULL ? seccomp_load(filter) : -EINVAL;
  if (filter != NULL) seccomp_release(filter);
  return result;
}
