// Accepting: the limits on connections in all and by address stand here, before a byte of TLS is read.
#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#include "connection.h"
#include "log.h"

enum { ACCEPTS_PER_TURN = 16 };

static void accept_again(lws_sorted_usec_list_t *timer) {
  struct gateway *gateway = lws_container_of(timer, struct gateway, accept_pause);
  if (gateway->listener != NULL) lws_rx_flow_control(gateway->listener, 1);
}

/** The address that connections are counted by, and how the peer is named to controld. */
static bool describe(const struct sockaddr_storage *peer, struct in6_addr *address, char *remote, size_t size) {
  char text[INET6_ADDRSTRLEN];
  memset(address, 0, sizeof *address);
  if (peer->ss_family == AF_INET) {
    const struct sockaddr_in *v4 = (const struct sockaddr_in *)peer;
    address->s6_addr[10] = address->s6_addr[11] = 0xff;
    memcpy(address->s6_addr + 12, &v4->sin_addr, 4);
    snprintf(remote, size, "%s:%u", inet_ntop(AF_INET, &v4->sin_addr, text, sizeof text), ntohs(v4->sin_port));
    return true;
  }
  if (peer->ss_family != AF_INET6) return false;
  const struct sockaddr_in6 *v6 = (const struct sockaddr_in6 *)peer;
  if (IN6_IS_ADDR_V4MAPPED(&v6->sin6_addr)) {
    *address = v6->sin6_addr;
    snprintf(remote, size, "%s:%u", inet_ntop(AF_INET, v6->sin6_addr.s6_addr + 12, text, sizeof text), ntohs(v6->sin6_port));
    return true;
  }
  memcpy(address, &v6->sin6_addr, 8); // one customer has at least a /64
  snprintf(remote, size, "[%s]:%u", inet_ntop(AF_INET6, &v6->sin6_addr, text, sizeof text), ntohs(v6->sin6_port));
  return true;
}

/** Whether a connection from `address` finds a place; when all are taken, that of the one waiting for a request whose time is over first. */
static bool admitted(struct gateway *gateway, const struct in6_addr *address) {
  unsigned all = 0, same = 0;
  struct connection *idle = NULL;
  lws_start_foreach_dll(struct lws_dll2 *, item, lws_dll2_get_head(&gateway->connections)) {
    struct connection *connection = lws_container_of(item, struct connection, list);
    bool alive = !connection->dead; // others are closed at the next turn
    if (alive) all++;
    if (alive && memcmp(&connection->address, address, sizeof *address) == 0) same++;
    if (alive && connection->state == CONNECTION_IDLE && (idle == NULL || connection->deadline.us < idle->deadline.us)) idle = connection;
  } lws_end_foreach_dll(item);
  if (same >= LIMIT_CONNECTIONS_PER_ADDRESS) return false;
  if (all < LIMIT_CONNECTIONS) return true;
  if (idle != NULL) connection_abort(idle);
  return idle != NULL;
}

static void accept_some(struct gateway *gateway, int listener) {
  for (int i = 0; i < ACCEPTS_PER_TURN; i++) {
    struct sockaddr_storage peer;
    socklen_t length = sizeof peer;
    int fd = accept4(listener, (struct sockaddr *)&peer, &length, SOCK_CLOEXEC | SOCK_NONBLOCK);
    if (fd < 0) {
      if (errno == ECONNABORTED || errno == EINTR) continue;
      if (errno != EAGAIN) {
        log_write(LOG_WARNING, "accept: %s", strerror(errno));
        lws_rx_flow_control(gateway->listener, 0);
        lws_sul_schedule(gateway->context, 0, &gateway->accept_pause, accept_again, ACCEPT_PAUSE_MS * LWS_US_PER_MS);
      }
      return;
    }
    struct in6_addr address;
    char remote[64];
    if (describe(&peer, &address, remote, sizeof remote) && admitted(gateway, &address)) connection_open(gateway, fd, &address, remote);
    else close(fd);
  }
}

int listen_callback(struct lws *wsi, enum lws_callback_reasons reason, void *user, void *in, size_t length) {
  (void)user, (void)in, (void)length;
  struct gateway *gateway = gateway_of(wsi);
  if (reason == LWS_CALLBACK_RAW_RX_FILE) accept_some(gateway, lws_get_socket_fd(wsi));
  if (reason == LWS_CALLBACK_RAW_CLOSE_FILE) gateway->listener = NULL;
  return 0;
}
