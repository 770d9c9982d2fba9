// The relay's bounded log: when the current file is full it becomes the old one. A failing disk loses log, never the relay.
#include "relay_log.h"
#include "hv.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static int open_file(const char *path) { return open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NOFOLLOW, 0600); }

int relay_log_open(struct relay_log *log, const char *path, size_t limit) {
    struct stat info;
    int fd = open_file(path);
    if (fd < 0)
        return errno;
    if (fstat(fd, &info) < 0) {
        int error = errno;
        close(fd);
        return error;
    }
    *log = (struct relay_log){.path = hv_strdup(path), .old_path = hv_alloc(strlen(path) + 3), .fd = fd, .size = (size_t)info.st_size, .limit = limit};
    strcat(strcpy(log->old_path, path), ".1");
    return 0;
}

static int rotate(struct relay_log *log) {
    if (rename(log->path, log->old_path) < 0)
        return -1;
    int fd = open_file(log->path);
    if (fd < 0)
        return -1; // the renamed file is still open; the next write tries again
    close(log->fd);
    log->fd = fd;
    log->size = 0;
    return 0;
}

bool relay_log_write(struct relay_log *log, const uint8_t *bytes, size_t length) {
    bool failed = false;
    while (length > 0 && !failed) {
        if (log->size >= log->limit && rotate(log) < 0) {
            failed = true;
            break;
        }
        size_t part = length < log->limit - log->size ? length : log->limit - log->size;
        ssize_t count = write(log->fd, bytes, part);
        failed = count < 0 && errno != EINTR;
        if (count > 0) {
            log->size += (size_t)count;
            bytes += count;
            length -= (size_t)count;
        }
    }
    bool first = failed && !log->failing;
    log->failing = failed;
    return first;
}

/** Appends the last `wanted` bytes of a file to `bytes`; how many there were. */
static size_t read_end(const char *path, size_t wanted, uint8_t *bytes) {
    struct stat info;
    size_t used = 0;
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return 0;
    if (fstat(fd, &info) == 0) {
        size_t size = (size_t)info.st_size;
        size_t from = size > wanted ? size - wanted : 0;
        ssize_t count;
        while (used < wanted && (count = pread(fd, bytes + used, wanted - used, (off_t)(from + used))) > 0)
            used += (size_t)count;
    }
    close(fd);
    return used;
}

uint8_t *relay_log_tail(const struct relay_log *log, size_t limit, size_t *length) {
    uint8_t *bytes = hv_alloc(limit);
    size_t newest = log->size < limit ? log->size : limit;
    size_t old = newest < limit ? read_end(log->old_path, limit - newest, bytes) : 0;
    *length = old + read_end(log->path, newest, bytes + old);
    return bytes;
}

void relay_log_close(struct relay_log *log) {
    close(log->fd);
    free(log->path);
    free(log->old_path);
}
