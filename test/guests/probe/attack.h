/* What an attack knows of the appliance around it, and how an attempt is written. */
#ifndef ATTACK_H
#define ATTACK_H

#include <stddef.h>
#include <sys/types.h>

struct target {
	pid_t pid; /* another VM's process, by the host's number */
	pid_t controld;
	const char *disk;    /* another VM's disk, by the host's path */
	const char *monitor; /* another VM's QMP socket */
	const char *cgroup;  /* another VM's cgroup */
	const char *own_cgroup;
	const char *self;    /* this program's own file */
};
extern struct target target;

/* 0 when it was done, else the errno that refused it. */
typedef int attempt(void);
struct entry {
	const char *name;
	attempt *act;
};
/* errno when `result` is -1, else 0. */
int outcome(long result);
/* The same, where these errnos show that whoever asked would have been served, had the question been a better one; ends with 0. */
int reached(long result, ...);

extern const struct entry files[], processes[], system_calls[];

#endif
