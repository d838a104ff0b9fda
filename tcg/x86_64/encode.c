/* SPDX-License-Identifier: MIT */
/* Instruction bytes: prefixes, ModRM, VEX, and the plain instructions that emit_*.c is written with. */
#include "tcg/x86_64/encode.h"

#include "tcg/state.h"
#include "util/assert.h"
#include "util/compiler.h"

const uint8_t x86_pin_reg[X86_NPINS] = {
    X86_RBX, X86_R12, X86_R13, X86_R14, X86_R15, X86_RSI, X86_RDI, X86_R8, X86_R9, X86_R10,
};

X86Rm x86_rm_state(unsigned offset)
{
    return x86_rm_mem(X86_STATE, (int32_t)offset - STATE_BIAS);
}

/* The first n bytes of a word, the lowest first: all of it is written, as room allows (X86_MAX_INSN). */
static inline uint8_t *put_word(uint8_t *p, uint64_t word, unsigned n)
{
    memcpy(p, &word, 8);
    return p + n;
}

static unsigned sib(const X86Rm *rm, unsigned base)
{
    lyre_assert(rm->index != X86_RSP);
    return (unsigned)rm->scale << 6 | (rm->index != X86_RM_NONE ? rm->index & 7u : 4) << 3 | base;
}

/* ModRM, SIB and displacement (SDM tables 2-2 and 2-3). */
static uint8_t *put_modrm(X86Asm *a, uint8_t *p, unsigned reg, const X86Rm *rm)
{
    unsigned base = rm->base & 7;
    uint64_t disp = (uint32_t)rm->disp;
    reg = (reg & 7) << 3;
    if (rm->kind == X86_RM_REG) {
        return put_word(p, 0xc0 | reg | base, 1);
    }
    if (rm->kind == X86_RM_RIP) {
        a->rip_field = p + 1;
        return put_word(p, reg | 5, 5);
    }
    if (rm->base == X86_RM_NONE) {
        return put_word(p, reg | 4 | sib(rm, 5) << 8 | disp << 16, 6);
    }
    unsigned size = x86_disp_size(rm->disp, base), mod = x86_mod_of(size);
    if (rm->index != X86_RM_NONE || base == 4) {
        return put_word(p, mod | reg | 4 | sib(rm, base) << 8 | disp << 16, 2 + size);
    }
    return put_word(p, mod | reg | base | disp << 8, 1 + size);
}

/* REX.RXB of the operands. */
static unsigned rex_bits(unsigned reg, const X86Rm *rm)
{
    return (reg & 8) >> 1 | (rm->index & 8) >> 2 | (rm->base & 8) >> 3;
}

/* Any opcode with any operand. */
static NOINLINE void put_any(X86Asm *a, uint32_t opcode, unsigned reg, const X86Rm *rm)
{
    static const uint8_t prefixes[] = { 0, 0x66, 0xf3, 0xf2 };
    uint8_t *p = a->p;
    if (opcode & X86_LOCK && !a->is_single) {
        *p++ = 0xf0;
    }
    if (opcode & X86_OSZ) {
        *p++ = 0x66;
    }
    unsigned pp = opcode >> 10 & 3;
    if (pp) {
        *p++ = prefixes[pp];
    }
    unsigned rex = rex_bits(reg, rm) | (opcode & X86_W ? 8 : 0);
    bool is_forced = ((opcode & X86_BYTE_REG) && reg >= 4) || ((opcode & X86_BYTE_RM) && rm->kind == X86_RM_REG && rm->base >= 4);
    if (rex || is_forced) {
        *p++ = (uint8_t)(0x40 | rex);
    }
    unsigned map = opcode >> 8 & 3;
    if (map) {
        *p++ = 0x0f;
        if (map > 1) {
            *p++ = map == 2 ? 0x38 : 0x3a;
        }
    }
    *p++ = (uint8_t)opcode;
    a->p = put_modrm(a, p, reg, rm);
}

void x86_op_rm(X86Asm *a, uint32_t opcode, unsigned reg, const X86Rm *rm)
{
    if (LIKELY(x86_is_plain(opcode, rm))) {
        a->p = x86_put_plain(a->p, opcode, reg, rm);
    } else {
        put_any(a, opcode, reg, rm);
    }
}

/* VEX prefix, 128 bits (SDM 2.3.5): two bytes where map 0F, W0 and no X, B allow it. */
void x86_vex_rm(X86Asm *a, uint32_t opcode, unsigned reg, unsigned vvvv, const X86Rm *rm)
{
    uint8_t *p = a->p;
    unsigned rxb = rex_bits(reg, rm), map = opcode >> 8 & 3, pp = opcode >> 10 & 3;
    unsigned tail = (~vvvv & 15) << 3 | pp;
    if (map == 1 && !(opcode & X86_W) && !(rxb & 3)) {
        *p++ = 0xc5;
        *p++ = (uint8_t)((rxb & 4 ? 0 : 0x80) | tail);
    } else {
        *p++ = 0xc4;
        *p++ = (uint8_t)((~rxb & 7) << 5 | map);
        *p++ = (uint8_t)((opcode & X86_W ? 0x80 : 0) | tail);
    }
    *p++ = (uint8_t)opcode;
    a->p = put_modrm(a, p, reg, rm);
}

void x86_sse_rm(X86Asm *a, uint32_t opcode, unsigned reg, unsigned vvvv, const X86Rm *rm)
{
    if (a->use_vex) {
        x86_vex_rm(a, opcode, reg, vvvv, rm);
    } else {
        x86_op_rm(a, opcode, reg, rm);
    }
}

static uint32_t width(unsigned size) { return size == 8 ? X86_W : 0; }

void x86_mov_rr(X86Asm *a, unsigned size, unsigned dst, unsigned src)
{
    X86Rm rm = x86_rm_reg(src);
    x86_op_rm(a, 0x8b | width(size), dst, &rm);
}

void x86_load(X86Asm *a, unsigned size, unsigned reg, X86Rm rm) { x86_op_rm(a, 0x8b | width(size), reg, &rm); }

void x86_store(X86Asm *a, unsigned size, unsigned reg, X86Rm rm)
{
    uint32_t op = size == 1 ? 0x88 | X86_BYTE_REG : 0x89 | width(size) | (size == 2 ? X86_OSZ : 0);
    x86_op_rm(a, op, reg, &rm);
}

void x86_store_imm(X86Asm *a, unsigned size, int32_t imm, X86Rm rm)
{
    uint32_t op = size == 1 ? 0xc6 : 0xc7 | width(size) | (size == 2 ? X86_OSZ : 0);
    x86_op_rm(a, op, 0, &rm);
    if (size == 1) {
        x86_put8(a, (uint8_t)imm);
    } else if (size == 2) {
        x86_put8(a, (uint8_t)imm);
        x86_put8(a, (uint8_t)(imm >> 8));
    } else {
        x86_put32(a, (uint32_t)imm);
    }
}

void x86_mov_imm(X86Asm *a, unsigned reg, uint64_t imm)
{
    if (imm >> 32 && x86_fits32((int64_t)imm)) {
        X86Rm rm = x86_rm_reg(reg);
        x86_op_rm(a, 0xc7 | X86_W, 0, &rm);
        x86_put32(a, (uint32_t)imm);
        return;
    }
    unsigned rex = (imm >> 32 ? 8 : 0) | reg >> 3;
    if (rex) {
        x86_put8(a, 0x40 | rex);
    }
    x86_put8(a, 0xb8 | (reg & 7));
    if (imm >> 32) {
        x86_put64(a, imm);
    } else {
        x86_put32(a, (uint32_t)imm);
    }
}

void x86_lea(X86Asm *a, unsigned reg, X86Rm rm) { x86_op_rm(a, 0x8d | X86_W, reg, &rm); }

void x86_alu_rr(X86Asm *a, unsigned op, unsigned size, unsigned dst, unsigned src)
{
    X86Rm rm = x86_rm_reg(src);
    x86_op_rm(a, (op << 3 | 3) | width(size), dst, &rm);
}

void x86_alu_imm(X86Asm *a, unsigned op, unsigned size, X86Rm rm, int32_t imm)
{
    if (size == 1) {
        x86_op_rm(a, 0x80 | X86_BYTE_RM, op, &rm);
        x86_put8(a, (uint8_t)imm);
        return;
    }
    uint32_t mods = width(size) | (size == 2 ? X86_OSZ : 0);
    if (x86_fits8(size == 2 ? (int16_t)imm : imm)) {
        x86_op_rm(a, 0x83 | mods, op, &rm);
        x86_put8(a, (uint8_t)imm);
        return;
    }
    if (rm.kind == X86_RM_REG && rm.base == X86_RAX && size != 2) {
        if (size == 8) {
            x86_put8(a, 0x48);
        }
        x86_put8(a, op << 3 | 5);
    } else {
        x86_op_rm(a, 0x81 | mods, op, &rm);
    }
    if (size == 2) {
        x86_put8(a, (uint8_t)imm);
        x86_put8(a, (uint8_t)(imm >> 8));
    } else {
        x86_put32(a, (uint32_t)imm);
    }
}

void x86_shift_imm(X86Asm *a, unsigned op, unsigned size, unsigned reg, unsigned count)
{
    X86Rm rm = x86_rm_reg(reg);
    uint32_t form = width(size) | (size == 2 ? X86_PP_66 : 0);
    if (count == 1) {
        x86_op_rm(a, 0xd1 | form, op, &rm);
    } else {
        x86_op_rm(a, 0xc1 | form, op, &rm);
        x86_put8(a, count);
    }
}

void x86_jmp_mem(X86Asm *a, X86Rm rm) { x86_op_rm(a, 0xff, 4, &rm); }
void x86_call_mem(X86Asm *a, X86Rm rm) { x86_op_rm(a, 0xff, 2, &rm); }

void x86_movv_rr(X86Asm *a, unsigned dst, unsigned src)
{
    /* The store form (29) lets VEX.R instead of VEX.B name a high source: two prefix bytes. */
    if (a->use_vex && src >= 8 && dst < 8) {
        X86Rm rm = x86_rm_reg(dst);
        x86_vex_rm(a, 0x29 | X86_0F, src, X86_NO_VVVV, &rm);
        return;
    }
    X86Rm rm = x86_rm_reg(src);
    x86_sse_rm(a, 0x28 | X86_0F, dst, X86_NO_VVVV, &rm);
}

static uint32_t vector_move(unsigned size) { return X86_0F | (size == 4 ? X86_PP_F3 : size == 8 ? X86_PP_F2 : 0); }

void x86_loadv(X86Asm *a, unsigned size, unsigned reg, X86Rm rm)
{
    x86_sse_rm(a, 0x10 | vector_move(size), reg, X86_NO_VVVV, &rm);
}

void x86_storev(X86Asm *a, unsigned size, unsigned reg, X86Rm rm)
{
    x86_sse_rm(a, 0x11 | vector_move(size), reg, X86_NO_VVVV, &rm);
}

void x86_movd_to_vec(X86Asm *a, unsigned size, unsigned vec, unsigned gpr)
{
    X86Rm rm = x86_rm_reg(gpr);
    x86_sse_rm(a, 0x6e | X86_0F | X86_PP_66 | width(size), vec, X86_NO_VVVV, &rm);
}

void x86_movd_to_gpr(X86Asm *a, unsigned size, unsigned gpr, unsigned vec)
{
    X86Rm rm = x86_rm_reg(gpr);
    x86_sse_rm(a, 0x7e | X86_0F | X86_PP_66 | width(size), vec, X86_NO_VVVV, &rm);
}

void x86_nop_long(X86Asm *a, unsigned n)
{
    for (; n > X86_MAX_NOP; n -= X86_MAX_NOP) {
        x86_nop(a, X86_MAX_NOP);
    }
    x86_nop(a, n);
}

/* SDM vol. 2, NOP: recommended multi-byte sequences. */
const uint64_t x86_nops[X86_MAX_NOP + 1] = {
    0, 0x90, 0x9066, 0x001f0f, 0x00401f0f, 0x0000441f0f, 0x0000441f0f66, 0x00000000801f0f, 0x0000000000841f0f,
};
