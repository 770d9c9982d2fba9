// Replacing a file durably.
#ifndef HV_FS_WRITE_H
#define HV_FS_WRITE_H

#include <stddef.h>
#include <stdint.h>

/** uid and gid of -1 leave the owner. 0, or an errno with the name of the failed call. Leaves no temporary file behind. */
int fs_replace(const char *path, const uint8_t *bytes, size_t length, unsigned mode, int64_t uid, int64_t gid, const char **call);
/** 0, or an errno with the name of the failed call. */
int fs_sync_dir(const char *path, const char **call);

#endif
