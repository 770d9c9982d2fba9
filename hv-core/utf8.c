// UTF-8: validation, replacement of what is not, as the WHATWG decoder does it.
#include "hv.h"

#include <stdlib.h>
#include <string.h>

/** The length of the valid sequence at `bytes`; 0 when there is none, with `*bad` the length of what one U+FFFD stands for. */
static size_t sequence(const uint8_t *bytes, size_t left, size_t *bad) {
    uint8_t first = bytes[0];
    *bad = 1;
    if (first < 0x80)
        return 1;
    size_t length = first >= 0xC2 && first <= 0xDF ? 2 : (first & 0xF0) == 0xE0 ? 3 : first >= 0xF0 && first <= 0xF4 ? 4 : 0;
    if (length == 0)
        return 0;
    // Bounds of the second byte shut out overlong forms, surrogates and code points past U+10FFFF.
    uint8_t low = first == 0xE0 ? 0xA0 : first == 0xF0 ? 0x90 : 0x80;
    uint8_t high = first == 0xED ? 0x9F : first == 0xF4 ? 0x8F : 0xBF;
    for (size_t i = 1; i < length; i++) {
        if (i >= left || bytes[i] < low || bytes[i] > high)
            return 0;
        *bad = i + 1;
        low = 0x80;
        high = 0xBF;
    }
    return length;
}

bool hv_utf8_valid(const uint8_t *bytes, size_t length) {
    size_t bad;
    for (size_t i = 0; i < length;) {
        size_t step = sequence(bytes + i, length - i, &bad);
        if (step == 0)
            return false;
        i += step;
    }
    return true;
}

void hv_utf8_repair(uint8_t *bytes, size_t length) {
    for (size_t i = 0; i + 2 < length; i++)
        if (bytes[i] == 0xED && bytes[i + 1] >= 0xA0)
            memcpy(bytes + i, "\xEF\xBF\xBD", 3);
}

JSValue hv_utf8_lossy(JSContext *ctx, const uint8_t *bytes, size_t length) {
    if (hv_utf8_valid(bytes, length))
        return JS_NewStringLen(ctx, (const char *)bytes, length);
    char *text = hv_alloc(length * 3);
    size_t used = 0, bad;
    for (size_t i = 0; i < length;) {
        size_t step = sequence(bytes + i, length - i, &bad);
        memcpy(text + used, step ? (const char *)bytes + i : "\xEF\xBF\xBD", step ? step : 3);
        used += step ? step : 3;
        i += step ? step : bad;
    }
    JSValue value = JS_NewStringLen(ctx, text, used);
    free(text);
    return value;
}
