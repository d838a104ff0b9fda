/* SPDX-License-Identifier: MIT */
/*
 * Narrowing of floating-point phis, so that scalar loops stay in their own format:
 *   phi(box a, v) that is unboxed:  a phi of F32 beside it takes a and unbox v; where all inputs are boxed it replaces it
 *   phi(fcanon a, fcanon b):        fcanon(phi(a, b)); arithmetic reads the inner phi
 * At the header of a loop a value of unknown kind from outside is no obstacle: a guard on that edge checks it (opt/guard.h).
 * Runs on regions that box or canonicalise, after phis are complete and before snapshots are listed.
 */
#include "tcg/builder_state.h"
#include "tcg/opt/fold.h"
#include "tcg/opt/fold_rules.h"
#include "tcg/opt/guard.h"
#include "util/arena.h"

typedef enum NarrowFlag {
    WANTED = 1, /* its narrow form is used */
    GAIN = 2,   /* some input has a narrow form already */
    EXACT = 4,  /* all inputs have, or a guard sees to it: the narrow form says everything */
    HEAD = 8,   /* of a loop whose entry edges can be guarded */
} NarrowFlag;

typedef struct Narrow {
    IrBuilder *b;
    uint32_t *phis; /* candidates */
    uint32_t nphis;
    uint32_t *twin; /* by value: its narrow form */
    uint8_t *flags; /* by value */
    uint32_t nvalues;
    Guards guards;
} Narrow;

static uint32_t phi_arg(const IrBuilder *b, uint32_t phi, uint32_t i)
{
    return build_resolve(b, b->r->extra[build_insn(b, phi)->arg[0] + i]);
}

/* Puts a new operation behind `before`, or behind the phis and slot_in's if that is one of them; 0: in front of all. */
static uint32_t insert_after(IrBuilder *b, IrOp op, uint32_t block, uint32_t before)
{
    IrRegion *r = b->r;
    uint32_t id = build_new_insn(r, op);
    uint32_t next = before ? build_insn(b, before)->next : r->blocks[block].first;
    while (before && ir_has_trait(build_insn(b, before), IR_TRAIT_PHI | IR_TRAIT_SLOTIN) &&
           ir_has_trait(build_insn(b, next), IR_TRAIT_PHI | IR_TRAIT_SLOTIN)) {
        before = next;
        next = build_insn(b, next)->next;
    }
    IrInsn *i = build_insn(b, id);
    i->block = block;
    i->prev = before;
    i->next = next;
    build_insn(b, next)->prev = id; /* a terminator follows at the latest */
    if (before) {
        build_insn(b, before)->next = id;
    } else {
        r->blocks[block].first = id;
    }
    return id;
}

static uint32_t insert_unary(IrBuilder *b, IrOp op, uint32_t of, uint32_t arg)
{
    uint32_t id = insert_after(b, op, build_insn(b, of)->block, of);
    build_insn(b, id)->arg[0] = arg;
    return id;
}

static void find_phis(Narrow *n)
{
    IrBuilder *b = n->b;
    n->nvalues = b->r->ninsns;
    n->phis = arena_alloc(b->arena, n->nvalues * sizeof(uint32_t));
    n->twin = arena_alloc0(b->arena, n->nvalues * sizeof(uint32_t));
    n->flags = arena_alloc0(b->arena, n->nvalues);
    n->nphis = 0;
    for (uint32_t k = 0; k < b->norder; k++) {
        uint32_t id = b->r->blocks[b->order[k]].first;
        uint8_t flags = EXACT | (guard_is_head(b, b->order[k]) ? HEAD : 0);
        for (; ir_has_trait(build_insn(b, id), IR_TRAIT_PHI); id = build_insn(b, id)->next) {
            if (build_insn(b, id)->type == IR_F32 || build_insn(b, id)->type == IR_F64) {
                n->flags[id] = flags;
                n->phis[n->nphis++] = id;
            }
        }
    }
}

/* Whether a guard can check the phi's i-th input. */
static bool can_guard(const Narrow *n, uint32_t phi, uint32_t i)
{
    return n->flags[phi] & HEAD && guard_is_outside(n->b, build_insn(n->b, phi)->block, i);
}

/* Takes the guards from phis that are not narrowed: they are no reason to leave a loop. Returns whether there were any. The fixed point
 * is then sought anew from the start, at most MAX_ROUNDS times. */
static bool drop_guards(Narrow *n, bool (*is_unsure)(const Narrow *, uint32_t phi), unsigned round)
{
    enum { MAX_ROUNDS = 4 };
    bool has_any = false;
    for (uint32_t k = 0; k < n->nphis; k++) {
        uint8_t *flags = &n->flags[n->phis[k]];
        bool is_vain = (*flags & (HEAD | EXACT)) == (HEAD | EXACT) && (!(*flags & GAIN) || round >= MAX_ROUNDS) &&
                       is_unsure(n, n->phis[k]);
        has_any |= is_vain;
        *flags &= (uint8_t)~(is_vain ? HEAD : 0);
    }
    for (uint32_t k = 0; k < n->nphis && has_any; k++) {
        n->flags[n->phis[k]] = (n->flags[n->phis[k]] & (uint8_t)~GAIN) | EXACT;
    }
    return has_any;
}

/* A phi of `op` beside each phi with `flag`; its arguments are filled in by the caller. */
static void make_twins(Narrow *n, unsigned flag, bool is_f32, unsigned insn_flags)
{
    IrBuilder *b = n->b;
    for (uint32_t k = 0; k < n->nphis; k++) {
        uint32_t p = n->phis[k];
        if ((n->flags[p] & flag) != flag) {
            continue;
        }
        IrType type = is_f32 ? IR_F32 : (IrType)build_insn(b, p)->type;
        uint32_t id = insert_after(b, build_phi_op(type), build_insn(b, p)->block, 0);
        IrInsn *twin = build_insn(b, id);
        const IrInsn *of = build_insn(b, p);
        uint32_t first = b->r->nextra;
        b->r->extra = arena_grow(b->arena, b->r->extra, sizeof(uint32_t), &b->r->cap_extra, first + of->nargs);
        b->r->nextra += of->nargs;
        twin->aux = of->aux;
        twin->flags = (uint8_t)insn_flags;
        twin->nargs = of->nargs;
        twin->arg[0] = first;
        n->twin[p] = id;
    }
}

/* ---- boxes */

static bool is_boxed_const(const IrInsn *i)
{
    return i->op == IR_CONST_F64 && i->imm >> 32 == UINT32_MAX;
}

/* Whether the phi has an input that only a guard makes a box. */
static bool is_unsure_box(const Narrow *n, uint32_t phi)
{
    const IrBuilder *b = n->b;
    for (uint32_t i = 0; i < build_insn(b, phi)->nargs; i++) {
        uint32_t v = phi_arg(b, phi, i);
        IrOp op = op_of(b, v);
        bool is_sure = op == IR_PHI_F64 ? n->flags[v] & EXACT : op == IR_BOX_F64 || is_boxed_const(build_insn(b, v));
        if (!is_sure && can_guard(n, phi, i)) {
            return true;
        }
    }
    return false;
}

static uint8_t box_flags(Narrow *n, uint32_t p, bool *is_changed)
{
    IrBuilder *b = n->b;
    uint8_t flags = n->flags[p];
    for (uint32_t i = 0; i < build_insn(b, p)->nargs; i++) {
        uint32_t v = phi_arg(b, p, i);
        IrOp op = op_of(b, v);
        bool is_exact = can_guard(n, p, i) && !ir_has_trait(build_insn(b, v), IR_TRAIT_FLOAT);
        if (op == IR_PHI_F64) {
            is_exact |= (n->flags[v] & EXACT) != 0;
            flags |= n->flags[v] & GAIN;
            if (flags & WANTED && !(n->flags[v] & WANTED)) {
                n->flags[v] |= WANTED;
                *is_changed = true;
            }
        } else if (op == IR_BOX_F64) {
            is_exact = true;
            flags |= GAIN;
        } else {
            is_exact |= is_boxed_const(build_insn(b, v));
        }
        flags &= (uint8_t)~(is_exact ? 0 : EXACT);
    }
    return flags;
}

static void spread_boxes(Narrow *n)
{
    for (bool is_changed = true; is_changed;) {
        is_changed = false;
        for (uint32_t k = 0; k < n->nphis; k++) {
            uint32_t p = n->phis[k];
            uint8_t flags = build_insn(n->b, p)->type == IR_F64 ? box_flags(n, p, &is_changed) : 0;
            is_changed |= flags != n->flags[p];
            n->flags[p] = flags;
        }
    }
}

/* Phis that are boxes in all ways, wanted or not: boxing moves out of the loop. */
static bool has_exact_gain(Narrow *n)
{
    bool has_any = false;
    for (uint32_t k = 0; k < n->nphis; k++) {
        uint8_t *flags = &n->flags[n->phis[k]];
        bool is_gain = (*flags & (EXACT | GAIN)) == (EXACT | GAIN);
        *flags |= is_gain ? WANTED : 0;
        has_any |= is_gain;
    }
    return has_any;
}

/* Flags of boxed phis: wanted from unbox operations and through the phis' inputs, gain and exactness to a fixed point. */
static bool flag_boxes(Narrow *n)
{
    IrBuilder *b = n->b;
    bool has_use = false;
    for (uint32_t k = 0; k < b->norder; k++) {
        for (uint32_t id = b->r->blocks[b->order[k]].first; id; id = build_insn(b, id)->next) {
            uint32_t v = build_insn(b, id)->op == IR_UNBOX_F32 ? build_resolve(b, build_insn(b, id)->arg[0]) : 0;
            if (v && op_of(b, v) == IR_PHI_F64) {
                n->flags[v] |= WANTED;
                has_use = true;
            }
        }
    }
    unsigned round = 0;
    do {
        spread_boxes(n);
        has_use |= has_exact_gain(n);
    } while (drop_guards(n, is_unsure_box, round++));
    return has_use;
}

static uint32_t unboxed(Narrow *n, uint32_t v)
{
    IrBuilder *b = n->b;
    const IrInsn *i = build_insn(b, v);
    if (i->op == IR_BOX_F64) {
        return build_resolve(b, i->arg[0]);
    }
    if (i->op == IR_CONST_F64) {
        return build_const(b, IR_CONST_F32, is_boxed_const(i) ? (uint32_t)i->imm : 0x7fc00000u);
    }
    if (!n->twin[v]) {
        n->twin[v] = insert_unary(b, IR_UNBOX_F32, v, v);
    }
    return n->twin[v];
}

/* The F32 in what is known to be a box, at the start of `block`. */
static uint32_t low_half(IrBuilder *b, uint32_t block, uint32_t v)
{
    uint32_t low = insert_after(b, IR_VLOW32_F32, block, 0);
    uint32_t wide = insert_after(b, IR_VFROM64_V128, block, 0);
    build_insn(b, wide)->arg[0] = v;
    build_insn(b, low)->arg[0] = wide;
    return low;
}

static bool is_exact_box(const Narrow *n, uint32_t v)
{
    IrOp op = op_of(n->b, v);
    return op == IR_BOX_F64 || is_boxed_const(build_insn(n->b, v)) || (op == IR_PHI_F64 && n->flags[v] & EXACT);
}

/* The narrow form of a phi's i-th input. */
static uint32_t unboxed_input(Narrow *n, uint32_t phi, uint32_t i)
{
    uint32_t v = phi_arg(n->b, phi, i);
    if (n->flags[phi] & EXACT && !is_exact_box(n, v)) {
        uint32_t block = guards_add(&n->guards, build_insn(n->b, phi)->block, i, GUARD_BOXED, v);
        return low_half(n->b, block, v);
    }
    return unboxed(n, v);
}

static void narrow_boxes(Narrow *n)
{
    IrBuilder *b = n->b;
    if (!flag_boxes(n)) {
        return;
    }
    make_twins(n, WANTED | GAIN, true, 0);
    for (uint32_t k = 0; k < n->nphis; k++) {
        uint32_t p = n->phis[k];
        if ((n->flags[p] & (WANTED | GAIN)) != (WANTED | GAIN)) {
            continue;
        }
        for (uint32_t i = 0; i < build_insn(b, p)->nargs; i++) {
            uint32_t v = unboxed_input(n, p, i);
            b->r->extra[build_insn(b, n->twin[p])->arg[0] + i] = v;
        }
    }
    for (uint32_t k = 0; k < b->norder; k++) {
        uint32_t next;
        for (uint32_t id = b->r->blocks[b->order[k]].first; id; id = next) {
            next = build_insn(b, id)->next;
            uint32_t v = build_insn(b, id)->op == IR_UNBOX_F32 ? build_resolve(b, build_insn(b, id)->arg[0]) : 0;
            if (v && v < n->nvalues && n->twin[v] && n->twin[v] != id) {
                build_replace(b, id, n->twin[v]);
            }
        }
    }
    for (uint32_t k = 0; k < n->nphis; k++) {
        uint32_t p = n->phis[k];
        if ((n->flags[p] & (WANTED | GAIN | EXACT)) == (WANTED | GAIN | EXACT)) {
            uint32_t box = insert_unary(b, IR_BOX_F64, p, n->twin[p]);
            build_replace(b, p, box);
        }
    }
}

/* ---- canonical NaNs */

static bool is_quiet_result(const Narrow *n, uint32_t v)
{
    return build_insn(n->b, v)->flags & IR_FLAG_QUIET || fold_is_quiet(n->b, v);
}

static bool is_canonical(const IrInsn *i)
{
    switch (i->op) {
    case IR_CONST_F32:
        return (i->imm & 0x7fffffff) <= 0x7f800000 || i->imm == 0x7fc00000;
    case IR_CONST_F64:
        return (i->imm & INT64_MAX) <= 0x7ff0000000000000 || i->imm == 0x7ff8000000000000;
    case IR_FCANON_F32:
    case IR_FCANON_F64:
        return true;
    default:
        return i->op >= IR_I32_S_TO_F32_F32 && i->op <= IR_I64_U_TO_F64_F64;
    }
}

/* Whether the value is an fcanon that a phi can do without. */
static bool is_spare(const Narrow *n, const IrInsn *i)
{
    return (i->op == IR_FCANON_F32 || i->op == IR_FCANON_F64) && !(i->flags & IR_FLAG_KEPT) &&
           is_quiet_result(n, build_resolve(n->b, i->arg[0]));
}

static bool is_unsure_canon(const Narrow *n, uint32_t phi)
{
    const IrBuilder *b = n->b;
    for (uint32_t i = 0; i < build_insn(b, phi)->nargs; i++) {
        uint32_t v = phi_arg(b, phi, i);
        const IrInsn *a = build_insn(b, v);
        bool is_sure = ir_has_trait(a, IR_TRAIT_PHI) ? n->flags[v] & EXACT : is_canonical(a);
        if (!is_sure && can_guard(n, phi, i)) {
            return true;
        }
    }
    return false;
}

/* EXACT: every input is canonical; GAIN: some fcanon falls away. */
static uint8_t canon_flags(const Narrow *n, uint32_t p)
{
    const IrBuilder *b = n->b;
    uint8_t flags = n->flags[p];
    for (uint32_t i = 0; i < build_insn(b, p)->nargs; i++) {
        uint32_t v = phi_arg(b, p, i);
        const IrInsn *a = build_insn(b, v);
        bool may_guard = can_guard(n, p, i);
        if (ir_has_trait(a, IR_TRAIT_PHI)) {
            flags &= (uint8_t)~(n->flags[v] & EXACT || may_guard ? 0 : EXACT);
            flags |= n->flags[v] & EXACT && !may_guard ? n->flags[v] & GAIN : 0;
        } else if (!is_canonical(a)) {
            flags &= (uint8_t)~(may_guard && !ir_has_trait(a, IR_TRAIT_FLOAT) ? 0 : EXACT);
        } else if (is_spare(n, a)) {
            flags |= GAIN;
        }
    }
    return flags & EXACT ? flags : flags & HEAD;
}

static bool flag_canonical(Narrow *n)
{
    unsigned round = 0;
    do {
        for (bool is_changed = true; is_changed;) {
            is_changed = false;
            for (uint32_t k = 0; k < n->nphis; k++) {
                uint32_t p = n->phis[k];
                uint8_t flags = canon_flags(n, p);
                is_changed |= flags != n->flags[p];
                n->flags[p] = flags;
            }
        }
    } while (drop_guards(n, is_unsure_canon, round++));
    for (uint32_t k = 0; k < n->nphis; k++) {
        if (n->flags[n->phis[k]] & GAIN) {
            return true;
        }
    }
    return false;
}

/* Arithmetic that reads fcanon of a phi made here reads the phi. */
static void bypass_canon(Narrow *n)
{
    IrBuilder *b = n->b;
    for (uint32_t k = 0; k < b->norder; k++) {
        for (uint32_t id = b->r->blocks[b->order[k]].first; id; id = build_insn(b, id)->next) {
            IrInsn *i = build_insn(b, id);
            if (!fold_ignores_payload(i->op)) {
                continue;
            }
            for (unsigned a = 0; a < i->nargs; a++) {
                uint32_t v = build_resolve(b, i->arg[a]);
                const IrInsn *c = build_insn(b, v);
                if ((c->op == IR_FCANON_F32 || c->op == IR_FCANON_F64) && is_quiet_result(n, build_resolve(b, c->arg[0]))) {
                    i->arg[a] = c->arg[0];
                }
            }
        }
    }
}

static void narrow_canonical(Narrow *n)
{
    IrBuilder *b = n->b;
    if (!flag_canonical(n)) {
        return;
    }
    make_twins(n, EXACT | GAIN, false, IR_FLAG_QUIET); /* canonical constants, results */
    for (uint32_t k = 0; k < n->nphis; k++) {
        uint32_t p = n->phis[k];
        if ((n->flags[p] & (EXACT | GAIN)) != (EXACT | GAIN)) {
            continue;
        }
        for (uint32_t i = 0; i < build_insn(b, p)->nargs; i++) {
            uint32_t v = phi_arg(b, p, i);
            const IrInsn *a = build_insn(b, v);
            if (is_spare(n, a)) {
                v = build_resolve(b, a->arg[0]);
            } else if (ir_has_trait(a, IR_TRAIT_PHI) && n->flags[v] & EXACT) {
                v = n->twin[v] ? n->twin[v] : v;
            } else if (!is_canonical(a)) {
                guards_add(&n->guards, build_insn(b, p)->block, i, GUARD_CANON, v);
            }
            b->r->extra[build_insn(b, n->twin[p])->arg[0] + i] = v;
        }
    }
    for (uint32_t k = 0; k < n->nphis; k++) {
        uint32_t p = n->phis[k];
        if (n->twin[p]) {
            IrOp op = build_insn(b, p)->type == IR_F32 ? IR_FCANON_F32 : IR_FCANON_F64;
            uint32_t canon = insert_unary(b, op, p, n->twin[p]);
            build_replace(b, p, canon);
        }
    }
}

void narrow_phis(IrBuilder *b)
{
    if (!b->has_box && !b->has_canon) {
        return;
    }
    Narrow n = { .b = b };
    guards_init(&n.guards, b);
    find_phis(&n);
    if (n.nphis && b->has_box) {
        narrow_boxes(&n);
        find_phis(&n);
    }
    if (n.nphis && b->has_canon) {
        narrow_canonical(&n);
        bypass_canon(&n);
    }
    guards_build(&n.guards);
}
