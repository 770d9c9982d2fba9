/* Attempts by system calls that a VM's process has no use for: mounts and namespaces, the machine, large interfaces of the kernel. */
#define _GNU_SOURCE
#include "attack.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/bpf.h>
#include <linux/io_uring.h>
#include <linux/keyctl.h>
#include <linux/perf_event.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/fanotify.h>
#include <sys/io.h>
#include <sys/mount.h>
#include <sys/personality.h>
#include <sys/reboot.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/swap.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/timex.h>
#include <time.h>
#include <unistd.h>

static int call_mount(void) { return outcome(mount("none", "/dev", "tmpfs", 0, NULL)); }
static int call_remount(void) { return reached(mount(NULL, "/", NULL, MS_REMOUNT | MS_BIND, NULL), EINVAL, 0); }
static int call_umount(void) { return reached(umount2("/dev", MNT_DETACH), EINVAL, 0); }
static int call_pivot_root(void) { return reached(syscall(SYS_pivot_root, "/", "/"), EINVAL, EBUSY, 0); }
static int call_chroot(void) { return outcome(chroot("/dev")); }
static int call_fsopen(void) { return outcome(syscall(SYS_fsopen, "tmpfs", 0)); }
static int call_fspick(void) { return outcome(syscall(SYS_fspick, AT_FDCWD, "/", 0)); }
static int call_open_tree(void) { return outcome(syscall(SYS_open_tree, AT_FDCWD, "/", 1 /* OPEN_TREE_CLONE */)); }
static int call_move_mount(void) { return reached(syscall(SYS_move_mount, AT_FDCWD, "/", AT_FDCWD, "/", 0), EINVAL, ELOOP, 0); }
static int call_mount_setattr(void)
{
	unsigned long attributes[4] = { 0, 0, 0, 0 };
	return outcome(syscall(SYS_mount_setattr, AT_FDCWD, "/", 0, attributes, sizeof(attributes)));
}
static int new_mounts(void) { return outcome(unshare(CLONE_NEWNS)); }
static int new_users(void) { return outcome(unshare(CLONE_NEWUSER)); }
static int new_network(void) { return outcome(unshare(CLONE_NEWNET)); }
static int new_processes(void) { return outcome(unshare(CLONE_NEWPID)); }
static int new_cgroups(void) { return outcome(unshare(CLONE_NEWCGROUP)); }
static int join_namespace(void)
{
	char path[64];
	snprintf(path, sizeof(path), "/proc/%d/ns/net", (int)target.pid);
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	return outcome(setns(fd < 0 ? 1 : fd, CLONE_NEWNET));
}

static struct {
	struct file_handle head;
	char rest[128];
} handle = { .head = { .handle_bytes = 128 } };
static int file_handle(void)
{
	int mount;
	return outcome(name_to_handle_at(AT_FDCWD, "/dev/null", &handle.head, &mount, 0));
}
static int open_handle(void)
{
	file_handle();
	return reached(open_by_handle_at(AT_FDCWD, &handle.head, O_RDONLY), ESTALE, EOPNOTSUPP, EINVAL, 0);
}
static int watch_files(void) { return outcome(fanotify_init(FAN_CLASS_NOTIF, O_RDONLY)); }
static int call_quota(void) { return reached(syscall(SYS_quotactl, 0x800001 << 8, "/dev/null", 0, 0), EINVAL, ENOTBLK, ENODEV, ENOSYS, ESRCH, 0); }

static int call_bpf(void)
{
	union bpf_attr map = { .map_type = BPF_MAP_TYPE_ARRAY, .key_size = 4, .value_size = 4, .max_entries = 1 };
	return outcome(syscall(SYS_bpf, BPF_MAP_CREATE, &map, sizeof(map)));
}
static int call_perf(void)
{
	struct perf_event_attr event = { .type = PERF_TYPE_SOFTWARE, .size = sizeof(event), .config = PERF_COUNT_SW_CPU_CLOCK };
	return outcome(syscall(SYS_perf_event_open, &event, 0, -1, -1, 0));
}
static int call_userfaultfd(void) { return outcome(syscall(SYS_userfaultfd, O_CLOEXEC)); }
static int call_io_uring(void)
{
	struct io_uring_params parameters = { 0 };
	return outcome(syscall(SYS_io_uring_setup, 1, &parameters));
}
static int call_add_key(void) { return outcome(syscall(SYS_add_key, "user", "attack", "x", 1, KEY_SPEC_PROCESS_KEYRING)); }
static int call_request_key(void) { return reached(syscall(SYS_request_key, "user", "attack-none", NULL, 0), ENOKEY, 0); }
static int call_keyctl(void) { return outcome(syscall(SYS_keyctl, KEYCTL_GET_KEYRING_ID, KEY_SPEC_PROCESS_KEYRING, 1)); }
static int call_modify_ldt(void)
{
	char table[16];
	return outcome(syscall(SYS_modify_ldt, 0, table, sizeof(table)));
}
static int call_personality(void) { return outcome(personality(ADDR_NO_RANDOMIZE)); }
static int call_migrate_pages(void)
{
	unsigned long node = 1;
	return outcome(syscall(SYS_migrate_pages, target.pid, 2, &node, &node));
}
static int call_move_pages(void) { return outcome(syscall(SYS_move_pages, target.pid, 0, NULL, NULL, NULL, 0)); }

static int call_init_module(void) { return reached(syscall(SYS_init_module, "nothing", 7, ""), ENOEXEC, 0); }
static int call_finit_module(void)
{
	int fd = open("/dev/null", O_RDONLY | O_CLOEXEC);
	return reached(syscall(SYS_finit_module, fd, "", 0), ENOEXEC, EINVAL, 0);
}
static int call_delete_module(void) { return reached(syscall(SYS_delete_module, "attack_none", O_NONBLOCK), ENOENT, 0); }
static int call_kexec(void) { return outcome(syscall(SYS_kexec_load, 0, 0, NULL, 0)); }
static int call_kexec_file(void) { return reached(syscall(SYS_kexec_file_load, -1, -1, 0, "", 0), EBADF, 0); }
/* What Ctrl-Alt-Del does is init's already. */
static int call_reboot(void) { return outcome(reboot(RB_DISABLE_CAD)); }
static int call_swapon(void) { return reached(swapon("/dev/null", 0), EINVAL, ENOTBLK, 0); }
static int call_swapoff(void) { return reached(swapoff("/dev/null"), EINVAL, 0); }
static int call_acct(void) { return outcome(acct(NULL)); }
static int call_syslog(void) { return outcome(syscall(SYS_syslog, 10 /* SYSLOG_ACTION_SIZE_BUFFER */, NULL, 0)); }
static int call_iopl(void) { return outcome(iopl(3)); }
static int call_ioperm(void) { return outcome(ioperm(0x80, 1, 1)); }
static int call_settimeofday(void)
{
	struct timeval now;
	gettimeofday(&now, NULL);
	return outcome(syscall(SYS_settimeofday, &now, NULL));
}
static int call_clock_settime(void)
{
	struct timespec now;
	clock_gettime(CLOCK_REALTIME, &now);
	return outcome(syscall(SYS_clock_settime, CLOCK_REALTIME, &now));
}
static int call_adjtimex(void)
{
	struct timex nothing = { .modes = 0 };
	return outcome(syscall(SYS_adjtimex, &nothing));
}
static int call_sethostname(void)
{
	char name[65] = "";
	gethostname(name, sizeof(name) - 1);
	return outcome(sethostname(name, strlen(name)));
}
static int call_vhangup(void) { return outcome(vhangup()); }
static int call_setpriority(void) { return outcome(setpriority(PRIO_PROCESS, 0, -5)); }
static int call_realtime(void)
{
	struct sched_param first = { .sched_priority = 1 };
	return outcome(syscall(SYS_sched_setscheduler, 0, SCHED_FIFO, &first));
}
static int call_ioprio(void) { return outcome(syscall(SYS_ioprio_set, 1, 0, 1 << 13)); }
/* The system calls of 32 bits, by their numbers there: 20 is getpid. */
static int other_numbers(void)
{
	long result;
	__asm__ volatile("int $0x80" : "=a"(result) : "a"(20L) : "memory", "r8", "r9", "r10", "r11");
	return result > 0 ? 0 : ENOSYS;
}

const struct entry system_calls[] = {
	{ "mount", call_mount },
	{ "remount", call_remount },
	{ "umount", call_umount },
	{ "pivot-root", call_pivot_root },
	{ "chroot", call_chroot },
	{ "fsopen", call_fsopen },
	{ "fspick", call_fspick },
	{ "open-tree", call_open_tree },
	{ "move-mount", call_move_mount },
	{ "mount-setattr", call_mount_setattr },
	{ "new-mounts", new_mounts },
	{ "new-users", new_users },
	{ "new-network", new_network },
	{ "new-processes", new_processes },
	{ "new-cgroups", new_cgroups },
	{ "join-namespace", join_namespace },
	{ "file-handle", file_handle },
	{ "open-handle", open_handle },
	{ "watch-files", watch_files },
	{ "quota", call_quota },
	{ "bpf", call_bpf },
	{ "perf-event", call_perf },
	{ "userfaultfd", call_userfaultfd },
	{ "io-uring", call_io_uring },
	{ "add-key", call_add_key },
	{ "request-key", call_request_key },
	{ "keyctl", call_keyctl },
	{ "modify-ldt", call_modify_ldt },
	{ "personality", call_personality },
	{ "migrate-pages", call_migrate_pages },
	{ "move-pages", call_move_pages },
	{ "init-module", call_init_module },
	{ "finit-module", call_finit_module },
	{ "delete-module", call_delete_module },
	{ "kexec", call_kexec },
	{ "kexec-file", call_kexec_file },
	{ "reboot", call_reboot },
	{ "swapon", call_swapon },
	{ "swapoff", call_swapoff },
	{ "acct", call_acct },
	{ "kernel-log", call_syslog },
	{ "iopl", call_iopl },
	{ "ioperm", call_ioperm },
	{ "settimeofday", call_settimeofday },
	{ "clock-settime", call_clock_settime },
	{ "adjtimex", call_adjtimex },
	{ "host-name", call_sethostname },
	{ "hang-up", call_vhangup },
	{ "priority", call_setpriority },
	{ "realtime", call_realtime },
	{ "io-priority", call_ioprio },
	{ "other-numbers", other_numbers },
	{ NULL, NULL },
};
