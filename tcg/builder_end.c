/* SPDX-License-Identifier: MIT */
/* How blocks end: terminators, side exits, and where the next guest instruction goes on. */
#include "tcg/builder.h"

#include "tcg/builder_state.h"
#include "tcg/opt/fold.h"
#include "util/assert.h"

static IrInsn *terminate(IrBuilder *b, IrOp op, uint32_t arg)
{
    IrInsn *i = build_insn(b, build_append(b, op, 0, arg, 0, 0));
    BuildBlock *k = &b->blocks[b->block];
    k->is_filled = true;
    k->log_end = b->nlog;
    k->fpenv = b->fpenv;
    b->last_block = b->block;
    b->block = 0;
    return i;
}

static void add_successor(IrBuilder *b, IrInsn *i, uint32_t block)
{
    IrBlock *k = &b->r->blocks[i->block];
    lyre_assert(block && block < b->r->nblocks);
    i->succ[k->nsucc] = k->succ[k->nsucc] = block;
    k->nsucc++;
    b->blocks[block].npreds++;
}

/* A terminator of the block in hand leads to `block`, which may be IR_GO_ON. */
static uint32_t real_block(IrBuilder *b, uint32_t block)
{
    if (LIKELY(block != IR_GO_ON)) {
        return block;
    }
    b->go_on_pred = b->go_on ? 0 : b->block;
    return b->go_on = b->go_on ? b->go_on : ir_block_new(b, 0, false);
}

bool ir_resume(IrBuilder *b, uint64_t pc)
{
    uint32_t block = b->go_on;
    if (!block) {
        return false;
    }
    b->r->blocks[block].pc = pc;
    b->go_on = 0;
    ir_block_begin(b, block, b->go_on_pred);
    return true;
}

void ir_goto(IrBuilder *b, uint32_t block)
{
    block = real_block(b, block);
    add_successor(b, terminate(b, IR_GOTO, 0), block);
}

void ir_br(IrBuilder *b, I32 cond, uint32_t if_true, uint32_t if_false)
{
    if (!b->settings.no_fold && !b->settings.is_quick) {
        fold_branch(b, &cond, &if_true, &if_false);
    }
    const IrInsn *c = build_insn(b, cond.id);
    if (c->op == IR_CONST_I32) {
        ir_goto(b, c->imm ? if_true : if_false);
    } else if (if_true == if_false) {
        ir_goto(b, if_true);
    } else {
        if_true = real_block(b, if_true);
        if_false = real_block(b, if_false);
        IrInsn *i = terminate(b, IR_BR, cond.id);
        add_successor(b, i, if_true);
        add_successor(b, i, if_false);
    }
}

static IrInsn *terminate_exit(IrBuilder *b, IrOp op, uint64_t pc, uint32_t arg)
{
    uint32_t snap = build_snap(b, pc, b->ctx, b->block, b->nlog);
    IrInsn *i = terminate(b, op, arg);
    build_set_snap(b, (uint32_t)(i - b->r->insns), snap);
    return i;
}

static void terminate_call(IrBuilder *b, IrOp op, uint64_t pc, uint32_t arg, uint64_t ret_pc, uint32_t ret_block)
{
    lyre_assert(!ret_block || b->r->blocks[ret_block].is_entry);
    uint32_t block = b->block;
    IrInsn *i = terminate_exit(b, op, pc, arg);
    i->imm = ret_pc;
    i->succ[0] = ret_block;
    b->blocks[block].ret_block = ret_block;
}

/* is_quick: a block that only leaves, of which the terminator in hand is the only predecessor. */
static uint32_t side_exit(IrBuilder *b, uint64_t pc)
{
    IrRegion *r = b->r;
    if (UNLIKELY(r->nblocks == r->cap_blocks)) {
        build_grow_blocks(b);
    }
    uint32_t block = r->nblocks++, id = build_new_insn(r, IR_EXIT);
    build_insn(b, id)->block = block;
    r->blocks[block] = (IrBlock){ .pc = pc, .first = id, .last = id };
    b->blocks[block].is_exit = b->blocks[block].is_filled = true;
    build_set_snap(b, id, build_snap(b, pc, r->ctx, block, b->nlog));
    return block;
}

/* is_quick: the block in hand goes on behind a branch of which one side leaves. */
static void branch_out(IrBuilder *b, uint32_t cond, uint64_t pc)
{
    uint32_t id = build_append(b, IR_BR, 0, cond, 0, 0);
    uint32_t out = side_exit(b, pc);
    build_insn(b, id)->succ[0] = out;
    b->flags_get = 0; /* the flags may be seen there */
}

static void branch_quick(IrBuilder *b, I32 cond, const uint64_t pc[2], const uint32_t block[2])
{
    uint32_t from = b->block, id = (uint32_t)(terminate(b, IR_BR, cond.id) - b->r->insns);
    for (unsigned n = 0; n < 2; n++) {
        uint32_t to = block[n];
        if (to) {
            b->blocks[to].npreds++;
        } else {
            to = side_exit(b, pc[n]);
        }
        build_insn(b, id)->succ[n] = b->r->blocks[from].succ[n] = to;
    }
    b->r->blocks[from].nsucc = 2;
}

static void branch_full(IrBuilder *b, I32 cond, const uint64_t pc[2], const uint32_t block[2])
{
    uint32_t to[2];
    for (unsigned n = 0; n < 2; n++) {
        to[n] = block[n] ? block[n] : ir_block_new(b, pc[n], false);
    }
    ir_br(b, cond, to[0], to[1]);
    for (unsigned n = 0; n < 2; n++) {
        if (!block[n]) {
            ir_block_begin(b, to[n], 0);
            ir_exit(b, pc[n]);
        }
    }
}

void ir_branch(IrBuilder *b, I32 cond, const uint64_t pc[2], const uint32_t block[2])
{
    if (!b->settings.is_quick || UNLIKELY(build_insn(b, cond.id)->op == IR_CONST_I32 || block[0])) {
        branch_full(b, cond, pc, block);
    } else if (block[1] == IR_GO_ON) {
        branch_out(b, cond.id, pc[0]);
    } else {
        branch_quick(b, cond, pc, block);
    }
}

void ir_exit(IrBuilder *b, uint64_t pc) { terminate_exit(b, IR_EXIT, pc, 0); }

void ir_exit_indirect(IrBuilder *b, I64 pc) { terminate_exit(b, IR_EXIT_INDIRECT, 0, pc.id); }
void ir_exit_return(IrBuilder *b, I64 pc) { terminate_exit(b, IR_EXIT_RETURN, 0, pc.id); }

void ir_exit_call(IrBuilder *b, uint64_t pc, uint64_t ret_pc, uint32_t ret_block)
{
    terminate_call(b, IR_EXIT_CALL, pc, 0, ret_pc, ret_block);
}

void ir_exit_call_indirect(IrBuilder *b, I64 pc, uint64_t ret_pc, uint32_t ret_block)
{
    terminate_call(b, IR_EXIT_CALL_INDIRECT, 0, pc.id, ret_pc, ret_block);
}

void ir_exit_event(IrBuilder *b, unsigned event, uint64_t pc)
{
    terminate_exit(b, IR_EXIT_EVENT, pc, 0)->aux = (int32_t)event;
}
