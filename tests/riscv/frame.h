/* SPDX-License-Identifier: MIT */
/* RISC-V's signal frame, for the oracle (tests/isa/oracle.c). */
#ifndef LYRE_TESTS_RISCV_FRAME_H
#define LYRE_TESTS_RISCV_FRAME_H

#include <signal.h>
#include <string.h>
#include <ucontext.h>

static inline uint64_t frame_get(ucontext_t *uc, Regs *r)
{
    memcpy(r->x, uc->uc_mcontext.__gregs, sizeof r->x);
    r->x[0] = 0;
    memcpy(r->f, uc->uc_mcontext.__fpregs.__d.__f, sizeof r->f);
    r->fcsr[0] = uc->uc_mcontext.__fpregs.__d.__fcsr;
    return uc->uc_mcontext.__gregs[0];
}

static inline void frame_set(ucontext_t *uc, const Regs *r, uint64_t pc)
{
    memcpy(uc->uc_mcontext.__gregs, r->x, sizeof r->x);
    uc->uc_mcontext.__gregs[0] = pc;
    memcpy(uc->uc_mcontext.__fpregs.__d.__f, r->f, sizeof r->f);
    uc->uc_mcontext.__fpregs.__d.__fcsr = (uint32_t)r->fcsr[0];
}

/* The experiment's gp and tp are not ours. */
uint64_t frame_tp;
__attribute__((naked)) static void frame_entry(int sig, siginfo_t *info, void *context)
{
    __asm__ volatile(".option push\n.option norelax\n"
                     "la gp, __global_pointer$\nla t0, frame_tp\nld tp, 0(t0)\ntail handler\n"
                     ".option pop");
}

static inline void frame_start(void)
{
    __asm__ volatile("mv %0, tp" : "=r"(frame_tp));
    __asm__ volatile("ebreak");
}

#endif
