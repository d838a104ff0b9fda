/* SPDX-License-Identifier: MIT */
/*
 * x86-64 instruction bytes (Intel SDM vol. 2, chapter 2: prefixes, REX, VEX, ModRM, SIB). The caller makes room: an
 * instruction has at most X86_MAX_INSN bytes. Nothing here knows of MIR but x86_encode.
 */
#ifndef LYRE_TCG_X86_64_ENCODE_H
#define LYRE_TCG_X86_64_ENCODE_H

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "tcg/x86_64/mops.h"

enum { X86_MAX_INSN = 16 };

/* Where code goes. */
typedef struct X86Asm {
    uint8_t *p;          /* next byte */
    uint8_t *rip_field;  /* 4-byte field of the last rip-relative operand that was encoded, to be filled in by the caller */
    const IrSlotDesc *slots; /* for LOC_HOME */
    bool use_vex;
    bool is_single;      /* no lock prefixes */
} X86Asm;

/* The operand of ModRM.rm. */
typedef enum X86RmKind { X86_RM_REG, X86_RM_MEM, X86_RM_RIP } X86RmKind;
enum { X86_RM_NONE = 0x10 }; /* its bit 3 is clear, as REX wants it */
typedef struct X86Rm {
    uint8_t kind;
    uint8_t base;  /* or the register; X86_RM_NONE */
    uint8_t index; /* X86_RM_NONE */
    uint8_t scale; /* log2 */
    int32_t disp;
} X86Rm;

static inline X86Rm x86_rm_reg(unsigned reg)
{
    return (X86Rm){ X86_RM_REG, (uint8_t)reg, X86_RM_NONE, 0, 0 };
}
static inline X86Rm x86_rm_mem(unsigned base, int32_t disp)
{
    return (X86Rm){ X86_RM_MEM, (uint8_t)base, X86_RM_NONE, 0, disp };
}
/* A field of CpuState. */
X86Rm x86_rm_state(unsigned offset);
static inline X86Rm x86_rm_rip(void) { return (X86Rm){ X86_RM_RIP, X86_RM_NONE, X86_RM_NONE, 0, 0 }; }

/* An opcode: byte, map, mandatory prefix and modifiers. */
enum {
    X86_0F = 1 << 8, X86_0F38 = 2 << 8, X86_0F3A = 3 << 8,
    X86_PP_66 = 1 << 10, X86_PP_F3 = 2 << 10, X86_PP_F2 = 3 << 10,
    X86_W = 1 << 12,
    X86_BYTE_REG = 1 << 13, X86_BYTE_RM = 1 << 14, /* spl, bpl, sil, dil need a REX prefix */
    X86_OSZ = 1 << 15,   /* 66 besides the mandatory prefix */
    X86_LOCK = 1 << 16,
};
void x86_op_rm(X86Asm *a, uint32_t opcode, unsigned reg, const X86Rm *rm);
void x86_vex_rm(X86Asm *a, uint32_t opcode, unsigned reg, unsigned vvvv, const X86Rm *rm);
/* Scalar and vector operations: VEX when in use (vvvv is a source), else the legacy form. */
void x86_sse_rm(X86Asm *a, uint32_t opcode, unsigned reg, unsigned vvvv, const X86Rm *rm);
enum { X86_NO_VVVV = 0 };

/* The first n bytes of a word, the lowest first. All of it is written: the room for an instruction allows that. */
static inline void x86_put(X86Asm *a, uint64_t word, unsigned n)
{
    memcpy(a->p, &word, sizeof word);
    a->p += n;
}
static inline void x86_put8(X86Asm *a, unsigned v) { *a->p++ = (uint8_t)v; }
static inline void x86_put32(X86Asm *a, uint32_t v)
{
    memcpy(a->p, &v, 4);
    a->p += 4;
}
static inline void x86_put64(X86Asm *a, uint64_t v)
{
    memcpy(a->p, &v, 8);
    a->p += 8;
}
static inline bool x86_fits8(int64_t v) { return v == (int8_t)v; }
static inline bool x86_fits32(int64_t v) { return v == (int32_t)v; }

/* Bytes of displacement behind a base: mod 0 with base 5 means something else. ModRM.mod follows. */
static inline unsigned x86_disp_size(int32_t disp, unsigned base) { return disp == 0 && base != 5 ? 0 : disp == (int8_t)disp ? 1 : 4; }
static inline unsigned x86_mod_of(unsigned disp_size) { return (disp_size + 1) >> 1 << 6; }

/* The common instructions: no prefix but REX, one opcode byte or two, a register or base and displacement. */
static inline bool x86_is_plain(uint32_t opcode, const X86Rm *rm)
{
    return rm->index == X86_RM_NONE && rm->base != X86_RM_NONE && !(opcode & ~(0xffu | X86_0F | X86_W));
}
/* REX and 0F are written, and kept if they are needed. */
static inline uint8_t *x86_put_plain(uint8_t *p, uint32_t opcode, unsigned reg, const X86Rm *rm)
{
    unsigned kind = rm->kind, base = rm->base & 7u, modrm = (reg & 7) << 3 | base;
    unsigned rex = (opcode & X86_W) >> 9 | (reg & 8) >> 1 | (unsigned)rm->base >> 3;
    int32_t disp = rm->disp;
    *p = (uint8_t)(0x40 | rex);
    p += rex != 0;
    *p = 0x0f;
    p += opcode >> 8 & 1;
    *p++ = (uint8_t)opcode;
    if (kind == X86_RM_REG) {
        *p = (uint8_t)(0xc0 | modrm);
        return p + 1;
    }
    unsigned size = x86_disp_size(disp, base);
    *p++ = (uint8_t)(x86_mod_of(size) | modrm);
    *p = 4 << 3 | 4; /* SIB without an index */
    p += base == 4;
    memcpy(p, &disp, 4);
    return p + size;
}

/* Plain instructions; size 4 or 8. */
void x86_mov_rr(X86Asm *a, unsigned size, unsigned dst, unsigned src);
void x86_load(X86Asm *a, unsigned size, unsigned reg, X86Rm rm);
void x86_store(X86Asm *a, unsigned size, unsigned reg, X86Rm rm); /* size 1, 2, 4, 8 */
void x86_store_imm(X86Asm *a, unsigned size, int32_t imm, X86Rm rm);
void x86_mov_imm(X86Asm *a, unsigned reg, uint64_t imm); /* shortest form; flags are kept */
void x86_lea(X86Asm *a, unsigned reg, X86Rm rm);
void x86_alu_rr(X86Asm *a, unsigned op, unsigned size, unsigned dst, unsigned src);
void x86_alu_imm(X86Asm *a, unsigned op, unsigned size, X86Rm rm, int32_t imm); /* size 1, 2, 4, 8 */
void x86_shift_imm(X86Asm *a, unsigned op, unsigned size, unsigned reg, unsigned count);
void x86_jmp_mem(X86Asm *a, X86Rm rm);
void x86_call_mem(X86Asm *a, X86Rm rm);
enum { X86_ALU_ADD, X86_ALU_OR, X86_ALU_ADC, X86_ALU_SBB, X86_ALU_AND, X86_ALU_SUB, X86_ALU_XOR, X86_ALU_CMP };
enum { X86_SHL = 4, X86_SHR = 5, X86_SAR = 7 };
/* Vector registers: size 4, 8, 16. Register moves copy all 16 bytes. */
void x86_movv_rr(X86Asm *a, unsigned dst, unsigned src);
void x86_loadv(X86Asm *a, unsigned size, unsigned reg, X86Rm rm);
void x86_storev(X86Asm *a, unsigned size, unsigned reg, X86Rm rm);
void x86_movd_to_vec(X86Asm *a, unsigned size, unsigned vec, unsigned gpr);
void x86_movd_to_gpr(X86Asm *a, unsigned size, unsigned gpr, unsigned vec);
/* `n` bytes of no-operation: at most X86_MAX_NOP in one instruction; any number in as few as possible. */
enum { X86_MAX_NOP = 8 };
extern const uint64_t x86_nops[X86_MAX_NOP + 1];
static inline void x86_nop(X86Asm *a, unsigned n) { x86_put(a, x86_nops[n], n); }
void x86_nop_long(X86Asm *a, unsigned n);

/*
 * One MIR operation of any form but branches and composites. `ops` are its operands with locations. Constants in the
 * data (MF_MEM_CONST, MF_MEM_POOL) leave their field in a->rip_field.
 */
void x86_encode(X86Asm *a, const MInsn *insn, const MOperand *ops);
/* Whether x86_encode does this form. */
static inline bool x86_form_is_simple(unsigned form) { return form < MOP_FORM_JMP; }
/* The memory operand of an operation with mem_at; ops[mem_at] is its base. */
X86Rm x86_insn_mem(const MInsn *insn, const MOperand *ops);
/* Register, or spill slot or home in CpuState. */
X86Rm x86_loc_rm(const X86Asm *a, Loc loc);

#endif
