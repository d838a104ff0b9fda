/* SPDX-License-Identifier: MIT */
/* System registers by sysregs.def; FPCR and FPSR, which live in several places. */
#include <time.h>

#include "target/aarch64/cpu.h"
#include "tcg/fpu.h"
#include "util/compiler.h"
#include "util/hostclock.h"

#define ENCODING(op0, op1, crn, crm, op2) (((op0) & 1) << 14 | (op1) << 11 | (crn) << 7 | (crm) << 3 | (op2))

static const struct {
    const char *name;
    uint16_t encoding;
    uint8_t ext;
    bool can_write;
} sysregs[A64_SYS_ID_ZERO] = {
#define SYS(id, name, op0, op1, crn, crm, op2, ext, write) \
    [A64_SYS_##id] = { name, ENCODING(op0, op1, crn, crm, op2), A64_EXT_##ext, write },
#include "target/aarch64/sysregs.def"
#undef SYS
};

A64Sys a64_find_sys(const TargetCpu *cpu, unsigned encoding, bool is_write)
{
    for (unsigned i = 0; i < A64_SYS_ID_ZERO; i++)
        if (sysregs[i].encoding == encoding)
            return a64_has(cpu, sysregs[i].ext) && (!is_write || sysregs[i].can_write) ? (A64Sys)i : A64_SYS_NONE;
    /* the kernel emulates reads of op0 3, op1 0, CRn 0, CRm 0 and 4-7 */
    unsigned crm = encoding >> 3 & 15;
    bool is_id = encoding >> 7 == 1u << 7 && crm >= 4 && crm <= 7;
    return is_id && !is_write ? A64_SYS_ID_ZERO : A64_SYS_NONE;
}

const char *a64_sys_name(A64Sys reg) { return reg < A64_SYS_ID_ZERO ? sysregs[reg].name : NULL; }

static uint64_t counter(void)
{
    struct timespec now;
    hostclock_get(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * A64_TIMER_HZ + (uint64_t)now.tv_nsec;
}

uint64_t a64_read_sys(const CpuState *s, A64Sys reg)
{
    const TargetCpu *cpu = a64_state_const(s)->cpu;
    switch (reg) {
    case A64_SYS_CTR:
        return 0x8444c004; /* lines of 64 bytes, IDC and DIC clear: programs do their cache maintenance */
    case A64_SYS_DCZID:
        return 4; /* 2^4 words */
    case A64_SYS_CNTFRQ:
        return A64_TIMER_HZ;
    case A64_SYS_CNTVCT:
    case A64_SYS_CNTVCTSS:
        return counter();
    case A64_SYS_MIDR:
        return cpu->midr;
    case A64_SYS_MPIDR:
        return 1u << 31;
    case A64_SYS_PFR0:
    case A64_SYS_PFR1:
        return cpu->id[A64_ID_PFR0 + reg - A64_SYS_PFR0];
    case A64_SYS_ISAR0:
    case A64_SYS_ISAR1:
    case A64_SYS_ISAR2:
        return cpu->id[A64_ID_ISAR0 + reg - A64_SYS_ISAR0];
    case A64_SYS_MMFR0:
    case A64_SYS_MMFR1:
    case A64_SYS_MMFR2:
        return cpu->id[A64_ID_MMFR0 + reg - A64_SYS_MMFR0];
    default:
        return 0;
    }
}

/* IOC DZC OFC UFC IXC are bits 0-4 of FPSR and 0 2 3 4 5 of MXCSR. */
uint32_t a64_get_fpsr(const CpuState *s)
{
    const A64State *r = a64_state_const(s);
    uint32_t m = s->guest_mxcsr;
    return (m & 1) | (m >> 1 & 0x1e) | r->idc | (r->qc[0] | r->qc[1] ? A64_FPSR_QC : 0);
}

void a64_set_fpsr(CpuState *s, uint32_t fpsr)
{
    A64State *r = a64_state(s);
    s->guest_mxcsr = (s->guest_mxcsr & ~(uint32_t)MXCSR_FLAGS) | (fpsr & 1) | (fpsr & 0x1e) << 1;
    r->idc = fpsr & A64_FPSR_IDC;
    r->qc[0] = fpsr & A64_FPSR_QC;
    r->qc[1] = 0;
}

void a64_set_fpcr(CpuState *s, uint32_t fpcr)
{
    static const uint8_t host_round[4] = { 0, 2, 1, 3 }; /* MXCSR.RC of RN, RP, RM, RZ */
    uint32_t round = host_round[fpcr >> A64_FPCR_RMODE_SHIFT & 3];
    a64_state(s)->fpcr = fpcr & A64_FPCR_MASK;
    s->guest_mxcsr = (s->guest_mxcsr & ~(uint32_t)MXCSR_ROUND) | MXCSR_MASKS | round << MXCSR_ROUND_SHIFT;
    s->ctx = fpcr & A64_FPCR_ODD ? A64_CTX_FP_ODD : 0;
}
