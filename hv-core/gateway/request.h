// One HTTP request as received: the parts of its head that matter, and its body.
#ifndef CORBEL_GATEWAY_REQUEST_H
#define CORBEL_GATEWAY_REQUEST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "buffer.h"
#include "limits.h"

/** The header fields that are kept; those before HEADER_FORWARDED go to controld under their own names. */
enum header {
  HEADER_AUTHORIZATION,
  HEADER_CONTENT_TYPE,
  HEADER_ACCEPT,
  HEADER_IF_MATCH,
  HEADER_IF_NONE_MATCH,
  HEADER_LAST_EVENT_ID,
  HEADER_IDEMPOTENCY_KEY,
  HEADER_CONTENT_DIGEST,
  HEADER_FORWARDED,
  HEADER_HOST = HEADER_FORWARDED,
  HEADER_EXPECT,
  HEADER_UPGRADE,
  HEADER_WEBSOCKET_KEY,
  HEADER_WEBSOCKET_VERSION,
  HEADER_WEBSOCKET_PROTOCOL,
  HEADER_COUNT,
};

/** A piece of `text` below. */
struct span {
  uint16_t start, length;
  bool present;
};

struct request {
  char text[LIMIT_HEAD_TEXT];
  size_t text_length;
  size_t head_bytes; // as sent, counted against LIMIT_HEAD_BYTES
  struct span path, query, headers[HEADER_COUNT], token;
  char name[32]; // of the field being read, lower-case; longer names are none of ours
  size_t name_length;
  int field; // enum header, or -1 for one that is not kept
  const char *method; // as sent, one of those served
  uint64_t streamed;  // length of a body that is passed on as it comes, or 0
  bool http11, keep_alive, head_only, head_done, complete, websocket, websocket_protocol, expect_continue;
  struct buffer body;
};

/** Why a request is not served: the status and the problem's code and detail. `status` 0 is no refusal. */
struct refusal {
  int status;
  const char *code, *detail;
  const char *headers; // further header lines, each with CRLF, or null
};

void request_reset(struct request *request);

/** Collecting, called as bytes come in. False: the head is over its limit. */
bool request_add_target(struct request *request, const char *at, size_t length);
bool request_add_name(struct request *request, const char *at, size_t length);
/** False with `refusal` filled in for a field that may not be repeated or a head over its limit. */
bool request_begin_value(struct request *request, struct refusal *refusal);
bool request_add_value(struct request *request, const char *at, size_t length);
void request_end_value(struct request *request);

/** Checks the complete head: target, Host, encoding, expectations, WebSocket handshake. False with `refusal` filled in. */
bool request_check(struct request *request, bool upgrade, struct refusal *refusal);
/** True when the path is the API's, other than the files that are kept under it. */
bool request_is_api(const struct request *request);
bool request_path_is(const struct request *request, const char *path);
/** True when a body of this request is streamed, and may so have any length. */
bool request_streams(const struct request *request);
/** Writes the JSON head of a REQUEST frame; `certificate` is the fingerprint of the client's, or null. False when the buffer is full. */
bool request_write_head(const struct request *request, const char *remote, uint64_t connected_ms, const char *certificate, struct buffer *out);

#endif
