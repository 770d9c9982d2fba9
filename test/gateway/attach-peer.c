// Plays controld for WebSockets and streamed bodies, because Node cannot pass descriptors: answers each request by its path and prints its head; knows no rights.
// `/v1/echo` attaches a descriptor that echoes, `/v1/source` one that sends 4 MiB and closes, `/v1/stray` breaks the rules by answering with one;
// `/v1/take` takes a body and answers with its length and checksum, `/v1/slow` the same but begins to read when the file GO is beside the socket, `/v1/quit`
// stops reading after 1 MiB and answers 422, `/v1/mute` takes a body and never answers; anything else is refused with 403.
#include <errno.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

enum { HEADER_BYTES = 12, RESPONSE = 2, CANCEL = 4, ATTACH = 5, RECEIVE = 6, TAKEN_BYTES = 1024 * 1024, SOURCE_BYTES = 4 * 1024 * 1024 };

static void fail(const char *what) {
  perror(what);
  exit(1);
}

static int read_all(int fd, unsigned char *bytes, size_t length) {
  for (size_t have = 0; have < length;) {
    ssize_t got = read(fd, bytes + have, length - have);
    if (got <= 0) return 0;
    have += (size_t)got;
  }
  return 1;
}

static int write_all(int fd, const unsigned char *bytes, size_t length) {
  for (size_t sent = 0; sent < length;) {
    ssize_t put = write(fd, bytes + sent, length - sent);
    if (put <= 0) return 0;
    sent += (size_t)put;
  }
  return 1;
}

static void put_u32(unsigned char *at, uint32_t value) {
  for (int i = 0; i < 4; i++) at[i] = (unsigned char)(value >> (8 * i));
}

static uint32_t get_u32(const unsigned char *at) {
  return (uint32_t)at[0] | (uint32_t)at[1] << 8 | (uint32_t)at[2] << 16 | (uint32_t)at[3] << 24;
}

static void send_with(int socket, unsigned char type, unsigned char flags, uint32_t stream, const char *payload, size_t length, int descriptor) {
  unsigned char frame[1024] = {0};
  put_u32(frame, (uint32_t)length);
  frame[4] = type;
  frame[5] = flags;
  put_u32(frame + 8, stream);
  if (length > 0) memcpy(frame + HEADER_BYTES, payload, length);
  union {
    char space[CMSG_SPACE(sizeof(int))];
    struct cmsghdr aligned;
  } ancillary = {0};
  struct iovec piece = {frame, HEADER_BYTES + length};
  struct msghdr message = {.msg_iov = &piece, .msg_iovlen = 1};
  if (descriptor >= 0) {
    message.msg_control = ancillary.space;
    message.msg_controllen = sizeof ancillary.space;
    struct cmsghdr *part = CMSG_FIRSTHDR(&message);
    part->cmsg_level = SOL_SOCKET;
    part->cmsg_type = SCM_RIGHTS;
    part->cmsg_len = CMSG_LEN(sizeof(int));
    memcpy(CMSG_DATA(part), &descriptor, sizeof descriptor);
  }
  if (sendmsg(socket, &message, 0) != (ssize_t)piece.iov_len) fail("sendmsg");
}

static void send_frame(int socket, unsigned char type, uint32_t stream, const char *head, const char *body, int descriptor) {
  char payload[768];
  size_t head_length = strlen(head), body_length = strlen(body);
  put_u32((unsigned char *)payload, (uint32_t)head_length);
  memcpy(payload + 4, head, head_length);
  memcpy(payload + 4 + head_length, body, body_length);
  send_with(socket, type, 1, stream, payload, 4 + head_length + body_length, descriptor);
}

static void play(int fd, int source) {
  unsigned char bytes[64 * 1024];
  if (source) {
    for (size_t i = 0; i < sizeof bytes; i++) bytes[i] = (unsigned char)(i % 251);
    for (size_t sent = 0; sent < SOURCE_BYTES && write_all(fd, bytes, sizeof bytes);) sent += sizeof bytes;
    return;
  }
  for (ssize_t got; (got = read(fd, bytes, sizeof bytes)) > 0 && write_all(fd, bytes, (size_t)got);) continue;
}

static void attach(int socket, uint32_t stream, int source) {
  int pair[2];
  if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) < 0) fail("socketpair");
  send_frame(socket, ATTACH, stream, "{\"status\":101,\"headers\":{}}", "", pair[1]);
  close(pair[1]);
  pid_t child = fork();
  if (child < 0) fail("fork");
  if (child == 0) {
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    close(socket);
    play(pair[0], source);
    _exit(0);
  }
  close(pair[0]);
}

static void wait_for_go(const char *place) {
  char path[256];
  snprintf(path, sizeof path, "%s.go", place);
  while (access(path, F_OK) < 0) usleep(10 * 1000);
}

/** Reads a body, to its end or up to a limit, and answers. FNV-1a tells what came. */
static void take(int socket, uint32_t stream, int fd, uint64_t limit, int answer) {
  unsigned char bytes[64 * 1024];
  uint64_t count = 0, sum = 14695981039346656037u;
  for (ssize_t got; count < limit && (got = read(fd, bytes, sizeof bytes)) > 0; count += (uint64_t)got) {
    for (ssize_t i = 0; i < got; i++) sum = (sum ^ bytes[i]) * 1099511628211u;
  }
  close(fd);
  printf("{\"received\":%llu}\n", (unsigned long long)count);
  fflush(stdout);
  char body[128];
  snprintf(body, sizeof body, "{\"bytes\":%llu,\"sum\":\"%016llx\"}", (unsigned long long)count, (unsigned long long)sum);
  if (answer) send_frame(socket, RESPONSE, stream, limit == TAKEN_BYTES ? "{\"status\":422,\"headers\":{}}" : "{\"status\":201,\"headers\":{}}", body, -1);
}

static void receive(int socket, uint32_t stream, const char *head, const char *place) {
  int pair[2];
  if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) < 0) fail("socketpair");
  send_with(socket, RECEIVE, 0, stream, NULL, 0, pair[1]);
  close(pair[1]);
  pid_t child = fork();
  if (child < 0) fail("fork");
  if (child == 0) {
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (strstr(head, "\"/v1/slow\"") != NULL) wait_for_go(place);
    take(socket, stream, pair[0], strstr(head, "\"/v1/quit\"") != NULL ? TAKEN_BYTES : UINT64_MAX, strstr(head, "\"/v1/mute\"") == NULL);
    _exit(0);
  }
  close(pair[0]);
}

static void serve(int socket, const char *place) {
  static unsigned char payload[2 * 1024 * 1024 + 1];
  for (unsigned char header[HEADER_BYTES]; read_all(socket, header, sizeof header);) {
    uint32_t length = get_u32(header), stream = get_u32(header + 8);
    if (length >= sizeof payload || !read_all(socket, payload, length)) return;
    if (header[4] == CANCEL || length < 4) continue;
    uint32_t head_length = get_u32(payload);
    payload[4 + head_length] = '\0';
    const char *head = (const char *)payload + 4;
    printf("%s\n", head);
    fflush(stdout);
    int websocket = strstr(head, "\"upgrade\":\"websocket\"") != NULL;
    int wanted = strstr(head, "\"bodyBytes\":") != NULL && strstr(head, "\"/v1/refuse\"") == NULL;
    if (wanted) receive(socket, stream, head, place);
    else if (websocket && strstr(head, "\"/v1/echo\"") != NULL) attach(socket, stream, 0);
    else if (websocket && strstr(head, "\"/v1/source\"") != NULL) attach(socket, stream, 1);
    else if (strstr(head, "\"/v1/stray\"") != NULL) send_frame(socket, RESPONSE, stream, "{\"status\":200,\"headers\":{}}", "", STDIN_FILENO);
    else send_frame(socket, RESPONSE, stream, "{\"status\":403,\"headers\":{\"content-type\":\"application/problem+json\"}}", "{\"code\":\"auth.forbidden\"}", -1);
  }
}

int main(int argc, char **argv) {
  struct sockaddr_un address = {.sun_family = AF_UNIX};
  if (argc != 2 || strlen(argv[1]) >= sizeof address.sun_path) return 64;
  strncpy(address.sun_path, argv[1], sizeof address.sun_path - 1);
  signal(SIGPIPE, SIG_IGN);
  signal(SIGCHLD, SIG_IGN);
  unlink(argv[1]);
  int listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  mode_t mask = umask(0); // the gateway is uid 100
  if (listener < 0 || bind(listener, (struct sockaddr *)&address, sizeof address) < 0 || listen(listener, 8) < 0) fail("listen");
  umask(mask);
  for (;;) {
    int socket = accept(listener, NULL, NULL);
    if (socket < 0) fail("accept");
    serve(socket, argv[1]);
    close(socket);
  }
}
