// hv:sqlite: databases and prepared statements, defensively configured. Chooses no journal and no schema.
#include "hv.h"

#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <sqlite3.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define SAFE_INTEGER 9007199254740992LL // 2^53

/** Kept by the Database object and by each Statement; the last one frees it. */
struct database {
    sqlite3 *handle; // NULL once closed: statements are finalized then
    int users;
};

struct statement {
    struct database *database;
    sqlite3_stmt *handle; // NULL once finalized
};

static JSClassID database_class, statement_class;

#define R(name) {name, #name}
static const struct {
    int value;
    const char *name;
} results[] = {
    R(SQLITE_ERROR), R(SQLITE_INTERNAL), R(SQLITE_PERM), R(SQLITE_ABORT), R(SQLITE_BUSY), R(SQLITE_LOCKED), R(SQLITE_NOMEM),
    R(SQLITE_READONLY), R(SQLITE_INTERRUPT), R(SQLITE_IOERR), R(SQLITE_CORRUPT), R(SQLITE_NOTFOUND), R(SQLITE_FULL),
    R(SQLITE_CANTOPEN), R(SQLITE_PROTOCOL), R(SQLITE_SCHEMA), R(SQLITE_TOOBIG), R(SQLITE_CONSTRAINT), R(SQLITE_MISMATCH),
    R(SQLITE_MISUSE), R(SQLITE_AUTH), R(SQLITE_RANGE), R(SQLITE_NOTADB), R(SQLITE_CONSTRAINT_CHECK),
    R(SQLITE_CONSTRAINT_COMMITHOOK), R(SQLITE_CONSTRAINT_FOREIGNKEY), R(SQLITE_CONSTRAINT_FUNCTION), R(SQLITE_CONSTRAINT_NOTNULL),
    R(SQLITE_CONSTRAINT_PRIMARYKEY), R(SQLITE_CONSTRAINT_TRIGGER), R(SQLITE_CONSTRAINT_UNIQUE), R(SQLITE_CONSTRAINT_VTAB),
    R(SQLITE_CONSTRAINT_ROWID), R(SQLITE_CONSTRAINT_DATATYPE), R(SQLITE_BUSY_RECOVERY), R(SQLITE_BUSY_SNAPSHOT),
    R(SQLITE_CANTOPEN_ISDIR), R(SQLITE_CANTOPEN_FULLPATH), R(SQLITE_IOERR_READ), R(SQLITE_IOERR_SHORT_READ), R(SQLITE_IOERR_WRITE),
    R(SQLITE_IOERR_FSYNC), R(SQLITE_IOERR_DIR_FSYNC), R(SQLITE_IOERR_TRUNCATE), R(SQLITE_IOERR_FSTAT), R(SQLITE_IOERR_NOMEM),
    R(SQLITE_IOERR_ACCESS), R(SQLITE_IOERR_LOCK), R(SQLITE_IOERR_SHMOPEN), R(SQLITE_IOERR_SHMSIZE), R(SQLITE_IOERR_SHMMAP),
    R(SQLITE_READONLY_ROLLBACK), R(SQLITE_READONLY_DBMOVED), R(SQLITE_READONLY_DIRECTORY), R(SQLITE_CORRUPT_INDEX),
};

static const char *result_name(int result) {
    for (int round = 0; round < 2; round++, result &= 0xFF) // an extended result not in the table by its primary one
        for (int i = 0; i < COUNT_OF(results); i++)
            if (results[i].value == result)
                return results[i].name;
    return "SQLITE_ERROR";
}

static JSValue fail(JSContext *ctx, sqlite3 *handle, int result, const char *call, const char *path) {
    return hv_throw_code(ctx, result_name(result), handle ? sqlite3_errmsg(handle) : sqlite3_errstr(result), call, path);
}

static void database_release(struct database *d) {
    if (--d->users > 0)
        return;
    sqlite3_close_v2(d->handle);
    free(d);
}

static void database_finalize(JSRuntime *rt, JSValue value) {
    struct database *d = JS_GetOpaque(value, database_class);
    if (d)
        database_release(d);
}

static void statement_finalize(JSRuntime *rt, JSValue value) {
    struct statement *s = JS_GetOpaque(value, statement_class);
    if (!s)
        return;
    if (s->database->handle)
        sqlite3_finalize(s->handle);
    database_release(s->database);
    free(s);
}

static struct database *open_database(JSContext *ctx, JSValueConst value, const char *call) {
    struct database *d = JS_GetOpaque2(ctx, value, database_class);
    if (d && !d->handle) {
        hv_throw_code(ctx, "SQLITE_MISUSE", "the database is closed", call, NULL);
        return NULL;
    }
    return d;
}

static JSValue js_exec(JSContext *ctx, JSValueConst this_val, int argc, JSValueConst *argv) {
    struct database *d = open_database(ctx, this_val, "sqlite3_exec");
    const char *sql = d ? hv_string(ctx, argv[0], "sql") : NULL;
    if (!sql)
        return JS_EXCEPTION;
    int result = sqlite3_exec(d->handle, sql, NULL, NULL, NULL);
    JS_FreeCString(ctx, sql);
    return result == SQLITE_OK ? JS_UNDEFINED : fail(ctx, d->handle, result, "sqlite3_exec", NULL);
}

static JSValue js_prepare(JSContext *ctx, JSValueConst this_val, int argc, JSValueConst *argv) {
    struct database *d = open_database(ctx, this_val, "sqlite3_prepare_v3");
    const char *sql = d ? hv_string(ctx, argv[0], "sql") : NULL;
    if (!sql)
        return JS_EXCEPTION;
    sqlite3_stmt *handle = NULL;
    const char *rest = "";
    int result = sqlite3_prepare_v3(d->handle, sql, -1, SQLITE_PREPARE_PERSISTENT, &handle, &rest);
    bool more = result == SQLITE_OK && rest[strspn(rest, " \t\r\n;")] != '\0';
    JS_FreeCString(ctx, sql);
    if (result != SQLITE_OK)
        return fail(ctx, d->handle, result, "sqlite3_prepare_v3", NULL);
    JSValue object = handle && !more ? JS_NewObjectClass(ctx, (int)statement_class)
                                     : hv_throw_code(ctx, "SQLITE_MISUSE", "not exactly one statement", "sqlite3_prepare_v3", NULL);
    if (JS_IsException(object)) {
        sqlite3_finalize(handle);
        return object;
    }
    struct statement *s = hv_alloc(sizeof *s);
    *s = (struct statement){.database = d, .handle = handle};
    d->users++;
    JS_SetOpaque(object, s);
    return object;
}

static JSValue js_close(JSContext *ctx, JSValueConst this_val, int argc, JSValueConst *argv) {
    struct database *d = JS_GetOpaque2(ctx, this_val, database_class);
    if (!d)
        return JS_EXCEPTION;
    if (!d->handle)
        return JS_UNDEFINED;
    for (sqlite3_stmt *s; (s = sqlite3_next_stmt(d->handle, NULL));)
        sqlite3_finalize(s);
    int result = sqlite3_close(d->handle);
    if (result != SQLITE_OK)
        return fail(ctx, d->handle, result, "sqlite3_close", NULL);
    d->handle = NULL;
    return JS_UNDEFINED;
}

static int bind_one(JSContext *ctx, sqlite3_stmt *s, int index, JSValueConst value) {
    double number;
    int64_t integer;
    struct hv_data data;
    int result;
    if (JS_IsNull(value))
        return sqlite3_bind_null(s, index);
    if (JS_IsNumber(value)) {
        JS_ToFloat64(ctx, &number, value);
        bool whole = number == floor(number) && fabs(number) <= (double)SAFE_INTEGER;
        return whole ? sqlite3_bind_int64(s, index, (int64_t)number) : sqlite3_bind_double(s, index, number);
    }
    if (JS_IsBigInt(ctx, value)) {
        if (JS_ToBigInt64(ctx, &integer, value))
            return -1;
        JSValue back = JS_NewBigInt64(ctx, integer); // the conversion wraps around
        bool same = JS_StrictEq(ctx, value, back);
        JS_FreeValue(ctx, back);
        return same ? sqlite3_bind_int64(s, index, integer) : SQLITE_RANGE;
    }
    bool text = JS_IsString(value);
    if (hv_data_get(ctx, value, "a parameter that is no string, number, bigint or null", &data))
        return -1;
    result = text ? sqlite3_bind_text64(s, index, data.text, data.length, SQLITE_TRANSIENT, SQLITE_UTF8)
                  : sqlite3_bind_blob64(s, index, data.bytes, data.length, SQLITE_TRANSIENT);
    hv_data_free(ctx, &data);
    return result;
}

static JSValue column(JSContext *ctx, sqlite3_stmt *s, int i) {
    switch (sqlite3_column_type(s, i)) {
    case SQLITE_INTEGER: {
        int64_t value = sqlite3_column_int64(s, i);
        return value > SAFE_INTEGER || value < -SAFE_INTEGER ? JS_NewBigInt64(ctx, value) : JS_NewInt64(ctx, value);
    }
    case SQLITE_FLOAT:
        return JS_NewFloat64(ctx, sqlite3_column_double(s, i));
    case SQLITE_TEXT: {
        const uint8_t *text = sqlite3_column_text(s, i);
        return hv_utf8_lossy(ctx, text, (size_t)sqlite3_column_bytes(s, i));
    }
    case SQLITE_BLOB: {
        const void *blob = sqlite3_column_blob(s, i);
        return hv_new_bytes(ctx, blob ? blob : "", (size_t)sqlite3_column_bytes(s, i));
    }
    default:
        return JS_NULL;
    }
}

static JSValue row(JSContext *ctx, sqlite3_stmt *s) {
    JSValue object = JS_NewObject(ctx);
    for (int i = 0; i < sqlite3_column_count(s); i++) {
        JSValue value = column(ctx, s, i);
        if (JS_IsException(value) || JS_DefinePropertyValueStr(ctx, object, sqlite3_column_name(s, i), value, JS_PROP_C_W_E) < 0) {
            JS_FreeValue(ctx, object);
            return JS_EXCEPTION;
        }
    }
    return object;
}

enum { RUN, GET, ALL };

/** Steps to the end (RUN, ALL) or to the first row (GET). */
static JSValue collect(JSContext *ctx, struct statement *s, int mode) {
    sqlite3 *handle = s->database->handle;
    JSValue result = mode == ALL ? JS_NewArray(ctx) : JS_UNDEFINED;
    uint32_t count = 0;
    int step;
    while ((step = sqlite3_step(s->handle)) == SQLITE_ROW) {
        if (mode == RUN)
            continue;
        JSValue value = row(ctx, s->handle);
        if (mode == GET)
            return value;
        if (JS_IsException(value) || JS_DefinePropertyValueUint32(ctx, result, count++, value, JS_PROP_C_W_E) < 0) {
            JS_FreeValue(ctx, result);
            return JS_EXCEPTION;
        }
    }
    if (step != SQLITE_DONE) {
        JS_FreeValue(ctx, result);
        return fail(ctx, handle, step, "sqlite3_step", NULL);
    }
    if (mode == RUN) {
        result = JS_NewObject(ctx);
        JS_SetPropertyStr(ctx, result, "changes", JS_NewInt64(ctx, sqlite3_changes64(handle)));
        JS_SetPropertyStr(ctx, result, "lastInsertRowid", JS_NewInt64(ctx, sqlite3_last_insert_rowid(handle)));
    }
    return result;
}

static JSValue js_step(JSContext *ctx, JSValueConst this_val, int argc, JSValueConst *argv, int mode) {
    struct statement *s = JS_GetOpaque2(ctx, this_val, statement_class);
    if (!s)
        return JS_EXCEPTION;
    if (!s->handle || !s->database->handle)
        return hv_throw_code(ctx, "SQLITE_MISUSE", "the statement is finalized or its database closed", "sqlite3_step", NULL);
    int result = argc == sqlite3_bind_parameter_count(s->handle) ? SQLITE_OK : SQLITE_RANGE;
    for (int i = 0; i < argc && result == SQLITE_OK; i++)
        result = bind_one(ctx, s->handle, i + 1, argv[i]);
    JSValue value = JS_EXCEPTION;
    if (result > SQLITE_OK)
        fail(ctx, NULL, result, "sqlite3_bind", NULL);
    else if (result == SQLITE_OK)
        value = collect(ctx, s, mode);
    sqlite3_reset(s->handle);
    sqlite3_clear_bindings(s->handle);
    return value;
}

static JSValue js_finalize(JSContext *ctx, JSValueConst this_val, int argc, JSValueConst *argv) {
    struct statement *s = JS_GetOpaque2(ctx, this_val, statement_class);
    if (!s)
        return JS_EXCEPTION;
    if (s->database->handle)
        sqlite3_finalize(s->handle);
    s->handle = NULL;
    return JS_UNDEFINED;
}

static int configure(sqlite3 *handle) {
    static const int settings[][2] = {
        {SQLITE_DBCONFIG_DEFENSIVE, 1},
        {SQLITE_DBCONFIG_ENABLE_FKEY, 1},
        {SQLITE_DBCONFIG_ENABLE_LOAD_EXTENSION, 0},
        {SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0},
        {SQLITE_DBCONFIG_DQS_DML, 0}, // a misspelt column must not become a string
        {SQLITE_DBCONFIG_DQS_DDL, 0},
    };
    for (int i = 0; i < COUNT_OF(settings); i++) {
        int result = sqlite3_db_config(handle, settings[i][0], settings[i][1], NULL);
        if (result != SQLITE_OK)
            return result;
    }
    return SQLITE_OK;
}

static JSValue js_open(JSContext *ctx, JSValueConst this_val, int argc, JSValueConst *argv) {
    const char *path = hv_string(ctx, argv[0], "path");
    if (!path)
        return JS_EXCEPTION;
    // Made here because SQLite would make it readable; never opened when it exists, since closing would drop its locks.
    if (strcmp(path, ":memory:") != 0) {
        int fd = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
        if (fd >= 0)
            close(fd);
    }
    sqlite3 *handle = NULL;
    int result = sqlite3_open_v2(path, &handle, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_EXRESCODE, NULL);
    if (result == SQLITE_OK)
        result = configure(handle);
    JSValue object = result == SQLITE_OK ? JS_NewObjectClass(ctx, (int)database_class) : fail(ctx, handle, result, "sqlite3_open_v2", path);
    JS_FreeCString(ctx, path);
    if (JS_IsException(object)) {
        sqlite3_close(handle);
        return object;
    }
    struct database *d = hv_alloc(sizeof *d);
    *d = (struct database){.handle = handle, .users = 1};
    JS_SetOpaque(object, d);
    return object;
}

static const JSCFunctionListEntry database_members[] = {
    JS_CFUNC_DEF("exec", 1, js_exec),
    JS_CFUNC_DEF("prepare", 1, js_prepare),
    JS_CFUNC_DEF("close", 0, js_close),
};
static const JSCFunctionListEntry statement_members[] = {
    JS_CFUNC_MAGIC_DEF("run", 0, js_step, RUN),
    JS_CFUNC_MAGIC_DEF("get", 0, js_step, GET),
    JS_CFUNC_MAGIC_DEF("all", 0, js_step, ALL),
    JS_CFUNC_DEF("finalize", 0, js_finalize),
};
static const JSCFunctionListEntry exports[] = {JS_CFUNC_DEF("open", 1, js_open)};
static const struct hv_class classes[] = {
    {&database_class, {.class_name = "Database", .finalizer = database_finalize}, database_members, COUNT_OF(database_members)},
    {&statement_class, {.class_name = "Statement", .finalizer = statement_finalize}, statement_members, COUNT_OF(statement_members)},
};

const struct hv_export_list hv_exports_sqlite = {exports, COUNT_OF(exports)};

int hv_module_sqlite(JSContext *ctx, JSModuleDef *m) {
    for (int i = 0; i < COUNT_OF(classes); i++)
        if (hv_class_define(ctx, &classes[i]) < 0)
            return -1;
    return JS_SetModuleExportList(ctx, m, exports, COUNT_OF(exports));
}
