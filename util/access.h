/* SPDX-License-Identifier: MIT */
/*
 * Accesses to guest memory that may fault: each instruction that can has a row in the fix-up table (section lyre_fixup), and the
 * signal handler sends a fault there to its landing. No locks, no allocation, usable everywhere on the run path.
 */
#ifndef LYRE_UTIL_ACCESS_H
#define LYRE_UTIL_ACCESS_H

#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Why an access failed; the values of TcgFault (tcg/state.h). */
typedef enum AccessKind { ACCESS_OK, ACCESS_MAPERR, ACCESS_ACCERR, ACCESS_BUS, ACCESS_ALIGN, ACCESS_HWPOISON } AccessKind;

typedef struct AccessResult {
    uint64_t kind; /* AccessKind */
    uint64_t addr; /* of the first byte that could not be reached, when kind != 0 */
} AccessResult;

/* One access of 1, 2, 4 or 8 bytes, a single host instruction (so aligned ones are atomic). Loads zero-extend. */
AccessResult access_load(unsigned size, uint64_t addr, uint64_t *out);
AccessResult access_store(unsigned size, uint64_t addr, uint64_t value);
/* 16 bytes, a single host instruction; not atomic when the host has no AVX. out and value are two 64-bit words, low first. */
AccessResult access_load16(uint64_t addr, uint64_t out[2]);
AccessResult access_store16(uint64_t addr, const uint64_t value[2]);
/* lock cmpxchg: *expected becomes the value found. */
AccessResult access_cas(unsigned size, uint64_t addr, uint64_t *expected, uint64_t desired);
AccessResult access_cas16(uint64_t addr, uint64_t expected[2], const uint64_t desired[2]);

/* Bytewise copy (rep movsb) in which either side may be the guest's. */
AccessResult access_copy(void *dst, const void *src, size_t len);

/* For signal handlers (SIGSEGV, SIGBUS): if the host pc of uc is in the table, makes the access return its AccessResult and returns true. */
bool access_fixup(siginfo_t *info, void *uc);

/* The kind that a host SIGSEGV or SIGBUS means. */
AccessKind access_kind(const siginfo_t *info);

#endif
