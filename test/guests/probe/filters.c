/* Writes the seccomp filters of a running process to standard output, each as its length in instructions and the instructions, and goes: the process is stopped for that long. */
#define _GNU_SOURCE
#include <errno.h>
#include <linux/filter.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/types.h>
#include <sys/wait.h>

/* @source ptrace(2), PTRACE_SECCOMP_GET_FILTER */
#define GET_FILTER 0x420c

static void fail(const char *what)
{
	fprintf(stderr, "filters: %s: %s\n", what, strerror(errno));
	exit(1);
}

/* Usage: filters PID >FILE */
int main(int argc, char **argv)
{
	pid_t pid = argc == 2 ? atoi(argv[1]) : 0;
	if (pid <= 0)
		return 64;
	if (ptrace(PTRACE_SEIZE, pid, 0, 0) != 0 || ptrace(PTRACE_INTERRUPT, pid, 0, 0) != 0 || waitpid(pid, NULL, __WALL) != pid)
		fail("attach");
	unsigned count = 0;
	for (long length; (length = ptrace(GET_FILTER, pid, (void *)(unsigned long)count, NULL)) > 0; count++) {
		struct sock_filter *code = calloc((size_t)length, sizeof(*code));
		unsigned instructions = (unsigned)length;
		if (code == NULL || ptrace(GET_FILTER, pid, (void *)(unsigned long)count, code) != length)
			fail("filter");
		fwrite(&instructions, sizeof(instructions), 1, stdout);
		fwrite(code, sizeof(*code), instructions, stdout);
		free(code);
	}
	if (errno != ENOENT)
		fail("filter");
	ptrace(PTRACE_DETACH, pid, 0, 0);
	return fflush(stdout) == 0 && count > 0 ? 0 : 1;
}
