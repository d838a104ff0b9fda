/* SPDX-License-Identifier: MIT */
/* Encoding of a quick region: its operations forwards, rows, links, the exit. */
#include "tcg/x86_64/quick/quick.h"
#include "util/assert.h"

enum { ROOM_PER_OP = 24 };

static void put_imm(X86Asm *a, uint64_t imm, unsigned size)
{
    for (unsigned n = 0; n < size; n++) {
        x86_put8(a, (uint8_t)(imm >> n * 8));
    }
}

static void emit_op(Emit *e, const QOp *op)
{
    e->flags_start = emit_pos(e);
    if (op->access) {
        emit_home_row(e, op->snap, &op->rm, op->access, op->is_store);
        e->flags_start = 0;
    }
    x86_op_rm(&e->a, op->opcode, op->reg, &op->rm);
    if (op->imm_size == 1) {
        x86_put8(&e->a, (uint8_t)op->imm);
    } else if (op->imm_size == 4) {
        x86_put32(&e->a, (uint32_t)op->imm);
    } else if (op->imm_size) {
        put_imm(&e->a, op->imm, op->imm_size);
    }
}

static void emit_one(Emit *e, const QOp *op)
{
    const IrInsn *exit = &e->ir->insns[op->id];
    switch (op->kind) {
    case Q_OP: emit_op(e, op); return;
    case Q_VEX: x86_vex_rm(&e->a, op->opcode, op->reg, (unsigned)op->imm, &op->rm); break;
    case Q_MOV_IMM: x86_mov_imm(&e->a, op->reg, op->imm); break;
    case Q_JCC_LINK: emit_jcc_link(e, op->opcode, e->ir->snaps[exit->snap].pc, e->ir->ctx); break;
    case Q_EXIT: emit_exit(e, exit); break;
    default: lyre_unreachable();
    }
    e->flags_start = 0;
}

void quick_emit(const Quick *q, CodeBlob *out)
{
    Emit *e = emit_begin(q->r, q->settings, out);
    e->pins_live = e->pins;
    emit_reserve(e, EMIT_ROOM + q->nops * ROOM_PER_OP);
    emit_entry(e, q->r->blocks[1].pc, true);
    for (uint32_t n = q->nops; n-- > 0;) {
        emit_one(e, &q->ops[n]);
    }
    emit_stubs(e);
    emit_end(e);
}
