/* SPDX-License-Identifier: MIT */
/* AArch64's signal frame, for the oracle (tests/isa/oracle.c). */
#ifndef LYRE_TESTS_AARCH64_FRAME_H
#define LYRE_TESTS_AARCH64_FRAME_H

#include <signal.h>
#include <string.h>
#include <ucontext.h>

typedef struct Fpsimd {
    uint32_t magic, size, fpsr, fpcr;
    uint64_t v[64];
} Fpsimd;

/* The record of FP and SIMD in the frame. */
static inline Fpsimd *frame_fpsimd(ucontext_t *uc)
{
    uint32_t *p = (uint32_t *)uc->uc_mcontext.__reserved;
    while (p[0] && p[0] != 0x46508001)
        p += p[1] / 4;
    return (Fpsimd *)p;
}

static inline uint64_t frame_get(ucontext_t *uc, Regs *r)
{
    const Fpsimd *f = frame_fpsimd(uc);
    memcpy(r->x, uc->uc_mcontext.regs, sizeof r->x);
    r->sp[0] = uc->uc_mcontext.sp;
    r->nzcv[0] = uc->uc_mcontext.pstate >> 28 & 15;
    memcpy(r->v, f->v, sizeof r->v);
    r->fpcr[0] = f->fpcr;
    r->fpsr[0] = f->fpsr;
    return uc->uc_mcontext.pc;
}

static inline void frame_set(ucontext_t *uc, const Regs *r, uint64_t pc)
{
    Fpsimd *f = frame_fpsimd(uc);
    memcpy(uc->uc_mcontext.regs, r->x, sizeof r->x);
    uc->uc_mcontext.sp = r->sp[0];
    uc->uc_mcontext.pc = pc;
    uc->uc_mcontext.pstate = (uc->uc_mcontext.pstate & ~(15ull << 28)) | r->nzcv[0] << 28;
    memcpy(f->v, r->v, sizeof f->v);
    f->fpcr = (uint32_t)r->fpcr[0];
    f->fpsr = (uint32_t)r->fpsr[0];
}

/* The experiment's thread pointer and rounding are not ours. */
static uint64_t frame_tls;
void handler(int sig, siginfo_t *info, void *context);
static void frame_entry(int sig, siginfo_t *info, void *context)
{
    __asm__ volatile("msr tpidr_el0, %0\n\tmsr fpcr, xzr" : : "r"(frame_tls));
    handler(sig, info, context);
    __asm__ volatile("clrex");
}

static inline void frame_start(void)
{
    __asm__ volatile("mrs %0, tpidr_el0" : "=r"(frame_tls));
    __asm__ volatile("brk #0");
}

#endif
