/* SPDX-License-Identifier: MIT */
/* Branches, exceptions, barriers, cache maintenance (Arm ARM C4.1.93). */
#include "target/aarch64/trans.h"

void a64_goto(A64Trans *t, uint64_t pc)
{
    uint32_t block = target_block_of(t->t, pc);
    if (block)
        ir_goto(t->b, block);
    else
        ir_exit(t->b, pc);
}

void a64_undefined(A64Trans *t) { ir_exit_event(t->b, TCG_EVENT_ILLEGAL, t->pc); }

/* ---- branches */

static uint64_t target_of(const A64Trans *t, const A64Ops *o) { return t->pc + (uint64_t)(int64_t)o->imm; }

static void branch(A64Trans *t, const A64Ops *o, I32 cond)
{
    const uint64_t pc[2] = { target_of(t, o), t->next };
    const uint32_t block[2] = { target_block_of(t->t, pc[0]), target_block_of(t->t, pc[1]) };
    ir_branch(t->b, cond, pc, block);
}

void trans_b_cond(A64Trans *t, const A64Ops *o)
{
    I32 cond = a64_condition(t, o->cond);
    branch(t, o, cond);
}

void trans_cbz(A64Trans *t, const A64Ops *o, bool is_nonzero)
{
    I32 cond;
    if (o->sf) {
        I64 x = a64_get_x(t, o->rt), zero = ir_const_i64(t->b, 0);
        cond = is_nonzero ? ir_cmp_ne_i64(t->b, x, zero) : ir_cmp_eq_i64(t->b, x, zero);
    } else {
        I32 x = a64_get_w(t, o->rt), zero = ir_const_i32(t->b, 0);
        cond = is_nonzero ? ir_cmp_ne_i32(t->b, x, zero) : ir_cmp_eq_i32(t->b, x, zero);
    }
    branch(t, o, cond);
}

void trans_tbz(A64Trans *t, const A64Ops *o, bool is_nonzero)
{
    I64 x = a64_get_x(t, o->rt), mask = ir_const_i64(t->b, 1ull << o->bit), zero = ir_const_i64(t->b, 0);
    I64 bit = ir_and_i64(t->b, x, mask);
    I32 cond = is_nonzero ? ir_cmp_ne_i64(t->b, bit, zero) : ir_cmp_eq_i64(t->b, bit, zero);
    branch(t, o, cond);
}

static void put_link(A64Trans *t)
{
    I64 link = ir_const_i64(t->b, t->next);
    a64_put_x(t, 30, link);
}

void trans_b(A64Trans *t, const A64Ops *o) { a64_goto(t, target_of(t, o)); }

void trans_bl(A64Trans *t, const A64Ops *o)
{
    uint64_t target = target_of(t, o);
    put_link(t);
    if (target != t->next) /* a call of the next instruction only reads the pc */
        ir_exit_call(t->b, target, t->next, target_block_of(t->t, t->next));
    else
        a64_goto(t, target);
}

/* The target and, once there are guarded pages, how it is reached (Target.can_land): in place of the tag, which branches drop. */
static I64 landing(A64Trans *t, I64 target, enum A64Btype btype)
{
    IrBuilder *b = t->b;
    if (!a64_has_guards(t->t->cpu))
        return target;
    I64 eight = ir_const_i64(b, 8), kind = ir_const_i64(b, btype);
    I64 up = ir_shl_i64(b, target, eight);
    I64 with_kind = ir_or_i64(b, up, kind);
    return ir_rotr_i64(b, with_kind, eight);
}

/* A target that is known, where nothing is checked on the way. */
static bool is_known(A64Trans *t, I64 target, uint64_t *known)
{
    return !a64_has_guards(t->t->cpu) && ir_is_const_i64(t->b, target, known) && *known <= A64_PC_MASK;
}

void a64_jump(A64Trans *t, I64 target, unsigned rn)
{
    const A64Guards *g = t->t->cpu->guards;
    bool is_any = rn != 16 && rn != 17 && g->exist && g->is_guarded(g->mm, t->pc);
    uint64_t known;
    if (is_known(t, target, &known)) {
        ir_exit(t->b, known); /* region formation has not counted this edge: never to a block of the region */
        return;
    }
    I64 way = landing(t, target, is_any ? A64_BTYPE_JUMP : A64_BTYPE_TO_ENTRY);
    ir_exit_indirect(t->b, way);
}

void a64_call(A64Trans *t, I64 target)
{
    uint64_t known;
    uint32_t ret = target_block_of(t->t, t->next);
    put_link(t);
    if (is_known(t, target, &known)) {
        ir_exit_call(t->b, known, t->next, ret);
        return;
    }
    I64 way = landing(t, target, A64_BTYPE_CALL);
    ir_exit_call_indirect(t->b, way, t->next, ret);
}

void trans_br(A64Trans *t, const A64Ops *o) { a64_jump(t, a64_get_x(t, o->rn), o->rn); }
void trans_blr(A64Trans *t, const A64Ops *o) { a64_call(t, a64_get_x(t, o->rn)); }

void trans_ret(A64Trans *t, const A64Ops *o)
{
    I64 target = a64_get_x(t, o->rn);
    uint64_t known;
    if (ir_is_const_i64(t->b, target, &known) && known <= A64_PC_MASK)
        ir_exit(t->b, known);
    else
        ir_exit_return(t->b, target);
}

/* ---- exceptions, barriers */

void trans_svc(A64Trans *t, const A64Ops *o) { ir_exit_event(t->b, TCG_EVENT_SYSCALL, t->next); }
void trans_brk(A64Trans *t, const A64Ops *o) { ir_exit_event(t->b, TCG_EVENT_BREAK, t->pc); }
void trans_udf(A64Trans *t, const A64Ops *o) { a64_undefined(t); }
void trans_nop(A64Trans *t, const A64Ops *o) {}

void trans_clrex(A64Trans *t, const A64Ops *o)
{
    I64 none = ir_const_i64(t->b, ~0ull);
    ir_put_i64(t->b, A64_SLOT_LL_ADDR, none);
}

/* CRm bits 1:0: 1 loads before all, 2 stores before stores, 3 (and the reserved 0) everything. */
void trans_dmb(A64Trans *t, const A64Ops *o)
{
    static const uint8_t order[4] = { IR_ORDER_SEQ, IR_ORDER_ACQ, IR_ORDER_REL, IR_ORDER_SEQ };
    ir_fence(t->b, order[o->imm & 3]);
}

void trans_dsb(A64Trans *t, const A64Ops *o) { ir_fence(t->b, IR_ORDER_SEQ); }

/* Translations are kept coherent by page protection: a new look-up is all that it takes. */
void trans_isb(A64Trans *t, const A64Ops *o) { ir_exit_event(t->b, TCG_EVENT_LOOKUP, t->next); }

/* ---- caches are coherent: maintenance faults where an access would */

void trans_dc_touch(A64Trans *t, const A64Ops *o)
{
    I64 addr = a64_get_x(t, o->rt);
    ir_load_i64(t->b, addr, 0, MEM_8);
}

/* Code written where page protection does not see it, by pwrite or another process, may be meant. */
void trans_ic_ivau(A64Trans *t, const A64Ops *o)
{
    trans_dc_touch(t, o);
    I64 addr = a64_get_x(t, o->rt);
    ir_put_i64(t->b, A64_SLOT_EVENT_ARG, addr);
    ir_exit_event(t->b, TCG_EVENT_FLUSH, t->next);
}

void trans_dc_zva(A64Trans *t, const A64Ops *o)
{
    I64 addr = a64_get_x(t, o->rt), mask = ir_const_i64(t->b, ~(uint64_t)(A64_ZVA_SIZE - 1));
    I64 block = ir_and_i64(t->b, addr, mask);
    V128 zero = a64_zero_v(t);
    for (int i = 0; i < A64_ZVA_SIZE; i += 16)
        ir_store_v128(t->b, block, i, zero, MEM_128);
}
