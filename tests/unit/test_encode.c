/* SPDX-License-Identifier: MIT */
/*
 * Every simple row of mops.def in all its forms, encoded, disassembled by Capstone, and compared operand by operand with what
 * the table below says the row means. TAP: one line per row and instruction set (legacy, VEX).
 */
#include <capstone/capstone.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tcg/code.h"
#include "tcg/state.h"
#include "tcg/x86_64/encode.h"
#include "util/compiler.h"

/*
 * operands: what the disassembler shows, in its order: number of the row's operand and width: none: MInsn.size; b w d q: 1, 2, 4, 8;
 * z: 4 where an immediate has no upper half; x: vector register, memory of MInsn.size; o: memory of 16; s, t: memory of 8, 4; *: any width; n: at most MInsn.size; `i`: imm8, `I`: imm32.
 * mnemonic: %s becomes ss or sd by size, %p ps or pd. vex: operands of the VEX form, NULL: none; with it the mnemonic has a `v` in front.
 * sizes: digits, or x for 16.
 */
typedef struct Expect {
    int op;
    const char *mnemonic, *operands, *vex, *sizes;
} Expect;
#define ALU3(op, mnem) { op, mnem, "0 2", NULL, "48" }
#define FP3(op, mnem) { op, mnem, "0x 2x", "0x 1x 2x", "48" }
#define VEC3(op, mnem) { op, mnem, "0x 2o", "0x 1x 2o", "x" }
#define VSHIFT(op, mnem) { op, mnem, "0x i", "0x 1x i", "x" }
#define FMA(op, mnem) { op, mnem, NULL, "0x 2x 3x", "48" }
static const Expect table[] = {
    { MOP_MOV, "mov", "0z 1", NULL, "48" },
    { MOP_MOVZX8, "movzx", "0d 1b", NULL, "48" },
    { MOP_MOVZX16, "movzx", "0d 1w", NULL, "48" },
    { MOP_MOVSX8, "movsx", "0 1b", NULL, "48" },
    { MOP_MOVSX16, "movsx", "0 1w", NULL, "48" },
    { MOP_MOVSX32, "movsxd", "0q 1d", NULL, "8" },
    { MOP_STORE, "mov", "1 0", NULL, "1248" },
    { MOP_MOVBE_LD, "movbe", "0 1", NULL, "248" },
    { MOP_MOVBE_ST, "movbe", "1 0", NULL, "248" },
    { MOP_LEA, "lea", "0 1*", NULL, "48" },
    ALU3(MOP_ADD, "add"), ALU3(MOP_OR, "or"), ALU3(MOP_ADC, "adc"), ALU3(MOP_SBB, "sbb"), ALU3(MOP_AND, "and"),
    ALU3(MOP_SUB, "sub"), ALU3(MOP_XOR, "xor"), ALU3(MOP_IMUL, "imul"),
    { MOP_IMUL3, "imul", "0 1 I", NULL, "48" },
    { MOP_NEG, "neg", "0", NULL, "48" },
    { MOP_NOT, "not", "0", NULL, "48" },
    { MOP_INC, "inc", "0", NULL, "48" },
    { MOP_DEC, "dec", "0", NULL, "48" },
    { MOP_SHL, "shl", "0 2b", NULL, "48" },
    { MOP_SHR, "shr", "0 2b", NULL, "48" },
    { MOP_SAR, "sar", "0 2b", NULL, "48" },
    { MOP_ROL, "rol", "0 2b", NULL, "48" },
    { MOP_ROR, "ror", "0 2b", NULL, "48" },
    { MOP_SHLX, "shlx", "0 1 2", NULL, "48" },
    { MOP_SHRX, "shrx", "0 1 2", NULL, "48" },
    { MOP_SARX, "sarx", "0 1 2", NULL, "48" },
    { MOP_RORX, "rorx", "0 1 i", NULL, "48" },
    { MOP_ANDN, "andn", "0 1 2", NULL, "48" },
    { MOP_BSWAP, "bswap", "0", NULL, "48" },
    { MOP_LZCNT, "lzcnt", "0 1", NULL, "48" },
    { MOP_TZCNT, "tzcnt", "0 1", NULL, "48" },
    { MOP_BSR, "bsr", "0 1", NULL, "48" },
    { MOP_BSF, "bsf", "0 1", NULL, "48" },
    { MOP_POPCNT, "popcnt", "0 1", NULL, "48" },
    { MOP_MUL, "mul", "3", NULL, "48" },
    { MOP_IMUL1, "imul", "3", NULL, "48" },
    { MOP_MULX, "mulx", "1 0 3", NULL, "48" },
    { MOP_DIV, "div", "4", NULL, "48" },
    { MOP_IDIV, "idiv", "4", NULL, "48" },
    { MOP_CMP, "cmp", "0 1", NULL, "1248" },
    { MOP_TEST, "test", "0n 1", NULL, "1248" },
    { MOP_BT, "bt", "0 1", NULL, "48" },
    { MOP_BTS, "bts", "0 2", NULL, "48" },
    { MOP_BTR, "btr", "0 2", NULL, "48" },
    { MOP_BTC, "btc", "0 2", NULL, "48" },
    { MOP_SETCC, "set%c", "0b", NULL, "4" },
    { MOP_CMOV, "cmov%c", "0 2", NULL, "48" },
    { MOP_XCHG, "xchg", "0 2", NULL, "1248" },
    { MOP_XADD, "lock xadd", "0 2", NULL, "1248" },
    { MOP_CMPXCHG, "lock cmpxchg", "0 3", NULL, "1248" },
    { MOP_CMPXCHG16B, "lock cmpxchg16b", "0o", NULL, "8" },
    { MOP_LOCK_ADD, "lock add", "0 1", NULL, "1248" },
    { MOP_LOCK_OR, "lock or", "0 1", NULL, "1248" },
    { MOP_LOCK_AND, "lock and", "0 1", NULL, "1248" },
    { MOP_LOCK_SUB, "lock sub", "0 1", NULL, "1248" },
    { MOP_LOCK_XOR, "lock xor", "0 1", NULL, "1248" },
    { MOP_CMC, "cmc", "", NULL, "8" },
    { MOP_MFENCE, "mfence", "", NULL, "8" },
    { MOP_PREFETCH, "prefetcht0", "0*", NULL, "8" },
    { MOP_CRC32, "crc32", "0* 2", NULL, "1248" },
    { MOP_MOVF, "mov%s", "0x 1x", "0x 1x", "48" },
    { MOP_STOREF, "mov%s", "1x 0x", "1x 0x", "48" },
    { MOP_MOVSM, "mov%s", "0x 2x", "0x 1x 2x", "48" },
    { MOP_MOVD, "mov%d", "0x 1", "0x 1", "48" },
    { MOP_MOVD_R, "mov%d", "0 1x", "0 1x", "48" },
    { MOP_MOVQZ, "movq", "0x 1s", "0x 1s", "8" },
    { MOP_MOVDDUP, "movddup", "0x 1s", "0x 1s", "8" },
    FP3(MOP_ADDS, "add%s"), FP3(MOP_MULS, "mul%s"), FP3(MOP_SUBS, "sub%s"), FP3(MOP_MINS, "min%s"), FP3(MOP_DIVS, "div%s"),
    FP3(MOP_MAXS, "max%s"),
    { MOP_SQRTS, "sqrt%s", "0x 1x", "0x * 1x", "48" },
    { MOP_UCOMIS, "ucomi%s", "0x 1x", "0x 1x", "48" },
    { MOP_COMIS, "comi%s", "0x 1*", "0x 1*", "48" } /* Capstone 4 says 16 bytes for 4 */,
    { MOP_CMPS, "cmpeq%s", "0x 2x", "0x 1x 2x", "48" },
    { MOP_CVTSI2S, "cvtsi2%s", "0x 2S", "0x 1x 2S", "48" },
    { MOP_CVTTS2SI, "cvtt%s2si", "0D 1x", "0D 1x", "48" },
    { MOP_CVTS2SI, "cvt%s2si", "0D 1x", "0D 1x", "48" },
    { MOP_CVTSS2SD, "cvtss2sd", "0x 1t", "0x * 1t", "8" },
    { MOP_CVTSD2SS, "cvtsd2ss", "0x 1s", "0x * 1s", "4" },
    { MOP_ROUNDS, "round%s", "0x 1x i", "0x * 1x i", "48" },
    FMA(MOP_VFMADD213S, "fmadd213%s"), FMA(MOP_VFMSUB213S, "fmsub213%s"), FMA(MOP_VFNMADD213S, "fnmadd213%s"),
    FMA(MOP_VFNMSUB213S, "fnmsub213%s"), FMA(MOP_VFMADD231S, "fmadd231%s"), FMA(MOP_VFMSUB231S, "fmsub231%s"),
    FMA(MOP_VFNMADD231S, "fnmadd231%s"), FMA(MOP_VFNMSUB231S, "fnmsub231%s"),
    { MOP_VCVTPS2PH, "cvtps2ph", NULL, "0x 1x i", "4" },
    { MOP_VCVTPH2PS, "cvtph2ps", NULL, "0x 1x", "4" },
    { MOP_STMXCSR, "stmxcsr", "0d", "0d", "4" },
    { MOP_LDMXCSR, "ldmxcsr", "0d", "0d", "4" },
    { MOP_MOVV, "movups", "0x 1o", "0x 1o", "x" },
    { MOP_STOREV, "movups", "1o 0x", "1o 0x", "x" },
    VEC3(MOP_PAND, "pand"), VEC3(MOP_POR, "por"), VEC3(MOP_PXOR, "pxor"), VEC3(MOP_PANDN, "pandn"), VEC3(MOP_ANDPS, "andps"),
    VEC3(MOP_ANDNPS, "andnps"), VEC3(MOP_ORPS, "orps"), VEC3(MOP_XORPS, "xorps"), VEC3(MOP_PADDB, "paddb"),
    VEC3(MOP_PADDW, "paddw"), VEC3(MOP_PADDD, "paddd"), VEC3(MOP_PADDQ, "paddq"), VEC3(MOP_PSUBB, "psubb"),
    VEC3(MOP_PSUBW, "psubw"), VEC3(MOP_PSUBD, "psubd"), VEC3(MOP_PSUBQ, "psubq"), VEC3(MOP_PCMPEQB, "pcmpeqb"),
    VEC3(MOP_PCMPEQW, "pcmpeqw"), VEC3(MOP_PCMPEQD, "pcmpeqd"), VEC3(MOP_PCMPEQQ, "pcmpeqq"), VEC3(MOP_PCMPGTB, "pcmpgtb"),
    VEC3(MOP_PCMPGTW, "pcmpgtw"), VEC3(MOP_PCMPGTD, "pcmpgtd"), VEC3(MOP_PSHUFB, "pshufb"),
    VEC3(MOP_PUNPCKLBW, "punpcklbw"), VEC3(MOP_PUNPCKLWD, "punpcklwd"), VEC3(MOP_PUNPCKLDQ, "punpckldq"),
    VEC3(MOP_PUNPCKLQDQ, "punpcklqdq"), VEC3(MOP_PUNPCKHQDQ, "punpckhqdq"),
    VSHIFT(MOP_PSLLW, "psllw"), VSHIFT(MOP_PSLLD, "pslld"), VSHIFT(MOP_PSLLQ, "psllq"), VSHIFT(MOP_PSRLW, "psrlw"),
    VSHIFT(MOP_PSRLD, "psrld"), VSHIFT(MOP_PSRLQ, "psrlq"), VSHIFT(MOP_PSRAW, "psraw"), VSHIFT(MOP_PSRAD, "psrad"),
    VSHIFT(MOP_PSLLDQ, "pslldq"), VSHIFT(MOP_PSRLDQ, "psrldq"),
    { MOP_PSHUFD, "pshufd", "0x 1o i", "0x 1o i", "x" },
    { MOP_PSHUFLW, "pshuflw", "0x 1o i", "0x 1o i", "x" },
    VEC3(MOP_PCMPGTQ, "pcmpgtq"), VEC3(MOP_PMINSB, "pminsb"), VEC3(MOP_PMINSW, "pminsw"),
    VEC3(MOP_PMINSD, "pminsd"), VEC3(MOP_PMAXSB, "pmaxsb"), VEC3(MOP_PMAXSW, "pmaxsw"),
    VEC3(MOP_PMAXSD, "pmaxsd"), VEC3(MOP_PMINUB, "pminub"), VEC3(MOP_PMINUW, "pminuw"),
    VEC3(MOP_PMINUD, "pminud"), VEC3(MOP_PMAXUB, "pmaxub"), VEC3(MOP_PMAXUW, "pmaxuw"),
    VEC3(MOP_PMAXUD, "pmaxud"), VEC3(MOP_PMULLW, "pmullw"), VEC3(MOP_PMULLD, "pmulld"),
    VEC3(MOP_PMULUDQ, "pmuludq"), VEC3(MOP_PMULDQ, "pmuldq"), VEC3(MOP_PADDSB, "paddsb"),
    VEC3(MOP_PADDSW, "paddsw"), VEC3(MOP_PADDUSB, "paddusb"), VEC3(MOP_PADDUSW, "paddusw"),
    VEC3(MOP_PSUBSB, "psubsb"), VEC3(MOP_PSUBSW, "psubsw"), VEC3(MOP_PSUBUSB, "psubusb"),
    VEC3(MOP_PSUBUSW, "psubusw"), VEC3(MOP_PAVGB, "pavgb"), VEC3(MOP_PAVGW, "pavgw"),
    VEC3(MOP_PUNPCKHBW, "punpckhbw"), VEC3(MOP_PUNPCKHWD, "punpckhwd"),
    VEC3(MOP_PUNPCKHDQ, "punpckhdq"), VEC3(MOP_PACKSSWB, "packsswb"),
    VEC3(MOP_PACKUSWB, "packuswb"), VEC3(MOP_PACKSSDW, "packssdw"), VEC3(MOP_PACKUSDW, "packusdw"),
    { MOP_PABSB, "pabsb", "0x 1o", "0x 1o", "x" },
    { MOP_PABSW, "pabsw", "0x 1o", "0x 1o", "x" },
    { MOP_PABSD, "pabsd", "0x 1o", "0x 1o", "x" },
    { MOP_PALIGNR, "palignr", "0x 2o i", "0x 1x 2o i", "x" },
    { MOP_PMOVMSKB, "pmovmskb", "0d 1x", "0d 1x", "4" },
    { MOP_PEXTRB, "pextrb", "0d 1x i", "0d 1x i", "x" },
    { MOP_PEXTRW, "pextrw", "0d 1x i", "0d 1x i", "x" },
    { MOP_PEXTRD, "pextrd", "0d 1x i", "0d 1x i", "x" },
    { MOP_PINSRB, "pinsrb", "0x 2d i", "0x 1x 2d i", "x" },
    { MOP_PINSRW, "pinsrw", "0x 2d i", "0x 1x 2d i", "x" },
    { MOP_PINSRD, "pinsrd", "0x 2d i", "0x 1x 2d i", "x" },
    { MOP_PEXTRQ, "pextrq", "0q 1x i", "0q 1x i", "x" },
    { MOP_PINSRQ, "pinsrq", "0x 2q i", "0x 1x 2q i", "x" },
    { MOP_PCLMULQDQ, "pclmulqdq", "0x 2o i", "0x 1x 2o i", "x" },
    { MOP_CMPP, "cmpeq%p", "0x 2x", "0x 1x 2x", "48" },
    { MOP_ADDP, "add%p", "0x 2x", "0x 1x 2x", "48" },
    { MOP_MULP, "mul%p", "0x 2x", "0x 1x 2x", "48" },
    { MOP_ROUNDPS, "roundps", "0x 1x i", "0x 1x i", "x" },
    { MOP_ROUNDPD, "roundpd", "0x 1x i", "0x 1x i", "x" },
    { MOP_CVTDQ2PS, "cvtdq2ps", "0x 1x", "0x 1x", "x" },
    { MOP_CVTPS2PD, "cvtps2pd", "0x 1x", "0x 1x", "x" },
    VEC3(MOP_PMULHW, "pmulhw"), VEC3(MOP_PMULHRSW, "pmulhrsw"), VEC3(MOP_PMADDWD, "pmaddwd"),
    { MOP_VPSLLVD, "psllvd", NULL, "0x 1x 2x", "x" },
    { MOP_VPSLLVQ, "psllvq", NULL, "0x 1x 2x", "x" },
    { MOP_VPSRLVD, "psrlvd", NULL, "0x 1x 2x", "x" },
    { MOP_VPSRLVQ, "psrlvq", NULL, "0x 1x 2x", "x" },
    VEC3(MOP_AESENC, "aesenc"), VEC3(MOP_AESENCLAST, "aesenclast"), VEC3(MOP_AESDEC, "aesdec"), VEC3(MOP_AESDECLAST, "aesdeclast"),
    { MOP_AESIMC, "aesimc", "0x 1o", "0x 1o", "x" },
    { MOP_SHA1RNDS4, "sha1rnds4", "0x 2x i", NULL, "x" },
    { MOP_SHA256RNDS2, "sha256rnds2", "0x 2x", NULL, "x" },
    { MOP_SHA256MSG1, "sha256msg1", "0x 2x", NULL, "x" },
    { MOP_SHA256MSG2, "sha256msg2", "0x 2x", NULL, "x" },
};

static const char *const conditions[] = { "o", "no", "b", "ae", "e", "ne", "be", "a", "s", "ns", "p", "np", "l", "ge", "le", "g" };

static const IrSlotDesc slots[] = {
    { "x1", IR_I64, 0, 8 }, { "x2", IR_I64, -1, 200 }, { "f0", IR_F64, -1, 256 }, { "v0", IR_V128, -1, 1024 },
};

static csh disassembler;
static uint64_t seed = 1;
static unsigned ncases;

static uint32_t rnd(uint32_t n)
{
    seed = seed * 6364136223846793005u + 1442695040888963407u;
    return (uint32_t)(seed >> 33) % n;
}

/* One operation under test. */
typedef struct Case {
    const Expect *x;
    const MopInfo *info;
    MInsn insn;
    MOperand ops[8];
    bool use_vex;
    bool is_imm_left_out; /* MF_IMM: which row operand is the immediate */
    unsigned imm_operand;
    uint8_t code[32];
    unsigned len;
    char why[200];
} Case;

static bool fail(Case *c, const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    vsnprintf(c->why, sizeof(c->why), fmt, ap);
    va_end(ap);
    return false;
}

/* ---- making operands */

static unsigned random_gpr(void)
{
    unsigned r;
    do {
        r = rnd(16);
    } while (r == X86_RSP);
    return r;
}

static int32_t random_disp(void)
{
    static const int32_t disps[] = { 0, 1, 8, 127, 128, -1, -128, -129, 0x1234, 0x12345678, INT32_MIN, INT32_MAX };
    return disps[rnd(ARRAY_LEN(disps))];
}

static int32_t random_imm(void)
{
    static const int32_t imms[] = { 1, 2, 63, 127, 128, 255, 256, -1, -128, -129, 0x7fff, 0x8000, 0x12345678, INT32_MIN, INT32_MAX };
    return imms[rnd(ARRAY_LEN(imms))];
}

static void set_reg(MOperand *op, unsigned cls, unsigned reg)
{
    *op = (MOperand){ .vreg = 1, .loc = { LOC_REG, (uint8_t)cls, (uint16_t)reg } };
}

enum { FORM_REG, FORM_MEM, FORM_SPILL, FORM_HOME, FORM_STATE, FORM_CONST, FORM_IMM, FORM_COUNT };

static void make_memory(Case *c, unsigned phys, unsigned form)
{
    MOperand *base = &c->ops[phys], *index = base + 1;
    memset(base, 0, 2 * sizeof(*base));
    c->insn.mem_at = (uint8_t)phys;
    if (form == FORM_CONST) {
        c->insn.flags |= MF_MEM_CONST;
        return;
    }
    c->insn.disp = form == FORM_STATE ? (int32_t)rnd(2000) : random_disp();
    c->insn.scale = (uint8_t)rnd(4);
    if (form == FORM_STATE) {
        c->insn.flags |= MF_MEM_STATE;
    } else if (rnd(12)) {
        set_reg(base, M_GPR, rnd(16));
    }
    if (rnd(2)) {
        set_reg(index, M_GPR, random_gpr());
    }
}

/* Makes the operation's operands, with `form` where the row's operand k allows it; false: this row has no such form. */
static bool make_case(Case *c, unsigned k, unsigned form)
{
    unsigned phys = 0;
    bool is_used = form == FORM_REG;
    c->insn.mem_at = 0xff;
    for (unsigned n = 0; n < c->info->nops; n++) {
        const MopOperand *o = &c->info->ops[n];
        bool here = n == k && form != FORM_REG;
        if (here && form == FORM_IMM && (o->forms & MOP_IMM)) {
            c->insn.flags |= MF_IMM;
            c->insn.imm = (uint64_t)(int64_t)random_imm();
            c->imm_operand = n;
            c->is_imm_left_out = is_used = true;
        } else if (!(o->forms & MOP_REG) || (here && (o->forms & MOP_MEM) && (form == FORM_MEM || form >= FORM_STATE))) {
            if (here && form == FORM_IMM) {
                return false;
            }
            make_memory(c, phys, here ? form : FORM_MEM);
            is_used |= here;
            phys += 2;
        } else if (here && (o->forms & MOP_MEM) && (form == FORM_SPILL || form == FORM_HOME)) {
            c->ops[phys++] = (MOperand){ .vreg = 1, .loc = { form == FORM_SPILL ? LOC_SPILL : LOC_HOME, o->cls,
                                         (uint16_t)rnd(form == FORM_SPILL ? STATE_SPILLS : ARRAY_LEN(slots)) } };
            is_used = true;
        } else {
            unsigned reg = o->fixed != X86_NOREG ? o->fixed : o->cls == M_VEC ? rnd(16) : random_gpr();
            bool is_tie = n > 0 && c->info->ops[n - 1].role == M_TIED && !(c->use_vex && (c->info->flags & MOP_VEX) &&
                                                                           !(c->info->flags & MOP_VEX_ONLY));
            set_reg(&c->ops[phys], o->cls, is_tie ? c->ops[phys - 1].loc.index : reg);
            phys++;
        }
    }
    c->insn.nops = (uint8_t)phys;
    return is_used;
}

/* ---- comparing with the disassembly */

static bool reg_is(Case *c, x86_reg got, bool is_vec, unsigned number, unsigned size)
{
    static const char *const low[] = { "ax", "cx", "dx", "bx", "sp", "bp", "si", "di" };
    char want[16];
    if (is_vec) {
        snprintf(want, sizeof(want), "xmm%u", number);
    } else if (number >= 8) {
        snprintf(want, sizeof(want), "r%u%s", number, size == 8 ? "" : size == 4 ? "d" : size == 2 ? "w" : "b");
    } else if (size == 1) {
        snprintf(want, sizeof(want), "%.*sl", number < 4 ? 1 : 2, low[number]);
    } else {
        snprintf(want, sizeof(want), "%s%s", size == 8 ? "r" : size == 4 ? "e" : "", low[number]);
    }
    const char *name = cs_reg_name(disassembler, got);
    return (name && strcmp(name, want) == 0) || fail(c, "register %s, not %s", name ? name : "none", want);
}

static bool mem_is(Case *c, const cs_x86_op *got, const MOperand *op, bool is_insn_mem, unsigned size)
{
    if (got->type != X86_OP_MEM) {
        return fail(c, "no memory operand");
    }
    if (size && got->size != size) {
        return fail(c, "%u bytes of memory, not %u", got->size, size);
    }
    if (is_insn_mem && (c->insn.flags & MF_MEM_CONST)) {
        return got->mem.base == X86_REG_RIP || fail(c, "not rip-relative");
    }
    int64_t disp = c->insn.disp;
    unsigned base = X86_NOREG;
    const MOperand *index = NULL;
    if (!is_insn_mem) {
        base = X86_RBP;
        disp = op->loc.kind == LOC_HOME ? slots[op->loc.index].offset : (int)offsetof(CpuState, spill) + op->loc.index * 16;
        disp -= STATE_BIAS;
    } else {
        base = c->insn.flags & MF_MEM_STATE ? X86_RBP : op->vreg ? op->loc.index : X86_NOREG;
        disp -= c->insn.flags & MF_MEM_STATE ? STATE_BIAS : 0;
        index = op[1].vreg ? op + 1 : NULL;
    }
    if (base == X86_NOREG ? got->mem.base != X86_REG_INVALID : !reg_is(c, got->mem.base, false, base, 8)) {
        return fail(c, "base");
    }
    if (index ? !reg_is(c, got->mem.index, false, index->loc.index, 8) || got->mem.scale != 1 << c->insn.scale
              : got->mem.index != X86_REG_INVALID && got->mem.index != X86_REG_RIZ) {
        return fail(c, "index");
    }
    return got->mem.disp == disp || fail(c, "displacement %ld, not %ld", (long)got->mem.disp, (long)disp);
}

static bool imm_is(Case *c, const cs_x86_op *got, int64_t imm, unsigned size)
{
    uint64_t mask = size >= 8 ? ~0ull : (1ull << size * 8) - 1;
    return (got->type == X86_OP_IMM && ((uint64_t)got->imm & mask) == ((uint64_t)imm & mask)) || fail(c, "immediate");
}

static unsigned width_of(const Case *c, char letter, bool is_mem)
{
    switch (letter) {
    case 'b': return 1;
    case 'w': return 2;
    case 'd': return 4;
    case 'q': return 8;
    case 'S': return c->insn.flags & MF_SRC64 ? 8 : 4;
    case 'D': return c->insn.flags & MF_DST64 ? 8 : 4;
    case 'o': return 16;
    case 's': return 8;
    case 't': return 4;
    case '*': return 0;
    default: return is_mem || letter != 'x' ? c->insn.size : 16;
    }
}

static bool operand_is(Case *c, const cs_x86_op *got, unsigned n, char letter)
{
    if (c->is_imm_left_out && c->imm_operand == n) {
        bool is_count = c->info->form == MOP_FORM_SHIFT || c->info->form == MOP_FORM_BT;
        return imm_is(c, got, (int64_t)c->insn.imm & (is_count ? (c->info->form == MOP_FORM_BT ? 255 : 63) : -1),
                      is_count ? 1 : c->insn.size);
    }
    unsigned phys = n - (c->is_imm_left_out && n > c->imm_operand);
    phys += c->insn.mem_at != 0xff && phys > c->insn.mem_at;
    const MOperand *op = &c->ops[phys];
    bool is_insn_mem = phys == c->insn.mem_at;
    if (is_insn_mem || op->loc.kind != LOC_REG) {
        return mem_is(c, got, op, is_insn_mem, width_of(c, letter, true));
    }
    if (got->type != X86_OP_REG) {
        return fail(c, "operand %u is no register", n);
    }
    unsigned size = width_of(c, letter, false);
    if (letter == '*') {
        size = c->insn.size == 8 ? 8 : 4;
    } else if (letter == 'z') {
        size = c->is_imm_left_out && (int32_t)c->insn.imm >= 0 ? 4 : size;
    } else if (letter == 'n') {
        size = got->size <= size ? got->size : size;
    }
    return reg_is(c, got->reg, op->loc.cls == M_VEC, op->loc.index, size);
}

static bool operands_are(Case *c, const cs_insn *got, const char *spec)
{
    const cs_x86 *x = &got->detail->x86;
    unsigned n = 0;
    for (const char *p = spec; *p;) {
        size_t len = strcspn(p, " ");
        if (n >= x->op_count) {
            return fail(c, "%u operands only", n);
        }
        const cs_x86_op *op = &x->operands[n++];
        bool ok = *p == '*'   ? true
                  : *p == 'i' ? imm_is(c, op, (int64_t)c->insn.imm, 1)
                  : *p == 'I' ? imm_is(c, op, (int64_t)c->insn.imm, 4)
                              : operand_is(c, op, (unsigned)(*p - '0'), len > 1 ? p[1] : 0);
        if (!ok) {
            return false;
        }
        p += len;
        p += strspn(p, " ");
    }
    return n == x->op_count || fail(c, "%u operands", x->op_count);
}

static void expected_mnemonic(const Case *c, char *out, size_t size)
{
    const char *m = c->x->mnemonic, *percent = strchr(m, '%');
    char sub[8] = "";
    int head = percent ? (int)(percent - m) : (int)strlen(m);
    if (percent && percent[1] == 's') {
        strcpy(sub, c->insn.size == 8 ? "sd" : "ss");
    } else if (percent && percent[1] == 'p') {
        strcpy(sub, c->insn.size == 8 ? "pd" : "ps");
    } else if (percent && percent[1] == 'd') {
        strcpy(sub, c->insn.size == 8 ? "q" : "d");
    } else if (percent && percent[1] == 'c') {
        strcpy(sub, conditions[c->insn.cond]);
    }
    snprintf(out, size, "%s%.*s%s%s", c->use_vex && c->x->vex ? "v" : "", head, m, sub, percent ? percent + 2 : "");
}

/* Register moves of vectors are movaps; otherwise as the table says. */
static bool mnemonic_is(Case *c, const cs_insn *got)
{
    char want[48];
    expected_mnemonic(c, want, sizeof(want));
    bool is_move = c->insn.op == MOP_MOVF || c->insn.op == MOP_MOVV;
    if (is_move && c->ops[1].loc.kind == LOC_REG && c->insn.mem_at == 0xff) {
        strcpy(want, c->use_vex ? "vmovaps" : "movaps");
    }
    bool is_abs = strcmp(got->mnemonic, "movabs") == 0 && strcmp(want, "mov") == 0;
    return strcmp(got->mnemonic, want) == 0 || is_abs || fail(c, "mnemonic, not %s", want);
}

static bool check(Case *c, const char *spec)
{
    X86Asm a = { .p = c->code, .slots = slots, .use_vex = c->use_vex };
    x86_encode(&a, &c->insn, c->ops);
    c->len = (unsigned)(a.p - c->code);
    ncases++;
    bool is_move = c->insn.op == MOP_MOV || c->insn.op == MOP_MOVF || c->insn.op == MOP_MOVV;
    if (is_move && c->len == 0) {
        return (c->ops[1].loc.kind == LOC_REG && c->ops[0].loc.index == c->ops[1].loc.index) || fail(c, "nothing");
    }
    cs_insn *got;
    size_t n = cs_disasm(disassembler, c->code, c->len, 0x1000, 0, &got);
    if (n == 0) {
        return fail(c, "no instruction");
    }
    bool has_one = n == 1 || (c->insn.op == MOP_SETCC && n == 2);
    unsigned size = got[0].size + (n == 2 ? got[1].size : 0u);
    bool ok = has_one && size == c->len ? mnemonic_is(c, got) && operands_are(c, got, spec) : fail(c, "%zu instructions", n);
    if (!ok) {
        printf("# %s %s: %s; bytes", got->mnemonic, got->op_str, c->why);
        for (unsigned i = 0; i < c->len; i++) {
            printf(" %02x", c->code[i]);
        }
        printf("\n");
    }
    cs_free(got, n);
    return ok;
}

/* Forms that the row does not have, or that the encoder turns into something else on purpose. */
static bool is_left_out(const Case *c)
{
    bool is_zero_cmp = c->insn.op == MOP_CMP && (c->insn.flags & MF_IMM) && c->insn.imm == 0;
    return is_zero_cmp;
}

static bool run_form(const Expect *x, bool use_vex, unsigned size, unsigned k, unsigned form)
{
    for (unsigned i = 0; i < 40; i++) {
        Case c = { .x = x, .info = &mop_info[x->op], .use_vex = use_vex };
        c.insn.op = (uint16_t)x->op;
        c.insn.size = (uint8_t)size;
        c.insn.cond = (uint8_t)rnd(16);
        c.insn.imm = rnd(16);
        c.insn.imm = x->op == MOP_CMPS || x->op == MOP_CMPP ? 0 : x->op == MOP_IMUL3 ? (uint64_t)(int64_t)random_imm() : c.insn.imm;
        c.insn.flags = (uint8_t)(rnd(2) * MF_SRC64 | rnd(2) * MF_DST64);
        if (!make_case(&c, k, form)) {
            return true;
        }
        bool is_vex_form = use_vex && x->vex;
        if (!is_left_out(&c) && !check(&c, is_vex_form ? x->vex : x->operands)) {
            return false;
        }
    }
    return true;
}

static bool run_row(const Expect *x, bool use_vex)
{
    for (const char *s = x->sizes; *s; s++) {
        unsigned size = *s == 'x' ? 16 : (unsigned)(*s - '0');
        for (unsigned k = 0; k < mop_info[x->op].nops || k == 0; k++) {
            for (unsigned form = k == 0 ? FORM_REG : FORM_MEM; form < FORM_COUNT; form++) {
                if (!run_form(x, use_vex, size, k, form)) {
                    printf("# operand %u, form %u, size %u\n", k, form, size);
                    return false;
                }
            }
        }
    }
    return true;
}

/* ---- rows that the table cannot say */

static bool disassembles(const char *want, const MInsn *insn, const MOperand *ops, bool use_vex)
{
    uint8_t code[32];
    X86Asm a = { .p = code, .slots = slots, .use_vex = use_vex };
    char text[512] = "";
    x86_encode(&a, insn, ops);
    cs_insn *got;
    size_t n = cs_disasm(disassembler, code, (size_t)(a.p - code), 0x1000, 0, &got);
    for (size_t i = 0; i < n; i++) {
        size_t at = strlen(text);
        snprintf(text + at, sizeof(text) - at, "%s%s%s%s", i ? "; " : "", got[i].mnemonic, got[i].op_str[0] ? " " : "", got[i].op_str);
    }
    if (n) {
        cs_free(got, n);
    }
    if (strcmp(text, want) != 0) {
        printf("# got `%s`, want `%s`\n", text, want);
        return false;
    }
    return true;
}

typedef struct TextCase {
    const char *want;
    MInsn insn;
    uint8_t kind, cls;
    uint16_t reg;
    bool use_vex;
} TextCase;
#define INSN(...) { .mem_at = 0xff, __VA_ARGS__ }
static const TextCase text_cases[] = {
    { "mov ecx, 0", INSN(.op = MOP_MOV, .size = 8, .flags = MF_IMM, .imm = 0), LOC_REG, M_GPR, X86_RCX, false },
    { "mov r9, -1", INSN(.op = MOP_MOV, .size = 8, .flags = MF_IMM, .imm = UINT64_MAX), LOC_REG, M_GPR, X86_R9, false },
    { "mov r9d, 0xffffffff", INSN(.op = MOP_MOV, .size = 4, .flags = MF_IMM, .imm = UINT64_MAX), LOC_REG, M_GPR, X86_R9, false },
    { "mov edx, 0x80000000", INSN(.op = MOP_MOVABS, .size = 8, .imm = 0x80000000), LOC_REG, M_GPR, X86_RDX, false },
    { "mov rdx, -0x80000000", INSN(.op = MOP_MOVABS, .size = 8, .imm = 0xffffffff80000000), LOC_REG, M_GPR, X86_RDX, false },
    { "movabs r12, 0x123456789abcdef0", INSN(.op = MOP_MOVABS, .size = 8, .imm = 0x123456789abcdef0), LOC_REG, M_GPR, X86_R12, false },
    { "cdq", INSN(.op = MOP_CQO, .size = 4), LOC_REG, M_GPR, X86_RDX, false },
    { "cqo", INSN(.op = MOP_CQO, .size = 8), LOC_REG, M_GPR, X86_RDX, false },
    { "xor r13d, r13d", INSN(.op = MOP_XORZ, .size = 8), LOC_REG, M_GPR, X86_R13, false },
    { "xorps xmm9, xmm9", INSN(.op = MOP_XORZ, .size = 8), LOC_REG, M_VEC, 9, false },
    { "vxorps xmm9, xmm9, xmm9", INSN(.op = MOP_XORZ, .size = 8), LOC_REG, M_VEC, 9, true },
    { "sete sil; movzx esi, sil", INSN(.op = MOP_SETCC, .cond = X86_E), LOC_REG, M_GPR, X86_RSI, false },
    { "setg r8b; movzx r8d, r8b", INSN(.op = MOP_SETCC, .cond = X86_G), LOC_REG, M_GPR, X86_R8, false },
    { "cmc; lahf; seto al", INSN(.op = MOP_LAHF, .cond = 1), LOC_REG, M_GPR, X86_RAX, false },
    { "lahf; seto al", INSN(.op = MOP_LAHF), LOC_REG, M_GPR, X86_RAX, false },
    { "test r8, r8", INSN(.op = MOP_CMP, .size = 8, .flags = MF_IMM), LOC_REG, M_GPR, X86_R8, false },
    { "cmp dword ptr [rbp + 0x48], 0", INSN(.op = MOP_CMP, .size = 4, .flags = MF_IMM), LOC_HOME, M_GPR, 1, false },
    { "mov qword ptr [rbp + 0x10], r8", INSN(.op = MOP_STORE_HOME, .size = 8, .disp = 144), LOC_REG, M_GPR, X86_R8, false },
    { "mov dword ptr [rbp + 0x10], 7", INSN(.op = MOP_STORE_HOME, .size = 4, .disp = 144, .flags = MF_IMM, .imm = 7), LOC_NONE, 0, 0, false },
    { "movsd qword ptr [rbp + 0x10], xmm3", INSN(.op = MOP_STORE_HOME, .size = 8, .disp = 144), LOC_REG, M_VEC, 3, false },
    { "vmovups xmmword ptr [rbp - 0x80], xmm3", INSN(.op = MOP_STORE_HOME, .size = 16, .disp = 0), LOC_REG, M_VEC, 3, true },
    { "movsd xmm15, qword ptr [rbp + 0x48]; movsd qword ptr [rbp - 0x80], xmm15", INSN(.op = MOP_STORE_HOME, .size = 8, .disp = 0),
      LOC_HOME, M_VEC, 1, false },
    { "mov r8, qword ptr [rbp]", INSN(.op = MOP_LOAD_HOME, .size = 8, .disp = 128), LOC_REG, M_GPR, X86_R8, false },
    { "", INSN(.op = MOP_LOAD_HOME, .size = 8, .disp = 200), LOC_HOME, M_GPR, 1, false },
    { "test bl, 0x7f", INSN(.op = MOP_TEST, .size = 8, .flags = MF_IMM, .imm = 0x7f), LOC_REG, M_GPR, X86_RBX, false },
    { "test ebx, 0x80", INSN(.op = MOP_TEST, .size = 8, .flags = MF_IMM, .imm = 0x80), LOC_REG, M_GPR, X86_RBX, false },
};

static unsigned run_text_cases(unsigned test, unsigned *failed)
{
    for (size_t i = 0; i < ARRAY_LEN(text_cases); i++) {
        const TextCase *t = &text_cases[i];
        MOperand ops[2] = { { .vreg = 1, .loc = { t->kind, t->cls, t->reg } } };
        bool ok = disassembles(t->want, &t->insn, ops, t->use_vex);
        *failed += !ok;
        printf("%s %u - %s\n", ok ? "ok" : "not ok", ++test, t->want[0] ? t->want : "nothing");
    }
    return test;
}

/* Every simple row must stand in one of the tables. */
static bool all_rows_covered(void)
{
    bool ok = true;
    for (int op = MOP_NONE + 1; op < MOP_COUNT; op++) {
        bool is_found = !x86_form_is_simple(mop_info[op].form) || mop_info[op].form == MOP_FORM_NONE;
        for (size_t i = 0; i < ARRAY_LEN(table); i++) {
            is_found |= table[i].op == op;
        }
        for (size_t i = 0; i < ARRAY_LEN(text_cases); i++) {
            is_found |= text_cases[i].insn.op == op;
        }
        if (!is_found) {
            printf("# no case for %s\n", mop_name[op]);
            ok = false;
        }
    }
    return ok;
}

int main(void)
{
    unsigned test = 0, failed = 0;
    if (cs_open(CS_ARCH_X86, CS_MODE_64, &disassembler) != CS_ERR_OK) {
        return 1;
    }
    cs_option(disassembler, CS_OPT_DETAIL, CS_OPT_ON);
    for (size_t i = 0; i < ARRAY_LEN(table); i++) {
        for (unsigned use_vex = table[i].operands ? 0 : 1; use_vex < (table[i].vex ? 2 : 1); use_vex++) {
            bool ok = run_row(&table[i], use_vex);
            failed += !ok;
            printf("%s %u - %s%s\n", ok ? "ok" : "not ok", ++test, mop_name[table[i].op], use_vex ? " vex" : "");
        }
    }
    test = run_text_cases(test, &failed);
    bool ok = all_rows_covered();
    failed += !ok;
    printf("%s %u - every row has a case\n", ok ? "ok" : "not ok", ++test);
    printf("# %u operations\n1..%u\n", ncases, test);
    cs_close(&disassembler);
    return failed != 0;
}
