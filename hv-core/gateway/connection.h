// One TLS connection from the network: reading requests, sending answers, deadlines.
#ifndef CORBEL_GATEWAY_CONNECTION_H
#define CORBEL_GATEWAY_CONNECTION_H

#include <netinet/in.h>

#include "gateway.h"
#include "request.h"

struct parser;
struct tunnel;
struct upload;

enum connection_state {
  CONNECTION_IDLE,      // nothing of the next request has come; also TLS handshake, at first
  CONNECTION_HEAD,
  CONNECTION_BODY,
  CONNECTION_OFFERED,   // a body that is streamed: asked controld, nothing of the body is read yet
  CONNECTION_UPLOADING, // controld has given a descriptor for it
  CONNECTION_WAITING,   // asked controld
  CONNECTION_STREAMING, // head of the answer sent, more to come from controld
  CONNECTION_SENDING,   // the whole answer is queued
  CONNECTION_TUNNEL,    // a WebSocket
  CONNECTION_DISCARDING // answered for the last time; reading only so that the client is not reset before it has read the answer
};

struct connection {
  struct lws_dll2 list;
  struct gateway *gateway;
  struct lws *wsi;
  struct in6_addr address; // for counting: IPv4 mapped, IPv6 cut to 64 bits
  char remote[64];         // address:port
  uint64_t connected_ms;   // since boot, when it was accepted
  enum connection_state state;
  lws_sorted_usec_list_t deadline;
  struct parser *parser;
  struct request request;
  struct buffer input;     // came before it could be parsed
  struct buffer output;
  const unsigned char *file; // sent after `output`, not owned
  size_t file_left;
  size_t discarded;
  uint32_t stream;         // of the request at controld, 0 for none
  struct tunnel *tunnel;
  struct upload *upload;   // while UPLOADING
  bool keep_alive;         // after this answer
  bool chunked;            // this streamed answer is framed by chunks
  bool counted;            // this answer comes in pieces, of a length told beforehand
  size_t counted_left;     // of which so much is to come
  bool reading;            // bytes from the client are asked for
  bool served;             // at least one request has been answered
  bool dead;               // to be closed by the next callback
};

/** Takes over `fd`, an accepted socket, in any case. */
void connection_open(struct gateway *gateway, int fd, const struct in6_addr *address, const char *remote);
/** Closes without another word. */
void connection_abort(struct connection *connection);
/** Queues bytes for the client; when that is over a limit the connection is aborted and false returned. */
bool connection_send(struct connection *connection, const void *bytes, size_t length);
/** The whole answer is queued. `reading_done` tells that the request was read to its end. */
void connection_answered(struct connection *connection, bool reading_done);
void connection_set_deadline(struct connection *connection, int64_t milliseconds);
void connection_set_reading(struct connection *connection, bool on);
/** The server is stopping: finishes what is being answered, closes all else. */
void connection_stop(struct connection *connection);

/** Feeds bytes to the parser of the request being read. */
void http_receive(struct connection *connection, const char *bytes, size_t length);
void http_begin(struct connection *connection);
/** The deadline of a request that is being read is over. */
void http_timeout(struct connection *connection);

/** Answers from the gateway itself. */
void answer_refuse(struct connection *connection, const struct refusal *refusal, bool close);
void answer_file(struct connection *connection);
/** controld's RESPONSE. False: it is malformed. */
bool answer_begin(struct connection *connection, const char *head, size_t head_length, const unsigned char *body, size_t body_length, bool end);
/** controld's DATA. */
void answer_data(struct connection *connection, const unsigned char *bytes, size_t length, bool end);

#endif
