// One read or write on a stream descriptor. Knows no loop and no script.
#include "socket_io.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

union control {
    struct cmsghdr header;
    char space[CMSG_SPACE(PASSED_FDS_MAX * sizeof(int))];
};

void io_close_all(const int *fds, int count) {
    for (int i = 0; i < count; i++)
        close(fds[i]);
}

ssize_t io_receive(int fd, bool is_socket, void *bytes, size_t size, int fds[PASSED_FDS_MAX], int *fd_count) {
    *fd_count = 0;
    if (!is_socket)
        return read(fd, bytes, size);
    union control control;
    struct iovec part = {bytes, size};
    struct msghdr message = {.msg_iov = &part, .msg_iovlen = 1, .msg_control = &control, .msg_controllen = sizeof control};
    ssize_t count = recvmsg(fd, &message, MSG_CMSG_CLOEXEC | MSG_DONTWAIT);
    if (count < 0)
        return -1;
    for (struct cmsghdr *c = CMSG_FIRSTHDR(&message); c; c = CMSG_NXTHDR(&message, c)) {
        if (c->cmsg_level != SOL_SOCKET || c->cmsg_type != SCM_RIGHTS)
            continue;
        int came = (int)((c->cmsg_len - CMSG_LEN(0)) / sizeof(int));
        memcpy(fds + *fd_count, CMSG_DATA(c), (size_t)came * sizeof(int));
        *fd_count += came;
    }
    if (message.msg_flags & MSG_CTRUNC) {
        io_close_all(fds, *fd_count);
        *fd_count = 0;
        errno = EMSGSIZE;
        return -1;
    }
    return count;
}

ssize_t io_send(int fd, bool is_socket, const void *bytes, size_t length, const int *fds, int fd_count) {
    if (!is_socket)
        return write(fd, bytes, length);
    union control control;
    struct iovec part = {(void *)bytes, length};
    struct msghdr message = {.msg_iov = &part, .msg_iovlen = 1};
    if (fd_count > 0) {
        memset(&control, 0, sizeof control);
        message.msg_control = &control;
        message.msg_controllen = CMSG_SPACE((size_t)fd_count * sizeof(int));
        struct cmsghdr *c = CMSG_FIRSTHDR(&message);
        c->cmsg_level = SOL_SOCKET;
        c->cmsg_type = SCM_RIGHTS;
        c->cmsg_len = CMSG_LEN((size_t)fd_count * sizeof(int));
        memcpy(CMSG_DATA(c), fds, (size_t)fd_count * sizeof(int));
    }
    return sendmsg(fd, &message, MSG_NOSIGNAL | MSG_DONTWAIT);
}
