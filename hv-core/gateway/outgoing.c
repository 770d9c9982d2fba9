// The queue of frames to controld; bounded by its users, of whom each connection has one request.
#include "outgoing.h"

#include <stdlib.h>

bool outgoing_add(struct lws_dll2_owner *queue, uint32_t stream, bool request, const struct buffer *bytes) {
  struct outgoing *frame = calloc(1, sizeof *frame);
  if (frame == NULL) return false;
  *frame = (struct outgoing){.stream = stream, .request = request, .queued_us = lws_now_usecs(), .bytes = *bytes};
  lws_dll2_add_tail(&frame->list, queue);
  return true;
}

struct outgoing *outgoing_find(struct lws_dll2_owner *queue, uint32_t stream) {
  lws_start_foreach_dll(struct lws_dll2 *, item, lws_dll2_get_head(queue)) {
    struct outgoing *frame = lws_container_of(item, struct outgoing, list);
    if (frame->stream == stream && frame->request) return frame;
  } lws_end_foreach_dll(item);
  return NULL;
}

void outgoing_drop(struct outgoing *frame) {
  lws_dll2_remove(&frame->list);
  buffer_free(&frame->bytes);
  free(frame);
}
