/* Prints the core-scheduling cookie of every thread of the processes named: PID THREAD COOKIE, or the errno in its place; 0 is none. */
#define _GNU_SOURCE
#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>

static void print_thread(const char *pid, const char *thread)
{
	unsigned long cookie = 0;
	if (prctl(PR_SCHED_CORE, PR_SCHED_CORE_GET, atoi(thread), PR_SCHED_CORE_SCOPE_THREAD, &cookie) == 0)
		printf("%s %s %lx\n", pid, thread, cookie);
	else
		printf("%s %s %s\n", pid, thread, strerrorname_np(errno));
}

/* Usage: cookies PID… */
int main(int argc, char **argv)
{
	for (int i = 1; i < argc; i++) {
		char path[64];
		snprintf(path, sizeof(path), "/proc/%s/task", argv[i]);
		DIR *threads = opendir(path);
		if (threads == NULL)
			return 1;
		for (struct dirent *entry = readdir(threads); entry != NULL; entry = readdir(threads))
			if (isdigit((unsigned char)entry->d_name[0]))
				print_thread(argv[i], entry->d_name);
		closedir(threads);
	}
	return 0;
}
