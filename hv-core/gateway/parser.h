// Bytes of a connection → one request, by llhttp in its strict mode; does no I/O. Its own header cannot stand beside libwebsockets'.
#ifndef CORBEL_GATEWAY_PARSER_H
#define CORBEL_GATEWAY_PARSER_H

#include "request.h"

struct parser;

enum parser_result {
  PARSER_MORE,    // all bytes are used and more are needed
  PARSER_HEAD,    // the head is complete and checked, a body follows
  PARSER_DONE,    // the request is complete
  PARSER_REFUSED, // `refusal` says why; the connection can carry nothing more
};

/** For one request after the other; `request` must outlive it. Null when out of memory. */
struct parser *parser_create(struct request *request);
void parser_free(struct parser *parser);
/** Forgets all of the last request and empties it. */
void parser_begin(struct parser *parser);
/** `used` is how many of the bytes belong to this request. */
enum parser_result parser_feed(struct parser *parser, const char *bytes, size_t length, size_t *used, struct refusal *refusal);

#endif
