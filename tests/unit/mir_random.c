/* SPDX-License-Identifier: MIT */
/*
 * Random machine IR: nested loops and branches with phis, calls, operands of every role and
 * constraint, snapshots, side exits, several entries. Opcodes mean nothing.
 */
#include "mir_random.h"

#include <string.h>

enum {
    RAX = 0,
    RCX = 1,
    RDX = 2,
    RBX = 3,
    RSI = 6,
    RDI = 7,
    MAX_AVAIL = 4000,
    MAX_DEFERRED = 64,
    MAX_PHIS = 16
};
enum { OP_LABEL = 1, OP_JMP, OP_JCC, OP_EXIT, OP_OTHER };

typedef struct Deferred { /* a block that is laid out at the end */
    uint32_t block, navail[M_NCLASSES], join;
    unsigned nphis;
    uint32_t avail[M_NCLASSES][64];
    struct {
        uint32_t phi, dest;
    } phis[4];
} Deferred;

typedef struct Gen {
    MRegion *m;
    const MHost *h;
    MirShape shape;
    uint64_t rng;
    uint32_t avail[M_NCLASSES][MAX_AVAIL], navail[M_NCLASSES];
    uint32_t avail_order; /* of block ids handed out */
    uint32_t block;       /* being filled */
    uint8_t depth;
    unsigned budget; /* blocks left */
    Deferred *deferred;
    unsigned ndeferred;
    uint32_t last_snap;
    uint32_t kept_regs;
} Gen;

static uint64_t next(Gen *g)
{
    g->rng ^= g->rng << 13;
    g->rng ^= g->rng >> 7;
    g->rng ^= g->rng << 17;
    return g->rng * 0x2545f4914f6cdd1dull >> 11;
}
static unsigned below(Gen *g, unsigned n) { return next(g) % n; }
static bool chance(Gen *g, unsigned percent) { return below(g, 100) < percent; }

void mir_host_x86(MHost *h)
{
    static const uint8_t gprs[] = { 0, 1, 2, 11, 10, 9, 8, 7, 6, 15, 14, 13, 12, 3, 0xff };
    static const uint8_t pins[] = { 3, 12, 13, 14, 15, 6, 7, 8, 9, 10 };
    memset(h, 0, sizeof(*h));
    h->allocatable[M_GPR] = 0xffcf;
    h->allocatable[M_VEC] = 0x7fff;
    memcpy(h->order[M_GPR], gprs, sizeof(gprs));
    for (unsigned k = 0; k < 15; k++) {
        h->order[M_VEC][k] = k;
    }
    h->order[M_VEC][15] = 0xff;
    memcpy(h->pins, pins, sizeof(pins));
    h->npins = 10;
    h->scratch_vec = 15;
    h->nspills = 128;
}

void mir_host_random(MHost *h, uint64_t seed)
{
    Gen g = { .rng = seed * 0x9e3779b97f4a7c15ull | 1 };
    mir_host_x86(h);
    static const uint8_t optional[] = { 8, 9, 10, 11, 12, 13, 14, 15 };
    bool is_tight = chance(&g, 40);
    for (unsigned k = 0; k < 8; k++) {
        if (chance(&g, is_tight ? 95 : 60)) {
            h->allocatable[M_GPR] &= ~(1u << optional[k]);
        }
    }
    unsigned nvec = 4 + below(&g, 11);
    h->allocatable[M_VEC] &= (1u << nvec) - 1;
    unsigned n = 0;
    for (unsigned k = 0; k < h->npins; k++) {
        if (h->allocatable[M_GPR] >> h->pins[k] & 1) {
            h->pins[n++] = h->pins[k];
        }
    }
    h->npins = n;
}

#define PUSH(m, array, count, cap)                                                                 \
    ((m)->array =                                                                                  \
         arena_grow((m)->arena, (m)->array, sizeof(*(m)->array), &(m)->cap, (m)->count + 1),       \
     &(m)->array[(m)->count++])

uint32_t mir_new_vreg(MRegion *m, uint8_t cls, uint8_t size)
{
    while (m->nvregs < 1) {
        *PUSH(m, vregs, nvregs, cap_vregs) = (MVreg){ .hint = -1 };
    }
    *PUSH(m, vregs, nvregs, cap_vregs) = (MVreg){ .cls = cls, .size = size, .hint = -1 };
    return m->nvregs - 1;
}

static void end_block(MRegion *m)
{
    if (m->nblocks > 1) {
        m->blocks[m->nblocks - 1].end = m->ninsns;
    }
}

uint32_t mir_new_block(MRegion *m, uint8_t depth)
{
    while (m->nblocks < 1) {
        *PUSH(m, blocks, nblocks, cap_blocks) = (MBlock){ 0 };
    }
    end_block(m);
    *PUSH(m, blocks, nblocks, cap_blocks) =
        (MBlock){ .first = m->ninsns, .first_phi = m->nphis, .loop_depth = depth };
    return m->nblocks - 1;
}

MInsn *mir_new_insn(MRegion *m, unsigned op, const MOperand *ops, unsigned nops)
{
    MInsn *in = PUSH(m, insns, ninsns, cap_insns);
    *in = (MInsn){ .op = op, .nops = nops, .size = 8, .mem_at = 0xff, .first_op = m->noperands };
    for (unsigned k = 0; k < nops; k++) {
        *PUSH(m, operands, noperands, cap_operands) = ops[k];
    }
    return in;
}

void mir_finish(MRegion *m)
{
    end_block(m);
    for (uint32_t b = 1; b < m->nblocks; b++) {
        m->blocks[b].first_pred = m->npreds;
        m->blocks[b].npreds = 0;
        for (uint32_t p = 1; p < m->nblocks; p++) {
            for (uint32_t k = 0; k < m->blocks[p].nsucc; k++) {
                if (m->blocks[p].succ[k] == b) {
                    *PUSH(m, preds, npreds, cap_preds) = p;
                    m->blocks[b].npreds++;
                }
            }
        }
    }
}

static uint32_t new_value(Gen *g, uint8_t cls)
{
    static const uint8_t sizes[M_NCLASSES][4] = { { 8, 8, 4, 8 }, { 8, 4, 16, 8 } };
    return mir_new_vreg(g->m, cls, sizes[cls][below(g, 4)]);
}

static void make_available(Gen *g, uint32_t v)
{
    uint8_t cls = g->m->vregs[v].cls;
    if (g->navail[cls] < MAX_AVAIL) {
        g->avail[cls][g->navail[cls]++] = v;
    }
}

/* A value that may be read here; most often a recent one, the less so the higher the pressure. */
static uint32_t pick(Gen *g, uint8_t cls)
{
    uint32_t n = g->navail[cls];
    if (!n) {
        return 0;
    }
    uint32_t window = chance(g, g->shape.pressure * 10) ? n : 4;
    return g->avail[cls][n - 1 - below(g, window < n ? window : n)];
}

typedef struct List {
    MOperand ops[160];
    unsigned n;
    uint32_t defs[16], ndefs;
} List;

static void add_use(Gen *g, List *l, uint8_t cls, MRole role, MConstraint c, uint8_t fixed)
{
    l->ops[l->n++] =
        (MOperand){ .vreg = pick(g, cls), .role = role, .constraint = c, .fixed = fixed };
}

static void add_def(Gen *g, List *l, uint8_t cls, MRole role, MConstraint c, uint8_t fixed,
                    uint8_t tied)
{
    uint32_t v = new_value(g, cls);
    l->ops[l->n++] =
        (MOperand){ .vreg = v, .role = role, .constraint = c, .fixed = fixed, .tied = tied };
    if (role != M_TEMP) {
        l->defs[l->ndefs++] = v;
    }
}

/* A definition and its source, in the same register. */
static void add_tied(Gen *g, List *l, uint8_t cls, MConstraint c, uint8_t fixed)
{
    unsigned at = l->n;
    l->n++;
    add_use(g, l, cls, M_USE, c, fixed);
    MOperand src = l->ops[l->n - 1];
    l->n = at;
    if (!src.vreg) {
        return;
    }
    add_def(g, l, cls, M_TIED, c, fixed, at + 1);
    l->ops[l->n++] = src;
}

static uint32_t new_snapshot(Gen *g)
{
    MRegion *m = g->m;
    if (g->last_snap && chance(g, 30)) {
        return g->last_snap;
    }
    while (m->nsnaps < 1) {
        *PUSH(m, snaps, nsnaps, cap_snaps) = (MSnapshot){ 0 };
    }
    MSnapshot s = { .pc = 0x1000 + m->ninsns, .first = m->nsnap_entries };
    for (unsigned n = below(g, 6); n; n--) {
        MSnapEntry e = { .slot = s.count, .vreg = pick(g, chance(g, 70) ? M_GPR : M_VEC) };
        if (!e.vreg || chance(g, 10)) {
            e.recipe = M_CONSTANT;
            e.vreg = 7;
        }
        *PUSH(m, snap_entries, nsnap_entries, cap_snap_entries) = e;
        s.count++;
    }
    *PUSH(m, snaps, nsnaps, cap_snaps) = s;
    return g->last_snap = m->nsnaps - 1;
}

static MInsn *finish_insn(Gen *g, List *l, unsigned op)
{
    MInsn *in = mir_new_insn(g->m, op, l->ops, l->n);
    if (chance(g, 15)) {
        uint32_t snap = new_snapshot(g);
        in->snap = snap;
        in->is_snap_early = chance(g, 50);
    }
    for (unsigned k = 0; k < l->ndefs; k++) {
        make_available(g, l->defs[k]);
    }
    l->n = l->ndefs = 0;
    return in;
}

static MConstraint reg_or_any(Gen *g) { return chance(g, 50) ? M_ANY : M_REG; }

static void gen_call(Gen *g)
{
    static const uint8_t args[] = { RDI, RSI, RDX, RCX };
    List l = { .n = 0 };
    unsigned n = below(g, 4);
    for (unsigned k = 0; k < n; k++) {
        add_use(g, &l, M_GPR, M_USE, M_FIXED, args[k]);
    }
    if (chance(g, 50)) {
        add_use(g, &l, M_VEC, M_USE, M_FIXED, 0);
    }
    if (chance(g, 40)) {
        add_use(g, &l, M_GPR, chance(g, 50) ? M_USE : M_USE_LATE, M_ANY, 0);
    }
    if (chance(g, 30)) {
        add_use(g, &l, M_GPR, M_USE, M_REG, 0);
    }
    if (chance(g, 70)) {
        add_def(g, &l, M_GPR, M_DEF, M_FIXED, RAX, 0);
    }
    bool is_harsh = chance(g, 20); /* one register is left for what is read late */
    if (is_harsh) {
        add_use(g, &l, M_GPR, M_USE_LATE, M_REG, 0);
    }
    uint32_t all = chance(g, 30) ? g->h->allocatable[M_VEC] : 0x3;
    MInsn *in = finish_insn(g, &l, OP_OTHER);
    in->clobbers[M_GPR] = chance(g, 30) ? g->h->allocatable[M_GPR] & ~g->kept_regs
                                        : 0x0fc7 & g->h->allocatable[M_GPR] & ~g->kept_regs;
    if (is_harsh) {
        in->clobbers[M_GPR] = g->h->allocatable[M_GPR] & ~g->kept_regs &
                              ~(1u << (g->kept_regs >> RBX & 1 ? RCX : RBX));
    }
    in->clobbers[M_VEC] = all;
}

/* Takes as many registers as the smallest host has. */
static void gen_greedy(Gen *g, List *l)
{
    if (chance(g, 30)) {
        for (unsigned n = below(g, 7); n; n--) {
            add_use(g, l, M_GPR, M_USE, M_REG, 0);
        }
        for (unsigned n = below(g, 7); n; n--) {
            add_def(g, l, M_GPR, M_DEF, M_REG, 0, 0);
        }
        return;
    }
    for (unsigned n = below(g, 4); n; n--) {
        add_use(g, l, M_GPR, chance(g, 60) ? M_USE_LATE : M_USE, M_REG, 0);
    }
    add_def(g, l, M_GPR, M_TEMP, M_REG, 0, 0);
    add_def(g, l, M_GPR, chance(g, 50) ? M_DEF_EARLY : M_DEF, M_REG, 0, 0);
    add_def(g, l, M_GPR, M_DEF, M_REG, 0, 0);
}

static void gen_insn(Gen *g)
{
    List l = { .n = 0 };
    uint8_t cls = chance(g, 70) ? M_GPR : M_VEC;
    switch (below(g, 17)) {
    case 0:
    case 1:
    case 2: /* add */
        add_tied(g, &l, cls, M_REG, 0);
        add_use(g, &l, cls, chance(g, 50) ? M_USE : M_USE_LATE, reg_or_any(g), 0);
        break;
    case 3:
    case 4: /* load, lea */
        add_def(g, &l, cls, M_DEF, M_REG, 0, 0);
        add_use(g, &l, M_GPR, M_USE, M_REG, 0);
        add_use(g, &l, M_GPR, M_USE, M_REG, 0);
        break;
    case 5: /* store */
        add_use(g, &l, cls, M_USE, M_REG, 0);
        add_use(g, &l, M_GPR, M_USE, M_REG, 0);
        break;
    case 6: /* shift by rcx */
        add_tied(g, &l, M_GPR, M_REG, 0);
        add_use(g, &l, M_GPR, M_USE_LATE, M_FIXED, RCX);
        break;
    case 7: /* mul */
        add_tied(g, &l, M_GPR, M_FIXED, RAX);
        add_def(g, &l, M_GPR, M_DEF, M_FIXED, RDX, 0);
        add_use(g, &l, M_GPR, M_USE_LATE, reg_or_any(g), 0);
        break;
    case 8: /* div */
        add_tied(g, &l, M_GPR, M_FIXED, RAX);
        add_tied(g, &l, M_GPR, M_FIXED, RDX);
        add_use(g, &l, M_GPR, M_USE_LATE, reg_or_any(g), 0);
        break;
    case 9: /* constant, cmov */
        add_def(g, &l, cls, M_DEF, M_REG, 0, 0);
        if (chance(g, 50)) {
            add_use(g, &l, cls, M_USE, M_ANY, 0);
        }
        break;
    case 10: /* compare and exchange */
        add_use(g, &l, M_GPR, M_USE, M_REG, 0);
        add_use(g, &l, M_GPR, M_USE, M_REG, 0);
        add_tied(g, &l, M_GPR, M_FIXED, RAX);
        add_use(g, &l, M_GPR, M_USE_LATE, M_REG, 0);
        break;
    case 11: /* with scratch registers */
        add_def(g, &l, cls, chance(g, 50) ? M_DEF_EARLY : M_DEF, M_REG, 0, 0);
        add_use(g, &l, cls, M_USE, M_REG, 0);
        add_def(g, &l, chance(g, 50) ? M_GPR : M_VEC, M_TEMP, chance(g, 20) ? M_FIXED : M_REG, 1,
                0);
        break;
    case 12: /* copy */
        add_def(g, &l, cls, M_DEF, chance(g, 10) ? M_ANY : M_REG, 0, 0);
        add_use(g, &l, cls, M_USE, M_ANY, 0);
        g->m->vregs[l.ops[0].vreg].hint_vreg = l.ops[1].vreg;
        break;
    case 13: { /* load of a slot's home */
        add_def(g, &l, cls, M_DEF, M_ANY, 0, 0);
        g->m->vregs[l.ops[0].vreg].home = 1 + 20 + g->m->nvregs % 64;
        break;
    }
    case 14:
        if (chance(g, 50)) {
            gen_call(g);
            return;
        }
        add_use(g, &l, M_GPR, M_USE, M_ANY, 0); /* poll, compare */
        break;
    case 16:
        gen_greedy(g, &l);
        break;
    case 15: /* wide compare and exchange */
        if (!chance(g, 20)) {
            add_use(g, &l, cls, M_USE, M_REG, 0);
            break;
        }
        add_use(g, &l, M_GPR, M_USE, M_REG, 0);
        add_use(g, &l, M_GPR, M_USE, M_REG, 0);
        add_tied(g, &l, M_GPR, M_FIXED, RAX);
        add_tied(g, &l, M_GPR, M_FIXED, RDX);
        add_use(g, &l, M_GPR, M_USE_LATE, M_FIXED, RBX);
        add_use(g, &l, M_GPR, M_USE_LATE, M_FIXED, RCX);
        break;
    }
    finish_insn(g, &l, OP_OTHER);
}

static void gen_insns(Gen *g)
{
    for (unsigned n = below(g, 2 * g->shape.insns + 1); n; n--) {
        gen_insn(g);
    }
}

static uint32_t begin_block(Gen *g)
{
    g->block = mir_new_block(g->m, g->depth);
    mir_new_insn(g->m, OP_LABEL, NULL, 0);
    return g->block;
}

static void link_blocks(Gen *g, uint32_t from, uint32_t to)
{
    MBlock *b = &g->m->blocks[from];
    b->succ[b->nsucc++] = to;
}

static void begin_entry(Gen *g)
{
    List l = { .n = 0 };
    g->block = mir_new_block(g->m, g->depth);
    g->m->blocks[g->block].is_entry = true;
    g->navail[M_GPR] = g->navail[M_VEC] = 0;
    g->last_snap = 0;
    for (unsigned k = 0; k < g->h->npins; k++) {
        if (!(g->m->pins_kept >> k & 1) && chance(g, 90)) {
            add_def(g, &l, M_GPR, M_DEF, M_FIXED, g->h->pins[k], 0);
            g->m->vregs[l.ops[l.n - 1].vreg].size = 8;
        }
    }
    mir_new_insn(g->m, OP_LABEL, l.ops, l.n);
    for (unsigned k = 0; k < l.n; k++) {
        make_available(g, l.ops[k].vreg);
    }
    for (unsigned k = 0; k < 2; k++) {
        l.n = l.ndefs = 0;
        add_def(g, &l, k ? M_VEC : M_GPR, M_DEF, M_REG, 0, 0);
        mir_new_insn(g->m, OP_OTHER, l.ops, l.n);
        make_available(g, l.defs[0]);
    }
}

static void gen_exit(Gen *g)
{
    List l = { .n = 0 };
    if (chance(g, 30)) {
        add_use(g, &l, M_GPR, M_USE, M_FIXED, RAX);
    }
    for (unsigned k = 0; k < g->h->npins; k++) {
        if (!(g->m->pins_kept >> k & 1) && chance(g, 90)) {
            add_use(g, &l, M_GPR, M_USE, M_FIXED, g->h->pins[k]);
        }
    }
    for (unsigned n = below(g, 5); n; n--) {
        add_use(g, &l, below(g, 2), M_USE, M_ANY, 0);
    }
    if (chance(g, 50)) {
        l.ops[l.n++] = (MOperand){ .vreg = mir_new_vreg(g->m, M_GPR, 8),
                                   .role = M_TEMP,
                                   .constraint = M_FIXED,
                                   .fixed = RDX };
    }
    mir_new_insn(g->m, OP_EXIT, l.ops, l.n);
}

static void gen_jump(Gen *g, bool is_conditional)
{
    mir_new_insn(g->m, is_conditional ? OP_JCC : OP_JMP, NULL, 0);
}

/* A phi of the block whose label was just made. Its sources, in order of predecessors' ids, are
 * filled in by the caller. */
static uint32_t new_phi(Gen *g, uint8_t cls, unsigned nsrcs)
{
    MRegion *m = g->m;
    MPhi phi = { mir_new_vreg(m, cls, cls == M_GPR ? 8 : 16), m->nphi_srcs };
    for (unsigned k = 0; k < nsrcs; k++) {
        *PUSH(m, phi_srcs, nphi_srcs, cap_phi_srcs) = 0;
    }
    *PUSH(m, phis, nphis, cap_phis) = phi;
    m->blocks[g->block].nphis++;
    return m->nphis - 1;
}

static void set_src(Gen *g, uint32_t phi, unsigned nth, uint32_t v)
{
    MRegion *m = g->m;
    m->phi_srcs[m->phis[phi].first_src + nth] = v;
    m->vregs[v].size =
        m->vregs[v].cls == M_GPR ? 8 : 16; /* a phi and its sources are of one size */
}

static void gen_sequence(Gen *g, unsigned level);

static void gen_if(Gen *g, unsigned level)
{
    gen_jump(g, true);
    uint32_t head = g->block, keep[2] = { g->navail[0], g->navail[1] }, ends[2], srcs[2][MAX_PHIS];
    uint8_t classes[MAX_PHIS];
    unsigned nphis = below(g, 5);
    for (unsigned k = 0; k < nphis; k++) {
        classes[k] = chance(g, 70) ? M_GPR : M_VEC;
    }
    for (unsigned side = 0; side < 2; side++) {
        link_blocks(g, head, begin_block(g));
        gen_insns(g);
        if (side == 0 || chance(g, 50)) {
            gen_sequence(g, level + 1);
        }
        for (unsigned k = 0; k < nphis; k++) {
            srcs[side][k] = pick(g, classes[k]);
        }
        gen_jump(g, false);
        ends[side] = g->block;
        g->navail[0] = keep[0];
        g->navail[1] = keep[1];
        g->last_snap = 0;
    }
    uint32_t join = begin_block(g);
    link_blocks(g, ends[0], join);
    link_blocks(g, ends[1], join);
    for (unsigned k = 0; k < nphis; k++) {
        uint32_t phi = new_phi(g, classes[k], 2);
        set_src(g, phi, 0, srcs[0][k]);
        set_src(g, phi, 1, srcs[1][k]);
        make_available(g, g->m->phis[phi].dest);
    }
    gen_insns(g);
}

static void gen_loop(Gen *g, unsigned level)
{
    gen_jump(g, false);
    uint32_t before = g->block, phis[MAX_PHIS];
    unsigned nphis = below(g, 8);
    g->depth++;
    uint32_t inits[MAX_PHIS];
    for (unsigned k = 0; k < nphis; k++) {
        inits[k] = pick(g, chance(g, 70) ? M_GPR : M_VEC);
    }
    uint32_t head = begin_block(g);
    link_blocks(g, before, head);
    for (unsigned k = 0; k < nphis; k++) {
        phis[k] = new_phi(g, g->m->vregs[inits[k]].cls, 2);
        set_src(g, phis[k], 0, inits[k]);
        make_available(g, g->m->phis[phis[k]].dest);
    }
    gen_insns(g);
    gen_sequence(g, level + 1);
    gen_jump(g, true);
    uint32_t latch = g->block, back = begin_block(g);
    link_blocks(g, latch, back);
    gen_jump(g, false);
    link_blocks(g, back, head);
    for (unsigned k = 0; k < nphis; k++) {
        set_src(g, phis[k], 1, pick(g, g->m->vregs[g->m->phis[phis[k]].dest].cls));
    }
    g->m->blocks[head].loop_end = back;
    g->depth--;
    link_blocks(g, latch, begin_block(g));
    gen_insns(g);
}

/* A cold way out, or round, that is laid out at the end. */
static void gen_cold(Gen *g)
{
    if (g->ndeferred == MAX_DEFERRED) {
        return;
    }
    Deferred *d = &g->deferred[g->ndeferred++];
    memset(d, 0, sizeof(*d));
    gen_jump(g, true);
    uint32_t head = g->block;
    bool is_join = chance(g, 50);
    uint32_t keep[M_NCLASSES];
    memcpy(keep, g->navail, sizeof(keep));
    d->block = head;
    for (unsigned c = 0; c < M_NCLASSES; c++) {
        for (uint32_t k = g->navail[c]; k-- > 0 && d->navail[c] < 64;) {
            d->avail[c][d->navail[c]++] = g->avail[c][k];
        }
    }
    link_blocks(g, head, begin_block(g));
    gen_insns(g);
    if (is_join) {
        uint32_t srcs[4] = { pick(g, M_GPR), pick(g, M_VEC), pick(g, M_GPR), pick(g, M_GPR) };
        gen_jump(g, false);
        uint32_t from = g->block;
        d->nphis = below(g, 5);
        /* What this side defined does not dominate the join. */
        memcpy(g->navail, keep, sizeof(keep));
        g->last_snap = 0;
        d->join = begin_block(g);
        link_blocks(g, from, d->join);
        for (unsigned k = 0; k < d->nphis; k++) {
            d->phis[k].phi = new_phi(g, g->m->vregs[srcs[k]].cls, 2);
            set_src(g, d->phis[k].phi, 0, srcs[k]);
            make_available(g, g->m->phis[d->phis[k].phi].dest);
        }
        gen_insns(g);
    }
}

static void gen_deferred(Gen *g)
{
    for (unsigned i = 0; i < g->ndeferred; i++) {
        Deferred *d = &g->deferred[i];
        memcpy(g->avail[0], d->avail[0], sizeof(d->avail[0]));
        memcpy(g->avail[1], d->avail[1], sizeof(d->avail[1]));
        g->navail[0] = d->navail[0];
        g->navail[1] = d->navail[1];
        g->last_snap = 0;
        g->depth = 0;
        uint32_t b = begin_block(g);
        g->m->blocks[b].is_cold = true;
        g->m->blocks[b].loop_depth = g->m->blocks[d->block].loop_depth;
        link_blocks(g, d->block, b);
        gen_insns(g);
        if (d->join) {
            for (unsigned k = 0; k < d->nphis; k++) {
                uint32_t phi = d->phis[k].phi;
                set_src(g, phi, 1, pick(g, g->m->vregs[g->m->phis[phi].dest].cls));
            }
            gen_jump(g, false);
            link_blocks(g, b, d->join);
        } else {
            gen_exit(g);
        }
    }
}

/* A block and the two exits that it chooses from; perhaps several such, one after the other. */
static void gen_fork(Gen *g)
{
    for (;;) {
        uint32_t head = g->block, keep[M_NCLASSES];
        gen_jump(g, true);
        memcpy(keep, g->navail, sizeof(keep));
        for (unsigned side = 0; side < 2; side++) {
            memcpy(g->navail, keep, sizeof(keep));
            g->last_snap = 0;
            link_blocks(g, head, begin_block(g));
            if (chance(g, 50)) {
                gen_insns(g);
            }
            if (side == 1 && chance(g, 30)) {
                gen_jump(g, true); /* the last one may fork in turn */
                break;
            }
            gen_exit(g);
        }
        if (g->m->insns[g->m->ninsns - 1].op == OP_EXIT) {
            if (chance(g, 70)) {
                return;
            }
            begin_entry(g);
            gen_insns(g);
        } else {
            g->m->ninsns--;
        }
    }
}

static void gen_sequence(Gen *g, unsigned level)
{
    while (g->budget > 3 && chance(g, level ? 55 : 95)) {
        g->budget -= 3;
        switch (below(g, 4)) {
        case 0:
            gen_if(g, level);
            break;
        case 1:
            gen_loop(g, level);
            break;
        case 2:
            gen_cold(g);
            break;
        default:
            if (!level && chance(g, 30)) {
                gen_exit(g);
                begin_entry(g);
            }
            gen_insns(g);
        }
    }
}

void mir_random(MRegion *m, const MHost *h, const MirShape *shape, uint64_t seed)
{
    Gen *g = arena_alloc0(m->arena, sizeof(Gen));
    *g = (Gen){ .m = m,
                .h = h,
                .shape = *shape,
                .rng = seed * 0x9e3779b97f4a7c15ull + 1,
                .budget = shape->blocks };
    g->deferred = arena_alloc(m->arena, sizeof(Deferred) * MAX_DEFERRED);
    next(g);
    for (unsigned k = 0; k < h->npins; k++) {
        m->pins_kept |= chance(g, 40) ? 1u << k : 0;
    }
    for (unsigned k = 0; k < h->npins; k++) {
        g->kept_regs |= m->pins_kept >> k & 1 ? 1u << h->pins[k] : 0;
    }
    begin_entry(g);
    gen_insns(g);
    if (shape->blocks == 2) {
        gen_fork(g);
    } else {
        gen_sequence(g, 0);
        gen_exit(g);
        gen_deferred(g);
    }
    mir_finish(m);
}
