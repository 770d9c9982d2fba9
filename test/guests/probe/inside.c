/* Tries things as a confined process would: with its uid and gid and without any capability, in its own view of the file system
   or, to see what ownership alone is worth, in another process's. Never helps itself to more than that process has; QEMU's own seccomp filter is the one thing it does not share, so it may do more. */
#define _GNU_SOURCE
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <linux/capability.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <unistd.h>

static void fail(const char *what)
{
	fprintf(stderr, "inside: %s: %s\n", what, strerror(errno));
	exit(1);
}

static int open_proc(const char *pid, const char *name)
{
	char path[64];
	snprintf(path, sizeof(path), "/proc/%s/%s", pid, name);
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		fail(path);
	return fd;
}

/* The effective id of the process, from the line `label` of its status. */
static unsigned read_id(const char *pid, const char *label)
{
	char path[64], line[256];
	snprintf(path, sizeof(path), "/proc/%s/status", pid);
	FILE *file = fopen(path, "re");
	if (file == NULL)
		fail(path);
	unsigned real, effective;
	size_t length = strlen(label);
	while (fgets(line, sizeof(line), file) != NULL) {
		if (strncmp(line, label, length) == 0 && sscanf(line + length, "%u %u", &real, &effective) == 2) {
			fclose(file);
			return effective;
		}
	}
	errno = ENOENT;
	fail(label);
	return 0;
}

/* Takes the ids of `pid` and the namespaces and root of `view`. */
static void become(const char *pid, const char *view)
{
	static const char *const namespaces[] = { "ns/cgroup", "ns/ipc", "ns/uts", "ns/net", "ns/mnt" };
	unsigned uid = read_id(pid, "Uid:"), gid = read_id(pid, "Gid:");
	int root = open_proc(view, "root");
	int fds[5];
	for (int i = 0; i < 5; i++)
		fds[i] = open_proc(view, namespaces[i]);
	for (int i = 0; i < 5; i++)
		if (setns(fds[i], 0) != 0)
			fail(namespaces[i]);
	if (fchdir(root) != 0 || chroot(".") != 0 || chdir("/") != 0)
		fail("root");
	if (setgroups(0, NULL) != 0 || setresgid(gid, gid, gid) != 0 || setresuid(uid, uid, uid) != 0)
		fail("ids");
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0)
		fail("no new privileges");
	struct __user_cap_header_struct header = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct none[2] = { { 0 } };
	if (syscall(SYS_capset, &header, none) != 0)
		fail("capabilities");
}

static int try_open(const char *path, int flags)
{
	int fd = open(path, flags | O_CLOEXEC | O_NONBLOCK);
	return fd < 0 ? -errno : fd;
}

static int try_connect(const char *path)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	snprintf(address.sun_path, sizeof(address.sun_path), "%s", path);
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return -errno;
	return connect(fd, (struct sockaddr *)&address, sizeof(address)) == 0 ? fd : -errno;
}

static void list(const char *path)
{
	DIR *directory = opendir(path);
	if (directory == NULL) {
		printf("list %s: %s\n", path, strerrorname_np(errno));
		return;
	}
	printf("list %s:", path);
	for (struct dirent *entry = readdir(directory); entry != NULL; entry = readdir(directory))
		if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0)
			printf(" %s", entry->d_name);
	printf("\n");
	closedir(directory);
}

/* Usage: inside PID VIEW {read|write|connect|list PATH}… prints one line each: `read PATH: ok` or `read PATH: EACCES`. */
int main(int argc, char **argv)
{
	if (argc < 5 || argc % 2 == 0) {
		fprintf(stderr, "usage: inside PID VIEW {read|write|connect|list PATH}...\n");
		return 64;
	}
	become(argv[1], argv[2]);
	for (int i = 3; i + 1 < argc; i += 2) {
		const char *act = argv[i], *path = argv[i + 1];
		if (strcmp(act, "list") == 0) {
			list(path);
			continue;
		}
		int result = strcmp(act, "connect") == 0 ? try_connect(path) : try_open(path, strcmp(act, "write") == 0 ? O_RDWR : O_RDONLY);
		printf("%s %s: %s\n", act, path, result < 0 ? strerrorname_np(-result) : "ok");
		if (result >= 0)
			close(result);
	}
	return 0;
}
