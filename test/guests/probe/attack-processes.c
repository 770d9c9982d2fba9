/* Attempts on other processes, on rights and limits, and to run what was not meant to run. */
#define _GNU_SOURCE
#include "attack.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <linux/kcmp.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <grp.h>
#include <unistd.h>

/* Signal 0 asks whether one may, and does nothing. */
static int signal_other(void) { return outcome(kill(target.pid, 0)); }
static int signal_controld(void) { return outcome(kill(target.controld, 0)); }
static int signal_all(void) { return outcome(kill(-1, 0)); }
static int signal_any(void)
{
	for (pid_t pid = 1; pid <= 32768; pid++)
		if (pid != getpid() && kill(pid, 0) == 0)
			return 0;
	return errno;
}
static int trace(void)
{
	int error = outcome(ptrace(PTRACE_SEIZE, target.pid, 0, 0));
	return error;
}
static int read_memory(void)
{
	char here[8];
	struct iovec to = { here, sizeof(here) }, from = { (void *)0x1000, sizeof(here) };
	return reached(process_vm_readv(target.pid, &to, 1, &from, 1, 0), EFAULT, 0);
}
static int write_memory(void)
{
	char here[8] = "";
	struct iovec from = { here, sizeof(here) }, to = { (void *)0x1000, sizeof(here) };
	return reached(process_vm_writev(target.pid, &from, 1, &to, 1, 0), EFAULT, 0);
}
static int process_descriptor(void) { return outcome(syscall(SYS_pidfd_open, target.pid, 0)); }
static int take_descriptor(void)
{
	int fd = (int)syscall(SYS_pidfd_open, target.pid, 0);
	return fd < 0 ? errno : outcome(syscall(SYS_pidfd_getfd, fd, 0, 0));
}
static int compare(void) { return outcome(syscall(SYS_kcmp, getpid(), target.pid, KCMP_VM, 0, 0)); }
static int its_limits(void)
{
	struct rlimit limit;
	return outcome(prlimit(target.pid, RLIMIT_CORE, NULL, &limit));
}

static int become_root(void) { return outcome(syscall(SYS_setresuid, 0, 0, 0)); }
static int become_group(void) { return outcome(syscall(SYS_setresgid, 0, 0, 0)); }
static int join_groups(void)
{
	gid_t groups[] = { 0 };
	return outcome(syscall(SYS_setgroups, 1, groups));
}
static int take_capabilities(void)
{
	struct __user_cap_header_struct header = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct wanted[2] = { { .effective = 1u << CAP_SYS_ADMIN, .permitted = 1u << CAP_SYS_ADMIN } };
	return outcome(syscall(SYS_capset, &header, wanted));
}

static int raise_limit(int resource)
{
	struct rlimit all = { RLIM_INFINITY, RLIM_INFINITY };
	if (resource == RLIMIT_NOFILE)
		all.rlim_cur = all.rlim_max = 500000;
	return outcome(setrlimit((__rlimit_resource_t)resource, &all));
}
static int core_dump(void) { return raise_limit(RLIMIT_CORE); }
static int more_descriptors(void) { return raise_limit(RLIMIT_NOFILE); }
static int more_processes(void) { return raise_limit(RLIMIT_NPROC); }
static int locked_memory(void)
{
	size_t size = 1 << 20;
	void *memory = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	return outcome(mlock(memory, size));
}
static int many_descriptors(void)
{
	/* More than a VM's process may have; without a limit of its own one has 1024 and may ask for more. */
	struct rlimit more = { 8192, 8192 };
	setrlimit(RLIMIT_NOFILE, &more);
	for (int i = 0; i < 5000; i++)
		if (dup(1) < 0)
			return errno;
	return 0;
}
static void *wait_for_ever(void *unused)
{
	pause();
	return unused;
}
/* More than any small VM needs. */
static int many_threads(void)
{
	pthread_attr_t small;
	pthread_attr_init(&small);
	pthread_attr_setstacksize(&small, 16384);
	for (int i = 0; i < 400; i++) {
		pthread_t thread;
		int error = pthread_create(&thread, &small, wait_for_ever, NULL);
		if (error != 0)
			return error;
	}
	return 0;
}
static int new_process(void)
{
	pid_t child = (pid_t)syscall(SYS_fork);
	if (child == 0)
		_exit(0);
	return outcome(child);
}
static int new_process_by_clone(void)
{
	pid_t child = (pid_t)syscall(SYS_clone, SIGCHLD, 0, 0, 0, 0);
	if (child == 0)
		_exit(0);
	return outcome(child);
}

static int start(const char *path, const char *name)
{
	char *argv[] = { (char *)path, "started", (char *)name, NULL };
	return outcome(execve(path, argv, NULL));
}
static int program(void) { return start(target.self, "program"); }
static int own_disk_as_program(void) { return start("/disk/0", "own-disk-as-program"); }
static ssize_t copy_self(int to)
{
	char bytes[65536];
	int from = open(target.self, O_RDONLY | O_CLOEXEC);
	ssize_t got = from < 0 ? -1 : 0, all = 0;
	while (from >= 0 && (got = read(from, bytes, sizeof(bytes))) > 0)
		all += write(to, bytes, (size_t)got);
	return got < 0 ? -1 : all;
}
static int memory_as_program(void)
{
	int fd = memfd_create("attack", 0);
	if (fd < 0 || copy_self(fd) < 0)
		return errno;
	char *argv[] = { "attack", "started", "memory-as-program", NULL };
	return outcome(syscall(SYS_execveat, fd, "", argv, NULL, AT_EMPTY_PATH));
}
static int executable_memory_file(void) { return outcome(memfd_create("attack", 0x10 /* MFD_EXEC */)); }
static int written_program(void)
{
	static const char *const places[] = { "/attack-program", "/disk/attack-program", "/tmp/attack-program", "/run/attack-program" };
	int error = 0;
	for (int i = 0; i < 4; i++) {
		int fd = open(places[i], O_WRONLY | O_CREAT | O_CLOEXEC, 0755);
		if (fd < 0) {
			error = errno;
			continue;
		}
		copy_self(fd);
		close(fd);
		error = start(places[i], "written-program");
		unlink(places[i]);
	}
	return error;
}
static int own_disk_as_code(void)
{
	int fd = open("/disk/0", O_RDONLY | O_CLOEXEC);
	return fd < 0 ? errno : outcome((long)mmap(NULL, 4096, PROT_READ | PROT_EXEC, MAP_PRIVATE, fd, 0));
}

const struct entry processes[] = {
	{ "signal-other", signal_other },
	{ "signal-controld", signal_controld },
	{ "signal-all", signal_all },
	{ "signal-any", signal_any },
	{ "trace", trace },
	{ "read-memory", read_memory },
	{ "write-memory", write_memory },
	{ "process-descriptor", process_descriptor },
	{ "take-descriptor", take_descriptor },
	{ "compare", compare },
	{ "its-limits", its_limits },
	{ "become-root", become_root },
	{ "become-group", become_group },
	{ "join-groups", join_groups },
	{ "take-capabilities", take_capabilities },
	{ "core-dump", core_dump },
	{ "more-descriptors", more_descriptors },
	{ "more-processes", more_processes },
	{ "locked-memory", locked_memory },
	{ "many-descriptors", many_descriptors },
	{ "many-threads", many_threads },
	{ "new-process", new_process },
	{ "new-process-by-clone", new_process_by_clone },
	{ "program", program },
	{ "own-disk-as-program", own_disk_as_program },
	{ "own-disk-as-code", own_disk_as_code },
	{ "memory-as-program", memory_as_program },
	{ "executable-memory-file", executable_memory_file },
	{ "written-program", written_program },
	{ NULL, NULL },
};
