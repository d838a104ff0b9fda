/* SPDX-License-Identifier: MIT */
/* The interrupted registers of the host, in a signal handler. Register numbers are those of encodings. */
#ifndef LYRE_TCG_X86_64_HOSTREGS_H
#define LYRE_TCG_X86_64_HOSTREGS_H

#include <stdbool.h>
#include <stdint.h>
#include <string.h>
#include <ucontext.h>

#include "tcg/state.h"

typedef ucontext_t HostRegs;

static inline uint64_t hostregs_gpr(const HostRegs *r, unsigned reg)
{
    static const uint8_t greg[16] = { REG_RAX, REG_RCX, REG_RDX, REG_RBX, REG_RSP, REG_RBP, REG_RSI, REG_RDI,
                                      REG_R8,  REG_R9,  REG_R10, REG_R11, REG_R12, REG_R13, REG_R14, REG_R15 };
    return (uint64_t)r->uc_mcontext.gregs[greg[reg & 15]];
}

/* state.h, "pins 0..9" */
static inline uint64_t hostregs_pin(const HostRegs *r, unsigned pin)
{
    static const uint8_t reg[STATE_PINS] = { 3, 12, 13, 14, 15, 6, 7, 8, 9, 10 };
    return hostregs_gpr(r, reg[pin]);
}

static inline void hostregs_vec(const HostRegs *r, unsigned reg, void *out)
{
    memcpy(out, &r->uc_mcontext.fpregs->_xmm[reg & 15], 16);
}

static inline uintptr_t hostregs_pc(const HostRegs *r) { return (uintptr_t)r->uc_mcontext.gregs[REG_RIP]; }
static inline uintptr_t hostregs_sp(const HostRegs *r) { return (uintptr_t)r->uc_mcontext.gregs[REG_RSP]; }
static inline void hostregs_set_sp(HostRegs *r, uintptr_t sp) { r->uc_mcontext.gregs[REG_RSP] = (greg_t)sp; }
static inline uint32_t hostregs_mxcsr(const HostRegs *r) { return r->uc_mcontext.fpregs->mxcsr; }
/* The flags as a CC value (ir.def). */
static inline uint32_t hostregs_nzcv(const HostRegs *r)
{
    uint64_t f = (uint64_t)r->uc_mcontext.gregs[REG_EFL];
    return (f >> 7 & 1) << 3 | (f >> 6 & 1) << 2 | (f & 1) << 1 | (f >> 11 & 1);
}
/* Page-fault error code, bit 1. */
static inline bool hostregs_is_write(const HostRegs *r) { return r->uc_mcontext.gregs[REG_ERR] & 2; }

/* Translated code is left through tramp_fault_resume. */
static inline void hostregs_resume(HostRegs *r, void *to, unsigned event)
{
    r->uc_mcontext.gregs[REG_RIP] = (greg_t)(uintptr_t)to;
    r->uc_mcontext.gregs[REG_RAX] = (greg_t)event;
}

#endif
