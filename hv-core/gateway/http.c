// Reading requests off a connection and handing each on; answers nothing itself but what cannot be read.
#include "connection.h"
#include "control.h"
#include "parser.h"

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

static void begin_body(struct connection *connection) {
  static const char proceed[] = "HTTP/1.1 100 Continue\r\n\r\n";
  connection->state = CONNECTION_BODY;
  connection_set_deadline(connection, TIMEOUT_BODY_MS);
  if (connection->request.expect_continue) connection_send(connection, proceed, sizeof proceed - 1);
}

void http_receive(struct connection *connection, const char *bytes, size_t length) {
  if (connection->state == CONNECTION_IDLE) {
    connection->state = CONNECTION_HEAD;
    if (connection->served) connection_set_deadline(connection, TIMEOUT_HEAD_MS); // the first one's runs since the connection was accepted
  }
  enum parser_result result;
  do {
    struct refusal refusal;
    size_t used;
    result = parser_feed(connection->parser, bytes, length, &used, &refusal);
    bytes += used;
    length -= used;
    if (result == PARSER_HEAD) begin_body(connection);
    else if (result == PARSER_REFUSED) answer_refuse(connection, &refusal, true);
    else if (result == PARSER_DONE) {
      if (buffer_append(&connection->input, bytes, length)) dispatch(connection);
      else connection_abort(connection);
    }
  } while (result == PARSER_HEAD && !connection->dead);
}

void http_timeout(struct connection *connection) {
  answer_refuse(connection, &(struct refusal){408, "gateway.request-timeout", "The request did not arrive within 10 seconds.", NULL}, true);
}
