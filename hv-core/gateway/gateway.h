// What all parts of one gateway share; holds no behaviour.
#ifndef CORBEL_GATEWAY_GATEWAY_H
#define CORBEL_GATEWAY_GATEWAY_H

#include <libwebsockets.h>
#include <stdbool.h>

#include "buffer.h"

struct control;
struct ssl_ctx_st;
struct static_files;

struct gateway {
  struct lws_context *context;
  struct lws_vhost *network; // TLS connections from outside
  struct lws_vhost *websocket; // the inner ends of WebSockets, no TLS
  struct lws_vhost *local;   // other descriptors
  struct ssl_ctx_st *tls;    // of `network`, owned by the library
  bool ask_certificates;     // of clients
  struct control *control;
  struct static_files *files;
  struct budget bodies;      // of requests, of all connections
  struct budget answers;     // and frames to controld
  struct lws_dll2_owner connections;
  unsigned websockets, uploads;
  struct lws *listener;
  lws_sorted_usec_list_t accept_pause, stop_deadline;
  bool stopping, stopped;
};

/** The gateway that a callback's `wsi` belongs to. */
static inline struct gateway *gateway_of(struct lws *wsi) {
  return lws_context_user(lws_get_context(wsi));
}

/** Hands a descriptor to the event loop under one of the local protocols; null (the descriptor still the caller's) when that fails. */
struct lws *gateway_watch(struct gateway *gateway, int fd, const char *protocol, void *user);
/** Closes from outside its own callbacks, at the next turn of the event loop. */
void gateway_close_later(struct lws *wsi);

int listen_callback(struct lws *wsi, enum lws_callback_reasons reason, void *user, void *in, size_t length);
int connection_callback(struct lws *wsi, enum lws_callback_reasons reason, void *user, void *in, size_t length);
int control_callback(struct lws *wsi, enum lws_callback_reasons reason, void *user, void *in, size_t length);
int tunnel_callback(struct lws *wsi, enum lws_callback_reasons reason, void *user, void *in, size_t length);
int websocket_callback(struct lws *wsi, enum lws_callback_reasons reason, void *user, void *in, size_t length);
int attachment_callback(struct lws *wsi, enum lws_callback_reasons reason, void *user, void *in, size_t length);
int upload_callback(struct lws *wsi, enum lws_callback_reasons reason, void *user, void *in, size_t length);
int signals_callback(struct lws *wsi, enum lws_callback_reasons reason, void *user, void *in, size_t length);

#endif
