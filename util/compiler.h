/* SPDX-License-Identifier: MIT */
/* GNU C extensions under one roof. */
#ifndef LYRE_UTIL_COMPILER_H
#define LYRE_UTIL_COMPILER_H

#define LIKELY(x) __builtin_expect(!!(x), 1)
#define UNLIKELY(x) __builtin_expect(!!(x), 0)
#define NORETURN __attribute__((noreturn, cold))
#define NOINLINE __attribute__((noinline))
#define ALWAYS_INLINE inline __attribute__((always_inline))
#define UNUSED __attribute__((unused))
#define PACKED __attribute__((packed))
#define ALIGNED(n) __attribute__((aligned(n)))
#define PRINTF_LIKE(fmt, args) __attribute__((format(printf, fmt, args)))
#define ARRAY_LEN(a) (sizeof(a) / sizeof((a)[0]))
#define ALIGN_UP(x, a) (((x) + ((a)-1)) & ~((__typeof__(x))(a)-1))
#define ALIGN_DOWN(x, a) ((x) & ~((__typeof__(x))(a)-1))
#define FALLTHROUGH __attribute__((fallthrough))
#define CONTAINER_OF(ptr, type, member) ((type *)((char *)(ptr)-offsetof(type, member)))

/* Stores before this are done before those after it, as one sees them who finds what a killed thread has left: the compiler does not reorder, and
 * the kernel keeps the order of a thread that it kills. */
static inline void in_order(void) { __atomic_signal_fence(__ATOMIC_SEQ_CST); }

#endif
