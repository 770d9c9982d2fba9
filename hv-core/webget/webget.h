// One answer by HTTP: what is read of its head, and where its body goes.
#ifndef CORBEL_WEBGET_H
#define CORBEL_WEBGET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { LOCATION_BYTES = 2048 };

struct response;

/** Called with each piece of the body; false stops. */
typedef bool body_sink(const char *bytes, size_t length);

enum response_state { RESPONSE_MORE, RESPONSE_HEAD, RESPONSE_DONE, RESPONSE_BAD };

struct response *response_create(body_sink *sink);
void response_free(struct response *response);

/** Reads on; `used` of the bytes were taken. RESPONSE_HEAD once, as soon as the head is there; RESPONSE_BAD after a breach of HTTP, or where the sink has stopped. */
enum response_state response_feed(struct response *response, const char *bytes, size_t length, size_t *used);

int response_status(const struct response *response);
/** Where it says how long the body is, in bytes; -1 otherwise. */
int64_t response_length(const struct response *response);
/** Of a redirection; empty without one. */
const char *response_location(const struct response *response);
/** Whether the body is the file itself, compressed by nobody on the way. */
bool response_is_plain(const struct response *response);
/** What is wrong with it, in words. */
const char *response_fault(const struct response *response);

#endif
