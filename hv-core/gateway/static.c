// The files of one flat directory, held in memory under exact names; opens nothing after start.
#include "static.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "limits.h"
#include "log.h"

struct static_files {
  size_t count, bytes;
  struct static_file files[LIMIT_STATIC_FILES];
};

static const char *type_of(const char *name) {
  static const char *const types[][2] = {
    {".html", "text/html; charset=utf-8"}, {".js", "text/javascript; charset=utf-8"}, {".css", "text/css; charset=utf-8"},
    {".json", "application/json"}, {".svg", "image/svg+xml"}, {".png", "image/png"}, {".ico", "image/x-icon"},
    {".woff2", "font/woff2"}, {".txt", "text/plain; charset=utf-8"}, {".webmanifest", "application/manifest+json"},
  };
  const char *dot = strrchr(name, '.');
  for (size_t i = 0; dot != NULL && i < sizeof types / sizeof types[0]; i++) {
    if (strcmp(dot, types[i][0]) == 0) return types[i][1];
  }
  return "application/octet-stream";
}

static bool load_file(struct static_files *files, int directory, const char *name) {
  int fd = openat(directory, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
  struct stat status;
  if (fd < 0 || fstat(fd, &status) < 0) {
    log_write(LOG_ERROR, "static file %s: %s", name, strerror(errno));
    if (fd >= 0) close(fd);
    return false;
  }
  bool ok = true;
  if (S_ISREG(status.st_mode)) {
    size_t length = (size_t)status.st_size;
    struct static_file *file = &files->files[files->count];
    // The document of the API stands under it. @source docs/architecture.md, API
    const char *prefix = strcmp(name, "openapi.json") == 0 ? "/v1/" : "/";
    int named = snprintf(file->path, sizeof file->path, "%s%s", prefix, name);
    ok = files->count < LIMIT_STATIC_FILES && length <= LIMIT_STATIC_BYTES - files->bytes && named > 0 && (size_t)named < sizeof file->path;
    if (ok) {
      file->bytes = malloc(length > 0 ? length : 1);
      size_t have = 0;
      ssize_t got = 1;
      while (file->bytes != NULL && have < length && (got = read(fd, file->bytes + have, length - have)) > 0) have += (size_t)got;
      ok = file->bytes != NULL && have == length;
      file->length = length;
      file->type = type_of(name);
      files->bytes += length;
      files->count++;
    }
    if (!ok) log_write(LOG_ERROR, "static file %s: unreadable or over the limits", name);
  }
  close(fd);
  return ok;
}

struct static_files *static_load(const char *directory) {
  struct static_files *files = calloc(1, sizeof *files);
  DIR *listing = opendir(directory);
  if (files == NULL || listing == NULL) {
    log_write(LOG_ERROR, "static directory: %s", strerror(errno));
    free(files);
    if (listing != NULL) closedir(listing);
    return NULL;
  }
  bool ok = true;
  for (struct dirent *entry = readdir(listing); ok && entry != NULL; entry = readdir(listing)) {
    if (entry->d_name[0] == '.') continue;
    ok = files->count < LIMIT_STATIC_FILES && load_file(files, dirfd(listing), entry->d_name);
  }
  closedir(listing);
  if (ok) return files;
  static_free(files);
  return NULL;
}

void static_free(struct static_files *files) {
  if (files == NULL) return;
  for (size_t i = 0; i < files->count; i++) free(files->files[i].bytes);
  free(files);
}

const struct static_file *static_find(const struct static_files *files, const char *path, size_t length) {
  if (length == 1 && path[0] == '/') return static_find(files, "/index.html", strlen("/index.html"));
  for (size_t i = 0; i < files->count; i++) {
    const struct static_file *file = &files->files[i];
    if (strlen(file->path) == length && memcmp(file->path, path, length) == 0) return file;
  }
  return NULL;
}
