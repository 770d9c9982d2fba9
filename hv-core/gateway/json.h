// JSON text written piece by piece, and the check for UTF-8 that goes with it; reads none.
#ifndef CORBEL_GATEWAY_JSON_H
#define CORBEL_GATEWAY_JSON_H

#include "buffer.h"

/** Well-formed UTF-8 without surrogates or overlong forms. @source RFC 3629 section 4 */
bool utf8_valid(const char *text, size_t length);
/** Appends a quoted string; `text` must be valid UTF-8. False when the buffer is full. @source RFC 8259 section 7 */
bool json_string(struct buffer *out, const char *text, size_t length);

#endif
