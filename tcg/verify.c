/* SPDX-License-Identifier: MIT */
/* The verifier. Dominance by bit sets: quadratic in blocks, so not for the run path. */
#include "tcg/verify.h"

#include <string.h>

#include "util/arena.h"

typedef struct Verify {
    const IrRegion *r;
    uint64_t *dom;      /* per block: bits of the blocks that dominate it */
    uint32_t words;
    uint32_t *position; /* per operation: its number within its block */
    uint16_t *uses;
    const char *error;
    uint32_t insn, block;
} Verify;

static bool check(Verify *v, bool ok, const char *message)
{
    if (!ok && !v->error) {
        v->error = message;
    }
    return ok;
}

static bool is_const(const IrRegion *r, uint32_t id)
{
    return ir_has_trait(&r->insns[id], IR_TRAIT_FLOAT);
}

static bool dominates(const Verify *v, uint32_t a, uint32_t b)
{
    return v->dom[b * v->words + a / 64] >> (a % 64) & 1;
}

/* ---- blocks */

static void check_edges(Verify *v, uint32_t id)
{
    const IrRegion *r = v->r;
    const IrBlock *k = &r->blocks[id];
    const IrInsn *last = &r->insns[k->last];
    unsigned expected = last->op == IR_BR ? 2 : last->op == IR_GOTO ? 1 : 0;
    check(v, k->nsucc == expected, "number of successors");
    for (unsigned s = 0; s < k->nsucc; s++) {
        uint32_t to = k->succ[s], found = 0;
        if (!check(v, to && to < r->nblocks && to == last->succ[s], "successor")) {
            return;
        }
        const IrBlock *t = &r->blocks[to];
        for (uint32_t p = 0; p < t->npreds; p++) {
            found += r->extra[t->first_pred + p] == id;
        }
        check(v, found == 1, "edge and predecessor list differ");
        check(v, k->nsucc == 1 || t->npreds == 1, "critical edge");
    }
    for (uint32_t p = 0; p < k->npreds; p++) {
        const IrBlock *from = &r->blocks[r->extra[k->first_pred + p]];
        check(v, from->succ[0] == id || (from->nsucc > 1 && from->succ[1] == id), "predecessor has no edge");
    }
    check(v, k->npreds == 0 || !k->is_entry, "entry with predecessors");
    check(v, k->npreds != 0 || k->is_entry, "unreachable block");
    if (k->loop_head) {
        check(v, k->loop_head <= id && k->loop_depth > 0, "loop head");
    }
}

static void check_chain(Verify *v, uint32_t block)
{
    const IrRegion *r = v->r;
    const IrBlock *k = &r->blocks[block];
    uint32_t prev = 0, n = 0;
    bool is_front = true;
    for (uint32_t id = k->first; id; id = r->insns[id].next) {
        const IrInsn *i = &r->insns[id];
        v->insn = id;
        v->position[id] = ++n;
        if (!check(v, i->prev == prev && i->block == block && !(i->flags & IR_FLAG_DEAD), "chain of operations")) {
            return;
        }
        bool is_head = ir_has_trait(i, IR_TRAIT_PHI | IR_TRAIT_SLOTIN);
        check(v, !is_head || is_front, "phi or slot_in below an operation");
        check(v, !ir_has_trait(i, IR_TRAIT_SLOTIN) || k->is_entry, "slot_in outside of an entry");
        check(v, !ir_has_trait(i, IR_TRAIT_FLOAT), "constant in a block");
        check(v, ir_has_trait(i, IR_TRAIT_TERM) == (id == k->last), "terminator");
        is_front &= is_head;
        prev = id;
    }
    check(v, prev == k->last && prev, "last operation");
    v->insn = 0;
}

static void find_dominators(Verify *v)
{
    const IrRegion *r = v->r;
    memset(v->dom, 0xff, (size_t)r->nblocks * v->words * 8);
    for (bool is_changed = true; is_changed;) {
        is_changed = false;
        for (uint32_t b = 1; b < r->nblocks; b++) {
            const IrBlock *k = &r->blocks[b];
            for (uint32_t w = 0; w < v->words; w++) {
                uint64_t set = k->npreds ? ~0ull : 0;
                for (uint32_t p = 0; p < k->npreds; p++) {
                    set &= v->dom[r->extra[k->first_pred + p] * v->words + w];
                }
                set |= w == b / 64 ? 1ull << (b % 64) : 0;
                is_changed |= set != v->dom[b * v->words + w];
                v->dom[b * v->words + w] = set;
            }
        }
    }
}

/* ---- operations */

/* `value` is used at the end of block (at = 0) or by operation `at` in it. */
static void check_use(Verify *v, uint32_t value, uint32_t block, uint32_t at, IrType type)
{
    const IrRegion *r = v->r;
    if (!check(v, value && value < r->ninsns, "no such value")) {
        return;
    }
    const IrInsn *d = &r->insns[value];
    check(v, type == IR_VOID || d->type == type, "type of an argument");
    check(v, d->type != IR_VOID, "use of an operation without result");
    if (is_const(r, value)) {
        return;
    }
    check(v, !(d->flags & IR_FLAG_DEAD) && d->block && v->position[value], "use of a dead value");
    if (d->block != block) {
        check(v, dominates(v, d->block, block), "definition does not dominate a use");
    } else if (at) {
        check(v, v->position[value] < v->position[at], "use before definition");
    }
}

static void count_use(Verify *v, uint32_t value)
{
    v->uses[value] = (uint16_t)(v->uses[value] + (v->uses[value] != UINT16_MAX));
}

static void check_snapshot(Verify *v, const IrInsn *i, uint32_t id)
{
    const IrRegion *r = v->r;
    bool needs = ir_has_trait(i, IR_TRAIT_MAY_FAULT | IR_TRAIT_EXIT | IR_TRAIT_POLL);
    if (!check(v, needs == (i->snap != 0) && i->snap < r->nsnaps, "snapshot") || !i->snap) {
        return;
    }
    const IrSnapshot *s = &r->snaps[i->snap];
    uint64_t listed[IR_MAX_SLOTS / 64] = { 0 };
    for (uint32_t e = 0; e < s->count; e++) {
        const IrSnapEntry *entry = &r->snap_entries[s->first + e];
        check(v, e == 0 || entry[-1].slot < entry->slot, "order of a snapshot");
        check_use(v, entry->value, i->block, id, r->slots[entry->slot].type);
        listed[entry->slot / 64] |= 1ull << (entry->slot % 64);
        check(v, r->put_slots[entry->slot / 64] >> (entry->slot % 64) & 1, "slot in a snapshot that is never put");
        if (ir_has_trait(i, IR_TRAIT_EXIT)) {
            count_use(v, entry->value);
        }
    }
    for (unsigned slot = 0; slot < r->nslots; slot++) {
        bool is_put = r->put_slots[slot / 64] >> (slot % 64) & 1;
        bool is_listed = listed[slot / 64] >> (slot % 64) & 1;
        check(v, r->slots[slot].pin < 0 || is_put == is_listed, "pinned slot of a snapshot");
    }
}

static void check_phi(Verify *v, const IrInsn *i)
{
    const IrRegion *r = v->r;
    const IrBlock *k = &r->blocks[i->block];
    if (!check(v, i->nargs == k->npreds, "number of phi arguments")) {
        return;
    }
    for (uint32_t p = 0; p < k->npreds; p++) {
        check_use(v, r->extra[i->arg[0] + p], r->extra[k->first_pred + p], 0, i->type);
        count_use(v, r->extra[i->arg[0] + p]);
    }
}

static void check_insn(Verify *v, uint32_t id)
{
    const IrRegion *r = v->r;
    const IrInsn *i = &r->insns[id];
    const IrOpInfo *info = &ir_op_info[i->op];
    v->insn = id;
    check_snapshot(v, i, id);
    check(v, i->type == info->result[0], "type of the result");
    if (ir_has_trait(i, IR_TRAIT_PHI)) {
        check_phi(v, i);
        return;
    }
    bool is_call = ir_has_trait(i, IR_TRAIT_CALL);
    const uint8_t *types = is_call ? r->helpers[i->aux].arg : info->arg;
    check(v, i->nargs == (is_call ? r->helpers[i->aux].nargs : info->nargs), "number of arguments");
    for (unsigned a = 0; a < i->nargs && !v->error; a++) {
        uint32_t arg = is_call ? r->extra[i->arg[0] + a] : i->arg[a];
        check_use(v, arg, i->block, id, (IrType)types[a]);
        count_use(v, arg);
    }
    if (i->op == IR_RESULT_I64 || i->op == IR_RESULT_I32) {
        const IrOpInfo *of = &ir_op_info[r->insns[i->arg[0]].op];
        check(v, i->aux > 0 && i->aux < of->nresults && of->result[i->aux] == i->type, "result of what has none");
    }
}

const char *ir_verify(const IrRegion *r, uint32_t *insn, uint32_t *block)
{
    Verify v = { .r = r, .words = (r->nblocks + 63) / 64 };
    v.dom = arena_alloc(r->arena, (size_t)r->nblocks * v.words * 8);
    v.position = arena_alloc0(r->arena, r->ninsns * sizeof(uint32_t));
    v.uses = arena_alloc0(r->arena, r->ninsns * sizeof(uint16_t));
    check(&v, r->nblocks > 1 && r->blocks[1].is_entry, "no head");
    for (v.block = 1; v.block < r->nblocks && !v.error; v.block++) {
        check_chain(&v, v.block);
        check_edges(&v, v.block);
    }
    if (!v.error) {
        find_dominators(&v);
        for (v.block = 1; v.block < r->nblocks && !v.error; v.block++) {
            for (uint32_t id = r->blocks[v.block].first; id && !v.error; id = r->insns[id].next) {
                check_insn(&v, id);
            }
        }
    }
    for (uint32_t id = 1; id < r->ninsns && !v.error; id++) {
        v.insn = id;
        check(&v, !v.position[id] || r->insns[id].uses == v.uses[id], "use count");
    }
    *insn = v.insn;
    *block = v.block - (v.block > 1);
    return v.error;
}
