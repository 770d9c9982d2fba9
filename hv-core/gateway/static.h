// The gateway's own files, read once at start.
#ifndef CORBEL_GATEWAY_STATIC_H
#define CORBEL_GATEWAY_STATIC_H

#include <stddef.h>

struct static_files;

struct static_file {
  char path[128]; // as requested: `/app.js`
  const char *type;
  unsigned char *bytes;
  size_t length;
};

/** Null with the reason logged when the directory cannot be read or holds more than the limits allow. */
struct static_files *static_load(const char *directory);
void static_free(struct static_files *files);
/** By exact name, so that no path can lead anywhere else; `/` is index.html. Null when there is none. */
const struct static_file *static_find(const struct static_files *files, const char *path, size_t length);

#endif
