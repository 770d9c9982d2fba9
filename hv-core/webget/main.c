// Gets one file by HTTP or HTTPS. Says by lines how it goes: `resolving`, `connected VERSION`, `length BYTES`, `redirect LOCATION`, `done`, `failed CODE words`.
// The body goes to a descriptor that is handed over once its length has been told; one that is not wanted is asked for no further.
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <openssl/err.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "../dial/dial.h"
#include "../filter/filter.h"
#include "webget.h"

enum { BUFFER_BYTES = 65536, REQUEST_BYTES = 4096, HANDOVER_TIMEOUT_MS = 60000, SINK_TIMEOUT_MS = 300000 };

struct request {
  struct target peer;
  /** As it is named to the server: with the port, unless that is its scheme's own. */
  const char *authority;
  /** Path and query. */
  const char *path;
  bool tls;
};

struct stream {
  SSL *ssl;
  int socket;
};

/** Where the body goes; -1 until it is handed over. */
static int sink_fd = -1;
/** Who wanted the body has enough of it. */
static bool sink_closed;

/** Descriptors are taken from who started it. */
static bool allow_handover(scmp_filter_ctx filter) {
  static const int calls[] = {SCMP_SYS(recvmsg)};
  return filter_allow(filter, calls, 1);
}

/** False once it is over: `fd` is as `events` ask, or has ended. */
static bool wait_for(int fd, short events, int timeout_ms) {
  struct pollfd waiting = {.fd = fd, .events = events};
  int64_t deadline = now_ms() + timeout_ms;
  for (;;) {
    int64_t left = deadline - now_ms();
    int ready = left > 0 ? poll(&waiting, 1, (int)left) : 0;
    if (ready > 0) return true;
    if (ready == 0 || errno != EINTR) return false;
  }
}

/** Waits for what TLS wants before it can go on; false after `fail`. */
static bool wait_for_tls(SSL *ssl, int socket, int result) {
  int wanted = SSL_get_error(ssl, result);
  if (wanted != SSL_ERROR_WANT_READ && wanted != SSL_ERROR_WANT_WRITE) {
    const char *words = ERR_reason_error_string(ERR_peek_last_error());
    fail("closed", "the connection is lost: %s", words != NULL ? words : "it ended");
    return false;
  }
  if (wait_for(socket, wanted == SSL_ERROR_WANT_READ ? POLLIN : POLLOUT, SILENT_PEER_MS)) return true;
  fail("timeout", "nothing came for %d s", SILENT_PEER_MS / 1000);
  return false;
}

/** As many bytes as there are; 0 after `fail`, an end included. */
static size_t receive(const struct stream *stream, char *bytes, size_t size) {
  for (;;) {
    if (stream->ssl != NULL) {
      ERR_clear_error();
      int got = SSL_read(stream->ssl, bytes, (int)size);
      if (got > 0) return (size_t)got;
      if (!wait_for_tls(stream->ssl, stream->socket, got)) return 0;
      continue;
    }
    ssize_t got = read(stream->socket, bytes, size);
    if (got > 0) return (size_t)got;
    if (got == 0 || (errno != EAGAIN && errno != EINTR)) {
      fail("closed", "the connection is lost: %s", got == 0 ? "it ended" : strerror(errno));
      return 0;
    }
    if (!wait_for(stream->socket, POLLIN, SILENT_PEER_MS)) {
      fail("timeout", "nothing came for %d s", SILENT_PEER_MS / 1000);
      return 0;
    }
  }
}

/** A request fits into what the kernel takes at once; false after `fail`. */
static bool send_all(const struct stream *stream, const char *bytes, size_t length) {
  while (stream->ssl != NULL) {
    ERR_clear_error();
    int sent = SSL_write(stream->ssl, bytes, (int)length);
    if (sent == (int)length) return true;
    if (sent > 0) break;
    if (!wait_for_tls(stream->ssl, stream->socket, sent)) return false;
  }
  if (stream->ssl == NULL && send(stream->socket, bytes, length, MSG_NOSIGNAL) == (ssize_t)length) return true;
  fail("closed", "the request could not be sent");
  return false;
}

static bool give(const char *bytes, size_t length) {
  while (length > 0) {
    ssize_t written = write(sink_fd, bytes, length);
    if (written > 0) {
      bytes += written;
      length -= (size_t)written;
    } else if (errno == EAGAIN) {
      if (wait_for(sink_fd, POLLOUT, SINK_TIMEOUT_MS)) continue;
      return false;
    } else if (errno != EINTR) {
      sink_closed = true;
      return false;
    }
  }
  return true;
}

/** The descriptor that the body goes to; false where none comes, which is no failure. */
static bool take_sink(void) {
  union {
    struct cmsghdr header;
    char bytes[CMSG_SPACE(sizeof(int))];
  } control = {0};
  char byte;
  struct iovec place = {.iov_base = &byte, .iov_len = 1};
  struct msghdr message = {.msg_iov = &place, .msg_iovlen = 1, .msg_control = control.bytes, .msg_controllen = sizeof control.bytes};
  if (!wait_for(CONTROL_FD, POLLIN, HANDOVER_TIMEOUT_MS) || recvmsg(CONTROL_FD, &message, MSG_CMSG_CLOEXEC) <= 0) return false;
  struct cmsghdr *first = CMSG_FIRSTHDR(&message);
  if (first == NULL || first->cmsg_level != SOL_SOCKET || first->cmsg_type != SCM_RIGHTS) return false;
  memcpy(&sink_fd, CMSG_DATA(first), sizeof sink_fd);
  return true;
}

static bool ask(const struct stream *stream, const struct request *request) {
  char text[REQUEST_BYTES];
  int length = snprintf(text, sizeof text,
    "GET %s HTTP/1.1\r\nHost: %s\r\nUser-Agent: Corbel\r\nAccept: */*\r\nAccept-Encoding: identity\r\nConnection: close\r\n\r\n",
    request->path, request->authority);
  if (length > 0 && (size_t)length < sizeof text) return send_all(stream, text, (size_t)length);
  fail("request", "the address is too long");
  return false;
}

/** What the head says; true where the body is wanted. `code` is the exit code otherwise. */
static bool judge(const struct response *response, int *code) {
  int status = response_status(response);
  const char *location = response_location(response);
  *code = 1;
  if (status >= 300 && status < 400 && location[0] != '\0') {
    tell("redirect %s", location);
    *code = 0;
  } else if (status != 200) fail("status", "the server answers %d", status);
  else if (!response_is_plain(response)) fail("encoding", "the server sends it compressed");
  else if (response_length(response) < 0) fail("length", "the server does not say how long it is");
  else {
    tell("length %lld", (long long)response_length(response));
    if (take_sink()) return true;
    *code = 0;
  }
  return false;
}

static int read_answer(const struct stream *stream, struct response *response) {
  static char buffer[BUFFER_BYTES];
  for (;;) {
    size_t length = receive(stream, buffer, sizeof buffer), start = 0;
    if (length == 0) return 1;
    while (start < length) {
      size_t used = 0;
      enum response_state state = response_feed(response, buffer + start, length - start, &used);
      start += used;
      int code = 0;
      if (state == RESPONSE_HEAD && !judge(response, &code)) return code;
      if (state == RESPONSE_DONE) {
        tell("done");
        return 0;
      }
      if (state == RESPONSE_BAD) {
        if (sink_closed) return 0;
        if (sink_fd >= 0 && response_length(response) >= 0) fail("stalled", "nothing was taken for %d s", SINK_TIMEOUT_MS / 1000);
        else fail("http", "the answer is not well formed: %s", response_fault(response));
        return 1;
      }
    }
  }
}

static int get(const struct request *request) {
  SSL_CTX *context = request->tls ? trust(&request->peer) : NULL;
  if (request->tls && context == NULL) return 1;
  tell("resolving");
  struct response *response = response_create(give);
  struct stream stream = {.ssl = NULL, .socket = connect_to(&request->peer)};
  bool ok = stream.socket >= 0 && response != NULL;
  if (ok && request->tls) ok = (stream.ssl = SSL_new(context)) != NULL;
  int code = 1;
  if (ok && sandbox_enter(allow_handover) && (!request->tls || shake_hands(stream.ssl, stream.socket, &request->peer))) {
    tell("connected %s", request->tls ? SSL_get_version(stream.ssl) : "plain");
    if (ask(&stream, request)) code = read_answer(&stream, response);
  }
  SSL_free(stream.ssl);
  SSL_CTX_free(context);
  response_free(response);
  if (stream.socket >= 0) close(stream.socket);
  return code;
}

static bool parse_arguments(int argc, char **argv, struct request *request) {
  static const struct option options[] = {
    {"host", required_argument, NULL, 'h'},    {"port", required_argument, NULL, 'p'},        {"authority", required_argument, NULL, 'n'},
    {"path", required_argument, NULL, 't'},    {"tls", no_argument, NULL, 's'},               {"authorities", required_argument, NULL, 'a'},
    {"fingerprint", required_argument, NULL, 'f'}, {0},
  };
  for (int option; (option = getopt_long(argc, argv, "", options, NULL)) != -1;) {
    if (option == 'h') request->peer.host = optarg;
    else if (option == 'p') request->peer.port = optarg;
    else if (option == 'n') request->authority = optarg;
    else if (option == 't') request->path = optarg;
    else if (option == 's') request->tls = true;
    else if (option == 'a') request->peer.authorities = optarg;
    else if (option == 'f') request->peer.fingerprint = optarg;
    else return false;
  }
  bool named = request->peer.host != NULL && request->peer.port != NULL && request->authority != NULL && request->path != NULL;
  return optind == argc && named && (request->peer.authorities == NULL || request->peer.fingerprint == NULL);
}

int main(int argc, char **argv) {
  struct request request = {0};
  if (!parse_arguments(argc, argv, &request)) {
    static const char usage[] =
      "usage: webget --host HOST --port PORT --authority NAME --path PATH [--tls [--authorities FILE | --fingerprint HEX]] 3<>SOCKET\n";
    ssize_t written = write(STDERR_FILENO, usage, sizeof usage - 1);
    (void)written;
    return 64;
  }
  signal(SIGPIPE, SIG_IGN);
  return get(&request);
}
