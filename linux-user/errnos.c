/* SPDX-License-Identifier: MIT */
/* Names and texts of error numbers: rows of errnos.def. The C library's names are not in every one, and its texts differ. */
#include "linux-user/errnos.h"

#include <errno.h>
#include <stddef.h>

#include "util/compiler.h"

typedef struct ErrnoRow {
    char name[16], text[52];
} ErrnoRow;

static const ErrnoRow rows[] = {
#define E(name, text) [name] = { #name, text },
#include "linux-user/errnos.def"
#undef E
};

static const ErrnoRow *row_of(int error)
{
    return error > 0 && (size_t)error < ARRAY_LEN(rows) && rows[error].name[0] ? &rows[error] : NULL;
}

const char *errno_name(int error)
{
    const ErrnoRow *row = row_of(error);
    return row ? row->name : NULL;
}

const char *errno_text(int error)
{
    const ErrnoRow *row = row_of(error);
    return row ? row->text : "Unknown error";
}
