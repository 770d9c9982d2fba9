// Reading requests off a connection and handing each on; answers nothing itself but what cannot be read.
#include <string.h>

#include "connection.h"
#include "control.h"
#include "parser.h"
#include "upload.h"

void http_begin(struct connection *connection) {
  parser_begin(connection->parser);
  connection->state = CONNECTION_IDLE;
}

static void dispatch(struct connection *connection) {
  connection->keep_alive = connection->request.keep_alive && !connection->gateway->stopping;
  if (request_is_api(&connection->request)) {
    connection->state = CONNECTION_WAITING;
    connection_set_deadline(connection, TIMEOUT_ANSWER_MS);
    control_request(connection->gateway->control, connection);
  } else {
    answer_file(connection);
  }
}

static bool body_admitted(const struct connection *connection) {
  unsigned bodies = 0;
  lws_start_foreach_dll(struct lws_dll2 *, item, lws_dll2_get_head(&connection->gateway->connections)) {
    const struct connection *other = lws_container_of(item, struct connection, list);
    if (other->state == CONNECTION_BODY && memcmp(&other->address, &connection->address, sizeof other->address) == 0) bodies++;
  } lws_end_foreach_dll(item);
  return bodies < LIMIT_BODIES_PER_ADDRESS;
}

/** Nothing of the body is read before controld wants it. */
static void offer_body(struct connection *connection) {
  connection->state = CONNECTION_OFFERED;
  connection->keep_alive = false; // until the body has been read
  connection_set_reading(connection, false);
  connection_set_deadline(connection, TIMEOUT_ANSWER_MS);
  control_request(connection->gateway->control, connection);
}

/** False: answered with a refusal. */
static bool begin_body(struct connection *connection) {
  static const struct refusal busy = {503, "gateway.busy", "Too many request bodies are being received from this address.", "retry-after: 1\r\n"};
  static const char proceed[] = "HTTP/1.1 100 Continue\r\n\r\n";
  if (!body_admitted(connection)) {
    answer_refuse(connection, &busy, true);
    return false;
  }
  connection->state = CONNECTION_BODY;
  connection_set_deadline(connection, TIMEOUT_BODY_MS);
  return !connection->request.expect_continue || connection_send(connection, proceed, sizeof proceed - 1);
}

static void refuse(struct connection *connection, const struct refusal *refusal) {
  control_cancel(connection->gateway->control, connection);
  upload_close(connection);
  answer_refuse(connection, refusal, true);
}

void http_receive(struct connection *connection, const char *bytes, size_t length) {
  if (connection->state == CONNECTION_IDLE) {
    connection->state = CONNECTION_HEAD;
    if (connection->served) connection_set_deadline(connection, TIMEOUT_HEAD_MS); // the first one's runs since the connection was accepted
  }
  bool more;
  do {
    struct refusal refusal;
    size_t used;
    enum parser_result result = parser_feed(connection->parser, bytes, length, &used, &refusal);
    bytes += used;
    length -= used;
    bool streamed = connection->request.streamed > 0;
    more = result == PARSER_HEAD && !streamed && begin_body(connection);
    if (result == PARSER_REFUSED) refuse(connection, &refusal);
    else if ((result == PARSER_DONE || (result == PARSER_HEAD && streamed)) && !buffer_append(&connection->input, bytes, length)) connection_abort(connection);
    else if (streamed && result == PARSER_HEAD) offer_body(connection);
    else if (streamed && connection->state == CONNECTION_UPLOADING) upload_advance(connection);
    else if (result == PARSER_DONE) dispatch(connection);
  } while (more);
}

void http_timeout(struct connection *connection) {
  answer_refuse(connection, &(struct refusal){408, "gateway.request-timeout", "The request did not arrive within 10 seconds.", NULL}, true);
}
