/* Tries, one by one, what somebody would who has taken over a VM's process, and says of each what came of it: `refused NAME ERRNO` or `DONE NAME`.
   Confined, it is started anew for each attempt, by whoever confines it, and prints one line; `control` tries all of them in children of its own, without any confinement.
   With descriptor 3 it takes seccomp filters upon itself first: those that filters.c read off a running process. Descriptor 4, if there, is a directory of the host. */
#define _GNU_SOURCE
#include "attack.h"

#include <errno.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

struct target target;
static const struct entry *const lists[] = { files, processes, system_calls };

int outcome(long result)
{
	return result == -1 ? errno : 0;
}

int reached(long result, ...)
{
	int error = outcome(result), found = 0;
	va_list expected;
	va_start(expected, result);
	for (int one = va_arg(expected, int); one != 0; one = va_arg(expected, int))
		found |= one == error;
	va_end(expected);
	return found ? 0 : error;
}

/* Each filter is its length in instructions and the instructions. */
static void take_filters(void)
{
	static struct sock_filter code[BPF_MAXINSNS];
	unsigned length;
	if (lseek(3, 0, SEEK_SET) != 0)
		return;
	while (read(3, &length, sizeof(length)) == (ssize_t)sizeof(length)) {
		struct sock_fprog program = { .len = (unsigned short)length, .filter = code };
		size_t size = length * sizeof(code[0]);
		if (length > BPF_MAXINSNS || read(3, code, size) != (ssize_t)size || prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) != 0) {
			printf("FAILED filters %s\n", strerrorname_np(errno));
			exit(1);
		}
	}
}

static void attempt_one(const struct entry *entry)
{
	int error = entry->act();
	if (error == 0)
		printf("DONE %s\n", entry->name);
	else
		printf("refused %s %s\n", entry->name, strerrorname_np(error));
	fflush(stdout);
}

/* In a child with mounts of its own, so that nothing that it does to them is there afterwards. */
static void attempt_in_child(const struct entry *entry)
{
	pid_t child = fork();
	if (child == 0) {
		setsid();
		if (unshare(CLONE_NEWNS) == 0)
			mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL);
		attempt_one(entry);
		_exit(0);
	}
	int status;
	if (child < 0 || waitpid(child, &status, 0) < 0 || WIFSIGNALED(status))
		printf("refused %s killed\n", entry->name);
	fflush(stdout);
}

static void read_target(const char *word)
{
	const char *value = strchr(word, '=');
	if (value == NULL)
		return;
	value++;
	static const struct {
		const char *name;
		const char **place;
	} texts[] = { { "disk=", &target.disk }, { "monitor=", &target.monitor }, { "cgroup=", &target.cgroup },
		      { "own-cgroup=", &target.own_cgroup }, { "self=", &target.self } };
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		if (strncmp(word, texts[i].name, strlen(texts[i].name)) == 0)
			*texts[i].place = value;
	if (strncmp(word, "pid=", 4) == 0)
		target.pid = atoi(value);
	if (strncmp(word, "controld=", 9) == 0)
		target.controld = atoi(value);
}

/* Usage: attack names | attack {control|NAME} WORD=VALUE… */
int main(int argc, char **argv)
{
	if (argc < 2)
		return 64;
	for (int i = 2; i < argc; i++)
		read_target(argv[i]);
	if (strcmp(argv[1], "started") == 0) {
		printf("DONE %s\n", argc > 2 ? argv[2] : "");
		return 0;
	}
	int names = strcmp(argv[1], "names") == 0, control = strcmp(argv[1], "control") == 0;
	if (!names && !control)
		take_filters();
	for (size_t list = 0; list < sizeof(lists) / sizeof(lists[0]); list++)
		for (const struct entry *entry = lists[list]; entry->name != NULL; entry++) {
			if (names)
				printf("%s\n", entry->name);
			else if (control)
				attempt_in_child(entry);
			else if (strcmp(entry->name, argv[1]) == 0)
				attempt_one(entry);
		}
	return 0;
}
