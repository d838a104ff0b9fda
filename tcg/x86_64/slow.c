/* SPDX-License-Identifier: MIT */
/* x86_slow_call: a naked function, so that the compiler knows the offsets. rbp = CpuState + STATE_BIAS. */
#include "tcg/x86_64/slow.h"

#include <stddef.h>

#include "tcg/state.h"

#define EACH_VEC(X) X(0) X(1) X(2) X(3) X(4) X(5) X(6) X(7) X(8) X(9) X(10) X(11) X(12) X(13) X(14) X(15)
#define EACH_GPR(X) X(0, rcx) X(1, rdx) X(2, rsi) X(3, rdi) X(4, r8) X(5, r9) X(6, r10) X(7, r11)
#define SAVE_VEC(n) "movups %%xmm" #n ", %c[vecs] + 16 * " #n "(%%rbp)\n\t"
#define LOAD_VEC(n) "movups %c[vecs] + 16 * " #n "(%%rbp), %%xmm" #n "\n\t"
#define SAVE_GPR(n, reg) "mov %%" #reg ", %c[gprs] + 8 * " #n "(%%rbp)\n\t"
#define LOAD_GPR(n, reg) "mov %c[gprs] + 8 * " #n "(%%rbp), %%" #reg "\n\t"
#define SAVE(n) ((int)offsetof(CpuState, save) - STATE_BIAS + 8 * (n))

__attribute__((naked)) void x86_slow_call(void)
{
    __asm__ volatile(
        EACH_GPR(SAVE_GPR)
        EACH_VEC(SAVE_VEC)
        "mov %%rsp, %c[rsp](%%rbp)\n\t"
        "mov %c[c_stack](%%rbp), %%rsp\n\t"
        "and $-16, %%rsp\n\t"
        "mov %c[arg0](%%rbp), %%rdi\n\t"
        "mov %c[arg1](%%rbp), %%rsi\n\t"
        "call *%c[function](%%rbp)\n\t"
        "mov %%rax, %c[result](%%rbp)\n\t"
        "mov %c[rsp](%%rbp), %%rsp\n\t"
        EACH_VEC(LOAD_VEC)
        EACH_GPR(LOAD_GPR)
        "mov %c[rax](%%rbp), %%rax\n\t"
        "jmp *%c[back](%%rbp)"
        :
        : [gprs] "i"(SAVE(SLOW_GPRS)), [vecs] "i"(SAVE(SLOW_VECS)), [rsp] "i"(SAVE(SLOW_RSP)), [arg0] "i"(SAVE(SLOW_ARG0)),
          [arg1] "i"(SAVE(SLOW_ARG1)), [function] "i"(SAVE(SLOW_FUNCTION)), [result] "i"(SAVE(SLOW_RESULT)),
          [rax] "i"(SAVE(SLOW_RAX)), [back] "i"(SAVE(SLOW_RETURN)),
          [c_stack] "i"((int)offsetof(CpuState, c_stack) - STATE_BIAS));
}
