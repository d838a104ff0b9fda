/* SPDX-License-Identifier: MIT */
/*
 * One-pass translation: tier 1 for code of ordinary instructions. A front end's translation functions are compiled once more (as for
 * tcg/direct.h), and what they would build as IR becomes host code at once: a value lives within one guest instruction, operations wait as
 * trees until a put, a store or a branch says where their result goes, and slots are at home between instructions. There is no IR of the
 * region and no second look at it.
 *
 * What has no row there (tcg/x86_64/onepass/insn.c, float.c) makes the translation give up, and the region is built the usual way. So a target offers the chapters
 * whose instructions are frequent in any program: target/<isa>/onepass.c.
 *
 * In these chapters an instruction does not get a slot that it has put.
 */
#ifndef LYRE_TCG_ONEPASS_H
#define LYRE_TCG_ONEPASS_H

#include "tcg/builder.h"
#include "tcg/code.h"
#include "tcg/target.h"

/* As TargetTrans. */
typedef struct OnepassTrans {
    Onepass *b;
    const TargetCpu *cpu;
    const TargetInsn *insn;
    uint32_t ctx;
    bool is_last; /* of the region */
} OnepassTrans;

/* For the life of a thread. */
Onepass *onepass_new(const Target *target);
void onepass_free(Onepass *p);

/* Compiles the n instructions of a line (SHAPE_BLOCK or SHAPE_TRACE) into `out`, whose arena has room. false: not of a kind that this does. */
bool host_compile_onepass(Onepass *p, const TargetCpu *cpu, uint32_t ctx, const TargetInsn *insns, unsigned n, const HostSettings *settings,
                          CodeBlob *out);

/* ---- what the front end's words mean there (onepass_words.h) */

/* What the beginning of every Onepass knows is had in place. */
typedef struct OnepassTop {
    bool is_failed;
    uint8_t nputs; /* of the instruction in hand */
    uint64_t pc;   /* its address */
} OnepassTop;

/* For the target's loop over the instructions; false: nothing goes on behind this one, or all is given up. */
static inline void onepass_insn_begin(Onepass *p, uint64_t pc) { ((OnepassTop *)p)->pc = pc; }
bool onepass_insn_end(Onepass *p);

/* Values are numbered: a slot's own number is its value at the start of the instruction. */
static inline uint32_t onepass_get(Onepass *p, unsigned slot)
{
    ((OnepassTop *)p)->is_failed |= ((OnepassTop *)p)->nputs != 0;
    return slot;
}
void onepass_put(Onepass *p, unsigned slot, uint32_t v);
uint32_t onepass_const(Onepass *p, uint64_t v);
bool onepass_is_const(const Onepass *p, uint32_t v, uint64_t *out);
uint32_t onepass_op1(Onepass *p, IrOp op, uint32_t x);
uint32_t onepass_op2(Onepass *p, IrOp op, uint32_t x, uint32_t y);
uint32_t onepass_op3(Onepass *p, IrOp op, uint32_t x, uint32_t y, uint32_t z);
uint32_t onepass_result(Onepass *p, uint32_t first, unsigned index); /* of an operation with two results */
/* Floating point, at once: an operation raises its flags whether or not its result is wanted. A value is its bits, in the low part of a
 * register as an integer is. */
uint32_t onepass_fp1(Onepass *p, IrOp op, uint32_t x);
uint32_t onepass_fp2(Onepass *p, IrOp op, uint32_t x, uint32_t y);
uint32_t onepass_give_up(Onepass *p);
uint32_t onepass_load(Onepass *p, uint32_t addr, int32_t disp, unsigned mem);
void onepass_store(Onepass *p, uint32_t addr, int32_t disp, uint32_t v, unsigned mem);
uint32_t onepass_rmw(Onepass *p, IrOp op, uint32_t addr, uint32_t v, unsigned mem);
uint32_t onepass_cas(Onepass *p, uint32_t addr, uint32_t expected, uint32_t desired, unsigned mem);
void onepass_fence(Onepass *p, IrOrder order);

/* Where execution goes on: never at a block of the region but behind a branch (ret_block is 0). */
void onepass_branch(Onepass *p, I32 cond, const uint64_t pc[2], const uint32_t block[2]);
void onepass_exit(Onepass *p, uint64_t pc);
void onepass_exit_call(Onepass *p, uint64_t pc, uint64_t ret_pc, uint32_t ret_block);
void onepass_exit_indirect(Onepass *p, I64 pc);
void onepass_exit_call_indirect(Onepass *p, I64 pc, uint64_t ret_pc, uint32_t ret_block);
void onepass_exit_return(Onepass *p, I64 pc);
void onepass_exit_event(Onepass *p, unsigned event, uint64_t pc);

#endif
