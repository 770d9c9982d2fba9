// llhttp's callbacks for an answer: what counts of its head is kept, its body is handed on.
#include <llhttp.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "webget.h"

enum { NAME_BYTES = 32, ENCODING_BYTES = 16, HEAD_BYTES = 65536 };

struct text {
  char *bytes;
  size_t size, length;
};

struct response {
  llhttp_t http;
  body_sink *sink;
  char name_bytes[NAME_BYTES], location_bytes[LOCATION_BYTES], encoding_bytes[ENCODING_BYTES];
  struct text name, location, encoding;
  /** Where the value that comes goes; NULL for one that does not matter. */
  struct text *value;
  size_t head_bytes;
  int64_t length;
  bool head_done, complete, paused;
};

/** What does not fit is left out, and `length` tells that it did not. */
static void append(struct text *text, const char *at, size_t length) {
  size_t room = text->length < text->size ? text->size - 1 - text->length : 0;
  memcpy(text->bytes + text->length, at, length < room ? length : room);
  text->length = length <= room ? text->length + length : text->size;
  text->bytes[text->length < text->size ? text->length : text->size - 1] = '\0';
}

static void clear(struct text *text) {
  text->length = 0;
  text->bytes[0] = '\0';
}

static bool fits(const struct text *text) {
  return text->length < text->size;
}

static int on_header_field(llhttp_t *http, const char *at, size_t length) {
  struct response *response = http->data;
  append(&response->name, at, length);
  return 0;
}

static int on_header_field_complete(llhttp_t *http) {
  struct response *response = http->data;
  const char *name = fits(&response->name) ? response->name.bytes : "";
  response->value = strcasecmp(name, "location") == 0           ? &response->location
                    : strcasecmp(name, "content-encoding") == 0 ? &response->encoding
                                                                : NULL;
  if (response->value != NULL) clear(response->value);
  clear(&response->name);
  return 0;
}

static int on_header_value(llhttp_t *http, const char *at, size_t length) {
  struct response *response = http->data;
  if (response->value != NULL) append(response->value, at, length);
  return 0;
}

static int on_headers_complete(llhttp_t *http) {
  struct response *response = http->data;
  int status = llhttp_get_status_code(http);
  // What only announces the answer
  if (status >= 100 && status < 200) return 0;
  bool counted = (http->flags & F_CONTENT_LENGTH) != 0 && (http->flags & F_CHUNKED) == 0 && http->content_length <= INT64_MAX;
  response->length = counted ? (int64_t)http->content_length : -1;
  response->head_done = true;
  return HPE_PAUSED;
}

static int on_body(llhttp_t *http, const char *at, size_t length) {
  struct response *response = http->data;
  return response->sink(at, length) ? 0 : -1;
}

static int on_message_complete(llhttp_t *http) {
  struct response *response = http->data;
  // The end of an announcement is none.
  response->complete = response->head_done;
  return response->complete ? HPE_PAUSED : 0;
}

static const llhttp_settings_t settings = {
  .on_header_field = on_header_field,
  .on_header_field_complete = on_header_field_complete,
  .on_header_value = on_header_value,
  .on_headers_complete = on_headers_complete,
  .on_body = on_body,
  .on_message_complete = on_message_complete,
};

struct response *response_create(body_sink *sink) {
  struct response *response = calloc(1, sizeof *response);
  if (response == NULL) return NULL;
  response->sink = sink;
  response->length = -1;
  response->name = (struct text){response->name_bytes, NAME_BYTES, 0};
  response->location = (struct text){response->location_bytes, LOCATION_BYTES, 0};
  response->encoding = (struct text){response->encoding_bytes, ENCODING_BYTES, 0};
  llhttp_init(&response->http, HTTP_RESPONSE, &settings);
  response->http.data = response;
  return response;
}

void response_free(struct response *response) {
  free(response);
}

enum response_state response_feed(struct response *response, const char *bytes, size_t length, size_t *used) {
  bool had_head = response->head_done;
  if (response->paused) llhttp_resume(&response->http);
  llhttp_errno_t error = llhttp_execute(&response->http, bytes, length);
  response->paused = error == HPE_PAUSED;
  *used = response->paused ? (size_t)(llhttp_get_error_pos(&response->http) - bytes) : length;
  if (error != HPE_OK && error != HPE_PAUSED) return RESPONSE_BAD;
  if (response->complete) return RESPONSE_DONE;
  if (response->head_done) return had_head ? RESPONSE_MORE : RESPONSE_HEAD;
  response->head_bytes += *used;
  return response->head_bytes > HEAD_BYTES ? RESPONSE_BAD : RESPONSE_MORE;
}

int response_status(const struct response *response) {
  return llhttp_get_status_code((llhttp_t *)&response->http);
}

int64_t response_length(const struct response *response) {
  return response->length;
}

const char *response_location(const struct response *response) {
  return fits(&response->location) ? response->location_bytes : "";
}

bool response_is_plain(const struct response *response) {
  return response->encoding.length == 0 || (fits(&response->encoding) && strcasecmp(response->encoding_bytes, "identity") == 0);
}

const char *response_fault(const struct response *response) {
  const char *reason = llhttp_get_error_reason(&response->http);
  return reason != NULL && reason[0] != '\0' ? reason : "its head is too long";
}
