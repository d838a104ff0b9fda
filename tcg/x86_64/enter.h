/* SPDX-License-Identifier: MIT */
/*
 * Entering translated code from the run loop without a call, as it is left without a return: guest calls and returns use the processor's return
 * stack, too, and a thread that leaves in one function and comes back in the same (a system call) must find there what it has left.
 */
#ifndef LYRE_TCG_X86_64_ENTER_H
#define LYRE_TCG_X86_64_ENTER_H

#include "tcg/tramp.h"

enum { ENTER_RED_ZONE = 128 };

static inline TcgEvent enter_code(CpuState *s, void *code)
{
    uint32_t event;
    __asm__ volatile("sub %[zone], %%rsp\n\t"
                     "lea 1f(%%rip), %%rax\n\t"
                     "push %%rax\n\t"
                     "jmp tcg_enter\n"
                     "1:\n\t"
                     "add %[zone], %%rsp"
                     : "=&a"(event), "+D"(s), "+S"(code)
                     : [zone] "e"((long)ENTER_RED_ZONE)
                     : "rcx", "rdx", "r8", "r9", "r10", "r11", "memory", "cc", "xmm0", "xmm1", "xmm2", "xmm3", "xmm4", "xmm5", "xmm6", "xmm7",
                       "xmm8", "xmm9", "xmm10", "xmm11", "xmm12", "xmm13", "xmm14", "xmm15");
    return (TcgEvent)event;
}

#endif
