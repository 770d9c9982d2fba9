// Log records as the kernel's ring wants them: `<N>gatewayd: text` in one write(2); never blocks on more than that.
#include "log.h"

#include <stdarg.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>

enum { RECORD_BYTES = 900, RECORDS_PER_SECOND = 20 };

static void log_emit(enum log_severity severity, const char *text) {
  char record[RECORD_BYTES];
  int length = snprintf(record, sizeof record, "<%d>gatewayd: %s", (int)severity, text);
  if (length < 0) return;
  if (length > (int)sizeof record - 2) length = (int)sizeof record - 2;
  for (int i = 0; i < length; i++) {
    unsigned char c = (unsigned char)record[i];
    if (c < 0x20 || c >= 0x7f) record[i] = ' ';
  }
  while (length > 0 && record[length - 1] == ' ') length--;
  record[length++] = '\n';
  ssize_t written = write(STDERR_FILENO, record, (size_t)length);
  (void)written; // there is nowhere left to complain to
}

void log_write(enum log_severity severity, const char *format, ...) {
  // A network peer must not be able to push everything else out of the ring.
  static time_t second;
  static unsigned count, dropped;
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  if (now.tv_sec != second) {
    second = now.tv_sec;
    count = 0;
    if (dropped > 0) {
      char text[64];
      snprintf(text, sizeof text, "%u records dropped", dropped);
      dropped = 0;
      log_emit(LOG_WARNING, text);
    }
  }
  if (++count > RECORDS_PER_SECOND) {
    dropped++;
    return;
  }
  char text[RECORD_BYTES];
  va_list arguments;
  va_start(arguments, format);
  vsnprintf(text, sizeof text, format, arguments);
  va_end(arguments);
  log_emit(severity, text);
}
