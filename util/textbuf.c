/* SPDX-License-Identifier: MIT */
/* Text in a fixed buffer. */
#include "util/textbuf.h"

#include <string.h>

#include "util/sys.h"

TextBuf text_init(char *p, size_t size)
{
    p[0] = 0;
    return (TextBuf){ .p = p, .n = 0, .size = size };
}

void text_mem(TextBuf *t, const char *s, size_t len)
{
    size_t room = t->size - 1 - t->n;
    len = len < room ? len : room;
    memcpy(t->p + t->n, s, len);
    t->n += len;
    t->p[t->n] = 0;
}

void text_char(TextBuf *t, char c) { text_mem(t, &c, 1); }
void text_str(TextBuf *t, const char *s) { text_mem(t, s, strlen(s)); }

void text_digits(TextBuf *t, uint64_t v, unsigned base, unsigned min)
{
    char digits[64];
    unsigned n = 0;
    do {
        digits[sizeof(digits) - ++n] = "0123456789abcdef"[v % base];
        v /= base;
    } while (v || n < min);
    text_mem(t, digits + sizeof(digits) - n, n);
}

void text_u64(TextBuf *t, uint64_t v) { text_digits(t, v, 10, 1); }

void text_i64(TextBuf *t, int64_t v)
{
    if (v < 0) {
        text_char(t, '-');
    }
    text_u64(t, v < 0 ? -(uint64_t)v : (uint64_t)v);
}

void text_hex(TextBuf *t, uint64_t v)
{
    if (v) {
        text_str(t, "0x");
    }
    text_digits(t, v, 16, 1);
}

void text_octal(TextBuf *t, uint64_t v)
{
    if (v) {
        text_char(t, '0');
    }
    text_digits(t, v, 8, 1);
}

void text_pad(TextBuf *t, size_t column)
{
    while (t->n < column && t->n < t->size - 1) {
        text_char(t, ' ');
    }
}

static void quote_char(TextBuf *t, unsigned char c, unsigned char next)
{
    static const char escapes[] = "\t\n\v\f\r", letters[] = "tnvfr";
    const char *e = c ? strchr(escapes, c) : NULL;
    if (c == '"' || c == '\\') {
        text_char(t, '\\');
        text_char(t, (char)c);
    } else if (e) {
        text_char(t, '\\');
        text_char(t, letters[e - escapes]);
    } else if (c < ' ' || c > '~') {
        text_char(t, '\\');
        text_digits(t, c, 8, next >= '0' && next <= '7' ? 3 : 1);
    } else {
        text_char(t, (char)c);
    }
}

void text_quoted(TextBuf *t, const char *s, size_t len, int is_cut)
{
    text_char(t, '"');
    for (size_t i = 0; i < len; i++) {
        quote_char(t, (unsigned char)s[i], i + 1 < len ? (unsigned char)s[i + 1] : 0);
    }
    text_str(t, is_cut ? "\"..." : "\"");
}

void text_write(const TextBuf *t, int fd)
{
    size_t done = 0;
    while (done < t->n) {
        int64_t n = sys_call3(SYS_write, SYS_INT(fd), SYS_PTR(t->p + done), t->n - done);
        if (n <= 0) {
            return;
        }
        done += (size_t)n;
    }
}
