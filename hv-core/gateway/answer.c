// Writing answers: the gateway's own problems and files, and those of controld; never waits for anything.
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "connection.h"
#include "control.h"
#include "json.h"
#include "static.h"

static const char *reason_phrase(int status) {
  static const struct {
    int status;
    const char *phrase;
  } phrases[] = {
    {200, "OK"}, {201, "Created"}, {202, "Accepted"}, {204, "No Content"}, {304, "Not Modified"},
    {400, "Bad Request"}, {401, "Unauthorized"}, {403, "Forbidden"}, {404, "Not Found"}, {405, "Method Not Allowed"},
    {406, "Not Acceptable"}, {408, "Request Timeout"}, {409, "Conflict"}, {411, "Length Required"}, {412, "Precondition Failed"}, {413, "Content Too Large"},
    {415, "Unsupported Media Type"}, {417, "Expectation Failed"}, {422, "Unprocessable Content"}, {426, "Upgrade Required"},
    {428, "Precondition Required"}, {429, "Too Many Requests"}, {431, "Request Header Fields Too Large"},
    {500, "Internal Server Error"}, {501, "Not Implemented"}, {502, "Bad Gateway"}, {503, "Service Unavailable"},
    {504, "Gateway Timeout"}, {505, "HTTP Version Not Supported"}, {507, "Insufficient Storage"},
  };
  for (size_t i = 0; i < sizeof phrases / sizeof phrases[0]; i++) {
    if (phrases[i].status == status) return phrases[i].phrase;
  }
  return "";
}

/** Status line and what every answer carries. */
static bool begin_head(const struct connection *connection, struct buffer *out, int status) {
  char date[64];
  time_t now = time(NULL);
  struct tm parts;
  gmtime_r(&now, &parts);
  strftime(date, sizeof date, "%a, %d %b %Y %H:%M:%S GMT", &parts);
  bool ok = buffer_format(out, "HTTP/1.1 %d %s\r\ndate: %s\r\n", status, reason_phrase(status), date);
  ok = ok && buffer_text(out, "strict-transport-security: max-age=31536000\r\nx-content-type-options: nosniff\r\n");
  if (!connection->keep_alive) ok = ok && buffer_text(out, "connection: close\r\n");
  else if (!connection->request.http11) ok = ok && buffer_text(out, "connection: keep-alive\r\n");
  return ok;
}

void answer_refuse(struct connection *connection, const struct refusal *refusal, bool close) {
  struct buffer head = {0}, body = {0};
  if (close) connection->keep_alive = false;
  bool ok = buffer_text(&body, "{\"type\":\"about:blank\",\"title\":");
  const char *title = reason_phrase(refusal->status);
  ok = ok && json_string(&body, title, strlen(title)) && buffer_format(&body, ",\"status\":%d,\"code\":\"%s\",\"detail\":", refusal->status, refusal->code);
  ok = ok && json_string(&body, refusal->detail, strlen(refusal->detail)) && buffer_text(&body, ",\"problems\":[]}");
  ok = ok && begin_head(connection, &head, refusal->status) && (refusal->headers == NULL || buffer_text(&head, refusal->headers));
  ok = ok && buffer_format(&head, "cache-control: no-store\r\ncontent-type: application/problem+json\r\ncontent-length: %zu\r\n\r\n", body.length);
  if (!ok) connection_abort(connection);
  else if (connection_send(connection, buffer_bytes(&head), head.length) && (connection->request.head_only || connection_send(connection, buffer_bytes(&body), body.length))) {
    connection_answered(connection, !close);
  }
  buffer_free(&head);
  buffer_free(&body);
}

void answer_file(struct connection *connection) {
  const struct request *request = &connection->request;
  const struct static_file *file = static_find(connection->gateway->files, request->text + request->path.start, request->path.length);
  if (file == NULL) {
    answer_refuse(connection, &(struct refusal){404, "gateway.not-found", "There is nothing at this path.", NULL}, false);
    return;
  }
  if (strcmp(request->method, "GET") != 0 && !request->head_only) {
    answer_refuse(connection, &(struct refusal){405, "gateway.method-not-allowed", "This is a file.", "allow: GET, HEAD\r\n"}, false);
    return;
  }
  struct buffer head = {0};
  bool ok = begin_head(connection, &head, 200);
  ok = ok && buffer_text(&head, "content-security-policy: default-src 'self'; object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'\r\n");
  ok = ok && buffer_text(&head, "referrer-policy: no-referrer\r\ncache-control: no-cache\r\n");
  ok = ok && buffer_format(&head, "content-type: %s\r\ncontent-length: %zu\r\n\r\n", file->type, file->length);
  if (!ok) connection_abort(connection);
  else if (connection_send(connection, buffer_bytes(&head), head.length)) {
    if (!request->head_only) {
      connection->file = file->bytes;
      connection->file_left = file->length;
    }
    connection_answered(connection, true);
  }
  buffer_free(&head);
}

/** What is read out of a RESPONSE's head. */
struct answer_head {
  int status;
  bool bad, cache_control, naming, counted;
  size_t length; // of a body that comes in pieces, if `counted`
  struct buffer headers; // as header lines
};

static bool header_name_valid(const char *name) {
  if (*name == '\0') return false;
  for (; *name != '\0'; name++) {
    if (!((*name >= 'a' && *name <= 'z') || (*name >= '0' && *name <= '9') || *name == '-')) return false;
  }
  return true;
}

/** Those that belong to this hop or are the gateway's to say. */
static bool header_is_ours(const char *name) {
  static const char *const ours[] = {"connection", "keep-alive", "transfer-encoding", "content-length", "upgrade", "server",
                                     "date", "te", "trailer", "strict-transport-security", "x-content-type-options"};
  for (size_t i = 0; i < sizeof ours / sizeof ours[0]; i++) {
    if (strcmp(name, ours[i]) == 0) return true;
  }
  return false;
}

static bool header_value_valid(const char *text, size_t length) {
  for (size_t i = 0; i < length; i++) {
    unsigned char c = (unsigned char)text[i];
    if ((c < 0x20 && c != '\t') || c == 0x7f) return false;
  }
  return true;
}

static const char *const answer_paths[] = {"status", "headers.*"};
enum { PATH_STATUS = 1, PATH_HEADER = 2 };

static signed char answer_member(struct lejp_ctx *json, char reason) {
  static const char prefix[] = "headers.";
  struct answer_head *head = json->user;
  if (json->path_match == PATH_STATUS) {
    if (reason == LEJPCB_VAL_NUM_INT) head->status = atoi(json->buf);
    else if ((reason & LEJP_FLAG_CB_IS_VALUE) != 0) head->bad = true;
    return head->bad ? -1 : 0;
  }
  if (json->path_match != PATH_HEADER || (reason & LEJP_FLAG_CB_IS_VALUE) == 0) return 0;
  const char *name = json->path + sizeof prefix - 1;
  if (strncmp(json->path, prefix, sizeof prefix - 1) != 0 || !header_name_valid(name)) head->bad = true;
  else if (reason != LEJPCB_VAL_STR_START && reason != LEJPCB_VAL_STR_CHUNK && reason != LEJPCB_VAL_STR_END) head->bad = true;
  else if (strcmp(name, "content-length") == 0) {
    head->counted = true;
    for (int i = 0; reason != LEJPCB_VAL_STR_START && i < json->npos; i++) {
      if (json->buf[i] < '0' || json->buf[i] > '9' || head->length > LIMIT_ANSWERS_BYTES) head->bad = true;
      else head->length = head->length * 10 + (size_t)(json->buf[i] - '0');
    }
  } else if (!header_is_ours(name)) {
    if (strcmp(name, "cache-control") == 0) head->cache_control = true;
    bool ok = true;
    if (!head->naming) ok = buffer_format(&head->headers, "%s: ", name);
    head->naming = true;
    if (reason != LEJPCB_VAL_STR_START) {
      ok = ok && header_value_valid(json->buf, json->npos) && buffer_append(&head->headers, json->buf, json->npos);
    }
    if (reason == LEJPCB_VAL_STR_END) {
      ok = ok && buffer_text(&head->headers, "\r\n");
      head->naming = false;
    }
    if (!ok || head->headers.length > LIMIT_ANSWER_HEADERS) head->bad = true;
  }
  return head->bad ? -1 : 0;
}

static bool parse_head(const char *text, size_t length, struct answer_head *head) {
  struct lejp_ctx json;
  lejp_construct(&json, answer_member, head, answer_paths, LWS_ARRAY_SIZE(answer_paths));
  int left = lejp_parse(&json, (const unsigned char *)text, (int)length);
  lejp_destruct(&json);
  return left >= 0 && !head->bad && head->status >= 200 && head->status <= 599;
}

bool answer_begin(struct connection *connection, const char *head_text, size_t head_length, const unsigned char *body, size_t body_length, bool end) {
  struct answer_head parsed = {0};
  if (!parse_head(head_text, head_length, &parsed)) {
    buffer_free(&parsed.headers);
    return false;
  }
  struct request *request = &connection->request;
  bool bodiless = parsed.status == 204 || parsed.status == 304;
  bool streamed = !end && !bodiless && !request->head_only;
  connection->counted = streamed && parsed.counted;
  connection->counted_left = parsed.length;
  connection->chunked = streamed && request->http11 && !connection->counted;
  if (streamed && !request->http11 && !connection->counted) connection->keep_alive = false;
  struct buffer head = {0};
  bool ok = begin_head(connection, &head, parsed.status) && buffer_append(&head, buffer_bytes(&parsed.headers), parsed.headers.length);
  if (!parsed.cache_control) ok = ok && buffer_text(&head, "cache-control: no-store\r\n");
  if (connection->chunked) ok = ok && buffer_text(&head, "transfer-encoding: chunked\r\n");
  else if (connection->counted) ok = ok && buffer_format(&head, "content-length: %zu\r\n", parsed.length);
  else if (end && !bodiless) ok = ok && buffer_format(&head, "content-length: %zu\r\n", body_length);
  ok = ok && buffer_text(&head, "\r\n");
  if (!ok) connection_abort(connection);
  else if (connection_send(connection, buffer_bytes(&head), head.length)) {
    if (streamed) {
      connection->state = CONNECTION_STREAMING;
      connection_set_deadline(connection, 0);
      answer_data(connection, body, body_length, false);
    } else {
      if (!end) control_cancel(connection->gateway->control, connection);
      if (bodiless || request->head_only || connection_send(connection, body, body_length)) connection_answered(connection, true);
    }
  }
  buffer_free(&head);
  buffer_free(&parsed.headers);
  return true;
}

void answer_data(struct connection *connection, const unsigned char *bytes, size_t length, bool end) {
  char size[32];
  bool ok = true;
  if (connection->counted) {
    if (length > connection->counted_left || (end && length < connection->counted_left)) { // the client can only be told by an end
      connection_abort(connection);
      return;
    }
    connection->counted_left -= length;
  }
  if (length > 0) {
    if (connection->chunked) ok = connection_send(connection, size, (size_t)snprintf(size, sizeof size, "%zx\r\n", length));
    ok = ok && connection_send(connection, bytes, length) && (!connection->chunked || connection_send(connection, "\r\n", 2));
  }
  if (ok && end && (!connection->chunked || connection_send(connection, "0\r\n\r\n", 5))) connection_answered(connection, true);
}
