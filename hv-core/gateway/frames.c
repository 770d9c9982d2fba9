// Frames of the control socket, little-endian, as docs/architecture.md gives them; does no I/O.
#include "frames.h"

#include "limits.h"

static uint32_t get_u32(const unsigned char *at) {
  return (uint32_t)at[0] | (uint32_t)at[1] << 8 | (uint32_t)at[2] << 16 | (uint32_t)at[3] << 24;
}

void frame_put_u32(unsigned char *at, uint32_t value) {
  for (int i = 0; i < 4; i++) at[i] = (unsigned char)(value >> (8 * i));
}

bool frame_decode(const unsigned char header[FRAME_HEADER_BYTES], struct frame *frame) {
  uint32_t length = get_u32(header);
  unsigned type = header[4], flags = header[5];
  uint32_t stream = get_u32(header + 8);
  if (length > LIMIT_FRAME_PAYLOAD || (flags & ~(unsigned)FRAME_END) != 0 || header[6] != 0 || header[7] != 0) return false;
  if (type == FRAME_SETTINGS) {
    if (stream != 0 || length != 1 || flags != FRAME_END) return false;
  } else if (stream == 0 || (type != FRAME_RESPONSE && type != FRAME_DATA && type != FRAME_ATTACH && type != FRAME_RECEIVE)) {
    return false;
  }
  *frame = (struct frame){.type = (enum frame_type)type, .end = (flags & FRAME_END) != 0, .stream = stream, .length = length};
  return true;
}

void frame_encode(unsigned char header[FRAME_HEADER_BYTES], const struct frame *frame) {
  frame_put_u32(header, (uint32_t)frame->length);
  header[4] = (unsigned char)frame->type;
  header[5] = frame->end ? FRAME_END : 0;
  header[6] = header[7] = 0;
  frame_put_u32(header + 8, frame->stream);
}

bool frame_split(const unsigned char *payload, size_t length, const char **head, size_t *head_length, const unsigned char **body, size_t *body_length) {
  if (length < 4) return false;
  uint32_t split = get_u32(payload);
  if (split > length - 4) return false;
  *head = (const char *)payload + 4;
  *head_length = split;
  *body = payload + 4 + split;
  *body_length = length - 4 - split;
  return true;
}
