// Log records: one write(2) to standard error each, as /dev/kmsg wants them.
#include "hv.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define RECORD_BYTES 900

void hv_log(const hv *h, int severity, const char *text, size_t length) {
    char record[RECORD_BYTES + 1];
    int head = snprintf(record, sizeof record, "<%d>%s: ", severity, h->name);
    size_t used = (size_t)head;
    for (size_t i = 0; i < length && used < RECORD_BYTES; i++) {
        unsigned char c = (unsigned char)text[i];
        record[used++] = c == '\n' || c == '\t' ? ' ' : c < 32 || c == 127 ? '?' : (char)c;
    }
    // Do not end inside a UTF-8 sequence.
    if (used == RECORD_BYTES) {
        size_t start = used;
        while (start > (size_t)head && ((unsigned char)record[start - 1] & 0xC0) == 0x80)
            start--;
        if (start > (size_t)head && ((unsigned char)record[start - 1] & 0xC0) == 0xC0)
            used = start - 1;
    }
    record[used++] = '\n';
    // There is nowhere to report a failure of the log itself.
    ssize_t written = write(STDERR_FILENO, record, used);
    (void)written;
}

void hv_logf(const hv *h, int severity, const char *format, ...) {
    char text[RECORD_BYTES];
    va_list arguments;
    va_start(arguments, format);
    int length = vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    hv_log(h, severity, text, length < (int)sizeof text ? (size_t)length : sizeof text - 1);
}
