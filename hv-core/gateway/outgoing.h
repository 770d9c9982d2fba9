// Frames on their way to controld, in order; sends nothing itself.
#ifndef CORBEL_GATEWAY_OUTGOING_H
#define CORBEL_GATEWAY_OUTGOING_H

#include <libwebsockets.h>
#include <stdint.h>

#include "buffer.h"

struct outgoing {
  struct lws_dll2 list;
  uint32_t stream;
  bool request; // else CANCEL
  bool begun;   // a first byte has been sent
  lws_usec_t queued_us;
  struct buffer bytes;
};

/** Takes over the bytes. False when out of memory, and they stay the caller's. */
bool outgoing_add(struct lws_dll2_owner *queue, uint32_t stream, bool request, const struct buffer *bytes);
/** The REQUEST of a stream, if it is still here. */
struct outgoing *outgoing_find(struct lws_dll2_owner *queue, uint32_t stream);
void outgoing_drop(struct outgoing *frame);

#endif
