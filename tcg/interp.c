/* SPDX-License-Identifier: MIT */
/* The IR interpreter. Pure operations are the generated ir_eval; here is the rest. Clear before fast: it is the oracle. */
#include "tcg/interp.h"

#include <string.h>

#include "tcg/interp_mem.h"
#include "tcg/ir_eval.h"
#include "util/assert.h"
#include "util/hostmem.h"

enum { STACK_VALUES = 4096, MAX_PHIS = 256 };

typedef struct Interp {
    const IrRegion *r;
    CpuState *s;
    IrValue *values;
    uint32_t host_mxcsr;
} Interp;

static const uint8_t type_bytes[] = {
    [IR_VOID] = 0, [IR_I32] = 4, [IR_I64] = 8, [IR_F32] = 4, [IR_F64] = 8, [IR_V128] = 16, [IR_CC] = 4,
};

static IrValue value(const Interp *in, uint32_t id)
{
    const IrInsn *i = &in->r->insns[id];
    if (i->op == IR_CONST_V128) {
        return (IrValue){ .v = in->r->pool[i->imm] };
    }
    if (ir_has_trait(i, IR_TRAIT_FLOAT)) {
        return (IrValue){ .u64 = i->imm };
    }
    return in->values[id];
}

/* Puts the snapshot's slots home, and pc and context. */
static void apply_snapshot(const Interp *in, uint32_t snap)
{
    const IrSnapshot *p = &in->r->snaps[snap];
    for (uint32_t e = 0; e < p->count; e++) {
        const IrSnapEntry *entry = &in->r->snap_entries[p->first + e];
        const IrSlotDesc *slot = &in->r->slots[entry->slot];
        IrValue v = value(in, entry->value);
        memcpy((uint8_t *)in->s + slot->offset, &v, type_bytes[slot->type]);
    }
    in->s->pc = p->pc;
    in->s->ctx = p->ctx;
}

/* Phis of `block` when it is reached from `from`, all at once; returns the first other operation. */
static uint32_t enter_block(const Interp *in, uint32_t block, uint32_t from)
{
    const IrRegion *r = in->r;
    const IrBlock *k = &r->blocks[block];
    IrValue copies[MAX_PHIS];
    uint32_t pred = 0, n = 0, first = k->first;
    while (pred < k->npreds && r->extra[k->first_pred + pred] != from) {
        pred++;
    }
    for (; ir_has_trait(&r->insns[first], IR_TRAIT_PHI); first = r->insns[first].next) {
        lyre_assert(n < MAX_PHIS && pred < k->npreds);
        copies[n++] = value(in, r->extra[r->insns[first].arg[0] + pred]);
    }
    n = 0;
    for (uint32_t id = k->first; id != first; id = r->insns[id].next) {
        in->values[id] = copies[n++];
    }
    return first;
}

typedef long long Vector __attribute__((vector_size(16)));
typedef uint64_t CallInt(CpuState *, uint64_t, uint64_t, uint64_t, uint64_t, Vector, Vector, Vector, Vector);
typedef Vector CallVector(CpuState *, uint64_t, uint64_t, uint64_t, uint64_t, Vector, Vector, Vector, Vector);

/* By the C ABI integer and floating arguments fill their own registers in order. */
static void call_helper(const Interp *in, uint32_t id)
{
    const IrInsn *i = &in->r->insns[id];
    const HelperDesc *h = &in->r->helpers[i->aux];
    uint64_t g[4] = { 0 };
    Vector x[4] = { 0 };
    unsigned ng = 0, nx = 0;
    for (unsigned a = 0; a < i->nargs; a++) {
        IrValue v = value(in, in->r->extra[i->arg[0] + a]);
        if (h->arg[a] == IR_I32 || h->arg[a] == IR_I64) {
            g[ng++] = h->arg[a] == IR_I32 ? v.u32 : v.u64;
        } else {
            memcpy(&x[nx++], &v, sizeof(v));
        }
    }
    bool is_fp = h->effects & HELPER_FP;
    if (!is_fp) {
        in->s->guest_mxcsr = fpu_get_mxcsr();
        fpu_leave_guest(in->host_mxcsr);
    }
    if (h->result >= IR_F32) {
        Vector v = ((CallVector *)h->fn)(in->s, g[0], g[1], g[2], g[3], x[0], x[1], x[2], x[3]);
        memcpy(&in->values[id], &v, sizeof(v));
    } else {
        in->values[id].u64 = ((CallInt *)h->fn)(in->s, g[0], g[1], g[2], g[3], x[0], x[1], x[2], x[3]);
    }
    if (!is_fp) {
        fpu_set_mxcsr(in->s->guest_mxcsr);
    }
}

static void run_indexed(const Interp *in, uint32_t id)
{
    const IrInsn *i = &in->r->insns[id];
    uint8_t *p = (uint8_t *)in->s + i->aux + value(in, i->arg[0]).u64 * 8;
    if (i->op == IR_PUT_INDEXED_I64) {
        uint64_t v = value(in, i->arg[1]).u64;
        memcpy(p, &v, 8);
    } else {
        memcpy(&in->values[id].u64, p, 8);
    }
}

/* result.T: all results of a multi-result operation follow from its arguments. */
static void run_result(const Interp *in, uint32_t id)
{
    const IrInsn *i = &in->r->insns[id], *of = &in->r->insns[i->arg[0]];
    IrValue args[3] = { value(in, of->arg[0]), value(in, of->arg[1]), value(in, of->arg[2]) }, out[3];
    bool is_known = ir_eval(of->op, args, of->aux, out);
    lyre_assert(is_known);
    in->values[id] = out[i->aux];
}

/* One operation that is no terminator. False: it faulted, or the thread is to stop; *event says which. */
static bool run_insn(const Interp *in, uint32_t id, const _Atomic uint32_t *stop, TcgEvent *event)
{
    const IrInsn *i = &in->r->insns[id];
    if (ir_has_trait(i, IR_TRAIT_MAY_FAULT)) {
        IrValue args[3] = { value(in, i->arg[0]) };
        for (unsigned a = 1; a < i->nargs; a++) {
            args[a] = value(in, i->arg[a]);
        }
        AccessResult result = interp_access(in->r->tag_bits, in->r->align_window, i, args, &in->values[id]);
        in->s->fault_addr = result.addr;
        in->s->fault_kind = (uint32_t)result.kind;
        in->s->fault_is_write = ir_has_trait(i, IR_TRAIT_STORE | IR_TRAIT_RMW);
        *event = TCG_EVENT_FAULT;
        return result.kind == ACCESS_OK;
    }
    switch (ir_op_info[i->op].traits & (IR_TRAIT_SLOTIN | IR_TRAIT_CALL | IR_TRAIT_POLL | IR_TRAIT_FENCE | IR_TRAIT_INDEXED)) {
    case IR_TRAIT_SLOTIN: {
        const IrSlotDesc *slot = &in->r->slots[i->aux];
        memcpy(&in->values[id], (const uint8_t *)in->s + slot->offset, type_bytes[slot->type]);
        return true;
    }
    case IR_TRAIT_CALL:
        call_helper(in, id);
        return true;
    case IR_TRAIT_POLL:
        *event = TCG_EVENT_STOP;
        return !stop || !atomic_load_explicit(stop, memory_order_relaxed);
    case IR_TRAIT_FENCE:
        atomic_thread_fence(memory_order_seq_cst);
        return true;
    case IR_TRAIT_INDEXED:
        run_indexed(in, id);
        return true;
    default:
        break;
    }
    if (i->op == IR_RESULT_I64 || i->op == IR_RESULT_I32) {
        run_result(in, id);
        return true;
    }
    IrValue args[3], out[3];
    for (unsigned a = 0; a < i->nargs; a++) {
        args[a] = value(in, i->arg[a]);
    }
    bool is_known = ir_eval(i->op, args, i->aux, out);
    lyre_assert(is_known);
    in->values[id] = out[0];
    return true;
}

/* A terminator: the next block, or 0 with *event. */
static uint32_t run_terminator(const Interp *in, uint32_t id, TcgEvent *event)
{
    const IrInsn *i = &in->r->insns[id];
    if (i->op == IR_GOTO) {
        return i->succ[0];
    }
    if (i->op == IR_BR) {
        return i->succ[value(in, i->arg[0]).u32 ? 0 : 1];
    }
    apply_snapshot(in, i->snap);
    if (i->nargs) {
        in->s->pc = value(in, i->arg[0]).u64 & ~(i->op == IR_EXIT_RETURN ? in->s->pc_ignored : 0);
    }
    *event = i->op == IR_EXIT_EVENT ? (TcgEvent)i->aux : TCG_EVENT_LOOKUP;
    return 0;
}

static TcgEvent run(const Interp *in, uint32_t block, const _Atomic uint32_t *stop)
{
    const IrRegion *r = in->r;
    TcgEvent event = TCG_EVENT_NONE;
    uint32_t from = 0;
    while (block) {
        uint32_t id = enter_block(in, block, from);
        for (; !ir_has_trait(&r->insns[id], IR_TRAIT_TERM); id = r->insns[id].next) {
            if (!run_insn(in, id, stop, &event)) {
                apply_snapshot(in, r->insns[id].snap);
                return event;
            }
        }
        from = block;
        block = run_terminator(in, id, &event);
    }
    return event;
}

TcgEvent interp_run(const IrRegion *r, uint32_t block, CpuState *s, const _Atomic uint32_t *stop)
{
    IrValue on_stack[STACK_VALUES];
    lyre_assert(r->blocks[block].is_entry);
    IrValue *values = r->ninsns <= STACK_VALUES ? on_stack : host_alloc(r->ninsns * sizeof(IrValue));
    Interp in = { r, s, values, fpu_get_mxcsr() };
    fpu_set_mxcsr(s->guest_mxcsr);
    TcgEvent event = run(&in, block, stop);
    s->guest_mxcsr = fpu_get_mxcsr();
    fpu_leave_guest(in.host_mxcsr);
    if (values != on_stack) {
        host_free(values);
    }
    return event;
}
