// One record a write to stderr, rate-limited; never says what a client sent.
#ifndef CORBEL_GATEWAY_LOG_H
#define CORBEL_GATEWAY_LOG_H

enum log_severity { LOG_ERROR = 3, LOG_WARNING = 4, LOG_NOTICE = 5, LOG_INFO = 6 };

/** Cut at 900 bytes, control characters replaced. Past 20 records a second the rest of that second is dropped and counted. */
void log_write(enum log_severity severity, const char *format, ...) __attribute__((format(printf, 2, 3)));

#endif
