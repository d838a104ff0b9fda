/* SPDX-License-Identifier: MIT */
/* memcpy, memmove, memset of the emulators: musl's take some thirty cycles to begin, and most of ours are of a few bytes. */
#include <emmintrin.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "util/compiler.h"

enum { VECTOR = 16, LARGE = 1024 }; /* bytes; from LARGE on the host's string instructions are faster */

#define LOAD(p) _mm_loadu_si128((const __m128i *)(p))
#define STORE(p, v) _mm_storeu_si128((__m128i *)(p), v)

/* Up to 32 bytes, all of them read before the first is written: two accesses of one size, which overlap. */
#define COPY_TWICE(type, to, from, n) \
    do { \
        type first_, last_; \
        memcpy(&first_, (from), sizeof(type)); \
        memcpy(&last_, (from) + (n) - sizeof(type), sizeof(type)); \
        memcpy((to), &first_, sizeof(type)); \
        memcpy((to) + (n) - sizeof(type), &last_, sizeof(type)); \
    } while (0)

static inline void copy_small(char *to, const char *from, size_t n)
{
    if (n >= 16) {
        COPY_TWICE(__m128i, to, from, n);
    } else if (n >= 8) {
        COPY_TWICE(uint64_t, to, from, n);
    } else if (n >= 4) {
        COPY_TWICE(uint32_t, to, from, n);
    } else if (n >= 2) {
        COPY_TWICE(uint16_t, to, from, n);
    } else if (n) {
        *to = *from;
    }
}

static inline void copy_up(char *to, const char *from, size_t n)
{
    if (n >= LARGE) {
        __asm__ volatile("rep movsb" : "+D"(to), "+S"(from), "+c"(n) : : "memory");
        return;
    }
    __m128i last = LOAD(from + n - VECTOR);
    char *end = to + n - VECTOR;
    for (; to < end; to += VECTOR, from += VECTOR) {
        STORE(to, LOAD(from));
    }
    STORE(end, last);
}

static void copy_down(char *to, const char *from, size_t n)
{
    __m128i first = LOAD(from);
    for (size_t i = n - VECTOR; i < n; i -= VECTOR) { /* wraps round below 0 */
        STORE(to + i, LOAD(from + i));
    }
    STORE(to, first);
}

void *memcpy(void *restrict to, const void *restrict from, size_t n)
{
    if (LIKELY(n <= 2 * VECTOR)) {
        copy_small(to, from, n);
    } else {
        copy_up(to, from, n);
    }
    return to;
}

void *memmove(void *to, const void *from, size_t n)
{
    if (n <= 2 * VECTOR) {
        copy_small(to, from, n);
    } else if ((uintptr_t)to - (uintptr_t)from >= n) { /* what is written is read no more */
        copy_up(to, from, n);
    } else {
        copy_down(to, from, n);
    }
    return to;
}

void *memset(void *to, int byte, size_t n)
{
    char *p = to;
    uint64_t word = (uint8_t)byte * 0x0101010101010101u;
    if (n >= LARGE) {
        __asm__ volatile("rep stosb" : "+D"(p), "+c"(n) : "a"(byte) : "memory");
    } else if (n >= VECTOR) {
        __m128i v = _mm_set1_epi8((char)byte);
        for (char *end = p + n - VECTOR; p < end; p += VECTOR) {
            STORE(p, v);
        }
        STORE((char *)to + n - VECTOR, v);
    } else if (n >= 8) {
        memcpy(p, &word, 8);
        memcpy(p + n - 8, &word, 8);
    } else {
        for (; n; n--) {
            *p++ = (char)byte;
        }
    }
    return to;
}
