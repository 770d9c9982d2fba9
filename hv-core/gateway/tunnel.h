// The way between a connection from the network and the library's WebSocket end.
#ifndef CORBEL_GATEWAY_TUNNEL_H
#define CORBEL_GATEWAY_TUNNEL_H

#include "connection.h"

/** controld has attached `fd` to the connection's request, a checked WebSocket handshake. Takes over `fd` in any case; answers in any case. */
void tunnel_open(struct connection *connection, int fd);
void tunnel_receive(struct connection *connection, const void *bytes, size_t length);
/** The client has taken all that was queued. */
void tunnel_drained(struct connection *connection);
/** The connection is going away. */
void tunnel_close(struct connection *connection);

/** Starts a WebSocket on `near_fd` (our end of a socket pair) copying to and from `fd`. Takes over both in any case. */
bool websocket_open(struct gateway *gateway, int near_fd, int fd);

#endif
