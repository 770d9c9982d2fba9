// A WebSocket, as the library speaks it, copied to and from a descriptor with back-pressure both ways; knows nothing of what the bytes mean.
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "limits.h"
#include "tunnel.h"

struct websocket {
  struct gateway *gateway;
  struct lws *wsi;         // the library's end; null once closed
  struct lws *attachment;  // the descriptor; null once closed
  struct buffer outward;   // from the descriptor to the client
  struct buffer inward;    // from the client to the descriptor
  bool ready;              // the handshake is done
};

static void websocket_release(struct websocket *websocket) {
  if (websocket->wsi != NULL || websocket->attachment != NULL) return;
  websocket->gateway->websockets--;
  buffer_free(&websocket->outward);
  buffer_free(&websocket->inward);
  free(websocket);
}

bool websocket_open(struct gateway *gateway, int near_fd, int fd) {
  struct websocket *websocket = calloc(1, sizeof *websocket);
  if (websocket == NULL) {
    close(near_fd);
    close(fd);
    return false;
  }
  websocket->gateway = gateway;
  gateway->websockets++;
  websocket->attachment = gateway_watch(gateway, fd, "attachment", websocket);
  if (websocket->attachment == NULL) {
    close(near_fd);
    close(fd);
    websocket_release(websocket);
    return false;
  }
  lws_rx_flow_control(websocket->attachment, 0); // until there is someone to read to
  lws_adopt_desc_t adoption = {.vh = gateway->websocket, .type = LWS_ADOPT_SOCKET | LWS_ADOPT_HTTP, .fd.sockfd = near_fd, .opaque = websocket};
  struct lws *wsi = lws_adopt_descriptor_vhost_via_info(&adoption);
  if (wsi != NULL) {
    websocket->wsi = wsi;
    return true;
  }
  gateway_close_later(websocket->attachment); // and with it goes the rest
  return false;
}

/** False: the descriptor is broken. */
static bool flush_inward(struct websocket *websocket) {
  while (websocket->inward.length > 0) {
    ssize_t sent = write(lws_get_socket_fd(websocket->attachment), buffer_bytes(&websocket->inward), websocket->inward.length);
    if (sent < 0) return errno == EAGAIN || errno == EINTR;
    buffer_consume(&websocket->inward, (size_t)sent);
  }
  return true;
}

static int from_client(struct websocket *websocket, const void *bytes, size_t length) {
  if (websocket->attachment == NULL) return -1;
  if (!buffer_append(&websocket->inward, bytes, length)) return -1;
  if (!flush_inward(websocket)) buffer_free(&websocket->inward); // its end is noticed by reading
  if (websocket->inward.length > 0) {
    lws_rx_flow_control(websocket->wsi, 0);
    lws_callback_on_writable(websocket->attachment);
  }
  return 0;
}

static int to_client(struct websocket *websocket) {
  if (websocket->outward.length > 0) {
    unsigned char message[LWS_PRE + LIMIT_READ_BYTES];
    size_t length = websocket->outward.length < LIMIT_READ_BYTES ? websocket->outward.length : LIMIT_READ_BYTES;
    memcpy(message + LWS_PRE, buffer_bytes(&websocket->outward), length);
    if (lws_write(websocket->wsi, message + LWS_PRE, length, LWS_WRITE_BINARY) < 0) return -1;
    buffer_consume(&websocket->outward, length);
  }
  if (websocket->outward.length > 0) {
    lws_callback_on_writable(websocket->wsi);
  } else if (websocket->attachment != NULL) {
    lws_rx_flow_control(websocket->attachment, 1);
  } else {
    lws_close_reason(websocket->wsi, LWS_CLOSE_STATUS_NORMAL, NULL, 0);
    return -1;
  }
  return 0;
}

int websocket_callback(struct lws *wsi, enum lws_callback_reasons reason, void *user, void *in, size_t length) {
  (void)user;
  struct websocket *websocket = lws_get_opaque_user_data(wsi);
  switch (reason) {
  case LWS_CALLBACK_ESTABLISHED:
    websocket->ready = true;
    lws_callback_on_writable(wsi);
    break;
  case LWS_CALLBACK_RECEIVE:
    return from_client(websocket, in, length);
  case LWS_CALLBACK_SERVER_WRITEABLE:
    return to_client(websocket);
  case LWS_CALLBACK_HTTP: // only what tunnel.c has written comes here, so it is never plain HTTP
    return -1;
  case LWS_CALLBACK_WSI_DESTROY: // comes on every way out
    if (websocket == NULL) break;
    websocket->wsi = NULL;
    if (websocket->attachment != NULL) gateway_close_later(websocket->attachment);
    websocket_release(websocket);
    break;
  default:
    break;
  }
  return 0;
}

/** One read for the client. Negative: the descriptor has ended. */
static ssize_t copy_outward(struct websocket *websocket) {
  unsigned char bytes[LIMIT_READ_BYTES];
  ssize_t length = read(lws_get_socket_fd(websocket->attachment), bytes, sizeof bytes);
  if (length < 0 && (errno == EAGAIN || errno == EINTR)) return 0;
  if (length <= 0 || !buffer_append(&websocket->outward, bytes, (size_t)length)) return -1;
  return length;
}

static void attachment_closed(struct websocket *websocket) {
  if (websocket->wsi != NULL) {
    while (websocket->outward.length < LIMIT_LAST_WORDS && copy_outward(websocket) > 0) continue;
    if (websocket->ready) lws_callback_on_writable(websocket->wsi);
  }
  websocket->attachment = NULL;
  websocket_release(websocket);
}

int attachment_callback(struct lws *wsi, enum lws_callback_reasons reason, void *user, void *in, size_t length) {
  (void)user, (void)in, (void)length;
  if (reason != LWS_CALLBACK_RAW_RX_FILE && reason != LWS_CALLBACK_RAW_WRITEABLE_FILE && reason != LWS_CALLBACK_RAW_CLOSE_FILE) return 0;
  struct websocket *websocket = lws_get_opaque_user_data(wsi);
  if (reason == LWS_CALLBACK_RAW_CLOSE_FILE) {
    attachment_closed(websocket);
    return 0;
  }
  if (websocket->wsi == NULL) return -1;
  if (reason == LWS_CALLBACK_RAW_RX_FILE) {
    if (copy_outward(websocket) < 0) return -1;
    if (websocket->outward.length > 0) {
      lws_rx_flow_control(wsi, 0);
      lws_callback_on_writable(websocket->wsi);
    }
    return 0;
  }
  if (!flush_inward(websocket)) buffer_free(&websocket->inward);
  if (websocket->inward.length > 0) lws_callback_on_writable(wsi);
  else lws_rx_flow_control(websocket->wsi, 1);
  return 0;
}
