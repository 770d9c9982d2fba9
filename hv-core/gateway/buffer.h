// A byte queue that grows, drawing on a budget shared by all queues; never holds more than the budget allows.
#ifndef CORBEL_GATEWAY_BUFFER_H
#define CORBEL_GATEWAY_BUFFER_H

#include <stdbool.h>
#include <stddef.h>

struct budget {
  size_t used, limit; // bytes
};

/** Zero-initialised but for `budget`, it is empty and owns nothing. */
struct buffer {
  unsigned char *data;
  size_t start, length, capacity;
  struct budget *budget; // null: unlimited, for queues that are bounded by their user
};

/** False, and nothing changed, when the budget or the memory is used up. */
bool buffer_append(struct buffer *buffer, const void *bytes, size_t length);
bool buffer_text(struct buffer *buffer, const char *text);
bool buffer_format(struct buffer *buffer, const char *format, ...) __attribute__((format(printf, 2, 3)));
/** Where the queued bytes begin. */
unsigned char *buffer_bytes(const struct buffer *buffer);
/** Takes bytes from the front; gives the memory back when none are left. */
void buffer_consume(struct buffer *buffer, size_t length);
void buffer_free(struct buffer *buffer);

#endif
