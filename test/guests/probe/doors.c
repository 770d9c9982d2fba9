/* Lists what an appliance offers to whoever would come in: processes and their rights, sockets, mounts, and files and devices that say more than "root alone".
   One line each, `KIND NAME KEY=VALUE…`; the probe's own processes are left out. One process instead of a shell script, as each fork is dear on an emulated machine. */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <ctype.h>
#include <dirent.h>
#include <fcntl.h>
#include <ftw.h>
#include <limits.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

#define APPLIANCE "/proc/1/root"
#define MAX_OWNERS 4096
#define MAX_NETWORKS 64
#define TABLE_BYTES (1 << 20)

/* Whose socket it is: the process's name for each inode of a socket that one has open. */
static struct {
	unsigned long inode;
	char name[64];
} owners[MAX_OWNERS];
static int owner_count;
/* The networks that processes are in, and one process in each. */
static struct {
	unsigned long inode;
	char pid[16], name[64];
} networks[MAX_NETWORKS];
static int network_count;
static char table[TABLE_BYTES];

static size_t read_file(const char *path, char *text, size_t size)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	size_t length = 0;
	ssize_t got;
	while (fd >= 0 && length < size - 1 && (got = read(fd, text + length, size - 1 - length)) > 0)
		length += (size_t)got;
	if (fd >= 0)
		close(fd);
	text[length] = '\0';
	return length;
}

/* The value of `label` in /proc/PID/status, its words joined by commas. */
static const char *status_of(const char *status, const char *label, char *value, size_t size)
{
	size_t at = 0;
	const char *line = strstr(status, label);
	for (line = line == NULL ? "" : line + strlen(label); *line != '\n' && *line != '\0' && at < size - 1; line++) {
		if (!isspace((unsigned char)*line))
			value[at++] = *line;
		else if (at > 0 && line[1] != '\n' && !isspace((unsigned char)line[1]))
			value[at++] = ',';
	}
	value[at] = '\0';
	return value;
}

/* The bundle that hv-core runs, with its arguments, or the program. */
static void name_of(const char *pid, char *name, size_t size)
{
	char path[320], argv[4096];
	snprintf(path, sizeof(path), "/proc/%s/cmdline", pid);
	size_t length = read_file(path, argv, sizeof(argv));
	name[0] = '\0';
	for (size_t at = 0; at < length; at += strlen(argv + at) + 1) {
		const char *base = strrchr(argv + at, '/') == NULL ? argv + at : strrchr(argv + at, '/') + 1;
		/* BusyBox is told by its first argument which program it is to be. */
		if (at == 0 || (strcmp(name, "busybox") == 0 && base[0] != '-'))
			snprintf(name, size, "%s", base);
		else if (strstr(base, ".qjb") != NULL)
			snprintf(name, size, "%.*s", (int)(strstr(base, ".qjb") - base), base);
	}
}

static unsigned long inode_of(const char *pid, const char *what)
{
	char path[512];
	struct stat seen;
	snprintf(path, sizeof(path), "/proc/%s/%s", pid, what);
	return stat(path, &seen) == 0 ? seen.st_ino : 0;
}

static void remember_sockets(const char *pid, const char *name)
{
	char path[300], target[64];
	snprintf(path, sizeof(path), "/proc/%s/fd", pid);
	DIR *directory = opendir(path);
	for (struct dirent *entry = directory == NULL ? NULL : readdir(directory); entry != NULL; entry = readdir(directory)) {
		snprintf(path, sizeof(path), "/proc/%s/fd/%s", pid, entry->d_name);
		ssize_t length = readlink(path, target, sizeof(target) - 1);
		if (length <= 0 || strncmp(target, "socket:[", 8) != 0 || owner_count == MAX_OWNERS)
			continue;
		target[length] = '\0';
		owners[owner_count].inode = strtoul(target + 8, NULL, 10);
		snprintf(owners[owner_count++].name, sizeof(owners->name), "%s", name);
	}
	if (directory != NULL)
		closedir(directory);
}

static void remember_network(const char *pid, const char *name)
{
	unsigned long inode = inode_of(pid, "ns/net");
	for (int i = 0; i < network_count; i++)
		if (networks[i].inode == inode)
			return;
	if (network_count == MAX_NETWORKS)
		return;
	networks[network_count].inode = inode;
	snprintf(networks[network_count].pid, sizeof(networks->pid), "%s", pid);
	snprintf(networks[network_count++].name, sizeof(networks->name), "%s", name);
}

static void print_process(const char *pid, const char *name)
{
	static const char *const namespaces[] = { "mnt", "net", "ipc", "uts", "pid", "cgroup", "user" };
	char path[320], status[8192], limits[4096], value[512];
	snprintf(path, sizeof(path), "/proc/%s/status", pid);
	read_file(path, status, sizeof(status));
	printf("process %s", name);
	static const char *const labels[][2] = {
		{ "uid", "\nUid:" }, { "gid", "\nGid:" }, { "groups", "\nGroups:" }, { "effective", "\nCapEff:" }, { "permitted", "\nCapPrm:" },
		{ "inheritable", "\nCapInh:" }, { "ambient", "\nCapAmb:" }, { "bounding", "\nCapBnd:" }, { "nnp", "\nNoNewPrivs:" }, { "seccomp", "\nSeccomp:" },
	};
	for (size_t i = 0; i < sizeof(labels) / sizeof(*labels); i++)
		printf(" %s=%s", labels[i][0], status_of(status, labels[i][1], value, sizeof(value)));
	printf(" own=");
	const char *comma = "";
	for (size_t i = 0; i < sizeof(namespaces) / sizeof(*namespaces); i++) {
		snprintf(path, sizeof(path), "ns/%s", namespaces[i]);
		if (inode_of(pid, path) != inode_of("1", path)) {
			printf("%s%s", comma, namespaces[i]);
			comma = ",";
		}
	}
	struct stat own, hosts;
	snprintf(path, sizeof(path), "/proc/%s/root", pid);
	bool same = stat(path, &own) == 0 && stat(APPLIANCE, &hosts) == 0 && own.st_dev == hosts.st_dev && own.st_ino == hosts.st_ino;
	snprintf(path, sizeof(path), "/proc/%s/oom_score_adj", pid);
	read_file(path, value, sizeof(value));
	value[strcspn(value, "\n")] = '\0';
	snprintf(path, sizeof(path), "/proc/%s/limits", pid);
	read_file(path, limits, sizeof(limits));
	char soft[32] = "", hard[32] = "";
	const char *core = strstr(limits, "Max core file size");
	if (core != NULL)
		sscanf(core + 18, "%31s %31s", soft, hard);
	printf(" root=%s oom=%s core=%s,%s\n", same ? "host" : "own", value, soft, hard);
}

static void each_process(void (*act)(const char *pid, const char *name))
{
	char path[320], name[64];
	DIR *proc = opendir("/proc");
	for (struct dirent *entry = proc == NULL ? NULL : readdir(proc); entry != NULL; entry = readdir(proc)) {
		if (!isdigit((unsigned char)entry->d_name[0]))
			continue;
		snprintf(path, sizeof(path), "/proc/%s/root/agent", entry->d_name);
		name_of(entry->d_name, name, sizeof(name));
		/* Threads of the kernel have no argv, and the probe's processes have its root. */
		if (name[0] != '\0' && access(path, F_OK) != 0)
			act(entry->d_name, name);
	}
	if (proc != NULL)
		closedir(proc);
}

static const char *owner_of(unsigned long inode)
{
	for (int i = 0; i < owner_count; i++)
		if (owners[i].inode == inode)
			return owners[i].name;
	return "nobody";
}

static void print_address(const char *hex)
{
	unsigned char bytes[16];
	char text[INET6_ADDRSTRLEN] = "?";
	size_t words = strcspn(hex, ":") / 8;
	for (size_t word = 0; word < words && word < 4; word++) {
		unsigned value;
		sscanf(hex + word * 8, "%8x", &value);
		memcpy(bytes + word * 4, &value, 4);
	}
	inet_ntop(words == 1 ? AF_INET : AF_INET6, bytes, text, sizeof(text));
	printf(words == 1 ? "%s:%ld" : "[%s]:%ld", text, strtol(hex + strcspn(hex, ":") + 1, NULL, 16));
}

/* @source Linux, Documentation/networking/proc_net_tcp.rst: local address, state (0A: listening), and the inode in column 10. */
static void print_internet(const char *pid, const char *network, const char *kind)
{
	char path[320], local[64], state[8];
	unsigned long inode;
	snprintf(path, sizeof(path), "/proc/%s/net/%s", pid, kind);
	read_file(path, table, sizeof(table));
	for (char *line = strtok(table, "\n"); line != NULL; line = strtok(NULL, "\n")) {
		if (sscanf(line, " %*d: %63s %*s %7s %*s %*s %*s %*s %*s %lu", local, state, &inode) != 3)
			continue;
		if (strncmp(kind, "tcp", 3) == 0 && strcmp(state, "0A") != 0)
			continue;
		printf("socket %s ", kind);
		print_address(local);
		printf(" network=%s of=%s\n", network, owner_of(inode));
	}
}

/* @source Linux, net/packet/af_packet.c, net/netlink/af_netlink.c: the inode is the last column of both; the protocol the fourth and the second. */
static void print_other(const char *pid, const char *network, const char *kind)
{
	char path[320], columns[2][16];
	snprintf(path, sizeof(path), "/proc/%s/net/%s", pid, kind);
	read_file(path, table, sizeof(table));
	for (char *line = strtok(table, "\n"); line != NULL; line = strtok(NULL, "\n")) {
		if (sscanf(line, "%*s %15s %*s %15s", columns[0], columns[1]) != 2 || !isdigit((unsigned char)columns[0][0]))
			continue;
		size_t end = strlen(line);
		while (end > 0 && line[end - 1] == ' ')
			line[--end] = '\0';
		unsigned long inode = strtoul(strrchr(line, ' ') + 1, NULL, 10);
		/* The kernel's own ends of netlink belong to no process. */
		if (strcmp(kind, "netlink") != 0 || strcmp(owner_of(inode), "nobody") != 0)
			printf("socket %s %s network=%s of=%s\n", kind, columns[strcmp(kind, "packet") == 0], network, owner_of(inode));
	}
}

/* @source Linux, net/unix/af_unix.c: the flag 0x10000 is a socket that listens; one that has a name and is no stream can be sent to. */
static void print_unix(const char *pid, const char *network)
{
	char path[320], name[128];
	unsigned flags, type;
	unsigned long inode;
	snprintf(path, sizeof(path), "/proc/%s/net/unix", pid);
	read_file(path, table, sizeof(table));
	for (char *line = strtok(table, "\n"); line != NULL; line = strtok(NULL, "\n")) {
		int count = sscanf(line, "%*[^:]: %*s %*s %x %x %*s %lu %127s", &flags, &type, &inode, name);
		if (count >= 3 && ((flags & 0x10000) != 0 || (count == 4 && type != 1)))
			printf("socket unix %s network=%s of=%s\n", count == 4 ? name : "unnamed", network, owner_of(inode));
	}
}

static void print_sockets(void)
{
	static const char *const kinds[] = { "tcp", "tcp6", "udp", "udp6", "udplite", "udplite6", "raw", "raw6", "icmp", "icmp6" };
	each_process(remember_sockets);
	each_process(remember_network);
	for (int i = 0; i < network_count; i++) {
		const char *pid = networks[i].pid, *network = networks[i].inode == inode_of("1", "ns/net") ? "host" : networks[i].name;
		for (size_t kind = 0; kind < sizeof(kinds) / sizeof(*kinds); kind++)
			print_internet(pid, network, kinds[kind]);
		print_other(pid, network, "packet");
		print_other(pid, network, "netlink");
		print_unix(pid, network);
	}
}

/* @source proc_pid_mountinfo(5) */
static void print_mounts(void)
{
	char place[256], own[256], kind[64], options[512];
	read_file("/proc/1/mountinfo", table, sizeof(table));
	for (char *line = strtok(table, "\n"); line != NULL; line = strtok(NULL, "\n")) {
		const char *rest = strstr(line, " - ");
		if (rest == NULL || sscanf(line, "%*s %*s %*s %*s %255s %255s", place, own) != 2 || sscanf(rest, " - %63s %*s %511s", kind, options) != 2)
			continue;
		printf("mount %s type=%s options=%s super=%.2s\n", place, kind, own, options);
	}
}

static int print_file(const char *path, const struct stat *seen, int kind, struct FTW *walk)
{
	(void)walk;
	char capabilities[64];
	const char *inside = path + strlen(APPLIANCE);
	if (kind == FTW_SL)
		return 0;
	bool device = S_ISCHR(seen->st_mode) || S_ISBLK(seen->st_mode);
	if ((seen->st_mode & 06000) != 0 || (seen->st_mode & 0002) != 0 || (device && (seen->st_mode & 0077) != 0))
		printf("%s %s mode=%04o owner=%u:%u\n", device ? "device" : "file", inside, seen->st_mode & 07777, seen->st_uid, seen->st_gid);
	if (lgetxattr(path, "security.capability", capabilities, sizeof(capabilities)) > 0)
		printf("file %s capabilities\n", inside);
	return 0;
}

/* Usage: doors [PLACE…] prints all of it; PLACES are the appliance's file systems whose files are looked at. */
int main(int argc, char **argv)
{
	char place[PATH_MAX];
	each_process(print_process);
	print_sockets();
	print_mounts();
	for (int i = 1; i < argc; i++) {
		snprintf(place, sizeof(place), "%s%s", APPLIANCE, argv[i]);
		nftw(place, print_file, 32, FTW_PHYS | FTW_MOUNT);
	}
	return 0;
}
