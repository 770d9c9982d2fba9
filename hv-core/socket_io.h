// One read or write on a stream descriptor, with descriptors passed along where it is a unix socket.
#ifndef HV_SOCKET_IO_H
#define HV_SOCKET_IO_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#define PASSED_FDS_MAX 16

/** Bytes read, 0 at the end, -1 with errno. `fds` are close-on-exec and the caller's. EMSGSIZE when more than PASSED_FDS_MAX came. */
ssize_t io_receive(int fd, bool is_socket, void *bytes, size_t size, int fds[PASSED_FDS_MAX], int *fd_count);
/** Bytes sent or -1 with errno; never SIGPIPE, never waits. The descriptors go with the first byte. */
ssize_t io_send(int fd, bool is_socket, const void *bytes, size_t length, const int *fds, int fd_count);
void io_close_all(const int *fds, int count);

#endif
