// llhttp's callbacks and what they refuse; knows no connections.
#include "parser.h"

#include <llhttp.h>
#include <stdlib.h>
#include <string.h>

struct parser {
  llhttp_t http;
  struct request *request;
  struct refusal refusal;
  bool paused;
};

static int stop_with(struct parser *parser, int status, const char *code, const char *detail, const char *headers) {
  parser->refusal = (struct refusal){status, code, detail, headers};
  return -1;
}

static int head_too_large(struct parser *parser) {
  return stop_with(parser, 431, "gateway.head-too-large", "The request line and header fields exceed 8 KiB.", NULL);
}

static int on_url(llhttp_t *http, const char *at, size_t length) {
  struct parser *parser = http->data;
  return request_add_target(parser->request, at, length) ? 0 : head_too_large(parser);
}

static int on_header_field(llhttp_t *http, const char *at, size_t length) {
  struct parser *parser = http->data;
  return request_add_name(parser->request, at, length) ? 0 : head_too_large(parser);
}

static int on_header_field_complete(llhttp_t *http) {
  struct parser *parser = http->data;
  return request_begin_value(parser->request, &parser->refusal) ? 0 : -1;
}

static int on_header_value(llhttp_t *http, const char *at, size_t length) {
  struct parser *parser = http->data;
  return request_add_value(parser->request, at, length) ? 0 : head_too_large(parser);
}

static int on_header_value_complete(llhttp_t *http) {
  struct parser *parser = http->data;
  request_end_value(parser->request);
  return 0;
}

static bool method_served(uint8_t method) {
  return method == HTTP_GET || method == HTTP_HEAD || method == HTTP_POST || method == HTTP_PUT || method == HTTP_PATCH || method == HTTP_DELETE;
}

static int body_too_large(struct parser *parser) {
  return stop_with(parser, 413, "gateway.body-too-large", "The request body exceeds 1 MiB.", NULL);
}

static int on_headers_complete(llhttp_t *http) {
  struct parser *parser = http->data;
  struct request *request = parser->request;
  uint8_t method = llhttp_get_method(http);
  if (llhttp_get_http_major(http) != 1) return stop_with(parser, 505, "gateway.http-version", "Only HTTP/1.1 and 1.0 are spoken.", NULL);
  if (!method_served(method)) {
    return stop_with(parser, 405, "gateway.method-not-allowed", "The method is served on no resource.", "allow: GET, HEAD, POST, PUT, PATCH, DELETE\r\n");
  }
  request->method = llhttp_method_name((llhttp_method_t)method);
  request->head_only = method == HTTP_HEAD;
  request->http11 = llhttp_get_http_minor(http) >= 1;
  if (!request_check(request, llhttp_get_upgrade(http) != 0, &parser->refusal)) return -1;
  http->upgrade = 0; // the switch is made on controld's word, not the parser's
  bool counted = (http->flags & F_CONTENT_LENGTH) != 0, chunked = (http->flags & F_CHUNKED) != 0;
  if (request_streams(request)) {
    if (chunked) return stop_with(parser, 411, "gateway.length-required", "A file is sent with Content-Length.", NULL);
    request->streamed = counted ? http->content_length : 0;
  }
  if (counted && http->content_length > LIMIT_BODY_BYTES && request->streamed == 0) return body_too_large(parser);
  request->head_done = true;
  if ((!counted || http->content_length == 0) && !chunked) return 0;
  if (request->websocket) return stop_with(parser, 400, "gateway.bad-request", "A WebSocket handshake has no body.", NULL);
  return HPE_PAUSED;
}

static int on_body(llhttp_t *http, const char *at, size_t length) {
  struct parser *parser = http->data;
  struct buffer *body = &parser->request->body;
  if (length > LIMIT_BODY_BYTES - body->length) return body_too_large(parser);
  if (buffer_append(body, at, length)) return 0;
  return stop_with(parser, 503, "gateway.busy", "Too much is being sent and received at the moment.", "retry-after: 1\r\n");
}

static int on_message_complete(llhttp_t *http) {
  struct parser *parser = http->data;
  parser->request->keep_alive = llhttp_should_keep_alive(http) != 0;
  parser->request->complete = true;
  return HPE_PAUSED;
}

static const llhttp_settings_t settings = {
  .on_url = on_url,
  .on_header_field = on_header_field,
  .on_header_field_complete = on_header_field_complete,
  .on_header_value = on_header_value,
  .on_header_value_complete = on_header_value_complete,
  .on_headers_complete = on_headers_complete,
  .on_body = on_body,
  .on_message_complete = on_message_complete,
};

struct parser *parser_create(struct request *request) {
  struct parser *parser = calloc(1, sizeof *parser);
  if (parser == NULL) return NULL;
  parser->request = request;
  parser_begin(parser);
  return parser;
}

void parser_free(struct parser *parser) {
  free(parser);
}

void parser_begin(struct parser *parser) {
  request_reset(parser->request);
  parser->refusal = (struct refusal){0};
  parser->paused = false;
  llhttp_init(&parser->http, HTTP_REQUEST, &settings);
  parser->http.data = parser;
}

enum parser_result parser_feed(struct parser *parser, const char *bytes, size_t length, size_t *used, struct refusal *refusal) {
  if (parser->paused) llhttp_resume(&parser->http);
  llhttp_errno_t error = llhttp_execute(&parser->http, bytes, length);
  *used = length;
  parser->paused = error == HPE_PAUSED;
  if (error == HPE_OK) return PARSER_MORE;
  if (error == HPE_PAUSED) {
    *used = (size_t)(llhttp_get_error_pos(&parser->http) - bytes);
    return parser->request->complete ? PARSER_DONE : PARSER_HEAD;
  }
  *refusal = parser->refusal;
  if (refusal->status == 0) *refusal = (struct refusal){400, "gateway.bad-request", "This is not a well-formed HTTP/1.1 request.", NULL};
  if (error == HPE_INVALID_METHOD) *refusal = (struct refusal){501, "gateway.method-unknown", "The method is not known.", NULL};
  if (error == HPE_INVALID_VERSION && llhttp_get_http_major(&parser->http) != 1) *refusal = (struct refusal){505, "gateway.http-version", "Only HTTP/1.1 and 1.0 are spoken.", NULL};
  return PARSER_REFUSED;
}
