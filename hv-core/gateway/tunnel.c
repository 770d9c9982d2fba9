// Bytes between a TLS connection and one end of a socket pair. At its other end the library speaks WebSocket: it answers the
// handshake at once, so it gets to see it only when controld has agreed, and a refusal is an ordinary HTTP answer.
#include "tunnel.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/socket.h>

struct tunnel {
  struct connection *connection; // null once that is gone
  struct lws *pair;              // our end of the socket pair
  struct buffer inward;          // from the client, not yet taken by the pair
};

/** The handshake as checked, and nothing else of what the client sent. The library goes to the virtual host that Host names. */
static bool write_handshake(const struct request *request, struct buffer *out) {
  struct span key = request->headers[HEADER_WEBSOCKET_KEY];
  bool ok = buffer_text(out, "GET / HTTP/1.1\r\nHost: websocket\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: ");
  ok = ok && buffer_append(out, request->text + key.start, key.length) && buffer_text(out, "\r\n");
  if (request->websocket_protocol) ok = ok && buffer_text(out, "Sec-WebSocket-Protocol: corbel.serial\r\n");
  return ok && buffer_text(out, "\r\n");
}

void tunnel_open(struct connection *connection, int fd) {
  static const struct refusal busy = {503, "gateway.busy", "Too many WebSockets are open.", "retry-after: 1\r\n"};
  struct gateway *gateway = connection->gateway;
  struct tunnel *tunnel = calloc(1, sizeof *tunnel);
  int pair[2] = {-1, -1};
  if (tunnel == NULL || gateway->websockets >= LIMIT_WEBSOCKETS || socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, pair) < 0) {
    close(fd);
    free(tunnel);
    answer_refuse(connection, &busy, false);
    return;
  }
  tunnel->pair = gateway_watch(gateway, pair[0], "tunnel", tunnel);
  if (tunnel->pair == NULL) {
    close(pair[0]);
    close(pair[1]);
    close(fd);
    free(tunnel);
    answer_refuse(connection, &busy, false);
    return;
  }
  tunnel->connection = connection;
  connection->tunnel = tunnel;
  connection->state = CONNECTION_TUNNEL;
  connection_set_deadline(connection, 0);
  struct buffer handshake = {0};
  if (!websocket_open(gateway, pair[1], fd) || !write_handshake(&connection->request, &handshake)) {
    connection_abort(connection);
  } else {
    tunnel_receive(connection, buffer_bytes(&handshake), handshake.length);
    // What a client has sent without waiting for the answer.
    tunnel_receive(connection, buffer_bytes(&connection->input), connection->input.length);
    buffer_free(&connection->input);
  }
  buffer_free(&handshake);
}

/** False: the pair is broken, which is noticed, with what it still had to say, by reading. */
static bool flush_inward(struct tunnel *tunnel) {
  while (tunnel->inward.length > 0) {
    ssize_t sent = send(lws_get_socket_fd(tunnel->pair), buffer_bytes(&tunnel->inward), tunnel->inward.length, MSG_NOSIGNAL | MSG_DONTWAIT);
    if (sent < 0) return errno == EAGAIN || errno == EINTR;
    buffer_consume(&tunnel->inward, (size_t)sent);
  }
  return true;
}

void tunnel_receive(struct connection *connection, const void *bytes, size_t length) {
  struct tunnel *tunnel = connection->tunnel;
  if (tunnel->pair == NULL || length == 0) return;
  if (!buffer_append(&tunnel->inward, bytes, length)) {
    connection_abort(connection);
    return;
  }
  if (!flush_inward(tunnel)) buffer_free(&tunnel->inward);
  if (tunnel->inward.length > 0) lws_callback_on_writable(tunnel->pair);
  connection_set_reading(connection, tunnel->inward.length == 0);
}

void tunnel_drained(struct connection *connection) {
  if (connection->tunnel->pair != NULL) lws_rx_flow_control(connection->tunnel->pair, 1);
}

void tunnel_close(struct connection *connection) {
  struct tunnel *tunnel = connection->tunnel;
  connection->tunnel = NULL;
  tunnel->connection = NULL;
  if (tunnel->pair != NULL) {
    gateway_close_later(tunnel->pair);
    return;
  }
  buffer_free(&tunnel->inward);
  free(tunnel);
}

/** One read for the client. Negative: the pair has ended. */
static ssize_t copy_outward(struct tunnel *tunnel) {
  unsigned char bytes[LIMIT_READ_BYTES];
  ssize_t length = recv(lws_get_socket_fd(tunnel->pair), bytes, sizeof bytes, MSG_DONTWAIT);
  if (length < 0 && (errno == EAGAIN || errno == EINTR)) return 0;
  if (length <= 0) return -1;
  connection_send(tunnel->connection, bytes, (size_t)length);
  return length;
}

static void pair_closed(struct tunnel *tunnel) {
  struct connection *connection = tunnel->connection;
  if (connection != NULL) {
    for (size_t total = 0; total < LIMIT_LAST_WORDS;) {
      ssize_t length = copy_outward(tunnel);
      if (length <= 0) break;
      total += (size_t)length;
    }
    connection->tunnel = NULL;
    if (!connection->dead) connection_answered(connection, false);
  }
  buffer_free(&tunnel->inward);
  free(tunnel);
}

int tunnel_callback(struct lws *wsi, enum lws_callback_reasons reason, void *user, void *in, size_t length) {
  (void)user, (void)in, (void)length;
  if (reason != LWS_CALLBACK_RAW_RX_FILE && reason != LWS_CALLBACK_RAW_WRITEABLE_FILE && reason != LWS_CALLBACK_RAW_CLOSE_FILE) return 0;
  struct tunnel *tunnel = lws_get_opaque_user_data(wsi);
  if (reason == LWS_CALLBACK_RAW_CLOSE_FILE) {
    pair_closed(tunnel);
    return 0;
  }
  if (tunnel->connection == NULL) return -1;
  if (reason == LWS_CALLBACK_RAW_RX_FILE) {
    if (copy_outward(tunnel) < 0) return -1;
    if (tunnel->connection->output.length > LIMIT_TUNNEL_QUEUE) lws_rx_flow_control(wsi, 0);
    return 0;
  }
  if (!flush_inward(tunnel)) buffer_free(&tunnel->inward);
  if (tunnel->inward.length > 0) lws_callback_on_writable(wsi);
  else connection_set_reading(tunnel->connection, true);
  return 0;
}
