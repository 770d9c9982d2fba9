// Collecting and checking the head of a request; does no I/O and decides nothing about users or rights.
#include "request.h"

#include <inttypes.h>
#include <string.h>
#include <strings.h>

#include "json.h"

struct header_rule {
  const char *name;
  bool list; // may be repeated; the values are joined. @source RFC 9110 section 5.3
};

static const struct header_rule header_rules[HEADER_COUNT] = {
  [HEADER_AUTHORIZATION] = {"authorization", false},
  [HEADER_CONTENT_TYPE] = {"content-type", false},
  [HEADER_ACCEPT] = {"accept", true},
  [HEADER_IF_MATCH] = {"if-match", true},
  [HEADER_IF_NONE_MATCH] = {"if-none-match", true},
  [HEADER_LAST_EVENT_ID] = {"last-event-id", false},
  [HEADER_IDEMPOTENCY_KEY] = {"idempotency-key", false},
  [HEADER_CONTENT_DIGEST] = {"content-digest", true},
  [HEADER_HOST] = {"host", false},
  [HEADER_EXPECT] = {"expect", false},
  [HEADER_UPGRADE] = {"upgrade", true},
  [HEADER_WEBSOCKET_KEY] = {"sec-websocket-key", false},
  [HEADER_WEBSOCKET_VERSION] = {"sec-websocket-version", false},
  [HEADER_WEBSOCKET_PROTOCOL] = {"sec-websocket-protocol", true},
};

static const struct refusal head_too_large = {431, "gateway.head-too-large", "The request line and header fields exceed 8 KiB.", NULL};

static bool refuse(struct refusal *refusal, int status, const char *code, const char *detail, const char *headers) {
  *refusal = (struct refusal){status, code, detail, headers};
  return false;
}

static bool bad(struct refusal *refusal, const char *detail) {
  return refuse(refusal, 400, "gateway.bad-request", detail, NULL);
}

void request_reset(struct request *request) {
  struct budget *budget = request->body.budget;
  buffer_free(&request->body);
  memset(request, 0, sizeof *request);
  request->body.budget = budget;
  request->field = -1;
}

static bool count(struct request *request, size_t length) {
  request->head_bytes += length;
  return request->head_bytes <= LIMIT_HEAD_BYTES;
}

static bool keep(struct request *request, struct span *span, const char *at, size_t length) {
  if (length > sizeof request->text - request->text_length) return false;
  memcpy(request->text + request->text_length, at, length);
  request->text_length += length;
  span->length = (uint16_t)(span->length + length);
  return true;
}

bool request_add_target(struct request *request, const char *at, size_t length) {
  if (!request->path.present) request->path = (struct span){.start = (uint16_t)request->text_length, .present = true};
  return count(request, length) && keep(request, &request->path, at, length);
}

bool request_add_name(struct request *request, const char *at, size_t length) {
  for (size_t i = 0; i < length && request->name_length < sizeof request->name; i++) {
    char c = at[i];
    request->name[request->name_length++] = c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
  }
  return count(request, length);
}

bool request_begin_value(struct request *request, struct refusal *refusal) {
  request->field = -1;
  // ": " and CRLF; it also bounds the number of fields.
  if (!count(request, 4)) {
    *refusal = head_too_large;
    return false;
  }
  if (request->head_done) return true; // trailers of a chunked body are counted and dropped
  for (int i = 0; i < HEADER_COUNT; i++) {
    if (strlen(header_rules[i].name) == request->name_length && memcmp(header_rules[i].name, request->name, request->name_length) == 0) request->field = i;
  }
  if (request->field < 0) return true;
  struct span *span = &request->headers[request->field];
  if (span->present && !header_rules[request->field].list) return bad(refusal, "A header field that may stand only once is repeated.");
  struct span joined = {.start = (uint16_t)request->text_length, .present = true};
  if (span->present) {
    // Values are contiguous, so an earlier one is copied to the end before the next is added to it.
    char earlier[LIMIT_HEAD_BYTES];
    size_t length = span->length;
    memcpy(earlier, request->text + span->start, length);
    if (!keep(request, &joined, earlier, length) || !keep(request, &joined, ", ", 2)) {
      *refusal = head_too_large;
      return false;
    }
  }
  *span = joined;
  return true;
}

bool request_add_value(struct request *request, const char *at, size_t length) {
  if (!count(request, length)) return false;
  return request->field < 0 || keep(request, &request->headers[request->field], at, length);
}

void request_end_value(struct request *request) {
  request->name_length = 0;
  if (request->field < 0) return;
  struct span *span = &request->headers[request->field];
  while (span->length > 0 && (request->text[span->start + span->length - 1] == ' ' || request->text[span->start + span->length - 1] == '\t')) span->length--;
}

static bool span_is(const struct request *request, struct span span, const char *text) {
  return span.present && span.length == strlen(text) && strncasecmp(request->text + span.start, text, span.length) == 0;
}

static int hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

/** Visible ASCII with well-formed percent escapes which, decoded, are UTF-8 without control characters. */
static bool target_part_valid(const char *text, size_t length) {
  char decoded[LIMIT_HEAD_BYTES];
  size_t count_decoded = 0;
  for (size_t i = 0; i < length; i++) {
    char c = text[i];
    if (c <= 0x20 || c >= 0x7f || c == '#') return false;
    if (c == '%') {
      if (length - i < 3) return false;
      int high = hex_digit(text[i + 1]), low = hex_digit(text[i + 2]);
      if (high < 0 || low < 0) return false;
      unsigned value = (unsigned)high << 4 | (unsigned)low;
      if (value < 0x20 || value == 0x7f) return false;
      c = (char)value;
      i += 2;
    }
    decoded[count_decoded++] = c;
  }
  return utf8_valid(decoded, count_decoded);
}

static bool check_target(struct request *request, struct refusal *refusal) {
  const char *target = request->text + request->path.start;
  size_t length = request->path.length;
  if (length == 0 || target[0] != '/') return bad(refusal, "The request target is not an absolute path.");
  const char *mark = memchr(target, '?', length);
  if (mark != NULL) {
    size_t path_length = (size_t)(mark - target);
    request->query = (struct span){(uint16_t)(request->path.start + path_length + 1), (uint16_t)(length - path_length - 1), true};
    request->path.length = (uint16_t)path_length;
  }
  if (!target_part_valid(target, request->path.length) || !target_part_valid(request->text + request->query.start, request->query.length)) {
    return bad(refusal, "The request target is not well-formed percent-encoded UTF-8.");
  }
  return true;
}

static bool is_token_character(char c) {
  return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c != '\0' && strchr("!#$%&'*+-.^_`|~", c) != NULL);
}

/** Goes through the offered subprotocols: `corbel.serial` is known, `bearer.TOKEN` carries credentials where a browser cannot set a header. */
static bool check_subprotocols(struct request *request, struct refusal *refusal) {
  static const char bearer[] = "bearer.";
  struct span offered = request->headers[HEADER_WEBSOCKET_PROTOCOL];
  size_t at = offered.start, end = (size_t)offered.start + offered.length;
  while (at < end) {
    while (at < end && (request->text[at] == ' ' || request->text[at] == '\t' || request->text[at] == ',')) at++;
    size_t first = at;
    while (at < end && is_token_character(request->text[at])) at++;
    struct span name = {(uint16_t)first, (uint16_t)(at - first), at > first};
    if (name.present && span_is(request, name, "corbel.serial")) request->websocket_protocol = true;
    else if (name.length > sizeof bearer - 1 && memcmp(request->text + first, bearer, sizeof bearer - 1) == 0) {
      if (request->token.present || request->headers[HEADER_AUTHORIZATION].present) return bad(refusal, "Credentials are given twice.");
      request->token = (struct span){(uint16_t)(first + sizeof bearer - 1), (uint16_t)(name.length - (sizeof bearer - 1)), true};
    }
    while (at < end && (request->text[at] == ' ' || request->text[at] == '\t')) at++;
    if (at < end && request->text[at] != ',') return bad(refusal, "Sec-WebSocket-Protocol is not a list of tokens.");
  }
  if (!request->websocket_protocol) return bad(refusal, "None of the subprotocols offered is corbel.serial.");
  return true;
}

/** @source RFC 6455 section 4.2.1 */
static bool check_websocket(struct request *request, struct refusal *refusal) {
  if (strcmp(request->method, "GET") != 0 || !request->http11) return bad(refusal, "A WebSocket is opened with GET over HTTP/1.1.");
  if (!span_is(request, request->headers[HEADER_WEBSOCKET_VERSION], "13")) {
    return refuse(refusal, 426, "gateway.websocket-version", "Only version 13 of the WebSocket protocol is spoken.",
                  "sec-websocket-version: 13\r\nupgrade: websocket\r\n");
  }
  struct span key = request->headers[HEADER_WEBSOCKET_KEY];
  const char *text = request->text + key.start;
  bool key_ok = key.present && key.length == 24 && text[22] == '=' && text[23] == '=';
  for (size_t i = 0; key_ok && i < 22; i++) {
    char c = text[i];
    key_ok = (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || c == '+' || c == '/';
  }
  if (!key_ok) return bad(refusal, "Sec-WebSocket-Key is not 16 bytes in base64.");
  request->websocket = true;
  return !request->headers[HEADER_WEBSOCKET_PROTOCOL].present || check_subprotocols(request, refusal);
}

bool request_check(struct request *request, bool upgrade, struct refusal *refusal) {
  if (!check_target(request, refusal)) return false;
  if (request->http11 && request->headers[HEADER_HOST].length == 0) return bad(refusal, "The Host field is missing.");
  for (int i = 0; i < HEADER_COUNT; i++) {
    struct span span = request->headers[i];
    if (span.present && !utf8_valid(request->text + span.start, span.length)) return bad(refusal, "A header field is not UTF-8.");
  }
  if (request->headers[HEADER_EXPECT].present) {
    if (!span_is(request, request->headers[HEADER_EXPECT], "100-continue")) {
      return refuse(refusal, 417, "gateway.expectation", "The only expectation met is 100-continue.", NULL);
    }
    request->expect_continue = request->http11;
  }
  // Other protocols (h2c) may be offered; not switching is the answer. @source RFC 9110 section 7.8
  if (upgrade && span_is(request, request->headers[HEADER_UPGRADE], "websocket") && request_is_api(request)) return check_websocket(request, refusal);
  return true;
}

bool request_path_is(const struct request *request, const char *path) {
  return request->path.length == strlen(path) && memcmp(request->text + request->path.start, path, request->path.length) == 0;
}

bool request_is_api(const struct request *request) {
  if (request_path_is(request, "/v1")) return true;
  return request->path.length >= 4 && memcmp(request->text + request->path.start, "/v1/", 4) == 0 && !request_path_is(request, "/v1/openapi.json");
}

bool request_streams(const struct request *request) {
  return strcmp(request->method, "PUT") == 0 && request_is_api(request) && span_is(request, request->headers[HEADER_CONTENT_TYPE], "application/octet-stream");
}

static bool member(struct buffer *out, const char *name, const char *text, size_t length) {
  return buffer_format(out, "\"%s\":", name) && json_string(out, text, length);
}

bool request_write_head(const struct request *request, const char *remote, uint64_t connected_ms, const char *certificate, struct buffer *out) {
  const char *text = request->text;
  // HEAD is GET without the body, which is left out on the way back. @source RFC 9110 section 9.3.2
  const char *method = request->head_only ? "GET" : request->method;
  bool ok = buffer_text(out, "{") && member(out, "method", method, strlen(method)) && buffer_text(out, ",");
  ok = ok && member(out, "path", text + request->path.start, request->path.length) && buffer_text(out, ",");
  ok = ok && member(out, "query", text + request->query.start, request->query.length) && buffer_text(out, ",\"headers\":{");
  bool first = true;
  for (int i = 0; i < HEADER_FORWARDED; i++) {
    struct span span = request->headers[i];
    if (!span.present) continue;
    ok = ok && (first || buffer_text(out, ",")) && member(out, header_rules[i].name, text + span.start, span.length);
    first = false;
  }
  if (request->token.present) {
    ok = ok && buffer_text(out, first ? "" : ",") && buffer_text(out, "\"authorization\":\"Bearer ");
    ok = ok && buffer_append(out, text + request->token.start, request->token.length) && buffer_text(out, "\""); // token characters need no escaping
  }
  ok = ok && buffer_text(out, "},") && member(out, "remote", remote, strlen(remote)) && buffer_format(out, ",\"connectedMs\":%" PRIu64, connected_ms);
  if (certificate != NULL) ok = ok && buffer_text(out, ",") && member(out, "certificate", certificate, strlen(certificate));
  if (request->streamed > 0) ok = ok && buffer_format(out, ",\"bodyBytes\":%" PRIu64, request->streamed);
  if (request->websocket) ok = ok && buffer_text(out, ",\"upgrade\":\"websocket\"");
  return ok && buffer_text(out, "}");
}
