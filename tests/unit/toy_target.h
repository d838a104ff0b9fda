/* SPDX-License-Identifier: MIT */
/* A guest ISA of a dozen instructions, for tests of the run time. 32 registers of 64 bits, instructions of 4 bytes. */
#ifndef LYRE_TESTS_TOY_TARGET_H
#define LYRE_TESTS_TOY_TARGET_H

#include "target/target.h"

enum ToyOp {
    TOY_ILLEGAL,
    TOY_ADDI,  /* rd = rs + imm */
    TOY_ADD,   /* rd = rd + rs */
    TOY_MUL,   /* rd = rd * rs */
    TOY_LOAD,  /* rd = u64 at rs + imm */
    TOY_STORE, /* u64 at rs + imm = rd */
    TOY_STORE32,
    TOY_BNE,   /* if rd != rs, to pc + 4 * imm */
    TOY_BLT,   /* signed */
    TOY_JUMP,  /* to pc + 4 * imm */
    TOY_CALL,  /* r1 = next; to pc + 4 * imm */
    TOY_RET,   /* to r1 */
    TOY_JR,    /* to rs */
    TOY_CALLR, /* r1 = next; to rs */
    TOY_ECALL,
    TOY_SYNC,  /* code was changed */
    TOY_NOPS,
};

/* op 0-5, rd 6-10, rs 11-15, imm 16-31 */
#define TOY(op, rd, rs, imm) ((uint32_t)(op) | (uint32_t)(rd) << 6 | (uint32_t)(rs) << 11 | (uint32_t)((imm)&0xffff) << 16)

extern const Target target_toy;

static inline uint64_t *toy_reg(CpuState *s, unsigned r) { return (uint64_t *)s->guest + r; }

#endif
