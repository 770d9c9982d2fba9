// Receiving descriptors by SCM_RIGHTS; closes all that nobody takes. @source unix(7)
#include "descriptors.h"

#include <string.h>
#include <unistd.h>

bool descriptors_receive(struct descriptors *descriptors, struct msghdr *message) {
  bool ok = (message->msg_flags & MSG_CTRUNC) == 0;
  for (struct cmsghdr *part = CMSG_FIRSTHDR(message); part != NULL; part = CMSG_NXTHDR(message, part)) {
    if (part->cmsg_level != SOL_SOCKET || part->cmsg_type != SCM_RIGHTS) continue;
    size_t count = (part->cmsg_len - CMSG_LEN(0)) / sizeof(int);
    for (size_t i = 0; i < count; i++) {
      int fd;
      memcpy(&fd, CMSG_DATA(part) + i * sizeof fd, sizeof fd);
      if (descriptors->count < DESCRIPTORS_AT_ONCE) descriptors->fds[descriptors->count++] = fd;
      else {
        close(fd);
        ok = false;
      }
    }
  }
  return ok;
}

int descriptors_take(struct descriptors *descriptors) {
  if (descriptors->count == 0) return -1;
  int fd = descriptors->fds[0];
  descriptors->count--;
  memmove(descriptors->fds, descriptors->fds + 1, descriptors->count * sizeof fd);
  return fd;
}

void descriptors_close(struct descriptors *descriptors) {
  while (descriptors->count > 0) close(descriptors->fds[--descriptors->count]);
}
