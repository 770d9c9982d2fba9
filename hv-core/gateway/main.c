// The gateway's start, loop and end; parses its arguments and nothing from outside.
#include <errno.h>
#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/socket.h>

#include "connection.h"
#include "control.h"
#include "log.h"
#include "sandbox.h"
#include "static.h"

/** All are required. */
struct arguments {
  const char *listen_fd, *certificate, *key, *control, *files;
};

static bool parse_arguments(int argc, char **argv, struct arguments *arguments) {
  static const struct option options[] = {
    {"listen-fd", required_argument, NULL, 'l'}, {"certificate", required_argument, NULL, 'c'}, {"key", required_argument, NULL, 'k'},
    {"control", required_argument, NULL, 's'},   {"static", required_argument, NULL, 'f'},      {0},
  };
  for (int option; (option = getopt_long(argc, argv, "", options, NULL)) != -1;) {
    if (option == 'l') arguments->listen_fd = optarg;
    else if (option == 'c') arguments->certificate = optarg;
    else if (option == 'k') arguments->key = optarg;
    else if (option == 's') arguments->control = optarg;
    else if (option == 'f') arguments->files = optarg;
    else return false;
  }
  return optind == argc && arguments->listen_fd != NULL && arguments->certificate != NULL && arguments->key != NULL && arguments->control != NULL && arguments->files != NULL;
}

/** The descriptor's number, or -1 with the reason logged when it is no listening stream socket. */
static int check_listener(const char *text) {
  char *end;
  errno = 0;
  long fd = strtol(text, &end, 10);
  int listening = 0;
  socklen_t length = sizeof listening;
  if (errno != 0 || *end != '\0' || fd < 3 || fd > 1023 || getsockopt((int)fd, SOL_SOCKET, SO_ACCEPTCONN, &listening, &length) < 0 || !listening) {
    log_write(LOG_ERROR, "--listen-fd %s: not a listening socket", text);
    return -1;
  }
  return (int)fd;
}

static void library_log(int level, const char *line) {
  // The line starts with a time stamp and the level in brackets, which the log has of its own.
  const char *text = strstr(line, ": ");
  log_write(level == LLL_ERR ? LOG_ERROR : LOG_WARNING, "lws %s", text != NULL ? text + 2 : line);
}

static void stop_overdue(lws_sorted_usec_list_t *timer) {
  lws_container_of(timer, struct gateway, stop_deadline)->stopped = true;
}

int signals_callback(struct lws *wsi, enum lws_callback_reasons reason, void *user, void *in, size_t length) {
  (void)user, (void)in, (void)length;
  struct gateway *gateway = gateway_of(wsi);
  struct signalfd_siginfo signal;
  if (reason != LWS_CALLBACK_RAW_RX_FILE || read(lws_get_socket_fd(wsi), &signal, sizeof signal) != sizeof signal || gateway->stopping) return 0;
  log_write(LOG_NOTICE, "stopping");
  gateway->stopping = true;
  lws_sul_schedule(gateway->context, 0, &gateway->stop_deadline, stop_overdue, TIMEOUT_STOP_MS * LWS_US_PER_MS);
  lws_sul_cancel(&gateway->accept_pause);
  if (gateway->listener != NULL) gateway_close_later(gateway->listener);
  lws_start_foreach_dll_safe(struct lws_dll2 *, item, next, lws_dll2_get_head(&gateway->connections)) {
    connection_stop(lws_container_of(item, struct connection, list));
  } lws_end_foreach_dll_safe(item, next);
  return 0;
}

struct lws *gateway_watch(struct gateway *gateway, int fd, const char *protocol, void *user) {
  lws_adopt_desc_t adoption = {.vh = gateway->local, .type = LWS_ADOPT_RAW_FILE_DESC, .fd.filefd = fd, .vh_prot_name = protocol, .opaque = user};
  return lws_adopt_descriptor_vhost_via_info(&adoption);
}

void gateway_close_later(struct lws *wsi) {
  lws_set_timeout(wsi, PENDING_TIMEOUT_USER_OK, LWS_TO_KILL_ASYNC);
}

static const struct lws_protocols network_protocols[] = {{"connection", connection_callback, 0, LIMIT_READ_BYTES, 0, NULL, 0}, LWS_PROTOCOL_LIST_TERM};
static const struct lws_protocols websocket_protocols[] = {{"corbel.serial", websocket_callback, 0, LIMIT_READ_BYTES, 0, NULL, 0}, LWS_PROTOCOL_LIST_TERM};
static const struct lws_protocols local_protocols[] = {
  {"listen", listen_callback, 0, 0, 0, NULL, 0},   {"control", control_callback, 0, 0, 0, NULL, 0},       {"tunnel", tunnel_callback, 0, 0, 0, NULL, 0},
  {"signals", signals_callback, 0, 0, 0, NULL, 0}, {"attachment", attachment_callback, 0, 0, 0, NULL, 0},
  {"upload", upload_callback, 0, 0, 0, NULL, 0},   LWS_PROTOCOL_LIST_TERM,
};
static const lws_retry_bo_t pings = {.secs_since_valid_ping = PING_INTERVAL_S, .secs_since_valid_hangup = PING_HANGUP_S};

static bool create_context(struct gateway *gateway, const struct arguments *arguments) {
  struct lws_context_creation_info info = {
    .options = LWS_SERVER_OPTION_EXPLICIT_VHOSTS | LWS_SERVER_OPTION_DO_SSL_GLOBAL_INIT,
    .user = gateway,
    .fd_limit_per_thread = LIMIT_CONNECTIONS + 3 * LIMIT_WEBSOCKETS + LIMIT_UPLOADS + 32, // a WebSocket has two ends of a pair and the descriptor; some for those that make place
    .pt_serv_buf_size = LIMIT_READ_BYTES + 1024,
    .timeout_secs = 2 * TIMEOUT_HEAD_MS / 1000, // behind our own deadlines
    .max_http_header_pool = LIMIT_WEBSOCKETS,
  };
  gateway->context = lws_create_context(&info);
  if (gateway->context == NULL) return false;
  struct lws_context_creation_info vhost = {.port = CONTEXT_PORT_NO_LISTEN_SERVER, .vhost_name = "local", .protocols = local_protocols};
  gateway->local = lws_create_vhost(gateway->context, &vhost);
  vhost = (struct lws_context_creation_info){
    .port = CONTEXT_PORT_NO_LISTEN_SERVER, .vhost_name = "websocket", .protocols = websocket_protocols, .retry_and_idle_policy = &pings};
  gateway->websocket = lws_create_vhost(gateway->context, &vhost);
  vhost = (struct lws_context_creation_info){
    .port = CONTEXT_PORT_NO_LISTEN_SERVER,
    .vhost_name = "network",
    .protocols = network_protocols,
    .options = LWS_SERVER_OPTION_DO_SSL_GLOBAL_INIT,
    .ssl_cert_filepath = arguments->certificate,
    .ssl_private_key_filepath = arguments->key,
    .alpn = "http/1.1",
  };
  gateway->network = lws_create_vhost(gateway->context, &vhost);
  return gateway->local != NULL && gateway->websocket != NULL && gateway->network != NULL;
}

/** Everything that opens or reads a file happens here, before the sandbox. */
static bool set_up(struct gateway *gateway, const struct arguments *arguments) {
  int listener = check_listener(arguments->listen_fd);
  if (listener < 0) return false;
  sigset_t stop;
  sigemptyset(&stop);
  sigaddset(&stop, SIGTERM);
  sigaddset(&stop, SIGINT);
  sigprocmask(SIG_BLOCK, &stop, NULL);
  signal(SIGPIPE, SIG_IGN);
  int signals = signalfd(-1, &stop, SFD_CLOEXEC | SFD_NONBLOCK);
  gateway->bodies.limit = LIMIT_BODIES_BYTES;
  gateway->answers.limit = LIMIT_ANSWERS_BYTES;
  gateway->files = static_load(arguments->files);
  gateway->control = control_create(gateway, arguments->control);
  if (gateway->files == NULL || gateway->control == NULL || !sandbox_forbid_bind() || !create_context(gateway, arguments)) {
    log_write(LOG_ERROR, "cannot set up; is the certificate readable and /dev/urandom there?");
    if (signals >= 0) close(signals);
    return false;
  }
  if (signals < 0 || gateway_watch(gateway, signals, "signals", NULL) == NULL) return false;
  gateway->listener = gateway_watch(gateway, listener, "listen", NULL);
  return gateway->listener != NULL;
}

int main(int argc, char **argv) {
  struct arguments arguments = {0};
  if (!parse_arguments(argc, argv, &arguments)) {
    log_write(LOG_ERROR, "usage: gatewayd --listen-fd N --certificate FILE --key FILE --control SOCKET --static DIRECTORY");
    return 64;
  }
  setenv("TZ", "UTC0", 1); // so that libc never looks for a time zone file
  lws_set_log_level(LLL_ERR, library_log);
  struct gateway gateway = {0};
  bool ready = set_up(&gateway, &arguments) && sandbox_enter();
  if (ready) {
    control_start(gateway.control);
    log_write(LOG_NOTICE, "ready");
    while (!gateway.stopped && !(gateway.stopping && gateway.connections.count == 0) && lws_service(gateway.context, 0) >= 0) continue;
  }
  gateway.stopped = true;
  lws_context_destroy(gateway.context);
  control_free(gateway.control);
  static_free(gateway.files);
  return ready ? 0 : 1;
}
