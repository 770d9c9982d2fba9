/* Starts a QEMU by hand with the argv, uid and mount view of a running one, and prints the milliseconds until its monitor greets
   and until the guest has been told to run, after the same commands that controld sends; or, when it is told to, what work a second
   a guest that burns gets done in it: with no cgroup, namespace or limit of the running one.
   Makes the listening sockets that the argv names by descriptor; the new process is killed afterwards. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define MAX_ARGUMENTS 256
#define MAX_SOCKETS 8

static char text[65536];
static char *arguments[MAX_ARGUMENTS + 1];
static struct {
	int wanted, listener;
	char path[64];
} sockets[MAX_SOCKETS];
static int socket_count;

static void fail(const char *what)
{
	fprintf(stderr, "by-hand: %s: %s\n", what, strerror(errno));
	exit(1);
}

static void read_arguments(const char *pid)
{
	char path[64];
	snprintf(path, sizeof(path), "/proc/%s/cmdline", pid);
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	size_t length = 0;
	ssize_t got;
	while (fd >= 0 && length < sizeof(text) - 1 && (got = read(fd, text + length, sizeof(text) - 1 - length)) > 0)
		length += (size_t)got;
	if (fd < 0 || length == 0)
		fail(path);
	close(fd);
	int count = 0;
	for (char *at = text; at < text + length && count < MAX_ARGUMENTS; at += strlen(at) + 1)
		arguments[count++] = at;
}

/* One listening socket for each `socket,…fd=N` among the arguments; the first is taken to be the monitor's. */
static void make_sockets(void)
{
	for (int i = 0; arguments[i] != NULL && socket_count < MAX_SOCKETS; i++) {
		const char *fd = strstr(arguments[i], ",fd=");
		if (strncmp(arguments[i], "socket,", 7) != 0 || fd == NULL)
			continue;
		struct sockaddr_un address = { .sun_family = AF_UNIX };
		int n = socket_count++;
		sockets[n].wanted = atoi(fd + 4);
		snprintf(sockets[n].path, sizeof(sockets[n].path), "/tmp/by-hand.%d", n);
		snprintf(address.sun_path, sizeof(address.sun_path), "%s", sockets[n].path);
		unlink(sockets[n].path);
		/* Far above the numbers that the argv wants, so that dup2 cannot overwrite one of them. */
		int made = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
		sockets[n].listener = made < 0 ? -1 : fcntl(made, F_DUPFD_CLOEXEC, 100);
		close(made);
		if (sockets[n].listener < 0 || bind(sockets[n].listener, (struct sockaddr *)&address, sizeof(address)) != 0 ||
		    listen(sockets[n].listener, 1) != 0)
			fail("listen");
	}
}

static void become_and_run(const char *pid)
{
	char path[64];
	struct stat owner;
	snprintf(path, sizeof(path), "/proc/%s", pid);
	if (stat(path, &owner) != 0)
		fail(path);
	snprintf(path, sizeof(path), "/proc/%s/root", pid);
	int root = open(path, O_RDONLY | O_CLOEXEC);
	snprintf(path, sizeof(path), "/proc/%s/ns/mnt", pid);
	int view = open(path, O_RDONLY | O_CLOEXEC);
	int nothing = open("/dev/null", O_RDWR);
	if (root < 0 || view < 0 || setns(view, 0) != 0 || fchdir(root) != 0 || chroot(".") != 0 || chdir("/") != 0)
		fail("view");
	for (int fd = 0; fd < 3; fd++)
		dup2(nothing, fd);
	for (int n = 0; n < socket_count; n++)
		dup2(sockets[n].listener, sockets[n].wanted);
	if (setgroups(0, NULL) != 0 || setresgid(owner.st_gid, owner.st_gid, owner.st_gid) != 0 ||
	    setresuid(owner.st_uid, owner.st_uid, owner.st_uid) != 0)
		_exit(125);
	execv(arguments[0], arguments);
	_exit(126);
}

static double now_ms(void)
{
	struct timespec time;
	clock_gettime(CLOCK_MONOTONIC, &time);
	return (double)time.tv_sec * 1e3 + (double)time.tv_nsec / 1e6;
}

/* Reads until `word` has come `times` times; false at the end of the connection. */
static bool read_until(int fd, const char *word, int times)
{
	char answer[8192] = "";
	size_t length = 0;
	for (;;) {
		ssize_t got = read(fd, answer + length, sizeof(answer) - 1 - length);
		if (got <= 0)
			return false;
		length += (size_t)got;
		answer[length] = '\0';
		int seen = 0;
		for (const char *at = strstr(answer, word); at != NULL; at = strstr(at + 1, word))
			seen++;
		if (seen >= times)
			return true;
	}
}

/* What the guest has told last of the rounds it has burnt; -1 at the end of the connection. `tail` keeps what the line before left. */
static long burnt(int fd, char *tail, size_t size, long before)
{
	static const char word[] = "corbel-guest: burnt ";
	size_t length = strlen(tail);
	ssize_t got = read(fd, tail + length, size - 1 - length);
	if (got <= 0)
		return -1;
	tail[length + (size_t)got] = '\0';
	for (char *at = strstr(tail, word), *end; at != NULL && (end = strchr(at, '\n')) != NULL; at = strstr(tail, word)) {
		before = atol(at + sizeof(word) - 1);
		memmove(tail, end + 1, strlen(end + 1) + 1);
	}
	if (strlen(tail) > size / 2)
		tail[0] = '\0';
	return before;
}

/* Rounds a second that the guest at the serial port gets done; 0 when it does not say. */
static double burn(int serial, double seconds)
{
	static char tail[4096];
	long first = 0, last;
	if (!read_until(serial, "nested kvm is", 1) || write(serial, "burn\r", 5) != 5)
		return 0;
	while (first == 0)
		if ((first = burnt(serial, tail, sizeof(tail), first)) < 0)
			return 0;
	double start = now_ms(), at = start;
	for (last = first; at < start + seconds * 1e3; at = now_ms())
		if ((last = burnt(serial, tail, sizeof(tail), last)) < 0)
			return 0;
	return (double)(last - first) / (at - start) * 1e3;
}

static int connect_to(int n)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	snprintf(address.sun_path, sizeof(address.sun_path), "%s", sockets[n].path);
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd < 0 || connect(fd, (struct sockaddr *)&address, sizeof(address)) != 0)
		fail(sockets[n].path);
	return fd;
}

/* Usage: by-hand PID [SECONDS]: with seconds, the guest is one that burns when it is told to. */
int main(int argc, char **argv)
{
	if (argc != 2 && argc != 3)
		return 64;
	read_arguments(argv[1]);
	make_sockets();
	double start = now_ms();
	pid_t child = fork();
	if (child < 0)
		fail("fork");
	if (child == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		become_and_run(argv[1]);
	}
	for (int n = 0; n < socket_count; n++)
		close(sockets[n].listener);
	int fd = connect_to(0);
	/* The first serial port is the socket after the monitor's; it is heard from the beginning. */
	int serial = argc == 3 && socket_count > 1 ? connect_to(1) : -1;
	double greeted = 0, running = 0;
	if (read_until(fd, "\"QMP\"", 1))
		greeted = now_ms();
	static const char commands[] = "{\"execute\":\"qmp_capabilities\"}{\"execute\":\"query-kvm\"}{\"execute\":\"cont\"}";
	if (greeted > 0 && write(fd, commands, sizeof(commands) - 1) == (ssize_t)sizeof(commands) - 1 && read_until(fd, "\"return\"", 3))
		running = now_ms();
	double rate = running > 0 && serial >= 0 ? burn(serial, atof(argv[2])) : 0;
	kill(child, SIGKILL);
	waitpid(child, NULL, 0);
	for (int n = 0; n < socket_count; n++)
		unlink(sockets[n].path);
	if (running <= 0) {
		fprintf(stderr, "by-hand: no answer from the monitor\n");
		return 1;
	}
	if (argc == 3 && rate <= 0) {
		fprintf(stderr, "by-hand: the guest did not work\n");
		return 1;
	}
	if (argc == 3)
		printf("%.4f\n", rate);
	else
		printf("%.1f %.1f\n", greeted - start, running - start);
	return 0;
}
