/* SPDX-License-Identifier: MIT */
/* Encoding of a quick region: its operations forwards, rows, links, the exit. */
#include "tcg/x86_64/quick/quick.h"
#include "util/arena.h"
#include "util/assert.h"

enum { ROOM_PER_OP = 20, ROOM_PER_LINK = 24, ROOM_PER_MOP = 256, MORE_LINKS = 2, MORE_STUBS = 3 };

/* Every slot is at home. */
static inline void add_row(Emit *e, const QOp *op)
{
    _Static_assert((int)X86_RM_NONE == (int)SIDE_NO_REG, "the row takes over the operand's registers");
    const IrSnapshot *s = &e->ir->snaps[op->snap];
    const X86Rm *rm = &op->rm;
    SideHead head = { side_head_bytes(SIDE_ACCESS, op->is_store, op->access, rm->base, rm->index, rm->scale), emit_pos(e), s->ctx,
                      rm->disp, s->pc };
    side_writer_plain(&e->side, &head, e->pins);
}

static inline void emit_op(Emit *e, const QOp *op)
{
    uint64_t imm = op->imm;
    unsigned imm_size = op->imm_size;
    e->flags_start = emit_pos(e);
    if (op->access) {
        add_row(e, op);
        e->flags_start = 0;
    }
    uint8_t *p;
    if (LIKELY(x86_is_plain(op->opcode, &op->rm))) {
        p = x86_put_plain(e->a.p, op->opcode, op->reg, &op->rm);
    } else {
        x86_op_rm(&e->a, op->opcode, op->reg, &op->rm);
        p = e->a.p;
    }
    memcpy(p, &imm, sizeof imm); /* room is for all of it */
    e->a.p = p + imm_size;
}

static void emit_sse(Emit *e, const QOp *op)
{
    if (op->access) {
        add_row(e, op);
    }
    x86_sse_rm(&e->a, op->opcode, op->reg, X86_NO_VVVV, &op->rm);
}

static void emit_const(Emit *e, const QOp *op)
{
    const IrInsn *k = &e->ir->insns[op->id];
    bool is_v128 = k->op == IR_CONST_V128;
    x86_loadv(&e->a, is_v128 ? 16 : k->type == IR_F32 ? 4 : 8, op->reg, x86_rm_rip());
    if (is_v128) {
        const V128Bits *v = &e->ir->pool[k->aux];
        emit_ref(e, EMIT_CONST16, emit_const16(e, v->u64[0], v->u64[1]));
    } else {
        emit_ref(e, EMIT_CONST8, emit_const8(e, k->imm));
    }
}

static void emit_other(Emit *e, const QOp *op)
{
    const IrInsn *exit = &e->ir->insns[op->id];
    switch (op->kind) {
    case Q_SSE: emit_sse(e, op); break;
    case Q_CONST: emit_const(e, op); break;
    case Q_MOP: emit_insn(e, &e->m->insns[op->id]); return;
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
    MAlloc alloc = { 0 };
    Loc none;
    e->pins = e->pins_live = q->b->pins;
    if (q->general) { /* its rows list nothing */
        alloc.snap_locs = &none;
        alloc.snap_start = arena_alloc0(out->arena, q->general->m.ninsns * sizeof(uint32_t));
        e->m = &q->general->m;
        e->alloc = &alloc;
    }
    uint32_t mops = q->general ? q->general->m.ninsns * ROOM_PER_MOP : 0;
    emit_make_room(e, q->nlinks + MORE_LINKS, MORE_STUBS, q->nrows + MORE_STUBS,
                   2 * EMIT_ROOM + q->nops * ROOM_PER_OP + q->nlinks * ROOM_PER_LINK + mops);
    emit_entry(e, q->r->blocks[1].pc, true);
    for (const QOp *op = q->ops + q->nops; op-- > q->ops;) {
        if (LIKELY(op->kind == Q_OP)) {
            emit_op(e, op);
        } else {
            emit_other(e, op);
        }
    }
    emit_stubs(e);
    emit_end(e);
}
