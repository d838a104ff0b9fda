/* SPDX-License-Identifier: MIT */
/*
 * Narrowing of floating-point phis, so that scalar loops stay in their own format:
 *   phi(box a, v) that is unboxed:  a phi of F32 beside it takes a and unbox v; where all inputs are boxed it replaces it
 *   phi(fcanon a, fcanon b):        fcanon(phi(a, b)); arithmetic reads the inner phi
 * Only where it saves work in the innermost loop that the phis pass through: phis that are joined by their arguments (a web)
 * are narrowed together or not at all. Runs on regions that box or canonicalise, before snapshots are listed.
 */
#include "tcg/builder_state.h"
#include "tcg/opt/fold.h"
#include "tcg/opt/fold_rules.h"
#include "util/arena.h"

typedef enum NarrowFlag {
    WANTED = 1, /* its narrow form is used */
    GAIN = 2,   /* some input has a narrow form already */
    EXACT = 4,  /* all inputs have: the narrow form says everything */
    CHOSEN = 8, /* to be narrowed */
} NarrowFlag;

typedef struct Narrow {
    IrBuilder *b;
    uint32_t *phis; /* candidates */
    uint32_t nphis;
    uint32_t *twin; /* by value: its narrow form */
    uint8_t *flags; /* by value */
    uint8_t *used;  /* by value: depth of the deepest use that decides (depths count from 1; 0: none) */
    uint32_t *web;  /* by value: another phi of its web, itself in the end */
    uint8_t *depth, *gain; /* by web: deepest phi; whether something is saved there (BAD: something is lost) */
    uint32_t nvalues;
} Narrow;

enum { BAD = 2, MAX_BESIDE = 4 /* boxed phis that get a twin and stay: each costs a register */ };

static uint32_t phi_arg(const IrBuilder *b, uint32_t phi, uint32_t i)
{
    return build_resolve(b, b->r->extra[build_insn(b, phi)->arg[0] + i]);
}

static unsigned depth_of(const IrBuilder *b, uint32_t v)
{
    unsigned depth = b->r->blocks[build_insn(b, v)->block].loop_depth;
    return depth < 255 ? depth + 1 : 255;
}

static void note_use(Narrow *n, uint32_t v, unsigned depth)
{
    n->used[v] = (uint8_t)(n->used[v] > depth ? n->used[v] : depth);
}

static uint32_t web_of(const Narrow *n, uint32_t v)
{
    while (n->web[v] != v) {
        v = n->web[v] = n->web[n->web[v]];
    }
    return v;
}

/* Joins the phis with `flag` that are arguments of one another. */
static void join_webs(Narrow *n, unsigned flag)
{
    for (uint32_t k = 0; k < n->nphis; k++) {
        n->web[n->phis[k]] = n->phis[k];
    }
    for (uint32_t k = 0; k < n->nphis; k++) {
        uint32_t p = n->phis[k];
        for (uint32_t i = 0; (n->flags[p] & flag) == flag && i < build_insn(n->b, p)->nargs; i++) {
            uint32_t v = phi_arg(n->b, p, i);
            if (ir_has_trait(build_insn(n->b, v), IR_TRAIT_PHI) && (n->flags[v] & flag) == flag) {
                n->web[web_of(n, v)] = web_of(n, p);
            }
        }
    }
    for (uint32_t k = 0; k < n->nphis; k++) {
        uint32_t p = n->phis[k], w = web_of(n, p);
        unsigned depth = (n->flags[p] & flag) == flag ? depth_of(n->b, p) : 0;
        n->depth[w] = (uint8_t)(n->depth[w] > depth ? n->depth[w] : depth);
    }
}

/* CHOSEN: the phis with `flag` of webs that gain and lose nothing. */
static void choose_webs(Narrow *n, unsigned flag)
{
    for (uint32_t k = 0; k < n->nphis; k++) {
        uint32_t p = n->phis[k];
        bool is_chosen = (n->flags[p] & flag) == flag && n->gain[web_of(n, p)] == 1;
        n->flags[p] |= is_chosen ? CHOSEN : 0;
    }
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
    n->used = arena_alloc0(b->arena, n->nvalues);
    n->web = arena_alloc(b->arena, n->nvalues * sizeof(uint32_t));
    n->depth = arena_alloc0(b->arena, n->nvalues);
    n->gain = arena_alloc0(b->arena, n->nvalues);
    n->nphis = 0;
    for (uint32_t k = 0; k < b->norder; k++) {
        uint32_t id = b->r->blocks[b->order[k]].first;
        for (; ir_has_trait(build_insn(b, id), IR_TRAIT_PHI); id = build_insn(b, id)->next) {
            if (build_insn(b, id)->type == IR_F32 || build_insn(b, id)->type == IR_F64) {
                n->phis[n->nphis++] = id;
            }
        }
    }
}

/* A phi beside each chosen one; its arguments are filled in by the caller. */
static void make_twins(Narrow *n, bool is_f32, unsigned insn_flags)
{
    IrBuilder *b = n->b;
    for (uint32_t k = 0; k < n->nphis; k++) {
        uint32_t p = n->phis[k];
        if (!(n->flags[p] & CHOSEN)) {
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
                note_use(n, v, depth_of(b, id));
                has_use = true;
            }
        }
    }
    for (uint32_t k = 0; k < n->nphis; k++) {
        n->flags[n->phis[k]] |= EXACT;
    }
    for (bool is_changed = has_use; is_changed;) {
        is_changed = false;
        for (uint32_t k = 0; k < n->nphis; k++) {
            uint32_t p = n->phis[k];
            uint8_t flags = n->flags[p];
            for (uint32_t i = 0; i < build_insn(b, p)->nargs; i++) {
                uint32_t v = phi_arg(b, p, i);
                IrOp op = op_of(b, v);
                if (op == IR_PHI_F64) {
                    flags |= n->flags[v] & GAIN;
                    flags &= (uint8_t)~(n->flags[v] & EXACT ? 0 : EXACT);
                    if (flags & WANTED && !(n->flags[v] & WANTED)) {
                        n->flags[v] |= WANTED;
                        is_changed = true;
                    }
                } else if (op == IR_BOX_F64) {
                    flags |= GAIN;
                } else if (!is_boxed_const(build_insn(b, v))) {
                    flags &= (uint8_t)~EXACT;
                }
            }
            is_changed |= flags != n->flags[p];
            n->flags[p] = flags;
        }
    }
    return has_use;
}

/* A web gains by an unbox in its deepest loop. */
static void weigh_boxes(Narrow *n)
{
    uint8_t *nbeside = arena_alloc0(n->b->arena, n->nvalues);
    join_webs(n, WANTED | GAIN);
    for (uint32_t k = 0; k < n->nphis; k++) {
        uint32_t p = n->phis[k], w = web_of(n, p);
        n->gain[w] |= n->used[p] >= n->depth[w] && n->depth[w];
        nbeside[w] = (uint8_t)(nbeside[w] + (!(n->flags[p] & EXACT) && nbeside[w] < UINT8_MAX));
        n->gain[w] |= nbeside[w] > MAX_BESIDE ? BAD : 0;
    }
    choose_webs(n, WANTED | GAIN);
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

static void narrow_boxes(Narrow *n)
{
    IrBuilder *b = n->b;
    if (!flag_boxes(n)) {
        return;
    }
    weigh_boxes(n);
    make_twins(n, true, 0);
    for (uint32_t k = 0; k < n->nphis; k++) {
        uint32_t p = n->phis[k];
        if (!(n->flags[p] & CHOSEN)) {
            continue;
        }
        for (uint32_t i = 0; i < build_insn(b, p)->nargs; i++) {
            uint32_t v = unboxed(n, phi_arg(b, p, i));
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
        if ((n->flags[p] & (CHOSEN | EXACT)) == (CHOSEN | EXACT)) {
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

/* EXACT: every input is canonical; GAIN: some fcanon falls away. */
static bool flag_canonical(Narrow *n)
{
    IrBuilder *b = n->b;
    for (uint32_t k = 0; k < n->nphis; k++) {
        n->flags[n->phis[k]] = EXACT;
    }
    bool has_gain = false;
    for (bool is_changed = true; is_changed;) {
        is_changed = false;
        for (uint32_t k = 0; k < n->nphis; k++) {
            uint32_t p = n->phis[k];
            uint8_t flags = n->flags[p];
            for (uint32_t i = 0; i < build_insn(b, p)->nargs && flags & EXACT; i++) {
                uint32_t v = phi_arg(b, p, i);
                const IrInsn *a = build_insn(b, v);
                if (ir_has_trait(a, IR_TRAIT_PHI)) {
                    flags = n->flags[v] & EXACT ? flags | (n->flags[v] & GAIN) : 0;
                } else if (!is_canonical(a)) {
                    flags = 0;
                } else if ((a->op == IR_FCANON_F32 || a->op == IR_FCANON_F64) &&
                           is_quiet_result(n, build_resolve(b, a->arg[0]))) {
                    flags |= GAIN;
                }
            }
            is_changed |= flags != n->flags[p];
            n->flags[p] = flags;
            has_gain |= flags & GAIN;
        }
    }
    return has_gain;
}

static bool is_quiet_canon(const Narrow *n, uint32_t v)
{
    const IrInsn *i = build_insn(n->b, v);
    return (i->op == IR_FCANON_F32 || i->op == IR_FCANON_F64) && is_quiet_result(n, build_resolve(n->b, i->arg[0]));
}

/* Where the canonical value itself is read: not by arithmetic, not by phis of the webs. Snapshots make it when they need it, in
 * a box too: boxes count as their own uses do, which follow them in the order. */
static void note_sinks(Narrow *n)
{
    IrBuilder *b = n->b;
    for (uint32_t k = b->norder; k-- > 0;) {
        for (uint32_t id = b->r->blocks[b->order[k]].last; id; id = build_insn(b, id)->prev) {
            const IrInsn *i = build_insn(b, id);
            bool is_phi = ir_has_trait(i, IR_TRAIT_PHI), is_box = i->op == IR_BOX_F64;
            if (fold_ignores_payload(i->op) || (is_phi && n->flags[id] & EXACT) || (is_box && !n->used[id])) {
                continue;
            }
            const uint32_t *arg = is_phi || ir_has_trait(i, IR_TRAIT_CALL) ? &b->r->extra[i->arg[0]] : i->arg;
            for (unsigned a = 0; a < i->nargs; a++) {
                note_use(n, build_resolve(b, arg[a]), is_box ? n->used[id] : depth_of(b, id));
            }
        }
    }
}

/* A web gains by a fcanon in its deepest loop that falls away there, and loses by one that stays or comes. */
static void weigh_canonical(Narrow *n)
{
    IrBuilder *b = n->b;
    join_webs(n, EXACT);
    note_sinks(n);
    for (uint32_t k = 0; k < n->nphis; k++) {
        uint32_t p = n->phis[k], w = web_of(n, p);
        if (!(n->flags[p] & EXACT)) {
            continue;
        }
        n->gain[w] |= n->used[p] >= n->depth[w] ? BAD : 0;
        for (uint32_t i = 0; i < build_insn(b, p)->nargs; i++) {
            uint32_t v = phi_arg(b, p, i);
            if (is_quiet_canon(n, v) && depth_of(b, v) >= n->depth[w]) {
                n->gain[w] |= n->used[v] >= n->depth[w] ? BAD : 1;
            }
        }
    }
    choose_webs(n, EXACT | GAIN);
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
                if (is_quiet_canon(n, v)) {
                    i->arg[a] = build_insn(b, v)->arg[0];
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
    weigh_canonical(n);
    make_twins(n, false, IR_FLAG_QUIET); /* of canonical constants and results */
    for (uint32_t k = 0; k < n->nphis; k++) {
        uint32_t p = n->phis[k];
        if (!(n->flags[p] & CHOSEN)) {
            continue;
        }
        for (uint32_t i = 0; i < build_insn(b, p)->nargs; i++) {
            uint32_t v = phi_arg(b, p, i);
            if (is_quiet_canon(n, v)) {
                v = build_resolve(b, build_insn(b, v)->arg[0]);
            } else if (ir_has_trait(build_insn(b, v), IR_TRAIT_PHI) && n->twin[v]) {
                v = n->twin[v];
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
    find_phis(&n);
    if (n.nphis && b->has_box) {
        narrow_boxes(&n);
        find_phis(&n);
    }
    if (n.nphis && b->has_canon) {
        narrow_canonical(&n);
        bypass_canon(&n);
    }
}
