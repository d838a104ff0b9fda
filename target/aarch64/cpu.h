/* SPDX-License-Identifier: MIT */
/*
 * The AArch64 guest as other folders see it: its registers in CpuState.guest, its features and CPU models, and the parts of
 * its state that translated code keeps elsewhere (FPSR, rounding mode).
 */
#ifndef LYRE_TARGET_AARCH64_CPU_H
#define LYRE_TARGET_AARCH64_CPU_H

#include "target/target.h"

typedef enum A64Ext {
#define EXT(id, ...) A64_EXT_##id,
#include "target/aarch64/features.def"
#undef EXT
    A64_EXT_COUNT
} A64Ext;

/* System registers, by sysregs.def. */
typedef enum A64Sys {
#define SYS(id, ...) A64_SYS_##id,
#include "target/aarch64/sysregs.def"
#undef SYS
    A64_SYS_ID_ZERO, /* an ID register that is not named */
    A64_SYS_NONE     /* undefined */
} A64Sys;

/* ID registers that features.def speaks of. */
typedef enum A64Id {
    A64_ID_NONE, A64_ID_PFR0, A64_ID_PFR1, A64_ID_ISAR0, A64_ID_ISAR1, A64_ID_ISAR2, A64_ID_MMFR0, A64_ID_MMFR1, A64_ID_MMFR2,
    A64_ID_COUNT
} A64Id;

/* What branch target identification asks the address space (mm.h's prot_guard). */
typedef struct A64Guards {
    bool exist;                                /* some page is guarded, or was: branches tell of their kind */
    bool (*is_guarded)(void *mm, uint64_t pc); /* its page */
    void *mm;
} A64Guards;

struct TargetCpu {
    const char *name; /* of the model */
    uint64_t ext;     /* bit per A64Ext */
    uint64_t midr;
    uint64_t id[A64_ID_COUNT];
    A64Guards *guards;
    const uint64_t *vdso; /* points to the address of the page that may read the host's clocks; NULL: none */
};

/* Keys of pointer authentication, in the order of prctl's PR_PAC_*. */
enum A64Key { A64_KEY_IA, A64_KEY_IB, A64_KEY_DA, A64_KEY_DB, A64_KEY_GA, A64_KEYS };
typedef struct A64PacKey {
    uint64_t low, high;
} A64PacKey;

/* Homes of the slots; lies at the start of CpuState.guest. Sticky FP flags but QC and IDC are in MXCSR, the reservation of
 * load-exclusive in CpuState.ll_*. */
typedef struct A64State {
    uint64_t x[31], sp;
    uint64_t tpidr;
    uint32_t nzcv;   /* N 8, Z 4, C 2, V 1 */
    uint32_t pstate; /* A64_PSTATE_*: bits that only software looks at */
    _Alignas(16) uint64_t v[32][2];
    uint64_t qc[2];  /* FPSR.QC: any bit set */
    uint32_t fpcr;
    uint32_t idc;    /* FPSR.IDC as bit 7 */
    A64PacKey keys[A64_KEYS];
    uint32_t keys_off; /* bit per A64Key; SCTLR_EL1.EnIA and so on inverted, as prctl sets them */
    const TargetCpu *cpu;
} A64State;
enum { A64_PSTATE_DIT = 1, A64_PSTATE_SSBS = 2 };

static inline A64State *a64_state(CpuState *s) { return (A64State *)s->guest; }
static inline const A64State *a64_state_const(const CpuState *s) { return (const A64State *)s->guest; }

enum { /* FPCR and FPSR fields */
    A64_FPCR_FZ16 = 1 << 19, A64_FPCR_RMODE_SHIFT = 22, A64_FPCR_RMODE = 3 << 22, A64_FPCR_FZ = 1 << 24, A64_FPCR_DN = 1 << 25,
    A64_FPCR_AHP = 1 << 26,
    A64_FPCR_ODD = A64_FPCR_FZ16 | A64_FPCR_FZ | A64_FPCR_DN | A64_FPCR_AHP, /* what host instructions do not do */
    A64_FPCR_MASK = A64_FPCR_ODD | A64_FPCR_RMODE,
    A64_FPSR_IDC = 1 << 7, A64_FPSR_QC = 1 << 27, A64_FPSR_MASK = 0x0800009f,
};

/* Context word: FPCR has one of A64_FPCR_ODD set; then FP instructions call helpers, which read FPCR. */
enum A64Ctx { A64_CTX_FP_ODD = 1 };

/* Of a thread that stands outside of translated code. Setting FPCR also sets MXCSR's rounding mode and the context. */
uint32_t a64_get_fpsr(const CpuState *s);
void a64_set_fpsr(CpuState *s, uint32_t fpsr);
void a64_set_fpcr(CpuState *s, uint32_t fpcr);
void a64_reset_keys(CpuState *s, unsigned keys); /* new random ones: bit per A64Key */
uint64_t a64_read_sys(const CpuState *s, A64Sys reg); /* those that are constant for the thread, and the counters */

uint64_t a64_hwcap(const TargetCpu *cpu);
uint64_t a64_hwcap2(const TargetCpu *cpu);
static inline bool a64_has(const TargetCpu *cpu, A64Ext e) { return cpu->ext >> e & 1; }

/* PSTATE.BTYPE as CpuState.landing: what the last instruction was, if the next one's page is guarded (Arm ARM D8.4.6). */
enum A64Btype { A64_BTYPE_NONE, A64_BTYPE_TO_ENTRY, A64_BTYPE_CALL, A64_BTYPE_JUMP };
static inline bool a64_has_guards(const TargetCpu *cpu) { return cpu->guards->exist; }

/* Of pcs; the top byte is a tag that branches drop. */
#define A64_PC_MASK (~0ull >> 8)

void a64_cpu_set_vdso(const TargetCpu *cpu, const uint64_t *page); /* *page: its address, 0: none */

/* op0 (its low bit) op1 CRn CRm op2 as the instruction's 15 bits. */
A64Sys a64_find_sys(const TargetCpu *cpu, unsigned encoding, bool is_write);
const char *a64_sys_name(A64Sys reg);

enum {
    A64_ZVA_SIZE = 64,          /* bytes of a block of dc zva */
    A64_TIMER_HZ = 1000000000,  /* CNTFRQ_EL0: CNTVCT_EL0 counts CLOCK_MONOTONIC in ns */
};

/* target.c's table; decode.c, disas.c */
const TargetCpu *a64_cpu_parse(const char *spec, const char **error);
void a64_cpu_list(int fd);
bool a64_decode(const TargetCpu *cpu, uint32_t ctx, uint64_t pc, const uint8_t *bytes, unsigned avail, TargetInsn *out);
unsigned a64_decode_run(const TargetCpu *cpu, uint32_t ctx, uint64_t pc, const uint8_t *bytes, unsigned avail, TargetInsn *out,
                        unsigned max);
void a64_arrive(CpuState *s);
bool a64_can_land(const CpuState *s, uint32_t raw);
void a64_translate(TargetTrans *tt, const TargetInsn *insn);
unsigned a64_direct(struct Direct *d, const TargetCpu *cpu);
void a64_disas(const TargetInsn *insn, char *buf, unsigned size);
extern const HelperDesc a64_helpers[];

#endif
