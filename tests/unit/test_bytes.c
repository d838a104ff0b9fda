/* SPDX-License-Identifier: MIT */
/* The emulators' memcpy, memmove and memset against loops over bytes: every length about their limits, every distance of an overlap. */
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

enum { SIZE = 4096, MIDDLE = 1500, MAX_LEN = 1100, MAX_DISTANCE = 40 };

static unsigned char ours[SIZE], wanted[SIZE];
static unsigned ntests, nfailed;

static void fill(void)
{
    for (unsigned i = 0; i < SIZE; i++) {
        ours[i] = wanted[i] = (unsigned char)(i * 167 + (i >> 8));
    }
}

static void report(const char *what, unsigned bad)
{
    nfailed += bad != 0;
    printf("%s %u - %s\n", bad ? "not ok" : "ok", ++ntests, what);
}

static void move_bytes(unsigned char *to, const unsigned char *from, size_t n)
{
    volatile unsigned char copy[MAX_LEN];
    for (size_t i = 0; i < n; i++) {
        copy[i] = from[i];
    }
    for (size_t i = 0; i < n; i++) {
        to[i] = copy[i];
    }
}

static bool is_like_memmove(int distance, size_t n)
{
    fill();
    unsigned char *r = memmove(ours + MIDDLE + distance, ours + MIDDLE, n);
    move_bytes(wanted + MIDDLE + distance, wanted + MIDDLE, n);
    return r == ours + MIDDLE + distance && !memcmp(ours, wanted, SIZE);
}

static bool is_like_memcpy(size_t n)
{
    fill();
    unsigned char *r = memcpy(ours + 3, ours + MIDDLE + 1, n);
    move_bytes(wanted + 3, wanted + MIDDLE + 1, n);
    return r == ours + 3 && !memcmp(ours, wanted, SIZE);
}

static bool is_like_memset(size_t n)
{
    fill();
    unsigned char *r = memset(ours + MIDDLE + 5, 0x1a5, n);
    for (size_t i = 0; i < n; i++) {
        ((volatile unsigned char *)wanted)[MIDDLE + 5 + i] = 0xa5;
    }
    return r == ours + MIDDLE + 5 && !memcmp(ours, wanted, SIZE);
}

int main(void)
{
    unsigned moves = 0, copies = 0, sets = 0;
    for (size_t n = 0; n < MAX_LEN; n += n < 100 || n > 1000 ? 1 : 37) {
        for (int distance = -MAX_DISTANCE; distance <= MAX_DISTANCE; distance++) {
            moves += !is_like_memmove(distance, n);
        }
        copies += !is_like_memcpy(n);
        sets += !is_like_memset(n);
    }
    report("memmove", moves);
    report("memcpy", copies);
    report("memset", sets);
    printf("1..%u\n", ntests);
    return nfailed != 0;
}
