// One connection to controld, made again whenever it is lost; every request given to it is answered, by controld or in its place.
#include "control.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "connection.h"
#include "descriptors.h"
#include "frames.h"
#include "log.h"
#include "outgoing.h"
#include "tls.h"
#include "tunnel.h"
#include "upload.h"

enum { RECEIVE_BYTES = 64 * 1024, RECEIVES_PER_TURN = 8 };

struct control {
  struct gateway *gateway;
  struct sockaddr_un address;
  struct lws *wsi; // null: not connected
  bool breach;     // the connection is being closed because controld broke the rules
  bool told;       // its absence has been logged
  uint32_t next_stream;
  unsigned backoff_ms;
  lws_sorted_usec_list_t retry;
  struct lws_dll2_owner queue;
  struct buffer input;
  struct descriptors descriptors; // received, not yet claimed by an ATTACH
};

static const struct refusal unavailable = {503, "gateway.control-unavailable", "The control daemon is not running at the moment.", "retry-after: 1\r\n"};
static const struct refusal protocol_error = {502, "gateway.control-protocol", "The control daemon's answer could not be understood.", NULL};
static const struct refusal busy = {503, "gateway.busy", "Too much is being sent and received at the moment.", "retry-after: 1\r\n"};

static void control_connect(struct control *control);

static struct connection *find_connection(struct control *control, uint32_t stream) {
  lws_start_foreach_dll(struct lws_dll2 *, item, lws_dll2_get_head(&control->gateway->connections)) {
    struct connection *connection = lws_container_of(item, struct connection, list);
    if (connection->stream == stream) return connection;
  } lws_end_foreach_dll(item);
  return NULL;
}

static void retry_now(lws_sorted_usec_list_t *timer) {
  control_connect(lws_container_of(timer, struct control, retry));
}

/** Those who have waited long enough are told so. */
static void refuse_overdue(struct control *control) {
  lws_usec_t now = lws_now_usecs();
  lws_start_foreach_dll_safe(struct lws_dll2 *, item, next, lws_dll2_get_head(&control->queue)) {
    struct outgoing *frame = lws_container_of(item, struct outgoing, list);
    if (now - frame->queued_us >= TIMEOUT_CONTROL_MS * LWS_US_PER_MS) {
      struct connection *connection = find_connection(control, frame->stream);
      outgoing_drop(frame);
      if (connection != NULL) {
        connection->stream = 0;
        answer_refuse(connection, &unavailable, false);
      }
    }
  } lws_end_foreach_dll_safe(item, next);
}

static void schedule_retry(struct control *control) {
  lws_sul_schedule(control->gateway->context, 0, &control->retry, retry_now, control->backoff_ms * LWS_US_PER_MS);
  control->backoff_ms = control->backoff_ms * 2 < RECONNECT_MAX_MS ? control->backoff_ms * 2 : RECONNECT_MAX_MS;
}

static void control_connect(struct control *control) {
  if (control->wsi != NULL || control->gateway->stopped) return;
  int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (fd >= 0 && connect(fd, (const struct sockaddr *)&control->address, sizeof control->address) == 0) {
    control->wsi = gateway_watch(control->gateway, fd, "control", control);
  }
  if (control->wsi != NULL) {
    log_write(LOG_INFO, "connected to controld");
    control->told = control->breach = false;
    lws_callback_on_writable(control->wsi);
    return;
  }
  if (!control->told) log_write(LOG_WARNING, "controld: %s", strerror(errno));
  control->told = true;
  if (fd >= 0) close(fd);
  refuse_overdue(control);
  schedule_retry(control);
}

/** Answers what controld can no longer answer; requests of which nothing was sent wait for the next connection. */
static void control_lost(struct control *control) {
  control->wsi = NULL;
  buffer_free(&control->input);
  descriptors_close(&control->descriptors);
  if (control->gateway->stopped) return;
  log_write(LOG_WARNING, control->breach ? "controld broke the frame protocol" : "controld closed the connection");
  lws_start_foreach_dll_safe(struct lws_dll2 *, item, next, lws_dll2_get_head(&control->gateway->connections)) {
    struct connection *connection = lws_container_of(item, struct connection, list);
    struct outgoing *frame = connection->stream != 0 ? outgoing_find(&control->queue, connection->stream) : NULL;
    if (connection->stream != 0 && (frame == NULL || frame->begun)) {
      connection->stream = 0;
      upload_close(connection);
      bool unanswered = connection->state == CONNECTION_WAITING || connection->state == CONNECTION_OFFERED || connection->state == CONNECTION_UPLOADING;
      if (unanswered) answer_refuse(connection, control->breach ? &protocol_error : &unavailable, false);
      else connection_abort(connection);
    }
  } lws_end_foreach_dll_safe(item, next);
  lws_start_foreach_dll_safe(struct lws_dll2 *, item, next, lws_dll2_get_head(&control->queue)) {
    struct outgoing *frame = lws_container_of(item, struct outgoing, list);
    if (!frame->request || frame->begun) outgoing_drop(frame);
  } lws_end_foreach_dll_safe(item, next);
  schedule_retry(control);
}

/** False: a breach. */
static bool handle_frame(struct control *control, const struct frame *frame, const unsigned char *payload) {
  if (frame->type == FRAME_SETTINGS) {
    if ((payload[0] & ~(unsigned)SETTING_ASK_CERTIFICATES) != 0) return false;
    tls_ask_certificates(control->gateway, payload[0] == SETTING_ASK_CERTIFICATES);
    return true;
  }
  if (frame->stream >= control->next_stream) return false;
  control->backoff_ms = RECONNECT_MIN_MS; // it lives
  int fd = -1;
  if (frame->type == FRAME_ATTACH || frame->type == FRAME_RECEIVE) {
    fd = descriptors_take(&control->descriptors);
    if (fd < 0) return false;
  }
  struct connection *connection = find_connection(control, frame->stream);
  if (connection == NULL) { // cancelled by us, and controld had not heard of it
    if (fd >= 0) close(fd);
    return true;
  }
  if (frame->type == FRAME_DATA) {
    if (connection->state != CONNECTION_STREAMING) return false;
    if (frame->end) connection->stream = 0;
    answer_data(connection, payload, frame->length, frame->end);
    return true;
  }
  bool unread = connection->state == CONNECTION_OFFERED || connection->state == CONNECTION_UPLOADING;
  if (frame->type == FRAME_RECEIVE) {
    if (connection->state != CONNECTION_OFFERED || frame->end || frame->length > 0) {
      close(fd);
      return false;
    }
    upload_open(connection, fd);
    return true;
  }
  const char *head;
  const unsigned char *body;
  size_t head_length, body_length;
  bool expected = (connection->state == CONNECTION_WAITING || unread) && frame_split(payload, frame->length, &head, &head_length, &body, &body_length);
  if (frame->type == FRAME_ATTACH) {
    if (!expected || !connection->request.websocket) {
      close(fd);
      return false;
    }
    connection->stream = 0;
    tunnel_open(connection, fd);
    return true;
  }
  if (!expected) return false;
  upload_close(connection); // answered before all of it was read
  if (frame->end) connection->stream = 0;
  if (answer_begin(connection, head, head_length, body, body_length, frame->end)) return true;
  connection->stream = frame->stream; // still to be answered
  return false;
}

static bool handle_input(struct control *control) {
  while (control->input.length >= FRAME_HEADER_BYTES) {
    struct frame frame;
    const unsigned char *bytes = buffer_bytes(&control->input);
    if (!frame_decode(bytes, &frame)) return false;
    if (control->input.length - FRAME_HEADER_BYTES < frame.length) return true;
    if (!handle_frame(control, &frame, bytes + FRAME_HEADER_BYTES)) return false;
    buffer_consume(&control->input, FRAME_HEADER_BYTES + frame.length);
  }
  // A descriptor comes with the first byte of its ATTACH, so with nothing begun none may be left.
  return control->input.length > 0 || control->descriptors.count == 0;
}

/** Non-zero: the connection is over. */
static int control_receive(struct control *control) {
  for (int i = 0; i < RECEIVES_PER_TURN; i++) {
    static unsigned char bytes[RECEIVE_BYTES];
    union {
      char space[CMSG_SPACE(DESCRIPTORS_AT_ONCE * sizeof(int))];
      struct cmsghdr aligned;
    } ancillary;
    struct iovec piece = {bytes, sizeof bytes};
    struct msghdr message = {.msg_iov = &piece, .msg_iovlen = 1, .msg_control = ancillary.space, .msg_controllen = sizeof ancillary.space};
    ssize_t length = recvmsg(lws_get_socket_fd(control->wsi), &message, MSG_CMSG_CLOEXEC | MSG_DONTWAIT);
    if (length < 0) return errno == EAGAIN || errno == EINTR ? 0 : -1;
    if (length == 0) return -1;
    bool ok = descriptors_receive(&control->descriptors, &message);
    ok = ok && buffer_append(&control->input, bytes, (size_t)length) && handle_input(control);
    if (!ok) {
      control->breach = true;
      return -1;
    }
  }
  return 0;
}

static int control_send(struct control *control) {
  struct lws_dll2 *item;
  while ((item = lws_dll2_get_head(&control->queue)) != NULL) {
    struct outgoing *frame = lws_container_of(item, struct outgoing, list);
    ssize_t sent = send(lws_get_socket_fd(control->wsi), buffer_bytes(&frame->bytes), frame->bytes.length, MSG_NOSIGNAL | MSG_DONTWAIT);
    if (sent < 0) {
      if (errno != EAGAIN && errno != EINTR) return 0; // the end is noticed, with its reason, by reading
      lws_callback_on_writable(control->wsi);
      return 0;
    }
    frame->begun = true;
    buffer_consume(&frame->bytes, (size_t)sent);
    if (frame->bytes.length == 0) outgoing_drop(frame);
  }
  return 0;
}

int control_callback(struct lws *wsi, enum lws_callback_reasons reason, void *user, void *in, size_t length) {
  (void)user, (void)in, (void)length;
  if (reason == LWS_CALLBACK_RAW_RX_FILE) return control_receive(lws_get_opaque_user_data(wsi));
  if (reason == LWS_CALLBACK_RAW_WRITEABLE_FILE) return control_send(lws_get_opaque_user_data(wsi));
  if (reason == LWS_CALLBACK_RAW_CLOSE_FILE) control_lost(lws_get_opaque_user_data(wsi));
  return 0;
}

static bool enqueue(struct control *control, uint32_t stream, bool request, struct buffer *bytes) {
  if (!outgoing_add(&control->queue, stream, request, bytes)) return false;
  if (control->wsi != NULL) lws_callback_on_writable(control->wsi);
  return true;
}

void control_request(struct control *control, struct connection *connection) {
  struct request *request = &connection->request;
  struct buffer bytes = {.budget = &control->gateway->answers};
  unsigned char header[FRAME_HEADER_BYTES + 4] = {0};
  char fingerprint[FINGERPRINT_TEXT_BYTES];
  const char *certificate = tls_fingerprint(connection->wsi, fingerprint) ? fingerprint : NULL;
  bool ok = control->next_stream < UINT32_MAX && buffer_append(&bytes, header, sizeof header);
  ok = ok && request_write_head(request, connection->remote, connection->connected_ms, certificate, &bytes);
  size_t head_length = bytes.length - sizeof header;
  ok = ok && buffer_append(&bytes, buffer_bytes(&request->body), request->body.length);
  if (ok) {
    struct frame frame = {.type = FRAME_REQUEST, .end = true, .stream = control->next_stream, .length = bytes.length - FRAME_HEADER_BYTES};
    frame_encode(header, &frame);
    frame_put_u32(header + FRAME_HEADER_BYTES, (uint32_t)head_length);
    memcpy(buffer_bytes(&bytes), header, sizeof header);
    ok = enqueue(control, frame.stream, true, &bytes);
  }
  buffer_free(&request->body);
  if (ok) {
    connection->stream = control->next_stream++;
    return;
  }
  buffer_free(&bytes);
  answer_refuse(connection, &busy, false);
}

void control_cancel(struct control *control, struct connection *connection) {
  uint32_t stream = connection->stream;
  if (stream == 0) return;
  connection->stream = 0;
  struct outgoing *frame = outgoing_find(&control->queue, stream);
  if (frame != NULL && !frame->begun) {
    outgoing_drop(frame);
    return;
  }
  if (control->wsi == NULL) return;
  unsigned char header[FRAME_HEADER_BYTES];
  frame_encode(header, &(struct frame){.type = FRAME_CANCEL, .end = true, .stream = stream});
  struct buffer bytes = {0};
  if (!buffer_append(&bytes, header, sizeof header) || !enqueue(control, stream, false, &bytes)) buffer_free(&bytes);
}

struct control *control_create(struct gateway *gateway, const char *path) {
  struct control *control = calloc(1, sizeof *control);
  if (control == NULL || strlen(path) >= sizeof control->address.sun_path) {
    free(control);
    return NULL;
  }
  control->gateway = gateway;
  control->address.sun_family = AF_UNIX;
  strncpy(control->address.sun_path, path, sizeof control->address.sun_path - 1);
  control->next_stream = 1;
  control->backoff_ms = RECONNECT_MIN_MS;
  return control;
}

void control_start(struct control *control) {
  control_connect(control);
}

void control_free(struct control *control) {
  if (control == NULL) return;
  lws_start_foreach_dll_safe(struct lws_dll2 *, item, next, lws_dll2_get_head(&control->queue)) {
    outgoing_drop(lws_container_of(item, struct outgoing, list));
  } lws_end_foreach_dll_safe(item, next);
  descriptors_close(&control->descriptors);
  buffer_free(&control->input);
  free(control);
}
