// Quoting for JSON and the UTF-8 check; holds no grammar beyond strings.
#include "json.h"

#include <stdint.h>
#include <string.h>

bool utf8_valid(const char *text, size_t length) {
  const unsigned char *p = (const unsigned char *)text, *end = p + length;
  while (p < end) {
    unsigned char c = *p++;
    if (c < 0x80) continue;
    unsigned more;
    uint32_t code, least;
    if (c >= 0xc2 && c <= 0xdf) more = 1, code = c & 0x1fu, least = 0x80;
    else if (c >= 0xe0 && c <= 0xef) more = 2, code = c & 0x0fu, least = 0x800;
    else if (c >= 0xf0 && c <= 0xf4) more = 3, code = c & 0x07u, least = 0x10000;
    else return false;
    if ((size_t)(end - p) < more) return false;
    while (more-- > 0) {
      if ((*p & 0xc0) != 0x80) return false;
      code = code << 6 | (*p++ & 0x3fu);
    }
    if (code < least || code > 0x10ffff || (code >= 0xd800 && code <= 0xdfff)) return false;
  }
  return true;
}

bool json_string(struct buffer *out, const char *text, size_t length) {
  if (!buffer_append(out, "\"", 1)) return false;
  size_t plain = 0;
  for (size_t i = 0; i < length; i++) {
    unsigned char c = (unsigned char)text[i];
    if (c >= 0x20 && c != '"' && c != '\\' && c != 0x7f) continue;
    if (!buffer_append(out, text + plain, i - plain)) return false;
    bool ok = c == '"' || c == '\\' ? buffer_format(out, "\\%c", c) : buffer_format(out, "\\u%04x", c);
    if (!ok) return false;
    plain = i + 1;
  }
  return buffer_append(out, text + plain, length - plain) && buffer_append(out, "\"", 1);
}
