// Lines to whoever started the program, and the clock that its deadlines go by.
#include <stdarg.h>
#include <stdio.h>
#include <sys/socket.h>
#include <time.h>

#include "dial.h"

enum { LINE_BYTES = 2304, WORDS_BYTES = 250 };

static void tell_line(const char *format, va_list arguments) {
  char line[LINE_BYTES];
  int length = vsnprintf(line, sizeof line - 1, format, arguments);
  if (length < 0) return;
  if (length > (int)sizeof line - 2) length = (int)sizeof line - 2;
  for (int i = 0; i < length; i++) {
    if ((unsigned char)line[i] < 0x20 || (unsigned char)line[i] >= 0x7f) line[i] = ' ';
  }
  line[length++] = '\n';
  ssize_t sent = send(CONTROL_FD, line, (size_t)length, MSG_NOSIGNAL | MSG_DONTWAIT);
  (void)sent; // whoever does not read learns of it by the end
}

void tell(const char *format, ...) {
  va_list arguments;
  va_start(arguments, format);
  tell_line(format, arguments);
  va_end(arguments);
}

void fail(const char *code, const char *format, ...) {
  char line[WORDS_BYTES];
  va_list arguments;
  va_start(arguments, format);
  vsnprintf(line, sizeof line, format, arguments);
  va_end(arguments);
  tell("failed %s %s", code, line);
}

int64_t now_ms(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}
