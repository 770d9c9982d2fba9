/* Attempts on files, devices, sockets, the network and cgroups. */
#define _GNU_SOURCE
#include "attack.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/kvm.h>
#include <net/if.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/un.h>
#include <unistd.h>

static int try_open(const char *path, int flags)
{
	return outcome(open(path, flags | O_CLOEXEC | O_NONBLOCK));
}

/* What a VM's process has to be able to do: without these the others would prove nothing. */
static int own_disk(void) { return try_open("/disk/0", O_RDWR); }
static int own_device(void)
{
	int kvm = open("/dev/kvm", O_RDWR | O_CLOEXEC);
	return kvm < 0 ? errno : outcome(ioctl(kvm, KVM_GET_API_VERSION, 0));
}

static int other_disk(void) { return try_open(target.disk, O_RDWR); }
static int other_disk_reading(void) { return try_open(target.disk, O_RDONLY); }
static int store(void) { return try_open("/state/corbel.db", O_RDWR); }
static int certificate_key(void) { return try_open("/state/tls/key.pem", O_RDONLY); }
static int users(void) { return try_open("/etc/passwd", O_RDONLY); }
static int public_file(void) { return try_open("/usr/share/corbel/keymaps/de.bmap", O_RDONLY); }
static int root_directory(void) { return try_open("/", O_RDONLY | O_DIRECTORY); }
static int run_directory(void) { return try_open("/run/corbel/vm", O_RDONLY | O_DIRECTORY); }
static int inherited_directory(void) { return outcome(openat(4, "usr/share/corbel/keymaps/de.bmap", O_RDONLY)); }
static int process_information(void) { return try_open("/proc/1/status", O_RDONLY); }
static int kernel_settings(void) { return try_open("/proc/sys/kernel/core_pattern", O_WRONLY); }
static int kernel_objects(void) { return try_open("/sys/kernel/mm/ksm/run", O_WRONLY); }
static int new_file(void)
{
	static const char *const places[] = { "/attack-file", "/disk/attack-file", "/dev/attack-file", "/tmp/attack-file" };
	int error = 0;
	for (int i = 0; i < 4; i++) {
		error = try_open(places[i], O_WRONLY | O_CREAT);
		if (error == 0) {
			unlink(places[i]);
			return 0;
		}
	}
	return error;
}

static int memory(void) { return try_open("/dev/mem", O_RDONLY); }
static int host_disk(void) { return try_open("/dev/vda", O_RDONLY); }
static int log_device(void) { return try_open("/dev/kmsg", O_WRONLY); }
static int network_device(void) { return try_open("/dev/net/tun", O_RDWR); }
static int terminal(void) { return try_open("/dev/tty1", O_WRONLY); }
static int new_device(void)
{
	static const char *const places[] = { "/attack-device", "/disk/attack-device", "/tmp/attack-device" };
	int error = 0;
	for (int i = 0; i < 3; i++) {
		error = outcome(mknod(places[i], S_IFBLK | 0600, makedev(254, 0)));
		if (error == 0) {
			unlink(places[i]);
			return 0;
		}
	}
	return error;
}

static int connect_local(const char *path, size_t length)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	memcpy(address.sun_path, path, length);
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return errno;
	/* EAGAIN: somebody listens there, and is busy. ECONNREFUSED of an abstract one: nobody had to be asked for leave. */
	return reached(connect(fd, (struct sockaddr *)&address, (socklen_t)(offsetof(struct sockaddr_un, sun_path) + length)), EAGAIN, 0);
}
static int control_socket(void)
{
	static const char path[] = "/run/corbel/control/control.sock";
	return connect_local(path, sizeof(path));
}
static int other_monitor(void) { return connect_local(target.monitor, strlen(target.monitor) + 1); }
static int abstract_socket(void)
{
	int error = connect_local("\0corbel-attack", 14);
	return error == ECONNREFUSED ? 0 : error;
}
static int of_family(int family, int type) { return outcome(socket(family, type | SOCK_CLOEXEC, 0)); }
static int internet_socket(void) { return of_family(AF_INET, SOCK_STREAM); }
static int internet_6_socket(void) { return of_family(AF_INET6, SOCK_DGRAM); }
static int packet_socket(void) { return of_family(AF_PACKET, SOCK_RAW); }
static int raw_socket(void)
{
	return outcome(socket(AF_INET, SOCK_RAW | SOCK_CLOEXEC, IPPROTO_ICMP));
}
static int netlink_socket(void) { return of_family(AF_NETLINK, SOCK_RAW); }
static int gateway(void)
{
	struct sockaddr_in address = { .sin_family = AF_INET, .sin_port = htons(443), .sin_addr = { htonl(INADDR_LOOPBACK) } };
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	return fd < 0 ? errno : reached(connect(fd, (struct sockaddr *)&address, sizeof(address)), ECONNREFUSED, 0);
}
/* Any socket can be asked for an interface of the network that one is in. */
static int bridge(void)
{
	int pair[2];
	struct ifreq request = { .ifr_name = "corbel-nat0" };
	if (socketpair(AF_UNIX, SOCK_STREAM, 0, pair) != 0)
		return errno;
	return outcome(ioctl(pair[0], SIOCGIFINDEX, &request));
}

static int cgroup_file(const char *group, const char *file)
{
	char path[512];
	snprintf(path, sizeof(path), "%s/%s", group, file);
	return try_open(path, O_WRONLY);
}
static int other_cgroup_join(void) { return cgroup_file(target.cgroup, "cgroup.procs"); }
static int other_cgroup_kill(void) { return cgroup_file(target.cgroup, "cgroup.kill"); }
static int own_cgroup_limit(void) { return cgroup_file(target.own_cgroup, "memory.max"); }
static int all_cgroups(void) { return try_open("/sys/fs/cgroup", O_RDONLY | O_DIRECTORY); }

const struct entry files[] = {
	{ "own-disk", own_disk },
	{ "own-device", own_device },
	{ "other-disk", other_disk },
	{ "other-disk-reading", other_disk_reading },
	{ "store", store },
	{ "certificate-key", certificate_key },
	{ "users", users },
	{ "public-file", public_file },
	{ "root-directory", root_directory },
	{ "run-directory", run_directory },
	{ "inherited-directory", inherited_directory },
	{ "process-information", process_information },
	{ "kernel-settings", kernel_settings },
	{ "kernel-objects", kernel_objects },
	{ "new-file", new_file },
	{ "memory", memory },
	{ "host-disk", host_disk },
	{ "log-device", log_device },
	{ "network-device", network_device },
	{ "terminal", terminal },
	{ "new-device", new_device },
	{ "control-socket", control_socket },
	{ "other-monitor", other_monitor },
	{ "abstract-socket", abstract_socket },
	{ "internet-socket", internet_socket },
	{ "internet-6-socket", internet_6_socket },
	{ "packet-socket", packet_socket },
	{ "raw-socket", raw_socket },
	{ "netlink-socket", netlink_socket },
	{ "gateway", gateway },
	{ "bridge", bridge },
	{ "other-cgroup-join", other_cgroup_join },
	{ "other-cgroup-kill", other_cgroup_kill },
	{ "own-cgroup-limit", own_cgroup_limit },
	{ "all-cgroups", all_cgroups },
	{ NULL, NULL },
};
