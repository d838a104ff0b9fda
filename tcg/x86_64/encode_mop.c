/* SPDX-License-Identifier: MIT */
/* One MIR operation with allocated operands into bytes, by its row of mops.def. Branches and composites are in emit*.c. */
#include "tcg/state.h"
#include "tcg/x86_64/encode.h"
#include "util/assert.h"
#include "util/compiler.h"

X86Rm x86_loc_rm(const X86Asm *a, Loc loc)
{
    switch (loc.kind) {
    case LOC_REG:
        return x86_rm_reg(loc.index);
    case LOC_SPILL:
        return x86_rm_state((unsigned)offsetof(CpuState, spill) + loc.index * 16u);
    case LOC_HOME:
        return x86_rm_state(a->slots[loc.index].offset);
    default:
        lyre_unreachable();
    }
}

static unsigned reg_of(const MOperand *op)
{
    lyre_assert(op->loc.kind == LOC_REG);
    return op->loc.index;
}

X86Rm x86_insn_mem(const MInsn *insn, const MOperand *ops)
{
    if (insn->flags & (MF_MEM_CONST | MF_MEM_POOL)) {
        return x86_rm_rip();
    }
    const MOperand *base = &ops[insn->mem_at], *index = base + 1;
    X86Rm rm = x86_rm_mem(X86_RM_NONE, insn->disp);
    if (insn->flags & MF_MEM_STATE) {
        rm = x86_rm_state((unsigned)insn->disp);
    } else if (base->vreg) {
        rm.base = (uint8_t)reg_of(base);
    }
    if (index->vreg) {
        rm.index = (uint8_t)reg_of(index);
        rm.scale = insn->scale;
    }
    return rm;
}

/* Operand n of a row whose operand m is (or may be) in memory. */
static X86Rm rm_operand(const X86Asm *a, const MInsn *insn, const MOperand *ops, unsigned m)
{
    return insn->mem_at == m ? x86_insn_mem(insn, ops) : x86_loc_rm(a, ops[m].loc);
}

static unsigned reg_operand(const MInsn *insn, const MOperand *ops, unsigned n)
{
    return reg_of(&ops[n + (insn->mem_at < n)]);
}

static uint32_t width(const MInsn *insn) { return insn->size == 8 ? X86_W : 0; }

/* The opcode word of rows where it depends on more than the row and REX.W by size. */
static uint32_t varying_opcode(const MopInfo *info, const MInsn *insn)
{
    unsigned flags = info->flags;
    uint32_t op = info->opcode;
    if (flags & MOP_PP_SS) {
        op |= insn->size == 8 ? X86_PP_F2 : X86_PP_F3;
    } else if (flags & MOP_PP_PS) {
        op |= insn->size == 8 ? X86_PP_66 : 0;
    }
    bool w = ((flags & MOP_W_SRC) && (insn->flags & MF_SRC64)) || ((flags & MOP_W_DST) && (insn->flags & MF_DST64));
    op |= w ? X86_W : 0;
    if (insn->size == 2 && (flags & MOP_OSZ)) {
        op |= X86_OSZ;
    } else if (insn->size == 1 && (flags & MOP_OSZ8)) {
        op = (op - 1) | (info->m == 0 ? X86_BYTE_REG : X86_BYTE_RM);
    }
    return flags & MOP_CC ? op + insn->cond : op;
}

static void encode_generic(X86Asm *a, const MopInfo *info, const MInsn *insn, const MOperand *ops)
{
    uint32_t op = info->flags & MOP_VARIES ? varying_opcode(info, insn) : info->opcode;
    op |= info->flags & MOP_W_SIZE ? width(insn) : 0;
    X86Rm rm = rm_operand(a, insn, ops, info->m);
    unsigned reg = info->r == MOP_NO_OPERAND ? info->digit : reg_operand(insn, ops, info->r);
    if ((info->flags & MOP_VEX_ONLY) || ((info->flags & MOP_VEX) && a->use_vex)) {
        unsigned vvvv = info->v == MOP_NO_OPERAND ? X86_NO_VVVV
                        : info->v == MOP_V_SOURCE ? (rm.kind == X86_RM_REG ? rm.base : reg)
                                                  : reg_operand(insn, ops, info->v);
        x86_vex_rm(a, op, reg, vvvv, &rm);
    } else {
        lyre_assert(info->v != 1 || info->r != 0 || ops[0].loc.index == ops[1].loc.index);
        x86_op_rm(a, op, reg, &rm);
    }
    if (info->flags & MOP_IB) {
        x86_put8(a, (uint8_t)insn->imm);
    }
}

static void encode_mov(X86Asm *a, const MInsn *insn, const MOperand *ops)
{
    unsigned dst = reg_of(&ops[0]);
    if (insn->flags & MF_IMM) {
        x86_mov_imm(a, dst, insn->size == 8 ? (uint64_t)(int32_t)insn->imm : (uint32_t)insn->imm);
        return;
    }
    X86Rm rm = rm_operand(a, insn, ops, 1);
    if (rm.kind != X86_RM_REG || rm.base != dst || insn->size != 8) {
        x86_load(a, insn->size, dst, rm);
    }
}

static void encode_store(X86Asm *a, const MInsn *insn, const MOperand *ops)
{
    X86Rm rm = x86_insn_mem(insn, ops);
    if (insn->flags & MF_IMM) {
        x86_store_imm(a, insn->size, (int32_t)insn->imm, rm);
    } else {
        x86_store(a, insn->size, reg_of(&ops[0]), rm);
    }
}

static void encode_alu(X86Asm *a, unsigned n, const MInsn *insn, const MOperand *ops)
{
    unsigned dst = reg_of(&ops[0]);
    if (insn->flags & MF_IMM) {
        x86_alu_imm(a, n, insn->size, x86_rm_reg(dst), (int32_t)insn->imm);
        return;
    }
    X86Rm rm = rm_operand(a, insn, ops, 2);
    x86_op_rm(a, (n << 3 | 3) | width(insn), dst, &rm);
}

static void encode_imul3(X86Asm *a, const MInsn *insn, const MOperand *ops)
{
    X86Rm rm = rm_operand(a, insn, ops, 1);
    bool is_short = x86_fits8((int32_t)insn->imm);
    x86_op_rm(a, (is_short ? 0x6b : 0x69) | width(insn), reg_of(&ops[0]), &rm);
    if (is_short) {
        x86_put8(a, (uint8_t)insn->imm);
    } else {
        x86_put32(a, (uint32_t)insn->imm);
    }
}

static void encode_shift(X86Asm *a, unsigned n, const MInsn *insn, const MOperand *ops)
{
    if (insn->flags & MF_IMM) {
        x86_shift_imm(a, n, insn->size, reg_of(&ops[0]), (unsigned)insn->imm & 63);
        return;
    }
    lyre_assert(reg_of(&ops[2]) == X86_RCX);
    X86Rm rm = x86_rm_reg(reg_of(&ops[0]));
    x86_op_rm(a, 0xd3 | width(insn), n, &rm);
}

/* The operand-size prefix and the byte bit of opcodes whose byte form is the even one. */
static uint32_t sized(const MInsn *insn, uint32_t opcode, uint32_t byte_flags)
{
    return insn->size == 1   ? (opcode & ~1u) | byte_flags
           : insn->size == 2 ? opcode | X86_OSZ
                             : opcode | width(insn);
}

static void encode_cmp(X86Asm *a, const MInsn *insn, const MOperand *ops)
{
    X86Rm rm = rm_operand(a, insn, ops, 0);
    if (insn->flags & MF_IMM) {
        if (insn->imm == 0 && rm.kind == X86_RM_REG && insn->size >= 4) {
            x86_op_rm(a, 0x85 | width(insn), rm.base, &rm); /* test r, r: the same flags */
        } else {
            x86_alu_imm(a, X86_ALU_CMP, insn->size, rm, (int32_t)insn->imm);
        }
        return;
    }
    if (rm.kind != X86_RM_REG) {
        x86_op_rm(a, sized(insn, 0x39, X86_BYTE_REG), reg_operand(insn, ops, 1), &rm);
        return;
    }
    X86Rm src = rm_operand(a, insn, ops, 1);
    x86_op_rm(a, sized(insn, 0x3b, X86_BYTE_REG | X86_BYTE_RM), rm.base, &src);
}

static void encode_test(X86Asm *a, const MInsn *insn, const MOperand *ops)
{
    X86Rm rm = rm_operand(a, insn, ops, 0);
    if (!(insn->flags & MF_IMM)) {
        x86_op_rm(a, sized(insn, 0x85, X86_BYTE_REG | X86_BYTE_RM), reg_operand(insn, ops, 1), &rm);
        return;
    }
    int64_t imm = (int32_t)insn->imm;
    MInsn narrow = *insn;
    if (rm.kind == X86_RM_REG) { /* a narrower test sets the same flags when the mask's top bits are zero */
        narrow.size = imm >= 0 && imm < 0x80 ? 1 : imm >= 0 && insn->size == 8 ? 4 : insn->size;
    }
    if (rm.kind == X86_RM_REG && rm.base == X86_RAX && narrow.size != 2) {
        if (narrow.size == 8) {
            x86_put8(a, 0x48);
        }
        x86_put8(a, narrow.size == 1 ? 0xa8 : 0xa9);
    } else {
        x86_op_rm(a, sized(&narrow, 0xf7, X86_BYTE_RM), 0, &rm);
    }
    switch (narrow.size) {
    case 1:
        x86_put8(a, (uint8_t)imm);
        break;
    case 2:
        x86_put8(a, (uint8_t)imm);
        x86_put8(a, (uint8_t)(imm >> 8));
        break;
    default:
        x86_put32(a, (uint32_t)imm);
    }
}

static void encode_bt(X86Asm *a, unsigned n, const MInsn *insn, const MOperand *ops)
{
    X86Rm rm = x86_rm_reg(reg_of(&ops[0]));
    if (insn->flags & MF_IMM) {
        x86_op_rm(a, 0xba | X86_0F | width(insn), n, &rm);
        x86_put8(a, (uint8_t)insn->imm);
    } else {
        x86_op_rm(a, (0x83 | n << 3) | X86_0F | width(insn), reg_of(&ops[n == 4 ? 1 : 2]), &rm);
    }
}

static void encode_setcc(X86Asm *a, const MInsn *insn, const MOperand *ops)
{
    unsigned dst = reg_of(&ops[0]);
    X86Rm rm = x86_rm_reg(dst);
    x86_op_rm(a, (0x90u + insn->cond) | X86_0F | X86_BYTE_RM, 0, &rm);
    x86_op_rm(a, 0xb6 | X86_0F | X86_BYTE_RM, dst, &rm);
}

/* ah = SF ZF - AF - PF - CF, al = OF */
static void encode_lahf(X86Asm *a, const MInsn *insn)
{
    static const uint8_t bytes[] = { 0xf5, 0x9f, 0x0f, 0x90, 0xc0 }; /* cmc; lahf; seto al */
    for (unsigned n = insn->cond ? 0 : 1; n < sizeof(bytes); n++) {
        x86_put8(a, bytes[n]);
    }
}

static void encode_lock_alu(X86Asm *a, unsigned n, const MInsn *insn, const MOperand *ops)
{
    X86Rm rm = x86_insn_mem(insn, ops);
    if (insn->flags & MF_IMM) {
        x86_put8(a, 0xf0);
        x86_alu_imm(a, n, insn->size, rm, (int32_t)insn->imm);
    } else {
        x86_op_rm(a, sized(insn, n << 3 | 1, X86_BYTE_REG) | X86_LOCK, reg_of(&ops[2]), &rm);
    }
}

static void encode_xorz(X86Asm *a, const MOperand *ops)
{
    unsigned reg = reg_of(&ops[0]);
    if (ops[0].loc.cls == M_GPR) {
        x86_alu_rr(a, X86_ALU_XOR, 4, reg, reg);
    } else {
        X86Rm rm = x86_rm_reg(reg);
        x86_sse_rm(a, 0x57 | X86_0F, reg, reg, &rm);
    }
}

static void encode_bswap(X86Asm *a, const MInsn *insn, const MOperand *ops)
{
    unsigned reg = reg_of(&ops[0]), rex = (insn->size == 8 ? 8 : 0) | reg >> 3;
    if (rex) {
        x86_put8(a, 0x40 | rex);
    }
    x86_put8(a, 0x0f);
    x86_put8(a, 0xc8 | (reg & 7));
}

static void encode_rounds(X86Asm *a, const MInsn *insn, const MOperand *ops)
{
    X86Rm rm = rm_operand(a, insn, ops, 1);
    unsigned dst = reg_of(&ops[0]);
    uint32_t op = (insn->size == 8 ? 0x0b : 0x0a) | X86_0F3A | X86_PP_66;
    x86_sse_rm(a, op, dst, rm.kind == X86_RM_REG ? rm.base : dst, &rm);
    x86_put8(a, (uint8_t)insn->imm);
}

/* MOVF, MOVV. */
static void encode_movv(X86Asm *a, unsigned size, const MInsn *insn, const MOperand *ops)
{
    X86Rm rm = rm_operand(a, insn, ops, 1);
    unsigned dst = reg_of(&ops[0]);
    if (rm.kind != X86_RM_REG) {
        x86_loadv(a, size, dst, rm);
    } else if (rm.base != dst) {
        x86_movv_rr(a, dst, rm.base);
    }
}

static void encode_store_home(X86Asm *a, const MInsn *insn, const MOperand *ops)
{
    X86Rm home = x86_rm_state((unsigned)insn->disp);
    if (insn->flags & MF_IMM) {
        x86_store_imm(a, insn->size, (int32_t)insn->imm, home);
    } else if (ops[0].loc.kind == LOC_REG && ops[0].loc.cls == M_GPR) {
        x86_store(a, insn->size, ops[0].loc.index, home);
    } else if (ops[0].loc.kind == LOC_REG) {
        x86_storev(a, insn->size, ops[0].loc.index, home);
    } else {
        x86_loadv(a, insn->size, X86_SCRATCH_VEC, x86_loc_rm(a, ops[0].loc));
        x86_storev(a, insn->size, X86_SCRATCH_VEC, home);
    }
}

static void encode_load_home(X86Asm *a, const MInsn *insn, const MOperand *ops)
{
    X86Rm home = x86_rm_state((unsigned)insn->disp);
    if (ops[0].loc.kind == LOC_REG && ops[0].loc.cls == M_GPR) {
        x86_load(a, insn->size, ops[0].loc.index, home);
    } else if (ops[0].loc.kind == LOC_REG) {
        x86_loadv(a, insn->size, ops[0].loc.index, home);
    } else if (ops[0].loc.kind == LOC_SPILL) {
        x86_loadv(a, insn->size, X86_SCRATCH_VEC, home);
        x86_storev(a, insn->size, X86_SCRATCH_VEC, x86_loc_rm(a, ops[0].loc));
    } /* LOC_HOME: it is there; LOC_NONE: not wanted */
}

void x86_encode(X86Asm *a, const MInsn *insn, const MOperand *ops)
{
    const MopInfo *info = &mop_info[insn->op];
    a->rip_field = NULL;
    switch ((MopForm)info->form) {
    case MOP_FORM_NONE: break;
    case MOP_FORM_GENERIC: encode_generic(a, info, insn, ops); break;
    case MOP_FORM_MOV: encode_mov(a, insn, ops); break;
    case MOP_FORM_MOVABS: x86_mov_imm(a, reg_of(&ops[0]), insn->imm); break;
    case MOP_FORM_STORE: encode_store(a, insn, ops); break;
    case MOP_FORM_ALU: encode_alu(a, info->opcode, insn, ops); break;
    case MOP_FORM_IMUL3: encode_imul3(a, insn, ops); break;
    case MOP_FORM_SHIFT: encode_shift(a, info->opcode, insn, ops); break;
    case MOP_FORM_BSWAP: encode_bswap(a, insn, ops); break;
    case MOP_FORM_CQO:
        if (insn->size == 8) {
            x86_put8(a, 0x48);
        }
        x86_put8(a, 0x99);
        break;
    case MOP_FORM_XORZ: encode_xorz(a, ops); break;
    case MOP_FORM_CMP: encode_cmp(a, insn, ops); break;
    case MOP_FORM_TEST: encode_test(a, insn, ops); break;
    case MOP_FORM_BT: encode_bt(a, info->opcode, insn, ops); break;
    case MOP_FORM_SETCC: encode_setcc(a, insn, ops); break;
    case MOP_FORM_CMC: x86_put8(a, 0xf5); break;
    case MOP_FORM_LAHF: encode_lahf(a, insn); break;
    case MOP_FORM_LOCKALU: encode_lock_alu(a, info->opcode, insn, ops); break;
    case MOP_FORM_MFENCE:
        x86_put8(a, 0x0f);
        x86_put8(a, 0xae);
        x86_put8(a, 0xf0);
        break;
    case MOP_FORM_MOVF: encode_movv(a, insn->size, insn, ops); break;
    case MOP_FORM_MOVV: encode_movv(a, 16, insn, ops); break;
    case MOP_FORM_ROUNDS: encode_rounds(a, insn, ops); break;
    case MOP_FORM_STORE_HOME: encode_store_home(a, insn, ops); break;
    case MOP_FORM_LOAD_HOME: encode_load_home(a, insn, ops); break;
    default: lyre_unreachable();
    }
}
