// Descriptors that have come over a socket and wait for the frame they belong to.
#ifndef CORBEL_GATEWAY_DESCRIPTORS_H
#define CORBEL_GATEWAY_DESCRIPTORS_H

#include <stdbool.h>
#include <sys/socket.h>

enum { DESCRIPTORS_AT_ONCE = 4 };

struct descriptors {
  int fds[DESCRIPTORS_AT_ONCE];
  unsigned count;
};

/** Takes those of a received message. False, the surplus closed, when there are too many. */
bool descriptors_receive(struct descriptors *descriptors, struct msghdr *message);
/** The oldest, the caller's from now on; -1 when there is none. */
int descriptors_take(struct descriptors *descriptors);
void descriptors_close(struct descriptors *descriptors);

#endif
