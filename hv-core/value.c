// Conversion between script values and C, and allocation that cannot fail. Coerces nothing: a wrong type is a TypeError.
#include "hv.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void *hv_realloc(void *old, size_t size) {
    void *memory = realloc(old, size ? size : 1);
    if (!memory) {
        fputs("<2>hv-core: out of memory\n", stderr);
        hv_exit(HV_EXIT_SYSTEM);
    }
    return memory;
}

void *hv_alloc(size_t size) { return memset(hv_realloc(NULL, size), 0, size); }

char *hv_strdup(const char *text) {
    size_t size = strlen(text) + 1;
    return memcpy(hv_realloc(NULL, size), text, size);
}

const char *hv_string(JSContext *ctx, JSValueConst value, const char *what) {
    if (!JS_IsString(value)) {
        JS_ThrowTypeError(ctx, "%s must be a string", what);
        return NULL;
    }
    size_t length;
    const char *text = JS_ToCStringLen(ctx, &length, value);
    if (text && strlen(text) != length) {
        JS_FreeCString(ctx, text);
        JS_ThrowTypeError(ctx, "%s must not contain NUL", what);
        return NULL;
    }
    return text;
}

int hv_integer(JSContext *ctx, JSValueConst value, const char *what, int64_t min, int64_t max, int64_t *result) {
    double number;
    if (!JS_IsNumber(value)) {
        JS_ThrowTypeError(ctx, "%s must be a number", what);
        return -1;
    }
    if (JS_ToFloat64(ctx, &number, value))
        return -1;
    if (!(number >= (double)min && number <= (double)max) || number != floor(number)) {
        JS_ThrowRangeError(ctx, "%s must be an integer from %lld to %lld", what, (long long)min, (long long)max);
        return -1;
    }
    *result = (int64_t)number;
    return 0;
}

int hv_descriptor(JSContext *ctx, JSValueConst value, int *fd) {
    int64_t number;
    if (hv_integer(ctx, value, "descriptor", 0, INT32_MAX, &number))
        return -1;
    *fd = (int)number;
    return 0;
}

int hv_get(JSContext *ctx, JSValueConst options, const char *name, JSValue *result) {
    if (JS_IsUndefined(options))
        return 0;
    if (!JS_IsObject(options)) {
        JS_ThrowTypeError(ctx, "options must be an object");
        return -1;
    }
    JSValue value = JS_GetPropertyStr(ctx, options, name);
    if (JS_IsException(value))
        return -1;
    if (JS_IsUndefined(value))
        return 0;
    *result = value;
    return 1;
}

int hv_get_integer(JSContext *ctx, JSValueConst options, const char *name, int64_t min, int64_t max, int64_t *result) {
    JSValue value;
    int found = hv_get(ctx, options, name, &value);
    if (found <= 0)
        return found;
    int failed = hv_integer(ctx, value, name, min, max, result);
    JS_FreeValue(ctx, value);
    return failed ? -1 : 1;
}

int hv_get_bool(JSContext *ctx, JSValueConst options, const char *name, bool *result) {
    JSValue value;
    int found = hv_get(ctx, options, name, &value);
    if (found <= 0)
        return found;
    if (!JS_IsBool(value)) {
        JS_FreeValue(ctx, value);
        JS_ThrowTypeError(ctx, "%s must be true or false", name);
        return -1;
    }
    *result = JS_ToBool(ctx, value);
    return 1;
}

int hv_get_string(JSContext *ctx, JSValueConst options, const char *name, char **result) {
    JSValue value;
    int found = hv_get(ctx, options, name, &value);
    if (found <= 0)
        return found;
    const char *text = hv_string(ctx, value, name);
    JS_FreeValue(ctx, value);
    if (!text)
        return -1;
    *result = hv_strdup(text);
    JS_FreeCString(ctx, text);
    return 1;
}

int64_t hv_array_length(JSContext *ctx, JSValueConst array, const char *what) {
    if (JS_IsArray(ctx, array) <= 0) {
        JS_ThrowTypeError(ctx, "%s must be an array", what);
        return -1;
    }
    JSValue value = JS_GetPropertyStr(ctx, array, "length");
    int64_t length = -1;
    if (!JS_IsException(value) && hv_integer(ctx, value, what, 0, 65536, &length))
        length = -1;
    JS_FreeValue(ctx, value);
    return length;
}

int hv_bytes_get(JSContext *ctx, JSValueConst value, const char *what, struct hv_data *data) {
    size_t offset, length, unit, total;
    *data = (struct hv_data){0};
    JSValue buffer = JS_IsObject(value) ? JS_GetTypedArrayBuffer(ctx, value, &offset, &length, &unit) : JS_EXCEPTION;
    if (JS_IsException(buffer) || unit != 1) {
        if (JS_IsException(buffer))
            JS_FreeValue(ctx, JS_GetException(ctx));
        JS_FreeValue(ctx, buffer);
        JS_ThrowTypeError(ctx, "%s must be a Uint8Array", what);
        return -1;
    }
    uint8_t *bytes = JS_GetArrayBuffer(ctx, &total, buffer);
    JS_FreeValue(ctx, buffer); // the view keeps its buffer
    if (!bytes && total == 0 && length == 0) {
        if (JS_HasException(ctx))
            return -1;
        data->bytes = (const uint8_t *)"";
        return 0;
    }
    if (!bytes)
        return -1;
    data->bytes = bytes + offset;
    data->length = length;
    return 0;
}

int hv_data_get(JSContext *ctx, JSValueConst value, const char *what, struct hv_data *data) {
    if (!JS_IsString(value))
        return hv_bytes_get(ctx, value, what, data);
    *data = (struct hv_data){0};
    data->text = JS_ToCStringLen(ctx, &data->length, value);
    if (!data->text)
        return -1;
    // The engine borrows the string's own memory only for pure ASCII, which never needs repair.
    hv_utf8_repair((uint8_t *)data->text, data->length);
    data->bytes = (const uint8_t *)data->text;
    return 0;
}

void hv_data_free(JSContext *ctx, struct hv_data *data) {
    if (data->text)
        JS_FreeCString(ctx, data->text);
    data->text = NULL;
}

JSValue hv_new_bytes(JSContext *ctx, const void *bytes, size_t length) {
    JSValue buffer = JS_NewArrayBufferCopy(ctx, bytes, length);
    if (JS_IsException(buffer))
        return buffer;
    // Offset and length are read whatever the count says.
    JSValueConst arguments[3] = {buffer, JS_UNDEFINED, JS_UNDEFINED};
    JSValue array = JS_NewTypedArray(ctx, 3, arguments, JS_TYPED_ARRAY_UINT8);
    JS_FreeValue(ctx, buffer);
    return array;
}

JSValue hv_rejected(JSContext *ctx, JSValue error) {
    JSValue functions[2];
    JSValue promise = JS_NewPromiseCapability(ctx, functions);
    if (!JS_IsException(promise)) {
        JS_FreeValue(ctx, JS_Call(ctx, functions[1], JS_UNDEFINED, 1, (JSValueConst *)&error));
        JS_FreeValue(ctx, functions[0]);
        JS_FreeValue(ctx, functions[1]);
    }
    JS_FreeValue(ctx, error);
    return promise;
}

void hv_define(JSContext *ctx, JSValueConst object, const char *name, JSValue value) {
    JS_DefinePropertyValueStr(ctx, object, name, value, JS_PROP_ENUMERABLE);
}
