// A request body on its way to a descriptor that controld has given, past every buffer but one.
#ifndef CORBEL_GATEWAY_UPLOAD_H
#define CORBEL_GATEWAY_UPLOAD_H

#include <stdbool.h>

struct connection;

/** Takes over `fd`, which controld wants the body of the connection's request to be written to; the client is told to go on. */
void upload_open(struct connection *connection, int fd);
/** What of the body has come since the last call goes on its way; reading stops until the descriptor has taken it. */
void upload_advance(struct connection *connection);
/** The descriptor is closed, which ends the body for whoever reads it. Nothing happens when there is none. */
void upload_close(struct connection *connection);
/** Nothing has moved for too long. */
void upload_timeout(struct connection *connection);

#endif
