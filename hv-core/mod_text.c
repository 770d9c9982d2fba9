// hv:text: UTF-8, hexadecimal and base64.
#include "hv.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static const char standard[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
static const char url_safe[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

static JSValue js_encode_utf8(JSContext *ctx, JSValueConst this_val, int argc, JSValueConst *argv) {
    struct hv_data data;
    if (!JS_IsString(argv[0]))
        return JS_ThrowTypeError(ctx, "text must be a string");
    if (hv_data_get(ctx, argv[0], "text", &data))
        return JS_EXCEPTION;
    JSValue bytes = hv_new_bytes(ctx, data.bytes, data.length);
    hv_data_free(ctx, &data);
    return bytes;
}

static JSValue js_decode_utf8(JSContext *ctx, JSValueConst this_val, int argc, JSValueConst *argv) {
    struct hv_data data;
    bool fatal = false;
    if (hv_get_bool(ctx, argv[1], "fatal", &fatal) < 0 || hv_bytes_get(ctx, argv[0], "bytes", &data))
        return JS_EXCEPTION;
    if (fatal && !hv_utf8_valid(data.bytes, data.length))
        return hv_throw(ctx, EILSEQ, "decodeUtf8", NULL);
    return hv_utf8_lossy(ctx, data.bytes, data.length);
}

static JSValue js_to_hex(JSContext *ctx, JSValueConst this_val, int argc, JSValueConst *argv) {
    struct hv_data data;
    if (hv_bytes_get(ctx, argv[0], "bytes", &data))
        return JS_EXCEPTION;
    char *text = hv_alloc(data.length * 2);
    for (size_t i = 0; i < data.length; i++) {
        text[2 * i] = "0123456789abcdef"[data.bytes[i] >> 4];
        text[2 * i + 1] = "0123456789abcdef"[data.bytes[i] & 15];
    }
    JSValue value = JS_NewStringLen(ctx, text, data.length * 2);
    free(text);
    return value;
}

static JSValue js_to_base64(JSContext *ctx, JSValueConst this_val, int argc, JSValueConst *argv, int url) {
    struct hv_data data;
    const char *alphabet = url ? url_safe : standard;
    if (hv_bytes_get(ctx, argv[0], "bytes", &data))
        return JS_EXCEPTION;
    char *text = hv_alloc((data.length + 2) / 3 * 4);
    size_t used = 0;
    for (size_t i = 0; i < data.length; i += 3) {
        size_t left = data.length - i;
        uint32_t group = (uint32_t)data.bytes[i] << 16 | (left > 1 ? (uint32_t)data.bytes[i + 1] << 8 : 0) | (left > 2 ? data.bytes[i + 2] : 0);
        size_t digits = left > 2 ? 4 : left + 1;
        for (size_t k = 0; k < digits; k++)
            text[used++] = alphabet[group >> (18 - 6 * k) & 63];
        for (size_t k = digits; k < 4 && !url; k++)
            text[used++] = '=';
    }
    JSValue value = JS_NewStringLen(ctx, text, used);
    free(text);
    return value;
}

static int digit(char c) {
    if (c >= 'A' && c <= 'Z')
        return c - 'A';
    if (c >= 'a' && c <= 'z')
        return c - 'a' + 26;
    if (c >= '0' && c <= '9')
        return c - '0' + 52;
    return c == '+' || c == '-' ? 62 : c == '/' || c == '_' ? 63 : -1;
}

/** Decodes into `bytes`, which holds three quarters of `length`; -1 when it is no base64. */
static int64_t decode_base64(const char *text, size_t length, uint8_t *bytes) {
    size_t padding = 0, used = 0;
    uint32_t bits = 0;
    while (padding < 2 && padding < length && text[length - 1 - padding] == '=')
        padding++;
    if (padding > 0 && length % 4 != 0)
        return -1;
    length -= padding;
    if (length % 4 == 1)
        return -1;
    for (size_t i = 0; i < length; i++) {
        int value = digit(text[i]);
        if (value < 0)
            return -1;
        bits = bits << 6 | (uint32_t)value;
        if (i % 4 != 0)
            bytes[used++] = (uint8_t)(bits >> (6 - 2 * (i % 4)));
    }
    // Bits left over are zero in every canonical encoding.
    uint32_t unused = length % 4 == 2 ? 15 : length % 4 == 3 ? 3 : 0;
    return bits & unused ? -1 : (int64_t)used;
}

static JSValue js_from_base64(JSContext *ctx, JSValueConst this_val, int argc, JSValueConst *argv) {
    struct hv_data data;
    if (!JS_IsString(argv[0]))
        return JS_ThrowTypeError(ctx, "text must be a string");
    if (hv_data_get(ctx, argv[0], "text", &data))
        return JS_EXCEPTION;
    uint8_t *bytes = hv_alloc(data.length);
    int64_t used = decode_base64(data.text, data.length, bytes);
    hv_data_free(ctx, &data);
    JSValue value = used < 0 ? hv_throw(ctx, EINVAL, "fromBase64", NULL) : hv_new_bytes(ctx, bytes, (size_t)used);
    free(bytes);
    return value;
}

static const JSCFunctionListEntry exports[] = {
    JS_CFUNC_DEF("encodeUtf8", 1, js_encode_utf8),
    JS_CFUNC_DEF("decodeUtf8", 2, js_decode_utf8),
    JS_CFUNC_DEF("toHex", 1, js_to_hex),
    JS_CFUNC_MAGIC_DEF("toBase64", 1, js_to_base64, 0),
    JS_CFUNC_MAGIC_DEF("toBase64Url", 1, js_to_base64, 1),
    JS_CFUNC_DEF("fromBase64", 1, js_from_base64),
};

const struct hv_export_list hv_exports_text = {exports, COUNT_OF(exports)};

int hv_module_text(JSContext *ctx, JSModuleDef *m) { return JS_SetModuleExportList(ctx, m, exports, COUNT_OF(exports)); }
