/* SPDX-License-Identifier: MIT */
/*
 * Machine operations of the x86-64 host: MOP_* and their table (from mops.def), registers, conditions, and what the
 * host-defined fields of MInsn mean.
 */
#ifndef LYRE_TCG_X86_64_MOPS_H
#define LYRE_TCG_X86_64_MOPS_H

#include <stdint.h>

#include "tcg/mir.h"
#include "tcg/x86_64/mops_gen.h" /* generated: enum MOp, enum MopForm */

typedef enum X86Reg {
    X86_RAX, X86_RCX, X86_RDX, X86_RBX, X86_RSP, X86_RBP, X86_RSI, X86_RDI,
    X86_R8, X86_R9, X86_R10, X86_R11, X86_R12, X86_R13, X86_R14, X86_R15,
    X86_STATE = X86_RBP, /* CpuState + STATE_BIAS */
    X86_NOREG = 0xff,
} X86Reg;
enum { X86_SCRATCH_VEC = 15, X86_NPINS = 10 };
extern const uint8_t x86_pin_reg[X86_NPINS]; /* register of each pin: state.h, BORDER ABI */

typedef enum X86Cond {
    X86_O, X86_NO, X86_B, X86_AE, X86_E, X86_NE, X86_BE, X86_A,
    X86_S, X86_NS, X86_P, X86_NP, X86_L, X86_GE, X86_LE, X86_G,
    /* after UCOMIS, in JCC only: equal and ordered; not equal or unordered */
    X86_FEQ, X86_FNE,
} X86Cond;

/* LOCK_RMW and FMINMAX: MInsn.cond */
typedef enum X86Rmw { X86_RMW_AND, X86_RMW_OR, X86_RMW_XOR, X86_RMW_SMIN, X86_RMW_SMAX, X86_RMW_UMIN, X86_RMW_UMAX,
               X86_RMW_ADD } X86Rmw;
typedef enum X86MinMax { X86_MINNUM, X86_MAXNUM, X86_MIN, X86_MAX } X86MinMax;

/* BT: MInsn.cond of one that is there for the ADC behind it */
enum { X86_CARRY_IN = 1 };

/* MInsn.flags */
typedef enum MInsnFlag {
    MF_IMM = 1 << 0,       /* imm (signed 32 bits) takes the place of the /i operand */
    MF_MEM_STATE = 1 << 1, /* memory operand: [rbp + index << scale + disp], disp from the start of CpuState */
    MF_MEM_CONST = 1 << 2, /* memory operand: constant imm in the data; 16-byte operations see it in both halves */
    MF_MEM_POOL = 1 << 3,  /* memory operand: constant IrRegion.pool[imm] */
    MF_SRC64 = 1 << 4,
    MF_DST64 = 1 << 5,
    MF_UNSIGNED = 1 << 6,
    MF_SWAPPED = MF_UNSIGNED, /* LOCK_RMW: big-endian memory; the result in rax is as memory has it */
    MF_HELPER_FP = 1 << 7, /* CALL: the helper runs under the guest's MXCSR */
} MInsnFlag;

/* MopOperand.forms */
enum { MOP_REG = 1, MOP_MEM = 2, MOP_IMM = 4 };
typedef struct MopOperand {
    uint8_t role;  /* MRole */
    uint8_t cls;   /* MClass */
    uint8_t fixed; /* register, X86_NOREG: any */
    uint8_t forms; /* what it may be */
} MopOperand;

typedef enum MopFlag {
    MOP_W_SIZE = 1 << 0, MOP_W_SRC = 1 << 1, MOP_W_DST = 1 << 2, /* REX.W: by size, by MF_* */
    MOP_OSZ = 1 << 3,    /* size 2: 66 prefix */
    MOP_OSZ8 = 1 << 4,   /* size 1: opcode - 1 */
    MOP_PP_SS = 1 << 5, MOP_PP_PS = 1 << 6, /* prefix by size: f3 or f2, none or 66 */
    MOP_CC = 1 << 7,
    MOP_VEX = 1 << 8,    /* has a VEX form */
    MOP_VEX_ONLY = 1 << 9,
    MOP_IB = 1 << 10,
    MOP_STORES = 1 << 11,
    MOP_V16 = 1 << 12,   /* memory operand of 16 bytes, aligned in the legacy form */
    MOP_VARIES = MOP_W_SRC | MOP_W_DST | MOP_OSZ | MOP_OSZ8 | MOP_PP_SS | MOP_PP_PS | MOP_CC, /* opcode, beyond W_SIZE */
} MopFlag;
enum { MOP_NO_OPERAND = 0xff, MOP_V_SOURCE = 0xfe };

typedef struct MopInfo {
    uint8_t form;     /* MopForm */
    uint32_t opcode;  /* opcode word of encode.h, or the form's parameter */
    uint8_t digit;    /* ModRM.reg when no operand is; 0xff: none */
    uint8_t r, v, m;  /* operand numbers; MOP_NO_OPERAND, MOP_V_SOURCE */
    uint16_t flags;   /* MopFlag */
    uint8_t mem_size; /* bytes of the memory access; 0: MInsn.size */
    uint8_t nops;
    MopOperand ops[7];
} MopInfo;
extern const MopInfo mop_info[MOP_COUNT]; /* generated */
extern const char mop_name[MOP_COUNT][24]; /* generated; for dumps */

#endif
