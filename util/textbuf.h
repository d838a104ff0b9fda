/* SPDX-License-Identifier: MIT */
/* Text built in a fixed buffer of the caller: no stdio, no allocation, usable on the run path. What does not fit is dropped. */
#ifndef LYRE_UTIL_TEXTBUF_H
#define LYRE_UTIL_TEXTBUF_H

#include <stddef.h>
#include <stdint.h>

typedef struct TextBuf {
    char *p;
    size_t n, size; /* n <= size - 1: p[n] is the NUL */
} TextBuf;

/* size > 0 */
TextBuf text_init(char *p, size_t size);
void text_char(TextBuf *t, char c);
void text_str(TextBuf *t, const char *s);
void text_mem(TextBuf *t, const char *s, size_t len);
void text_i64(TextBuf *t, int64_t v);
void text_u64(TextBuf *t, uint64_t v);
void text_hex(TextBuf *t, uint64_t v);             /* 0x1f; 0 is "0" */
void text_octal(TextBuf *t, uint64_t v);           /* 0644; 0 is "0" */
void text_digits(TextBuf *t, uint64_t v, unsigned base, unsigned min);
void text_pad(TextBuf *t, size_t column);          /* blanks up to this length */
/* C-like quotes; ends with ... when is_cut. */
void text_quoted(TextBuf *t, const char *s, size_t len, int is_cut);
/* One write to fd. */
void text_write(const TextBuf *t, int fd);

#endif
