/* SPDX-License-Identifier: MIT */
/*
 * From slots to SSA: which slots are dirty and which are wanted at the start of each block, parameters turned into
 * values of predecessors, phis or slot_in, and the snapshots' lists of slots.
 */
#include <string.h>

#include "tcg/builder_state.h"
#include "tcg/opt/guard.h"
#include "util/arena.h"
#include "util/assert.h"

enum { WORDS = IR_MAX_SLOTS / 64 };

static void set_add(SlotSet *s, uint32_t slot) { s->w[slot / 64] |= 1ull << (slot % 64); }
static bool set_has(const SlotSet *s, uint32_t slot) { return s->w[slot / 64] >> (slot % 64) & 1; }

/* *to |= from & ~without; whether it grew */
static bool set_join(SlotSet *to, const SlotSet *from, const SlotSet *without)
{
    uint64_t grown = 0;
    for (int i = 0; i < WORDS; i++) {
        uint64_t new = from->w[i] & ~without->w[i] & ~to->w[i];
        to->w[i] |= new;
        grown |= new;
    }
    return grown != 0;
}

static const SlotSet no_slots;

#define FOR_EACH_SLOT(slot, word, set)                                                  \
    for (uint32_t slot, word##_i = 0; word##_i < WORDS; word##_i++)                     \
        for (uint64_t word = (set)->w[word##_i];                                        \
             word && (slot = word##_i * 64 + (uint32_t)__builtin_ctzll(word), true); word &= word - 1)

/* What each block puts, from the log. */
static void collect_puts(IrBuilder *b)
{
    IrRegion *r = b->r;
    for (uint32_t i = 0; i < b->norder; i++) {
        BuildBlock *k = &b->blocks[b->order[i]];
        uint32_t snap_pos = k->first_snap ? b->snaps[k->first_snap].pos : k->log_end;
        for (uint32_t p = k->log_first; p < k->log_end; p++) {
            if (p == snap_pos) {
                k->put_before_snap = k->put;
            }
            set_add(&k->put, b->log[p].slot);
        }
        if (snap_pos == k->log_end) {
            k->put_before_snap = k->put;
        }
        uint32_t h = r->blocks[b->order[i]].loop_head;
        if (h) {
            set_join(&b->blocks[h].loop_put, &k->put, &no_slots);
            if (r->blocks[b->order[i]].is_entry) { /* everything is read anew there */
                memset(&b->blocks[h].loop_put, 0xff, sizeof(SlotSet));
            }
        }
        for (int w = 0; w < WORDS; w++) {
            r->put_slots[w] |= k->put.w[w];
        }
    }
    for (uint32_t i = b->norder; i-- > 0;) {
        uint32_t outer = b->blocks[b->order[i]].outer_loop;
        if (outer) {
            set_join(&b->blocks[outer].loop_put, &b->blocks[b->order[i]].loop_put, &no_slots);
        }
    }
}

/* Slots whose home may be stale: forward. Pinned slots that are put anywhere count as dirty from the entries on. */
static void find_dirty(IrBuilder *b)
{
    IrRegion *r = b->r;
    SlotSet pinned = no_slots, all_put;
    memcpy(&all_put, r->put_slots, sizeof(all_put));
    FOR_EACH_SLOT(slot, w, &all_put) {
        if (r->slots[slot].pin >= 0) {
            set_add(&pinned, slot);
        }
    }
    for (uint32_t i = 0; i < b->norder; i++) {
        if (r->blocks[b->order[i]].is_entry) {
            b->blocks[b->order[i]].dirty_in = pinned;
        }
    }
    for (bool is_changed = true; is_changed;) {
        is_changed = false;
        for (uint32_t i = 0; i < b->norder; i++) {
            const IrBlock *k = &r->blocks[b->order[i]];
            SlotSet out = b->blocks[b->order[i]].put;
            set_join(&out, &b->blocks[b->order[i]].dirty_in, &no_slots);
            for (unsigned s = 0; s < k->nsucc; s++) {
                bool is_back = b->blocks[k->succ[s]].rpo <= i + 1;
                is_changed |= set_join(&b->blocks[k->succ[s]].dirty_in, &out, &no_slots) && is_back;
            }
        }
    }
}

/* Before a loop that may be guarded all of the state is wanted. */
static void want_state_for_guards(IrBuilder *b)
{
    for (uint32_t i = 0; i < b->norder && (b->has_box || b->has_canon); i++) {
        const IrBlock *k = &b->r->blocks[b->order[i]];
        if (!guard_is_head(b, b->order[i])) {
            continue;
        }
        for (uint32_t p = 0; p < k->npreds; p++) {
            BuildBlock *from = &b->blocks[b->r->extra[k->first_pred + p]];
            if (guard_is_outside(b, b->order[i], p)) {
                set_join(&from->live_in, &from->dirty_in, &from->put);
            }
        }
    }
}

/* Slots whose value at the start of the block is wanted: backward. */
static void find_live(IrBuilder *b)
{
    IrRegion *r = b->r;
    for (uint32_t i = 0; i < b->norder; i++) {
        BuildBlock *k = &b->blocks[b->order[i]];
        if (k->first_snap) {
            set_join(&k->live_in, &k->dirty_in, &k->put_before_snap);
        }
        for (uint32_t id = k->last_param; id; id = build_insn(b, id)->prev) {
            set_add(&k->live_in, (uint32_t)build_insn(b, id)->aux);
        }
    }
    want_state_for_guards(b);
    for (bool is_changed = true; is_changed;) {
        is_changed = false;
        for (uint32_t i = b->norder; i-- > 0;) {
            const IrBlock *k = &r->blocks[b->order[i]];
            BuildBlock *from = &b->blocks[b->order[i]];
            for (unsigned s = 0; s < k->nsucc; s++) {
                bool has_grown = set_join(&from->live_in, &b->blocks[k->succ[s]].live_in, &from->put);
                for (uint32_t p = 0; has_grown && p < k->npreds; p++) {
                    is_changed |= b->blocks[r->extra[k->first_pred + p]].rpo > i;
                }
            }
        }
    }
}

/* ---- values at the start of blocks */

static uint32_t value_out(const IrBuilder *b, uint32_t block, uint32_t slot)
{
    const BuildBlock *k = &b->blocks[block];
    uint32_t v = k->cur[slot];
    return build_resolve(b, v ? v : b->blocks[k->root].in[slot]);
}

static uint32_t value_in(const IrBuilder *b, uint32_t block, uint32_t slot)
{
    const BuildBlock *k = &b->blocks[block];
    return k->in ? build_resolve(b, k->in[slot]) : value_out(b, k->parent, slot);
}

/* The one value that all predecessors give that are known by now; 0: several, or a loop may change it. */
static uint32_t common_value(const IrBuilder *b, uint32_t block, uint32_t slot)
{
    const IrBlock *k = &b->r->blocks[block];
    uint32_t value = 0;
    for (uint32_t p = 0; p < k->npreds; p++) {
        uint32_t pred = b->r->extra[k->first_pred + p];
        if (b->blocks[pred].rpo >= b->blocks[block].rpo) {
            if (!flow_dominates(b, block, pred) || set_has(&b->blocks[block].loop_put, slot)) {
                return 0;
            }
            continue;
        }
        uint32_t v = value_out(b, pred, slot);
        if (value && v != value) {
            return 0;
        }
        value = v;
    }
    return value;
}

/* Finds the value of the slot at the start of a root. */
static void set_in(IrBuilder *b, uint32_t block, uint32_t slot)
{
    uint32_t *in = build_in(b, block, slot), value = 0;
    if (b->r->blocks[block].is_entry) {
        value = *in ? *in : build_param(b, block, slot);
        build_insn(b, value)->op = (uint16_t)build_slot_in_op(b->r->slots[slot].type);
    } else {
        value = common_value(b, block, slot);
        if (!value) {
            value = *in ? *in : build_param(b, block, slot);
        } else if (*in) {
            build_replace(b, *in, value);
        }
    }
    *in = value;
}

static void fill_phis(IrBuilder *b, uint32_t block)
{
    IrRegion *r = b->r;
    const IrBlock *k = &r->blocks[block];
    for (uint32_t id = k->first; id && ir_has_trait(build_insn(b, id), IR_TRAIT_PHI); id = build_insn(b, id)->next) {
        uint32_t first = r->nextra;
        r->extra = arena_grow(b->arena, r->extra, sizeof(uint32_t), &r->cap_extra, first + k->npreds);
        r->nextra += k->npreds;
        IrInsn *phi = build_insn(b, id);
        phi->arg[0] = first;
        phi->nargs = (uint8_t)k->npreds;
        for (uint32_t p = 0; p < k->npreds; p++) {
            r->extra[first + p] = value_out(b, r->extra[k->first_pred + p], (uint32_t)phi->aux);
        }
    }
}

/* What a phi is, as far as the values that it joins are known: one value that all of them are, or itself; 0: none is known yet. */
static uint32_t meet(const IrBuilder *b, const uint32_t *value_of, uint32_t id)
{
    const IrInsn *phi = build_insn(b, id);
    uint32_t value = 0;
    for (uint32_t i = 0; i < phi->nargs; i++) {
        uint32_t arg = b->r->extra[phi->arg[0] + i];
        if (ir_has_trait(build_insn(b, arg), IR_TRAIT_PHI)) {
            arg = value_of[arg];
        }
        if (arg && value && arg != value) {
            return id;
        }
        value = arg ? arg : value;
    }
    return value;
}

#define FOR_EACH_PHI(id, b, at, next)                                                        \
    for (uint32_t at = 0, id, next; at < (b)->norder; at++)                                  \
        for (id = (b)->r->blocks[(b)->order[at]].first;                                      \
             id && ir_has_trait(build_insn(b, id), IR_TRAIT_PHI) && (next = build_insn(b, id)->next, true); id = next)

/* Removes phis that stand for one value: found from the hope that all do, so that those which only join each other (in loops of several
 * entries every slot has such) go as well. */
static void remove_redundant(IrBuilder *b)
{
    uint32_t *value_of = arena_alloc0(b->arena, b->r->ninsns * sizeof(uint32_t));
    for (bool is_changed = true; is_changed;) {
        is_changed = false;
        FOR_EACH_PHI(id, b, i, next) {
            if (value_of[id] != id) {
                uint32_t value = meet(b, value_of, id);
                is_changed |= value != value_of[id];
                value_of[id] = value;
            }
        }
    }
    FOR_EACH_PHI(id, b, i, next) {
        if (value_of[id] != id) {
            lyre_assert(value_of[id]);
            build_replace(b, id, value_of[id]);
        }
    }
    FOR_EACH_PHI(id, b, i, next) {
        uint32_t *args = &b->r->extra[build_insn(b, id)->arg[0]];
        for (uint32_t p = 0; p < build_insn(b, id)->nargs; p++) {
            args[p] = build_resolve(b, args[p]);
        }
    }
}

void slots_complete(IrBuilder *b)
{
    collect_puts(b);
    find_dirty(b);
    find_live(b);
    for (uint32_t i = 0; i < b->norder; i++) {
        BuildBlock *k = &b->blocks[b->order[i]];
        if (k->parent) { /* starts with what its parent ends with */
            lyre_assert(b->r->extra[b->r->blocks[b->order[i]].first_pred] == k->parent);
            continue;
        }
        FOR_EACH_SLOT(slot, w, &k->live_in) {
            set_in(b, b->order[i], slot);
        }
    }
    bool has_phis = false;
    for (uint32_t i = 0; i < b->norder; i++) {
        const IrBlock *k = &b->r->blocks[b->order[i]];
        if (!k->is_entry && b->blocks[b->order[i]].last_param) {
            fill_phis(b, b->order[i]);
            has_phis = true;
        }
    }
    if (has_phis) {
        remove_redundant(b);
    }
}

/* ---- snapshots */

/* What the snapshots of a block are made from while it is walked: slots away from home, and their final values. */
typedef struct Dirty {
    SlotSet set;
    SlotSet is_marked; /* the value is known to be needed */
    uint32_t values[IR_MAX_SLOTS];
} Dirty;

static void set_dirty(const IrBuilder *b, Dirty *d, uint32_t slot, uint32_t value)
{
    uint64_t bit = 1ull << (slot % 64);
    const IrInsn *i = build_insn(b, value);
    bool is_home = ir_has_trait(i, IR_TRAIT_SLOTIN) && (uint32_t)i->aux == slot && b->r->slots[slot].pin < 0;
    d->set.w[slot / 64] = is_home ? d->set.w[slot / 64] & ~bit : d->set.w[slot / 64] | bit;
    d->is_marked.w[slot / 64] &= ~bit;
    d->values[slot] = value;
}

static uint32_t list_slots(IrBuilder *b, Dirty *d)
{
    IrRegion *r = b->r;
    r->snap_entries = arena_grow(b->arena, r->snap_entries, sizeof(IrSnapEntry), &r->cap_snap_entries,
                                 r->nsnap_entries + IR_MAX_SLOTS);
    IrSnapEntry *start = r->snap_entries + r->nsnap_entries, *e = start;
    FOR_EACH_SLOT(slot, w, &d->set) {
        *e++ = (IrSnapEntry){ (uint16_t)slot, d->values[slot] };
    }
    for (int i = 0; i < WORDS; i++) {
        for (uint64_t w = d->set.w[i] & ~d->is_marked.w[i]; w; w &= w - 1) {
            build_mark(b, d->values[i * 64 + __builtin_ctzll(w)]);
        }
        d->is_marked.w[i] |= d->set.w[i];
    }
    r->nsnap_entries += (uint32_t)(e - start);
    return (uint32_t)(e - start);
}

static void fill_block(IrBuilder *b, uint32_t block)
{
    IrRegion *r = b->r;
    const BuildBlock *k = &b->blocks[block];
    Dirty d;
    d.set = d.is_marked = no_slots;
    SlotSet in = no_slots;
    set_join(&in, &k->dirty_in, &k->put_before_snap);
    FOR_EACH_SLOT(slot, w, &in) {
        set_dirty(b, &d, slot, value_in(b, block, slot));
    }
    uint32_t pos = k->log_first, before = 0;
    for (uint32_t s = k->first_snap; s; s = b->snaps[s].next) {
        bool is_same = before && pos == b->snaps[s].pos;
        for (; pos < b->snaps[s].pos; pos++) {
            set_dirty(b, &d, b->log[pos].slot, build_resolve(b, b->log[pos].value));
        }
        r->snaps[s].first = is_same ? r->snaps[before].first : r->nsnap_entries;
        r->snaps[s].count = is_same ? r->snaps[before].count : list_slots(b, &d);
        before = s;
    }
}

void slots_fill_snapshots(IrBuilder *b)
{
    for (uint32_t i = 0; i < b->norder; i++) {
        if (b->blocks[b->order[i]].first_snap) {
            fill_block(b, b->order[i]);
        }
    }
}
