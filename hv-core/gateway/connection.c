// A connection's life: adopted after accept, served request by request, closed so that the client reads its last answer.
#include "connection.h"

#include <errno.h>
#include <netinet/tcp.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "control.h"
#include "log.h"
#include "parser.h"
#include "tls.h"
#include "tunnel.h"
#include "upload.h"

static void connection_release(struct connection *connection) {
  control_cancel(connection->gateway->control, connection);
  if (connection->tunnel != NULL) tunnel_close(connection);
  upload_close(connection);
  lws_sul_cancel(&connection->deadline);
  lws_dll2_remove(&connection->list);
  parser_free(connection->parser);
  buffer_free(&connection->request.body);
  buffer_free(&connection->input);
  buffer_free(&connection->output);
  free(connection);
}

static void deadline_over(lws_sorted_usec_list_t *timer) {
  struct connection *connection = lws_container_of(timer, struct connection, deadline);
  switch (connection->state) {
  case CONNECTION_HEAD:
  case CONNECTION_BODY:
    http_timeout(connection);
    break;
  case CONNECTION_UPLOADING:
    upload_timeout(connection);
    break;
  case CONNECTION_OFFERED:
  case CONNECTION_WAITING:
    control_cancel(connection->gateway->control, connection);
    answer_refuse(connection, &(struct refusal){504, "gateway.timeout", "There was no answer within 60 seconds.", NULL}, false);
    break;
  default:
    connection_abort(connection);
  }
}

void connection_set_deadline(struct connection *connection, int64_t milliseconds) {
  if (milliseconds <= 0) lws_sul_cancel(&connection->deadline);
  else lws_sul_schedule(connection->gateway->context, 0, &connection->deadline, deadline_over, milliseconds * LWS_US_PER_MS);
}

void connection_set_reading(struct connection *connection, bool on) {
  if (connection->reading == on || connection->wsi == NULL) return;
  connection->reading = on;
  lws_rx_flow_control(connection->wsi, on ? 1 : 0);
}

void connection_abort(struct connection *connection) {
  if (connection->dead) return;
  connection->dead = true;
  control_cancel(connection->gateway->control, connection);
  upload_close(connection);
  if (connection->wsi != NULL) gateway_close_later(connection->wsi);
}

static bool is_open_ended(const struct connection *connection) {
  return connection->state == CONNECTION_STREAMING || connection->state == CONNECTION_TUNNEL;
}

bool connection_send(struct connection *connection, const void *bytes, size_t length) {
  if (connection->dead) return false;
  if (length == 0) return true;
  bool was_empty = connection->output.length == 0;
  bool slow = is_open_ended(connection) && !connection->counted && connection->output.length + length > LIMIT_STREAM_QUEUE && !was_empty;
  if (slow || !buffer_append(&connection->output, bytes, length)) {
    log_write(LOG_NOTICE, "%s dropped: too much unsent", connection->remote);
    connection_abort(connection);
    return false;
  }
  if (was_empty && is_open_ended(connection)) connection_set_deadline(connection, TIMEOUT_SEND_MS);
  lws_callback_on_writable(connection->wsi);
  return true;
}

void connection_answered(struct connection *connection, bool reading_done) {
  if (!reading_done || connection->gateway->stopping) connection->keep_alive = false;
  buffer_free(&connection->request.body);
  connection->counted = false;
  connection->state = CONNECTION_SENDING;
  connection_set_deadline(connection, TIMEOUT_SEND_MS);
  lws_callback_on_writable(connection->wsi);
}

static void begin_discarding(struct connection *connection) {
  connection->state = CONNECTION_DISCARDING;
  buffer_free(&connection->input);
  connection_set_deadline(connection, TIMEOUT_DISCARD_MS);
  SSL_shutdown(lws_get_ssl(connection->wsi)); // sends close_notify; the client closes on it
  ERR_clear_error();
  connection_set_reading(connection, true);
}

static void next_request(struct connection *connection) {
  connection->served = true;
  if (!connection->keep_alive) {
    begin_discarding(connection);
    return;
  }
  http_begin(connection);
  connection_set_deadline(connection, TIMEOUT_IDLE_MS);
  struct buffer pipelined = connection->input;
  connection->input = (struct buffer){0};
  if (pipelined.length > 0) http_receive(connection, (const char *)buffer_bytes(&pipelined), pipelined.length);
  buffer_free(&pipelined);
  if (connection->input.length == 0) connection_set_reading(connection, true);
}

static void received(struct connection *connection, const unsigned char *bytes, size_t length) {
  switch (connection->state) {
  case CONNECTION_IDLE:
  case CONNECTION_HEAD:
  case CONNECTION_BODY:
  case CONNECTION_UPLOADING:
    http_receive(connection, (const char *)bytes, length);
    break;
  case CONNECTION_TUNNEL:
    tunnel_receive(connection, bytes, length);
    break;
  case CONNECTION_DISCARDING:
    connection->discarded += length;
    if (connection->discarded > LIMIT_DISCARD_BYTES) connection_abort(connection);
    break;
  default: // the next request while one is answered: kept until then, and no more is read
    if (!buffer_append(&connection->input, bytes, length)) connection_abort(connection);
    connection_set_reading(connection, false);
  }
}

/** One write, as the library wants it; it keeps what the kernel does not take at once. */
static int send_some(struct connection *connection) {
  struct lws *wsi = connection->wsi;
  if (lws_partial_buffered(wsi)) {
    lws_callback_on_writable(wsi);
    return 0;
  }
  bool progress = true;
  if (connection->output.length > 0) {
    size_t length = connection->output.length < LIMIT_READ_BYTES ? connection->output.length : LIMIT_READ_BYTES;
    if (lws_write(wsi, buffer_bytes(&connection->output), length, LWS_WRITE_RAW) < 0) return -1;
    buffer_consume(&connection->output, length);
  } else if (connection->file_left > 0) {
    size_t length = connection->file_left < LIMIT_READ_BYTES ? connection->file_left : LIMIT_READ_BYTES;
    if (lws_write(wsi, (unsigned char *)(uintptr_t)connection->file, length, LWS_WRITE_RAW) < 0) return -1; // raw writes leave the bytes alone
    connection->file += length;
    connection->file_left -= length;
  } else {
    progress = false;
  }
  bool more = connection->output.length > 0 || connection->file_left > 0 || lws_partial_buffered(wsi);
  if (more) {
    if (progress && (connection->state == CONNECTION_SENDING || is_open_ended(connection))) connection_set_deadline(connection, TIMEOUT_SEND_MS);
    lws_callback_on_writable(wsi);
  } else if (connection->state == CONNECTION_SENDING) {
    next_request(connection);
  } else if (is_open_ended(connection)) {
    connection_set_deadline(connection, 0);
    if (connection->state == CONNECTION_TUNNEL) tunnel_drained(connection);
  }
  return 0;
}

int connection_callback(struct lws *wsi, enum lws_callback_reasons reason, void *user, void *in, size_t length) {
  if (reason == LWS_CALLBACK_OPENSSL_LOAD_EXTRA_SERVER_VERIFY_CERTS) return tls_configure(gateway_of(wsi), user);
  struct connection *connection = reason == LWS_CALLBACK_RAW_ADOPT || reason == LWS_CALLBACK_RAW_RX || reason == LWS_CALLBACK_RAW_WRITEABLE || reason == LWS_CALLBACK_RAW_CLOSE
                                    ? lws_get_opaque_user_data(wsi)
                                    : NULL;
  if (connection == NULL) return 0;
  switch (reason) {
  case LWS_CALLBACK_RAW_ADOPT:
    connection->wsi = wsi;
    connection_set_deadline(connection, TIMEOUT_HEAD_MS);
    break;
  case LWS_CALLBACK_RAW_RX:
    if (connection->dead) return -1;
    lws_set_timeout(wsi, NO_PENDING_TIMEOUT, 0); // the library's own, for the handshake; the deadlines from here on are ours
    received(connection, in, length);
    break;
  case LWS_CALLBACK_RAW_WRITEABLE:
    if (connection->dead) return -1;
    return send_some(connection);
  case LWS_CALLBACK_RAW_CLOSE:
    connection->wsi = NULL;
    connection_release(connection);
    break;
  default:
    break;
  }
  return 0;
}

void connection_open(struct gateway *gateway, int fd, const struct in6_addr *address, const char *remote) {
  struct connection *connection = calloc(1, sizeof *connection);
  struct parser *parser = connection != NULL ? parser_create(&connection->request) : NULL;
  if (parser == NULL) {
    close(fd);
    free(connection);
    return;
  }
  // A peer that has silently gone is noticed within a minute.
  int on = 1, quiet_s = 30, probe_s = 10, patience_ms = 60 * 1000;
  setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  setsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, &on, sizeof on);
  setsockopt(fd, IPPROTO_TCP, TCP_KEEPIDLE, &quiet_s, sizeof quiet_s);
  setsockopt(fd, IPPROTO_TCP, TCP_KEEPINTVL, &probe_s, sizeof probe_s);
  setsockopt(fd, IPPROTO_TCP, TCP_USER_TIMEOUT, &patience_ms, sizeof patience_ms);
  connection->gateway = gateway;
  connection->parser = parser;
  connection->address = *address;
  connection->reading = true;
  strncpy(connection->remote, remote, sizeof connection->remote - 1);
  struct timespec now;
  clock_gettime(CLOCK_BOOTTIME, &now);
  connection->connected_ms = (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
  connection->output.budget = &gateway->answers;
  connection->request.body.budget = &gateway->bodies;
  http_begin(connection);
  lws_dll2_add_tail(&connection->list, &gateway->connections);
  lws_adopt_desc_t adoption = {.vh = gateway->network, .type = LWS_ADOPT_SOCKET | LWS_ADOPT_ALLOW_SSL, .fd.sockfd = fd, .vh_prot_name = "connection", .opaque = connection};
  if (lws_adopt_descriptor_vhost_via_info(&adoption) != NULL) return;
  // The library has closed the descriptor; whether it called back about that depends on how far it came.
  lws_start_foreach_dll(struct lws_dll2 *, item, lws_dll2_get_head(&gateway->connections)) {
    if (item == &connection->list) {
      connection_release(connection);
      return;
    }
  } lws_end_foreach_dll(item);
}

void connection_stop(struct connection *connection) {
  connection->keep_alive = false;
  if (connection->state != CONNECTION_WAITING && connection->state != CONNECTION_SENDING && connection->state != CONNECTION_DISCARDING) connection_abort(connection);
}
