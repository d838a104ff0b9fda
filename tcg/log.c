/* SPDX-License-Identifier: MIT */
/* Formatting and writing of log lines. */
#include "tcg/log.h"

#include <unistd.h>

static void put(LogLine *l, char c)
{
    if (l->len < sizeof l->text - 1) { /* room for the newline */
        l->text[l->len++] = c;
    }
}

void log_str(LogLine *l, const char *s)
{
    while (*s) {
        put(l, *s++);
    }
}

void log_hex(LogLine *l, uint64_t v, unsigned digits)
{
    for (unsigned i = digits; i-- > 0;) {
        put(l, "0123456789abcdef"[i < 16 ? v >> (4 * i) & 15 : 0]);
    }
}

void log_fixed(LogLine *l, uint64_t v, unsigned decimals)
{
    char text[24];
    unsigned n = 0;
    do {
        text[n++] = (char)('0' + v % 10);
        v /= 10;
        if (n == decimals) {
            text[n++] = '.';
        }
    } while (v || n < decimals + 2u - !decimals);
    while (n) {
        put(l, text[--n]);
    }
}

void log_dec(LogLine *l, uint64_t v)
{
    log_fixed(l, v, 0);
}

void log_pad(LogLine *l, unsigned column)
{
    do {
        put(l, ' ');
    } while (l->len < column);
}

void log_flush(LogLine *l, int fd)
{
    l->text[l->len++] = '\n';
    for (unsigned at = 0; at < l->len;) {
        ssize_t n = write(fd, l->text + at, l->len - at);
        if (n <= 0) {
            break;
        }
        at += (unsigned)n;
    }
    l->len = 0;
}
