// Finds the peer's addresses and connects to the first that answers. The resolver's configuration is read here, before the sandbox.
#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "dial.h"

/** Owned by the caller; -1 with `errno`. */
static int try_address(const struct addrinfo *address) {
  int fd = socket(address->ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (fd < 0) return -1;
  int error = 0;
  if (connect(fd, address->ai_addr, address->ai_addrlen) < 0) {
    socklen_t length = sizeof error;
    error = errno;
    struct pollfd waiting = {.fd = fd, .events = POLLOUT};
    if (error == EINPROGRESS) {
      if (poll(&waiting, 1, CONNECT_TIMEOUT_MS) <= 0) error = ETIMEDOUT;
      else if (getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &length) < 0) error = errno;
    }
  }
  if (error == 0) return fd;
  close(fd);
  errno = error;
  return -1;
}

/** A peer that has gone without a word is noticed, whether something is on its way to it or not. */
static void watch_peer(int fd) {
  int yes = 1, idle_s = 30, interval_s = 10, probes = 3, silent_ms = SILENT_PEER_MS;
  setsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, &yes, sizeof yes);
  setsockopt(fd, IPPROTO_TCP, TCP_KEEPIDLE, &idle_s, sizeof idle_s);
  setsockopt(fd, IPPROTO_TCP, TCP_KEEPINTVL, &interval_s, sizeof interval_s);
  setsockopt(fd, IPPROTO_TCP, TCP_KEEPCNT, &probes, sizeof probes);
  setsockopt(fd, IPPROTO_TCP, TCP_USER_TIMEOUT, &silent_ms, sizeof silent_ms);
}

int connect_to(const struct target *target) {
  const struct addrinfo wanted = {.ai_family = AF_UNSPEC, .ai_socktype = SOCK_STREAM, .ai_flags = AI_NUMERICSERV};
  struct addrinfo *addresses = NULL;
  int result = getaddrinfo(target->host, target->port, &wanted, &addresses);
  if (result != 0) {
    fail("resolve", "%s: %s", target->host, gai_strerror(result));
    return -1;
  }
  int fd = -1, error = 0;
  for (const struct addrinfo *each = addresses; each != NULL && fd < 0; each = each->ai_next) {
    fd = try_address(each);
    if (fd < 0) error = errno;
  }
  freeaddrinfo(addresses);
  if (fd < 0) fail("connect", "%s port %s: %s", target->host, target->port, strerror(error));
  else watch_peer(fd);
  return fd;
}
