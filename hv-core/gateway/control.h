// The connection to controld: requests out, answers in.
#ifndef CORBEL_GATEWAY_CONTROL_H
#define CORBEL_GATEWAY_CONTROL_H

#include <stdint.h>

struct connection;
struct control;
struct gateway;

/** Copies `path`; connects once asked to. Null when out of memory. */
struct control *control_create(struct gateway *gateway, const char *path);
void control_free(struct control *control);
void control_start(struct control *control);
/** Sends the connection's request; it is answered in any case, at the latest by the connection's deadline. Takes the body. */
void control_request(struct control *control, struct connection *connection);
/** The client of the connection's outstanding request, if any, has gone. */
void control_cancel(struct control *control, struct connection *connection);

#endif
