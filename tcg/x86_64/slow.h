/* SPDX-License-Identifier: MIT */
/* Calls of C from out-of-line code that keep every register: arguments and result go through CpuState.save[]. */
#ifndef LYRE_TCG_X86_64_SLOW_H
#define LYRE_TCG_X86_64_SLOW_H

enum { /* indices in CpuState.save[] */
    SLOW_GPRS = 0,      /* 8: rcx rdx rsi rdi r8-r11 */
    SLOW_VECS = 8,      /* 16 of two words */
    SLOW_ARG0 = 40,     /* 64 bits */
    SLOW_ARG1,          /* 64 bits, of which an int argument uses 32 */
    SLOW_FUNCTION,
    SLOW_RETURN,        /* code address to go on at */
    SLOW_RAX,           /* the caller's */
    SLOW_RSP,
    SLOW_RESULT,
};

/* Calls save[SLOW_FUNCTION](save[SLOW_ARG0], save[SLOW_ARG1]) on the C stack under the guest's MXCSR. Jumped to, never called; keeps
 * all registers but flags. */
void x86_slow_call(void);

#endif
