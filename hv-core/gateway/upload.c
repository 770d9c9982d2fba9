// Streams request bodies: the parser's latest piece waits in the request's buffer, and while it does nothing more is read from the client.
#include "upload.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/socket.h>

#include "connection.h"
#include "control.h"

struct upload {
  struct connection *connection; // null once that is done with it
  struct lws *sink;              // null once the other end has been closed
};

static const struct refusal busy = {503, "gateway.busy", "Too many bodies are being streamed.", "retry-after: 1\r\n"};

void upload_open(struct connection *connection, int fd) {
  static const char proceed[] = "HTTP/1.1 100 Continue\r\n\r\n";
  struct gateway *gateway = connection->gateway;
  struct upload *upload = gateway->uploads < LIMIT_UPLOADS ? calloc(1, sizeof *upload) : NULL;
  if (upload != NULL) upload->sink = gateway_watch(gateway, fd, "upload", upload);
  if (upload == NULL || upload->sink == NULL) {
    close(fd);
    free(upload);
    control_cancel(gateway->control, connection);
    answer_refuse(connection, &busy, true);
    return;
  }
  gateway->uploads++;
  upload->connection = connection;
  connection->upload = upload;
  connection->state = CONNECTION_UPLOADING;
  connection_set_deadline(connection, TIMEOUT_UPLOAD_MS);
  if (connection->request.expect_continue && !connection_send(connection, proceed, sizeof proceed - 1)) return;
  struct buffer early = connection->input; // sent without waiting for a word from here
  connection->input = (struct buffer){0};
  if (early.length > 0) http_receive(connection, (const char *)buffer_bytes(&early), early.length);
  else connection_set_reading(connection, true);
  buffer_free(&early);
}

/** The reader is done before the sender is: controld's answer, which says why, is all that is still waited for. */
static void sink_lost(struct upload *upload) {
  upload->sink = NULL;
  if (upload->connection == NULL) return;
  buffer_free(&upload->connection->request.body);
  connection_set_reading(upload->connection, false);
  connection_set_deadline(upload->connection, TIMEOUT_ANSWER_MS);
}

void upload_advance(struct connection *connection) {
  struct upload *upload = connection->upload;
  struct buffer *body = &connection->request.body;
  if (upload->sink == NULL) {
    buffer_free(body);
    return;
  }
  while (body->length > 0) {
    ssize_t sent = send(lws_get_socket_fd(upload->sink), buffer_bytes(body), body->length, MSG_NOSIGNAL | MSG_DONTWAIT);
    if (sent < 0 && errno == EINTR) continue;
    if (sent < 0) break; // full; or broken, which is noticed by reading
    buffer_consume(body, (size_t)sent);
    connection_set_deadline(connection, TIMEOUT_UPLOAD_MS);
  }
  if (body->length > 0) {
    connection_set_reading(connection, false);
    lws_callback_on_writable(upload->sink);
  } else if (connection->request.complete) {
    upload_close(connection);
    connection->keep_alive = connection->request.keep_alive && !connection->gateway->stopping;
    connection->state = CONNECTION_WAITING;
    connection_set_deadline(connection, TIMEOUT_ANSWER_MS);
  } else {
    connection_set_reading(connection, true);
  }
}

void upload_close(struct connection *connection) {
  struct upload *upload = connection->upload;
  if (upload == NULL) return;
  connection->upload = NULL;
  connection->gateway->uploads--;
  upload->connection = NULL;
  if (upload->sink == NULL) free(upload);
  else gateway_close_later(upload->sink);
}

void upload_timeout(struct connection *connection) {
  static const struct refusal quiet = {408, "gateway.request-timeout", "Nothing more of the body came for 60 seconds.", NULL};
  static const struct refusal stuck = {504, "gateway.timeout", "Nothing was taken for 60 seconds, or there was no answer.", NULL};
  bool waiting_for_client = connection->upload->sink != NULL && connection->request.body.length == 0;
  control_cancel(connection->gateway->control, connection);
  upload_close(connection);
  answer_refuse(connection, waiting_for_client ? &quiet : &stuck, true);
}

int upload_callback(struct lws *wsi, enum lws_callback_reasons reason, void *user, void *in, size_t length) {
  (void)user, (void)in, (void)length;
  if (reason != LWS_CALLBACK_RAW_RX_FILE && reason != LWS_CALLBACK_RAW_WRITEABLE_FILE && reason != LWS_CALLBACK_RAW_CLOSE_FILE) return 0;
  struct upload *upload = lws_get_opaque_user_data(wsi);
  if (reason == LWS_CALLBACK_RAW_CLOSE_FILE) {
    bool free_it = upload->connection == NULL;
    sink_lost(upload);
    if (free_it) free(upload);
    return 0;
  }
  if (upload->connection == NULL || reason == LWS_CALLBACK_RAW_RX_FILE) return -1; // nothing is ever said by the other end, so it is its end
  upload_advance(upload->connection);
  return 0;
}
