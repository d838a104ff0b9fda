/* SPDX-License-Identifier: MIT */
/* Assertions of the run path: they write by raw system call and abort; no stdio, no malloc. */
#ifndef LYRE_UTIL_ASSERT_H
#define LYRE_UTIL_ASSERT_H

#include "util/compiler.h"

/* Reports `file:line: expr` on descriptor 2 and aborts. Safe in signal handlers and raw-cloned children. */
extern void (*lyre_assert_hook)(void); /* NULL, or called before the end: reports what more is known */
NORETURN void lyre_assert_fail(const char *expr, const char *file, int line);

#define lyre_assert(e) (LIKELY(e) ? (void)0 : lyre_assert_fail(#e, __FILE__, __LINE__))
/* On paths that are too hot for it, only in builds with a sanitizer. */
#ifdef __SANITIZE_ADDRESS__
#define lyre_check(e) lyre_assert(e)
#else
#define lyre_check(e) ((void)sizeof(e))
#endif
#define lyre_unreachable() lyre_assert_fail("unreachable", __FILE__, __LINE__)

#endif
