// The byte queue: one allocation, doubled as needed; never shrinks but to nothing.
#include "buffer.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { SMALLEST = 1024 };

static bool buffer_reserve(struct buffer *buffer, size_t more) {
  if (buffer->start + buffer->length + more <= buffer->capacity) return true;
  if (buffer->start > 0) {
    memmove(buffer->data, buffer->data + buffer->start, buffer->length);
    buffer->start = 0;
    if (buffer->capacity - buffer->length >= more) return true;
  }
  size_t capacity = buffer->capacity > 0 ? buffer->capacity : SMALLEST;
  while (capacity - buffer->length < more) {
    if (capacity > ((size_t)1 << 40)) return false;
    capacity *= 2;
  }
  size_t growth = capacity - buffer->capacity;
  if (buffer->budget != NULL && buffer->budget->limit - buffer->budget->used < growth) return false;
  unsigned char *data = realloc(buffer->data, capacity);
  if (data == NULL) return false;
  if (buffer->budget != NULL) buffer->budget->used += growth;
  buffer->data = data;
  buffer->capacity = capacity;
  return true;
}

bool buffer_append(struct buffer *buffer, const void *bytes, size_t length) {
  if (length == 0) return true;
  if (!buffer_reserve(buffer, length)) return false;
  memcpy(buffer->data + buffer->start + buffer->length, bytes, length);
  buffer->length += length;
  return true;
}

bool buffer_text(struct buffer *buffer, const char *text) {
  return buffer_append(buffer, text, strlen(text));
}

bool buffer_format(struct buffer *buffer, const char *format, ...) {
  char text[1024];
  va_list arguments;
  va_start(arguments, format);
  int length = vsnprintf(text, sizeof text, format, arguments);
  va_end(arguments);
  if (length < 0 || (size_t)length >= sizeof text) return false;
  return buffer_append(buffer, text, (size_t)length);
}

unsigned char *buffer_bytes(const struct buffer *buffer) {
  return buffer->length > 0 ? buffer->data + buffer->start : NULL;
}

void buffer_consume(struct buffer *buffer, size_t length) {
  if (length >= buffer->length) {
    buffer_free(buffer);
    return;
  }
  buffer->start += length;
  buffer->length -= length;
}

void buffer_free(struct buffer *buffer) {
  if (buffer->budget != NULL) buffer->budget->used -= buffer->capacity;
  free(buffer->data);
  buffer->data = NULL;
  buffer->start = buffer->length = buffer->capacity = 0;
}
