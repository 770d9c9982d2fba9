// A bounded log of bytes in two files: the current one and the one before.
#ifndef HV_RELAY_LOG_H
#define HV_RELAY_LOG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct relay_log {
    char *path, *old_path;
    int fd;
    size_t size, limit;
    bool failing; // the last write failed; told once
};

/** Opens, keeping what an earlier relay wrote. 0 or an errno. */
int relay_log_open(struct relay_log *log, const char *path, size_t limit);
/** True when this is the first write to fail since one succeeded. */
bool relay_log_write(struct relay_log *log, const uint8_t *bytes, size_t length);
/** Up to `limit` of the latest bytes, malloc'd; `*length` tells how many. */
uint8_t *relay_log_tail(const struct relay_log *log, size_t limit, size_t *length);
void relay_log_close(struct relay_log *log);

#endif
