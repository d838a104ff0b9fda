/* SPDX-License-Identifier: MIT */
/*
 * The RISC-V guest as other folders see it: its registers in CpuState.guest, its extensions and CPU
 * models, and the parts of its state that translated code keeps elsewhere (fcsr).
 */
#ifndef LYRE_TARGET_RISCV_CPU_H
#define LYRE_TARGET_RISCV_CPU_H

#include "target/target.h"

typedef enum RvExt {
#define EXT(id, name, needs, hwprobe) RV_EXT_##id,
#include "target/riscv/extensions.def"
#undef EXT
    RV_EXT_COUNT
} RvExt;

struct TargetCpu {
    const char *name; /* of the model */
    uint64_t ext;     /* bit per RvExt */
    const uint64_t *vdso; /* points to the address of the page that may read the host's clocks (trans_csr.c); NULL: none */
};

/* Homes of the slots; lies at the start of CpuState.guest. The sticky flags are in MXCSR, the
 * reservation of lr in CpuState.ll_*. */
typedef struct RiscvState {
    uint64_t x[32]; /* x[0] is never read or written by translated code and stays 0 */
    uint64_t f[32];
    uint32_t frm; /* all three bits, valid or not */
    uint32_t reserved;
    const TargetCpu *cpu;
} RiscvState;

static inline RiscvState *riscv_state(CpuState *s) { return (RiscvState *)s->guest; }
static inline const RiscvState *riscv_state_const(const CpuState *s)
{
    return (const RiscvState *)s->guest;
}

/* Context word: how much translated code knows of frm. Bits 2-31 are for vtype and friends. */
enum RvCtx {
    RV_CTX_FRM_RNE = 0,     /* frm is RNE, MXCSR agrees */
    RV_CTX_FRM_HOST = 1,    /* frm is RTZ, RDN or RUP, MXCSR agrees */
    RV_CTX_FRM_RMM = 2,     /* ties away: MXCSR rounds to nearest, instructions call helpers */
    RV_CTX_FRM_INVALID = 3, /* dynamic rounding is illegal */
    RV_CTX_FRM_MASK = 3,
};
static inline uint32_t riscv_ctx_of_frm(uint32_t frm)
{
    return frm == 0   ? RV_CTX_FRM_RNE
           : frm < 4  ? RV_CTX_FRM_HOST
           : frm == 4 ? RV_CTX_FRM_RMM
                      : RV_CTX_FRM_INVALID;
}

/* fcsr of a thread that stands outside of translated code; setting it also sets the context. */
uint32_t riscv_get_fcsr(const CpuState *s);
void riscv_set_fcsr(CpuState *s, uint32_t fcsr);
/* Sticky flags: RISC-V order (NV DZ OF UF NX from bit 4) and MXCSR order. */
uint32_t riscv_flags_of_mxcsr(uint32_t mxcsr);
uint32_t riscv_mxcsr_of_flags(uint32_t flags);

/* AT_HWCAP, and the value of RISCV_HWPROBE_KEY_IMA_EXT_0. */
uint64_t riscv_hwcap(const TargetCpu *cpu);
uint64_t riscv_hwprobe_ima_ext_0(const TargetCpu *cpu);
static inline bool riscv_has(const TargetCpu *cpu, RvExt e) { return cpu->ext >> e & 1; }

enum {
    RISCV_CBO_SIZE = 64, /* bytes of a block of cbo.* */
    RISCV_TIME_FREQUENCY =
        1000000000, /* of the time, cycle and instret counters: CLOCK_MONOTONIC in ns */
};

/* target.c's table; decode.c, disas.c */
const TargetCpu *riscv_cpu_parse(const char *spec, const char **error);
void riscv_cpu_list(int fd);
/* Linux's vDSO lies, now and later, where `*page` says. */
void riscv_cpu_set_vdso(const TargetCpu *cpu, const uint64_t *page);
bool riscv_decode(const TargetCpu *cpu, uint32_t ctx, uint64_t pc, const uint8_t *bytes,
                  unsigned avail, TargetInsn *out);
unsigned riscv_decode_run(const TargetCpu *cpu, uint32_t ctx, uint64_t pc, const uint8_t *bytes,
                          unsigned avail, TargetInsn *out, unsigned max);
void riscv_translate(TargetTrans *tt, const TargetInsn *insn);
unsigned riscv_direct(struct Direct *d, const TargetCpu *cpu);
bool riscv_onepass(Onepass *p, const TargetCpu *cpu, uint32_t ctx, const TargetInsn *insns, unsigned n);
void riscv_disas(const TargetInsn *insn, char *buf, unsigned size);
extern const HelperDesc riscv_helpers[];

#endif
