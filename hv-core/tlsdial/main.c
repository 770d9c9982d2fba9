// Dials a peer by TLS and copies to it what comes in by a descriptor. Says by lines how it goes, and how much has arrived: `resolving`, `connected VERSION`, `acked BYTES`, `failed CODE words`.
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <linux/sockios.h>
#include <openssl/err.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "../dial/dial.h"
#include "../filter/filter.h"

enum { BUFFER_BYTES = 16384, MARKS = 64, ACK_POLL_MS = 100 };

/** How much the peer has not acknowledged yet. */
static bool allow_counting(scmp_filter_ctx filter) {
  bool ok = seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(ioctl), 1, SCMP_A1(SCMP_CMP_EQ, SIOCOUTQ)) == 0;
#if defined(__SANITIZE_ADDRESS__)
  ok = ok && seccomp_rule_add(filter, SCMP_ACT_ERRNO(ENOTTY), SCMP_SYS(ioctl), 1, SCMP_A1(SCMP_CMP_NE, SIOCOUTQ)) == 0;
#endif
  return ok;
}

/** Bytes given to TLS, and where they end in what went to the network. */
struct mark {
  uint64_t plain, wire;
};

struct relay {
  SSL *ssl;
  int socket;
  /** What is being sent; nothing is read before it has gone. */
  unsigned char buffer[BUFFER_BYTES];
  size_t start, end;
  uint64_t plain;
  struct mark marks[MARKS];
  unsigned count;
  bool input_ended;
  short wanted;
};

static void remember(struct relay *relay) {
  struct mark mark = {.plain = relay->plain, .wire = BIO_number_written(SSL_get_wbio(relay->ssl))};
  // With all places taken the last one covers more; it is told of later, and never too early.
  if (relay->count == MARKS) relay->count--;
  relay->marks[relay->count++] = mark;
}

/** What the peer's kernel has acknowledged is no longer in the socket. */
static void tell_acknowledged(struct relay *relay) {
  int waiting = 0;
  if (relay->count == 0 || ioctl(relay->socket, SIOCOUTQ, &waiting) < 0) return;
  uint64_t arrived = BIO_number_written(SSL_get_wbio(relay->ssl)) - (uint64_t)waiting;
  unsigned done = 0;
  while (done < relay->count && relay->marks[done].wire <= arrived) done++;
  if (done == 0) return;
  tell("acked %llu", (unsigned long long)relay->marks[done - 1].plain);
  memmove(relay->marks, relay->marks + done, (relay->count - done) * sizeof relay->marks[0]);
  relay->count -= done;
}

/** Whether it can go on; sets what the socket has to be ready for. */
static bool may_go_on(struct relay *relay, int result) {
  int wanted = SSL_get_error(relay->ssl, result);
  if (wanted == SSL_ERROR_WANT_WRITE) relay->wanted |= POLLOUT;
  if (wanted == SSL_ERROR_WANT_WRITE || wanted == SSL_ERROR_WANT_READ) return true;
  tell_acknowledged(relay);
  if (wanted == SSL_ERROR_ZERO_RETURN) fail("closed", "the peer has closed the connection");
  else if (wanted == SSL_ERROR_SYSCALL) fail("closed", "the connection is lost: %s", errno == 0 ? "it ended" : strerror(errno));
  else fail("closed", "the connection is lost: %s", ERR_reason_error_string(ERR_peek_last_error()));
  return false;
}

static bool send_some(struct relay *relay) {
  while (relay->start < relay->end) {
    ERR_clear_error();
    errno = 0;
    int sent = SSL_write(relay->ssl, relay->buffer + relay->start, (int)(relay->end - relay->start));
    if (sent <= 0) return may_go_on(relay, sent);
    relay->start += (size_t)sent;
    relay->plain += (uint64_t)sent;
    remember(relay);
  }
  relay->start = relay->end = 0;
  return true;
}

/** What the peer says is for TLS alone; the rest of it is passed over. */
static bool hear(struct relay *relay) {
  unsigned char ignored[1024];
  for (;;) {
    ERR_clear_error();
    errno = 0;
    int got = SSL_read(relay->ssl, ignored, sizeof ignored);
    if (got <= 0) return may_go_on(relay, got);
  }
}

/** False at the end of the input with all of it sent. */
static bool take_input(struct relay *relay) {
  ssize_t got = read(CONTROL_FD, relay->buffer, sizeof relay->buffer);
  if (got > 0) relay->end = (size_t)got;
  else if (got == 0 || (errno != EAGAIN && errno != EINTR)) return false;
  return true;
}

/** Returns the exit code. */
static int relay_all(struct relay *relay) {
  for (;;) {
    relay->wanted = POLLIN;
    if (!send_some(relay) || !hear(relay)) return 1;
    tell_acknowledged(relay);
    bool reads = relay->start == relay->end;
    struct pollfd fds[] = {
      {.fd = relay->socket, .events = relay->wanted},
      // Without events only its end is told, which matters as much while nothing is read.
      {.fd = CONTROL_FD, .events = reads ? POLLIN : 0},
    };
    if (poll(fds, 2, relay->count > 0 ? ACK_POLL_MS : -1) < 0 && errno != EINTR) return 1;
    if (fds[1].revents != 0 && reads && !take_input(relay)) break;
    if (!reads && (fds[1].revents & (POLLHUP | POLLERR)) != 0) break;
  }
  SSL_shutdown(relay->ssl);
  return 0;
}

static int dial(const struct target *target) {
  SSL_CTX *context = trust(target);
  if (context == NULL) return 1;
  tell("resolving");
  int socket = connect_to(target), code = 1;
  static struct relay relay;
  relay.socket = socket;
  relay.ssl = socket < 0 ? NULL : SSL_new(context);
  if (relay.ssl != NULL && sandbox_enter(allow_counting) && shake_hands(relay.ssl, socket, target)) {
    tell("connected %s", SSL_get_version(relay.ssl));
    code = relay_all(&relay);
  }
  SSL_free(relay.ssl);
  SSL_CTX_free(context);
  if (socket >= 0) close(socket);
  return code;
}

static bool parse_arguments(int argc, char **argv, struct target *target) {
  static const struct option options[] = {
    {"host", required_argument, NULL, 'h'}, {"port", required_argument, NULL, 'p'},
    {"authorities", required_argument, NULL, 'a'}, {"fingerprint", required_argument, NULL, 'f'}, {0},
  };
  for (int option; (option = getopt_long(argc, argv, "", options, NULL)) != -1;) {
    if (option == 'h') target->host = optarg;
    else if (option == 'p') target->port = optarg;
    else if (option == 'a') target->authorities = optarg;
    else if (option == 'f') target->fingerprint = optarg;
    else return false;
  }
  return optind == argc && target->host != NULL && target->port != NULL && (target->authorities == NULL) != (target->fingerprint == NULL);
}

int main(int argc, char **argv) {
  struct target target = {0};
  if (!parse_arguments(argc, argv, &target)) {
    static const char usage[] = "usage: tlsdial --host HOST --port PORT (--authorities FILE | --fingerprint HEX) 3<>SOCKET\n";
    ssize_t written = write(STDERR_FILENO, usage, sizeof usage - 1);
    (void)written;
    return 64;
  }
  signal(SIGPIPE, SIG_IGN);
  int flags = fcntl(CONTROL_FD, F_GETFL);
  if (flags < 0 || fcntl(CONTROL_FD, F_SETFL, flags | O_NONBLOCK) < 0) return 64;
  return dial(&target);
}
