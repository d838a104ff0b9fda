/* SPDX-License-Identifier: MIT */
/* Failure of an assertion on the run path. */
#include "util/assert.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

void (*lyre_assert_hook)(void);

static void put(const char *s)
{
    if (write(2, s, strlen(s)) < 0) {
        return;
    }
}

NORETURN void lyre_assert_fail(const char *expr, const char *file, int line)
{
    char digits[12];
    char *p = digits + sizeof(digits) - 1;
    *p = 0;
    do {
        *--p = (char)('0' + line % 10);
        line /= 10;
    } while (line);
    put("lyre: ");
    put(file);
    put(":");
    put(p);
    put(": internal error: ");
    put(expr);
    put("\n");
    if (lyre_assert_hook) {
        lyre_assert_hook();
    }
    abort();
}
