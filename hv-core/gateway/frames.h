// The frame header of the control socket; knows no sockets.
#ifndef CORBEL_GATEWAY_FRAMES_H
#define CORBEL_GATEWAY_FRAMES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum frame_type { FRAME_REQUEST = 1, FRAME_RESPONSE = 2, FRAME_DATA = 3, FRAME_CANCEL = 4, FRAME_ATTACH = 5, FRAME_RECEIVE = 6, FRAME_SETTINGS = 7 };
enum { FRAME_HEADER_BYTES = 12, FRAME_END = 1 };
enum { SETTING_ASK_CERTIFICATES = 1 }; // in the one byte of SETTINGS

struct frame {
  enum frame_type type;
  bool end;
  uint32_t stream;
  size_t length; // of the payload, bytes
};

/** A header as controld may send it; false for a breach: another type, flag or length, a reserved field in use, or stream 0 for anything but SETTINGS. */
bool frame_decode(const unsigned char header[FRAME_HEADER_BYTES], struct frame *frame);
void frame_encode(unsigned char header[FRAME_HEADER_BYTES], const struct frame *frame);
/** Splits `u32 headLength, head, body`; false when the head is longer than the payload. */
bool frame_split(const unsigned char *payload, size_t length, const char **head, size_t *head_length, const unsigned char **body, size_t *body_length);
void frame_put_u32(unsigned char *at, uint32_t value);

#endif
