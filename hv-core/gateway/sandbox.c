// The seccomp filter: an allow-list with a reason beside each rule; anything else kills the process.
#include "sandbox.h"

#include <errno.h>
#include <fcntl.h>
#include <seccomp.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>

#include "log.h"

static const int allowed[] = {
  // Event loop, and waking it
  SCMP_SYS(poll), SCMP_SYS(ppoll), SCMP_SYS(restart_syscall),
  // Connections: the listening socket is inherited, so neither bind nor listen
  SCMP_SYS(accept4), SCMP_SYS(shutdown), SCMP_SYS(close),
  SCMP_SYS(getpeername), SCMP_SYS(setsockopt), SCMP_SYS(getsockopt),
  // Bytes: OpenSSL and libwebsockets use read and write as well as the socket calls
  SCMP_SYS(read), SCMP_SYS(write), SCMP_SYS(sendto), SCMP_SYS(recvfrom), SCMP_SYS(sendmsg), SCMP_SYS(recvmsg),
  // controld: connecting again
  SCMP_SYS(connect),
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
  SCMP_SYS(getrlimit), SCMP_SYS(prlimit64), SCMP_SYS(process_vm_readv), SCMP_SYS(getppid), SCMP_SYS(ioctl), SCMP_SYS(pipe),
  SCMP_SYS(arch_prctl), SCMP_SYS(set_robust_list), SCMP_SYS(rseq), SCMP_SYS(sched_getaffinity), SCMP_SYS(kill), SCMP_SYS(pipe2),
#endif
};

static bool add_rules(scmp_filter_ctx filter) {
  for (size_t i = 0; i < sizeof allowed / sizeof allowed[0]; i++) {
    if (seccomp_rule_add(filter, SCMP_ACT_ALLOW, allowed[i], 0) < 0) return false;
  }
  bool ok = true;
  // controld's socket and the pairs for WebSockets; no other family, so no way out to the network
  ok = ok && seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(socket), 1, SCMP_A0(SCMP_CMP_EQ, AF_UNIX)) == 0;
  ok = ok && seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(socketpair), 1, SCMP_A0(SCMP_CMP_EQ, AF_UNIX)) == 0;
  // libwebsockets makes what it adopts non-blocking
  ok = ok && seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(fcntl), 1, SCMP_A1(SCMP_CMP_EQ, F_GETFL)) == 0;
  ok = ok && seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(fcntl), 1, SCMP_A1(SCMP_CMP_EQ, F_SETFL)) == 0;
  ok = ok && seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(fcntl), 1, SCMP_A1(SCMP_CMP_EQ, F_SETFD)) == 0;
  // Memory never becomes code
  ok = ok && seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(mmap), 1, SCMP_A2(SCMP_CMP_MASKED_EQ, PROT_EXEC, 0)) == 0;
  ok = ok && seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(mprotect), 1, SCMP_A2(SCMP_CMP_MASKED_EQ, PROT_EXEC, 0)) == 0;
#if !defined(__SANITIZE_ADDRESS__)
  // libc probes files it can do without (locale, /proc/self) when it formats or trims; musl by the older calls
  ok = ok && seccomp_rule_add(filter, SCMP_ACT_ERRNO(EPERM), SCMP_SYS(openat), 0) == 0;
  ok = ok && seccomp_rule_add(filter, SCMP_ACT_ERRNO(EPERM), SCMP_SYS(open), 0) == 0;
  ok = ok && seccomp_rule_add(filter, SCMP_ACT_ERRNO(EPERM), SCMP_SYS(newfstatat), 0) == 0;
  ok = ok && seccomp_rule_add(filter, SCMP_ACT_ERRNO(EPERM), SCMP_SYS(stat), 0) == 0;
  // abort asks whether anyone wants its core
  ok = ok && seccomp_rule_add(filter, SCMP_ACT_ERRNO(EPERM), SCMP_SYS(prlimit64), 0) == 0;
#endif
  return ok;
}

/** Loads and releases; `ok` tells whether all rules were taken. */
static bool load(scmp_filter_ctx filter, bool ok) {
  int result = ok && filter != NULL ? seccomp_load(filter) : -EINVAL;
  if (filter != NULL) seccomp_release(filter);
  if (result < 0) log_write(LOG_ERROR, "seccomp: %s", strerror(-result));
  return result == 0;
}

bool sandbox_forbid_bind(void) {
  if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0) return false;
  scmp_filter_ctx filter = seccomp_init(SCMP_ACT_ALLOW);
  return load(filter, filter != NULL && seccomp_rule_add(filter, SCMP_ACT_ERRNO(EACCES), SCMP_SYS(bind), 0) == 0);
}

bool sandbox_enter(void) {
#if !defined(__SANITIZE_ADDRESS__)
  // No other process of this uid may look into it; the leak check of the tests must
  if (prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) < 0) return false;
#endif
  scmp_filter_ctx filter = seccomp_init(SCMP_ACT_KILL_PROCESS);
  return load(filter, filter != NULL && add_rules(filter));
}
