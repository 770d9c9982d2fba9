// Durable replacement of a file: temporary file beside it, fsync, rename, fsync of the directory.
#include "fs_write.h"
#include "hv.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static int write_all(int fd, const uint8_t *bytes, size_t length) {
    for (size_t used = 0; used < length;) {
        ssize_t count = write(fd, bytes + used, length - used);
        if (count < 0 && errno != EINTR)
            return -1;
        used += count > 0 ? (size_t)count : 0;
    }
    return 0;
}

int fs_sync_dir(const char *path, const char **call) {
    int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0) {
        *call = "openat";
        return errno;
    }
    int error = fsync(fd) < 0 ? errno : 0;
    *call = "fsync";
    close(fd);
    return error;
}

/** Everything up to the rename. */
static int fill(int fd, const uint8_t *bytes, size_t length, unsigned mode, int64_t uid, int64_t gid, const char **call) {
    *call = "fchown";
    if ((uid >= 0 || gid >= 0) && fchown(fd, uid >= 0 ? (uid_t)uid : (uid_t)-1, gid >= 0 ? (gid_t)gid : (gid_t)-1) < 0)
        return errno;
    *call = "fchmod"; // after the owner, whose change clears bits; exact in spite of the umask
    if (fchmod(fd, (mode_t)mode) < 0)
        return errno;
    *call = "write";
    if (write_all(fd, bytes, length) < 0)
        return errno;
    *call = "fsync";
    return fsync(fd) < 0 ? errno : 0;
}

int fs_replace(const char *path, const uint8_t *bytes, size_t length, unsigned mode, int64_t uid, int64_t gid, const char **call) {
    const char *slash = strrchr(path, '/');
    size_t directory_length = slash ? (size_t)(slash - path) : 0;
    char *directory = hv_alloc(directory_length + 2);
    memcpy(directory, slash == path ? "/" : slash ? path : ".", slash == path || !slash ? 1 : directory_length);
    size_t size = strlen(path) + 32;
    char *temporary = hv_alloc(size);
    // A leftover of a crashed writer with this pid is of no use to anybody.
    snprintf(temporary, size, "%s.new-%d", path, (int)getpid());
    unlink(temporary);
    int error;
    *call = "openat";
    int fd = open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (fd < 0) {
        error = errno;
    } else {
        error = fill(fd, bytes, length, mode, uid, gid, call);
        if (close(fd) < 0 && !error) {
            *call = "close";
            error = errno;
        }
        if (!error && rename(temporary, path) < 0) {
            *call = "rename";
            error = errno;
        }
        if (error)
            unlink(temporary);
        else
            error = fs_sync_dir(directory, call);
    }
    free(temporary);
    free(directory);
    return error;
}
