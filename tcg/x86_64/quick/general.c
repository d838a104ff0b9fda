/* SPDX-License-Identifier: MIT */
/*
 * Operations without a row of their own: the general way's selection makes machine operations of one IR operation, whose operands
 * get registers here, from the last to the first. Virtual registers stand for IR values (MVreg.value), which are where value.c
 * says, or for temporaries, which live within the IR operation and stay in one register.
 */
#include "tcg/x86_64/quick/quick.h"
#include "tcg/x86_64/select.h"
#include "util/arena.h"
#include "util/assert.h"

/* The register of an operand must have its value before the operation. */
typedef struct Fetch {
    uint32_t vreg;
    unsigned reg;
} Fetch;
enum { MAX_FETCHES = 8 };

typedef struct Place {
    Quick *q;
    General *g;
    MOperand *ops;
    const MInsn *insn;
    uint32_t fixed;  /* registers that operands which are read, or temporaries, must have */
    uint32_t shared; /* registers of plain results: operands that are read before may have them */
    Fetch fetches[MAX_FETCHES];
    unsigned nfetches;
} Place;

static General *begin(Quick *q)
{
    if (!q->general) {
        struct Arena *arena = q->r->arena;
        General *g = q->general = arena_alloc0(arena, sizeof *g);
        g->m.arena = arena;
        g->sel = arena_alloc(arena, sizeof(Sel));
        sel_begin_alone(g->sel, q->b->r, q->settings, &g->m);
    }
    return q->general;
}

/* ---- where virtual registers are */

static uint32_t value_of(const Place *p, uint32_t vreg) { return p->g->m.vregs[vreg].value; }
static bool is_vec(const Place *p, uint32_t vreg) { return p->g->m.vregs[vreg].cls == M_VEC; }
static unsigned numbered(const Place *p, uint32_t vreg, unsigned reg) { return reg + (is_vec(p, vreg) ? Q_XMM : 0); }

static unsigned where(const Place *p, uint32_t vreg)
{
    uint32_t v = value_of(p, vreg);
    return v ? quick_where(p->q, v) : p->g->reg[vreg] ? p->g->reg[vreg] - 1u : Q_NO_REG;
}

static void settle(Place *p, uint32_t vreg, unsigned reg)
{
    uint32_t v = value_of(p, vreg);
    if (p->q->is_failed) {
        return;
    }
    if (v) {
        quick_assign(p->q, reg, v);
    } else {
        p->g->reg[vreg] = (uint8_t)(reg + 1);
        p->q->held |= 1u << reg;
    }
}

static void lock(Place *p, unsigned reg) { p->q->locked |= 1u << reg; }

static void copy(Place *p, uint32_t vreg, unsigned dst, unsigned src)
{
    quick_mov(p->q, p->g->m.vregs[vreg].size, dst, x86_rm_reg(src % Q_XMM));
}

/* Empties a register that the operation names; what is there after is elsewhere before. */
static void vacate(Place *p, unsigned reg)
{
    Quick *q = p->q;
    if (q->value[reg]) {
        quick_evict(q, reg);
    }
    if (q->held >> reg & 1) {
        for (uint32_t t = 1; t < p->g->m.nvregs; t++) {
            if (p->g->reg[t] == reg + 1) {
                lock(p, reg);
                unsigned other = quick_allocate(q, reg >= Q_XMM);
                copy(p, t, reg, other);
                q->held &= ~(1u << reg);
                settle(p, t, other);
                return;
            }
        }
    }
}

/* ---- operands of one machine operation */

static bool is_def(const MOperand *o) { return o->role == M_DEF || o->role == M_DEF_EARLY || o->role == M_TIED; }

static void set_loc(MOperand *o, unsigned reg)
{
    o->loc = (Loc){ LOC_REG, reg >= Q_XMM ? M_VEC : M_GPR, (uint16_t)(reg % Q_XMM) };
}

static void place_def(Place *p, MOperand *o)
{
    Quick *q = p->q;
    uint32_t v = value_of(p, o->vreg);
    unsigned reg = v ? (q->vals[v].reg ? q->vals[v].reg - 1u : Q_NO_REG) : where(p, o->vreg), made = reg;
    if (o->constraint == M_FIXED) {
        made = numbered(p, o->vreg, o->fixed);
        if (reg != made) {
            vacate(p, made);
        }
        lock(p, made);
    } else if (reg == Q_NO_REG || p->fixed >> reg & 1) {
        made = quick_allocate(q, is_vec(p, o->vreg));
    }
    if (v && q->vals[v].spill) {
        quick_store_spill(q, v, made);
    }
    if (reg != Q_NO_REG) {
        if (reg != made) {
            copy(p, o->vreg, reg, made);
        }
        if (v) {
            quick_release(q, reg);
        } else {
            q->held &= ~(1u << reg);
            p->g->reg[o->vreg] = 0;
        }
    }
    lock(p, made);
    p->shared |= o->role == M_DEF ? 1u << made : 0;
    set_loc(o, made);
}

static void place_temp(Place *p, MOperand *o)
{
    unsigned reg;
    if (o->constraint == M_FIXED) {
        reg = numbered(p, o->vreg, o->fixed);
        vacate(p, reg);
        lock(p, reg);
    } else {
        reg = quick_allocate(p->q, is_vec(p, o->vreg));
    }
    set_loc(o, reg);
}

static void fetch(Place *p, MOperand *o, unsigned reg)
{
    lyre_assert(p->nfetches < MAX_FETCHES);
    p->fetches[p->nfetches++] = (Fetch){ o->vreg, reg };
    lock(p, reg);
    set_loc(o, reg);
}

/* The register that a use must have: that of the result tied to it, or a fixed one. */
static bool place_fixed_use(Place *p, MOperand *o)
{
    for (unsigned k = 0; k < p->insn->nops; k++) {
        const MOperand *d = &p->ops[k];
        if (d->role == M_TIED && &p->ops[d->tied] == o) {
            fetch(p, o, d->loc.index + (d->loc.cls == M_VEC ? Q_XMM : 0));
            return true;
        }
    }
    if (o->constraint != M_FIXED) {
        return false;
    }
    unsigned reg = numbered(p, o->vreg, o->fixed);
    if (where(p, o->vreg) != reg) {
        vacate(p, reg);
    }
    fetch(p, o, reg);
    return true;
}

static void place_use(Place *p, MOperand *o)
{
    Quick *q = p->q;
    uint32_t v = value_of(p, o->vreg), locked = q->locked;
    if (o->role == M_USE) {
        q->locked &= ~p->shared;
    }
    unsigned reg;
    if (v) {
        reg = quick_reg(q, v);
    } else {
        reg = where(p, o->vreg);
        if (reg == Q_NO_REG) {
            reg = quick_allocate(q, is_vec(p, o->vreg));
            settle(p, o->vreg, reg);
        }
    }
    q->locked = locked | 1u << reg;
    p->shared &= ~(1u << reg);
    set_loc(o, reg);
}

/* Before the operation: what its fixed registers hold comes from where it is, or is made there. */
static void do_fetches(Place *p)
{
    for (unsigned n = 0; n < p->nfetches; n++) {
        Fetch f = p->fetches[n];
        uint32_t v = value_of(p, f.vreg);
        unsigned at = where(p, f.vreg);
        if (at == f.reg) {
            continue;
        }
        if (at != Q_NO_REG) {
            copy(p, f.vreg, f.reg, at);
        } else if (v) {
            quick_move_to(p->q, f.reg, v);
        } else {
            settle(p, f.vreg, f.reg);
        }
    }
}

/* Pins have no place for anything else. */
static void find_fixed(Place *p)
{
    for (unsigned k = 0; k < p->insn->nops; k++) {
        const MOperand *o = &p->ops[k];
        if (o->vreg && o->constraint == M_FIXED) {
            uint32_t bit = 1u << numbered(p, o->vreg, o->fixed);
            p->fixed |= is_def(o) ? 0 : bit;
            p->q->is_failed |= !(bit & (Q_GPRS | Q_XMMS));
        }
    }
}

static void place(Quick *q, General *g, uint32_t index)
{
    MInsn *insn = &g->m.insns[index];
    Place p = { .q = q, .g = g, .insn = insn, .ops = &g->m.operands[insn->first_op] };
    find_fixed(&p);
    q->locked = p.fixed;
    for (unsigned k = 0; k < insn->nops; k++) {
        if (p.ops[k].vreg && is_def(&p.ops[k])) {
            place_def(&p, &p.ops[k]);
        }
    }
    bool is_placed[16] = { false };
    lyre_assert(insn->nops <= 16);
    for (unsigned k = 0; k < insn->nops; k++) {
        MOperand *o = &p.ops[k];
        is_placed[k] = !o->vreg || is_def(o) || (o->role != M_TEMP && place_fixed_use(&p, o));
    }
    for (unsigned k = 0; k < insn->nops; k++) {
        if (!is_placed[k] && p.ops[k].role == M_TEMP) {
            place_temp(&p, &p.ops[k]);
        } else if (!is_placed[k] && p.ops[k].role == M_USE_LATE) {
            place_use(&p, &p.ops[k]);
        }
    }
    for (unsigned k = 0; k < insn->nops; k++) {
        if (!is_placed[k] && p.ops[k].role == M_USE) {
            place_use(&p, &p.ops[k]);
        }
    }
    QOp *op = quick_new(q);
    op->kind = Q_MOP;
    op->id = index;
    do_fetches(&p);
}

/* ---- one IR operation */

/* The results are made in allocated registers: a pin may be read by the operation, and must not change before it faults. */
static void leave_pin(Quick *q, uint32_t v)
{
    unsigned pin = q->vals[v].reg - 1u;
    if (q->vals[v].reg && pin < Q_XMM && !(Q_GPRS >> pin & 1)) {
        unsigned reg = quick_allocate(q, false);
        quick_mov(q, quick_size(&q->insns[v]), pin, x86_rm_reg(reg));
        quick_release(q, pin);
        if (!q->is_failed) {
            quick_assign(q, reg, v);
        }
    }
}

static void want(Quick *q, General *g, uint32_t v)
{
    leave_pin(q, v);
    g->sel->vreg[v] = sel_new_typed(g->sel, q->insns[v].type);
    g->m.vregs[g->sel->vreg[v]].value = v;
}

/* Its operation makes it. */
void quick_result(Quick *q, uint32_t id, const IrInsn *i, const QRow *row)
{
    if (quick_is_wanted(q, id)) {
        q->is_failed |= q->vals[i->arg[0]].second != 0; /* one is enough for all front ends */
        q->vals[i->arg[0]].second = id;
    }
}

void quick_general(Quick *q, uint32_t id, const IrInsn *i, const QRow *row)
{
    General *g = begin(q);
    Sel *s = g->sel;
    const SelRow *sel = sel_row(i->op);
    uint32_t second = q->vals[id].second;
    bool is_wanted = quick_is_wanted(q, id) || second;
    if (!is_wanted && (s->state[id] & SEL_FUSED || ir_has_trait(i, IR_TRAIT_PURE))) {
        return;
    }
    if (!sel || sel_calls(i)) {
        q->is_failed = true;
        return;
    }
    uint32_t first_vreg = g->m.nvregs, first = g->m.ninsns;
    s->cur = id;
    s->block = i->block;
    if (quick_is_wanted(q, id)) {
        want(q, g, id);
    }
    if (second) {
        want(q, g, second);
        s->second[id] = second;
    }
    sel->fn(s, id, i, sel);
    g->reg = arena_grow(g->m.arena, g->reg, 1, &g->cap_reg, g->m.nvregs);
    memset(g->reg + first_vreg, 0, g->m.nvregs - first_vreg);
    for (uint32_t k = g->m.ninsns; k-- > first && !q->is_failed;) {
        place(q, g, k);
    }
    uint32_t nops = (uint32_t)(q->op - q->ops), nputs = (uint32_t)(q->put - q->b->log);
    q->is_failed |= nops + (id + nputs) * Q_OPS_PER_INSN + Q_MOST_OPS > q->cap_ops;
    for (uint32_t v = first_vreg; v < g->m.nvregs; v++) {
        s->vreg[g->m.vregs[v].value] = 0;
    }
}
