/* SPDX-License-Identifier: MIT */
/*
 * Removal of dead values: what no effect and no snapshot needs. Loads stay (they may fault), and so do `fp` operations
 * (sticky flags). Also gives every argument its final value and counts uses.
 */
#include <string.h>

#include "tcg/builder_state.h"
#include "util/arena.h"

typedef struct Work {
    uint32_t *ids;
    uint32_t n;
} Work;

static void mark(IrBuilder *b, Work *work, uint32_t *id)
{
    *id = build_resolve(b, *id);
    IrInsn *i = build_insn(b, *id);
    if (!(i->flags & IR_FLAG_MARK)) {
        i->flags |= IR_FLAG_MARK;
        work->ids[work->n++] = *id;
    }
}

static bool has_effect(const IrRegion *r, const IrInsn *i)
{
    enum {
        EFFECTS = IR_TRAIT_FP | IR_TRAIT_FPENV | IR_TRAIT_LOAD | IR_TRAIT_STORE | IR_TRAIT_RMW | IR_TRAIT_FENCE |
                  IR_TRAIT_TERM | IR_TRAIT_POLL
    };
    if (ir_has_trait(i, IR_TRAIT_CALL)) {
        return r->helpers[i->aux].effects != HELPER_PURE;
    }
    return ir_has_trait(i, EFFECTS) || i->op == IR_PUT_INDEXED_I64;
}

/* Argument array of any operation. */
static uint32_t *arguments(const IrRegion *r, IrInsn *i)
{
    return ir_has_trait(i, IR_TRAIT_PHI | IR_TRAIT_CALL) ? &r->extra[i->arg[0]] : i->arg;
}

static void mark_live(IrBuilder *b, Work *work)
{
    IrRegion *r = b->r;
    for (uint32_t i = 0; i < r->nsnap_entries; i++) {
        mark(b, work, &r->snap_entries[i].value);
    }
    for (uint32_t i = 0; i < b->norder; i++) {
        for (uint32_t id = r->blocks[b->order[i]].first; id; id = build_insn(b, id)->next) {
            if (has_effect(r, build_insn(b, id))) {
                uint32_t root = id;
                mark(b, work, &root);
            }
        }
    }
    while (work->n) {
        IrInsn *i = build_insn(b, work->ids[--work->n]);
        uint32_t *arg = arguments(r, i);
        for (uint32_t a = 0; a < i->nargs; a++) {
            mark(b, work, &arg[a]);
        }
    }
}

static void count_use(IrBuilder *b, uint32_t id)
{
    IrInsn *i = build_insn(b, id);
    i->uses = (uint16_t)(i->uses + (i->uses != UINT16_MAX));
}

static void sweep(IrBuilder *b, uint32_t block)
{
    IrRegion *r = b->r;
    uint32_t next;
    for (uint32_t id = r->blocks[block].first; id; id = next) {
        IrInsn *i = build_insn(b, id);
        next = i->next;
        if (!(i->flags & IR_FLAG_MARK)) {
            build_replace(b, id, 0);
            continue;
        }
        i->flags &= (uint8_t)~IR_FLAG_MARK;
        const uint32_t *arg = arguments(r, i);
        for (uint32_t a = 0; a < i->nargs; a++) {
            count_use(b, arg[a]);
        }
        if (ir_has_trait(i, IR_TRAIT_EXIT)) {
            const IrSnapshot *s = &r->snaps[i->snap];
            for (uint32_t e = 0; e < s->count; e++) {
                count_use(b, r->snap_entries[s->first + e].value);
            }
        }
    }
}

void dead_remove(IrBuilder *b)
{
    IrRegion *r = b->r;
    Work work = { arena_alloc(b->arena, r->ninsns * sizeof(uint32_t)), 0 };
    mark_live(b, &work);
    for (uint32_t i = 0; i < b->norder; i++) {
        sweep(b, b->order[i]);
    }
}
