/* SPDX-License-Identifier: MIT */
/* Raw Linux system calls of the host: no errno, no thread-local storage, so usable before the C library is up and in raw-cloned
 * children. The result is the kernel's: a negative errno on failure. */
#ifndef LYRE_UTIL_SYS_H
#define LYRE_UTIL_SYS_H

#include <stdint.h>
#include <sys/syscall.h>

#if defined(__x86_64__)
static inline int64_t sys_call(long number, uint64_t a0, uint64_t a1, uint64_t a2, uint64_t a3, uint64_t a4, uint64_t a5)
{
    int64_t result;
    register uint64_t r10 __asm__("r10") = a3;
    register uint64_t r8 __asm__("r8") = a4;
    register uint64_t r9 __asm__("r9") = a5;
    __asm__ volatile("syscall"
                     : "=a"(result)
                     : "0"(number), "D"(a0), "S"(a1), "d"(a2), "r"(r10), "r"(r8), "r"(r9)
                     : "rcx", "r11", "memory", "cc");
    return result;
}
#else
#error "no raw system call for this host yet"
#endif

#define SYS_PTR(p) ((uint64_t)(uintptr_t)(p))
#define SYS_INT(i) ((uint64_t)(int64_t)(i))

static inline int64_t sys_call1(long n, uint64_t a) { return sys_call(n, a, 0, 0, 0, 0, 0); }
static inline int64_t sys_call2(long n, uint64_t a, uint64_t b) { return sys_call(n, a, b, 0, 0, 0, 0); }
static inline int64_t sys_call3(long n, uint64_t a, uint64_t b, uint64_t c) { return sys_call(n, a, b, c, 0, 0, 0); }
static inline int64_t sys_call4(long n, uint64_t a, uint64_t b, uint64_t c, uint64_t d)
{
    return sys_call(n, a, b, c, d, 0, 0);
}

#endif
