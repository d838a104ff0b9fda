/* SPDX-License-Identifier: MIT */
/* Instruction selection: the walk over the region, and the making of machine operations. */
#include "tcg/x86_64/select.h"

#include <string.h>

#include "tcg/builder_state.h"
#include "tcg/code.h"
#include "util/arena.h"
#include "util/assert.h"

/* ---- making operations */

enum { MOST_OPERANDS = 10 }; /* of a row: room for them is made with the operation */

static inline MInsn *new_insn(Sel *s, MOp op, unsigned size)
{
    MRegion *m = s->m;
    if (UNLIKELY(m->ninsns == m->cap_insns)) {
        m->insns = arena_grow(m->arena, m->insns, sizeof(MInsn), &m->cap_insns, m->ninsns + 1);
    }
    if (UNLIKELY(m->noperands + MOST_OPERANDS > m->cap_operands)) {
        m->operands = arena_grow(m->arena, m->operands, sizeof(MOperand), &m->cap_operands, m->noperands + MOST_OPERANDS);
    }
    MInsn *i = &m->insns[m->ninsns++];
    *i = (MInsn){ .op = op, .size = size, .mem_at = 0xff, .first_op = m->noperands, .ir = s->cur };
    return i;
}

static inline MOperand *add_operand(Sel *s, MInsn *i, MRole role, MConstraint constraint, uint8_t fixed, uint32_t vreg)
{
    MOperand *o = &s->m->operands[s->m->noperands++];
    *o = (MOperand){ .vreg = vreg, .role = role, .constraint = constraint, .fixed = fixed };
    i->nops++;
    return o;
}

void sel_operand(Sel *s, MInsn *i, MRole role, MConstraint constraint, uint8_t fixed, uint32_t vreg)
{
    MRegion *m = s->m;
    if (UNLIKELY(m->noperands == m->cap_operands)) {
        m->operands = arena_grow(m->arena, m->operands, sizeof(MOperand), &m->cap_operands, m->noperands + 1);
    }
    add_operand(s, i, role, constraint, fixed, vreg);
}

static void add_mem(Sel *s, MInsn *i, MRole role, const SelMem *mem)
{
    i->mem_at = i->nops;
    i->scale = mem->scale;
    i->disp = mem->disp;
    i->flags |= mem->flags;
    if (mem->flags & (MF_MEM_CONST | MF_MEM_POOL)) {
        i->imm = mem->imm;
    }
    if (mem->snap) {
        i->snap = mem->snap;
        /* One instruction: it faults before it writes. The composites check or loop. */
        i->is_snap_early = i->op != MOP_ALIGN && i->op != MOP_LOCK_RMW;
    }
    add_operand(s, i, role, M_REG, 0, mem->base);
    add_operand(s, i, role, M_REG, 0, mem->index);
}

/* The operands' roles and places are those of the row in mops.def; with AVX its ties fall away. */
MInsn *sel_emit(Sel *s, MOp op, unsigned size, unsigned n, const SelArg *args)
{
    const MopInfo *info = &mop_info[op];
    bool is_untied = host_features.avx && (info->flags & (MOP_VEX | MOP_VEX_ONLY)) == MOP_VEX;
    MInsn *i = new_insn(s, op, size);
    for (unsigned k = 0; k < n; k++) {
        const SelArg *a = &args[k];
        const MopOperand *o = &info->ops[k];
        MRole role = o->role;
        if (is_untied && (role == M_TIED || role == M_USE_LATE)) {
            role = role == M_TIED ? M_DEF : M_USE;
        }
        if (role == M_USE_LATE && k == 2 && a->kind <= ARG_ANY && a->vreg == args[1].vreg && op != MOP_FMINMAX &&
            op != MOP_FMA) {
            role = M_USE; /* op d, a, a */
        }
        switch (a->kind) {
        case ARG_IMM:
            i->flags |= MF_IMM;
            i->imm = (uint64_t)(int64_t)a->imm;
            break;
        case ARG_MEM:
            add_mem(s, i, role, &a->mem);
            break;
        default: {
            bool is_any = a->kind == ARG_ANY && (o->forms & MOP_MEM);
            MConstraint c = o->fixed != X86_NOREG ? M_FIXED : is_any ? M_ANY : M_REG;
            MOperand *made = add_operand(s, i, role, c, c == M_FIXED ? o->fixed : 0, a->vreg);
            made->tied = role == M_TIED ? i->nops : 0;
            break;
        }
        }
    }
    for (unsigned k = 0; i->snap && i->is_snap_early && !is_untied && k + 1 < n; k++) {
        if (info->ops[k].role == M_TIED) {
            i->snap = sel_retarget(s, i->snap, args[k + 1].vreg, args[k].vreg);
        }
    }
    return i;
}

MInsn *sel_emit0(Sel *s, MOp op) { return new_insn(s, op, 0); }

MInsn *sel_emit1(Sel *s, MOp op, unsigned size, uint32_t a)
{
    SelArg args[] = { sel_arg_reg(a) };
    return sel_emit(s, op, size, 1, args);
}

MInsn *sel_emit2(Sel *s, MOp op, unsigned size, uint32_t d, SelArg a)
{
    SelArg args[] = { sel_arg_reg(d), a };
    return sel_emit(s, op, size, 2, args);
}

MInsn *sel_emit3(Sel *s, MOp op, unsigned size, uint32_t d, SelArg a, SelArg b)
{
    SelArg args[] = { sel_arg_reg(d), a, b };
    return sel_emit(s, op, size, 3, args);
}

void sel_move(Sel *s, unsigned size, uint32_t d, uint32_t a)
{
    bool is_vec = s->m->vregs[d].cls == M_VEC;
    s->m->vregs[d].hint_vreg = a;
    sel_emit2(s, is_vec ? size == 16 ? MOP_MOVV : MOP_MOVF : MOP_MOV, size, d, sel_arg_reg(a));
}

/* ---- phis */

/* Gives phis their registers and their places in phi_srcs, which the ends of the predecessors fill in. */
static void begin_phis(Sel *s)
{
    const IrRegion *r = s->r;
    MRegion *m = s->m;
    uint32_t total = 0;
    for (uint32_t b = 1; b < r->nblocks; b++) {
        for (uint32_t v = r->blocks[b].first; v && ir_has_trait(&r->insns[v], IR_TRAIT_PHI); v = r->insns[v].next) {
            s->vreg[v] = sel_new_typed(s, r->insns[v].type);
            s->second[v] = total;
            total += r->blocks[b].npreds;
        }
    }
    if (total) {
        m->phi_srcs = arena_grow(m->arena, m->phi_srcs, sizeof(uint32_t), &m->cap_phi_srcs, total);
    }
    m->nphi_srcs = total;
}

static uint32_t phi_source(Sel *s, uint32_t v, uint32_t dest)
{
    uint32_t src = sel_reg(s, sel_known(s, v));
    if (!s->m->vregs[src].hint_vreg) {
        s->m->vregs[src].hint_vreg = dest;
    }
    return src;
}

/* The arguments that this block gives to the phis of its successors. */
static void fill_phis(Sel *s, const IrBlock *b)
{
    const IrRegion *r = s->r;
    for (unsigned n = 0; n < b->nsucc; n++) {
        const IrBlock *to = &r->blocks[b->succ[n]];
        if (!to->first || !ir_has_trait(&r->insns[to->first], IR_TRAIT_PHI)) {
            continue;
        }
        uint32_t pred = 0;
        while (r->extra[to->first_pred + pred] != s->block) {
            pred++;
        }
        for (uint32_t v = to->first; v && ir_has_trait(&r->insns[v], IR_TRAIT_PHI); v = r->insns[v].next) {
            uint32_t src = phi_source(s, r->extra[r->insns[v].arg[0] + pred], s->vreg[v]);
            s->m->phi_srcs[s->second[v] + pred] = src;
        }
    }
}

static void add_phi(MRegion *m, uint32_t dest, uint32_t first_src)
{
    if (m->nphis + 1 > m->cap_phis) {
        m->phis = arena_grow(m->arena, m->phis, sizeof(MPhi), &m->cap_phis, m->nphis + 1);
    }
    m->phis[m->nphis++] = (MPhi){ .dest = dest, .first_src = first_src };
}

/* ---- blocks */

static const SelRow *rows[IR_OP_COUNT];

/* Operations whose low half follows from their operands' low halves: done in 32 bits when no one wants more. */
static const SelRow *narrow_row(const Sel *s, const IrInsn *i)
{
    uint64_t c;
    switch (i->op) {
    case IR_ADD_I64: return rows[IR_ADD_I32];
    case IR_SUB_I64: return rows[IR_SUB_I32];
    case IR_MUL_I64: return rows[IR_MUL_I32];
    case IR_AND_I64: return rows[IR_AND_I32];
    case IR_OR_I64: return rows[IR_OR_I32];
    case IR_XOR_I64: return rows[IR_XOR_I32];
    case IR_ANDN_I64: return rows[IR_ANDN_I32];
    case IR_SELECT_I64: return rows[IR_SELECT_I32];
    case IR_SHL_I64: return sel_const(s, i->arg[1], &c) && c < 32 ? rows[IR_SHL_I32] : NULL;
    default: return NULL;
    }
}

static void add_rows(const SelEntry *e)
{
    for (; e->op; e++) {
        rows[e->op] = &e->row;
    }
}

/* Idempotent: several threads may do it at once. */
static void init_rows(void)
{
    if (!__atomic_load_n(&rows[IR_GOTO], __ATOMIC_ACQUIRE)) {
        add_rows(sel_int_rows);
        add_rows(sel_cmp_rows);
        add_rows(sel_mem_rows);
        add_rows(sel_fp_rows);
        add_rows(sel_vec_rows);
        add_rows(sel_crypto_rows);
        add_rows(sel_vfp_rows);
        add_rows(sel_exit_rows);
    }
}

static void reverse(MInsn *a, uint32_t n)
{
    for (uint32_t i = 0, j = n; i + 1 < j; i++) {
        MInsn t = a[i];
        a[i] = a[--j];
        a[j] = t;
    }
}

static void begin_label(Sel *s, const IrBlock *b)
{
    MInsn *l = sel_emit0(s, MOP_LABEL);
    if (!b->is_entry) {
        return;
    }
    l->imm = b->pc;
    for (unsigned pin = 0; pin < X86_NPINS; pin++) {
        if (s->pins >> pin & 1) {
            uint32_t v = sel_home(s, s->block, pin);
            sel_operand(s, l, M_DEF, M_FIXED, x86_pin_reg[pin], v);
            s->m->vregs[v].hint = (int8_t)x86_pin_reg[pin];
        }
    }
}

/* Whether the condition's value is 0 or 1, not any non-zero number. */
static bool is_truth(const Sel *s, uint32_t v)
{
    unsigned op = s->r->insns[v].op;
    return (op >= IR_CMP_EQ_I32 && op <= IR_CMP_ULE_I64) || (op >= IR_FCMP_EQ_F32 && op <= IR_FCMP_LEQ_F64);
}

/* What the branches above say, along blocks with one predecessor. */
static void find_known(Sel *s, uint32_t block)
{
    const IrRegion *r = s->r;
    for (unsigned n = 0; n < SEL_MAX_KNOWN && r->blocks[block].npreds == 1 && !r->blocks[block].is_entry; n++) {
        uint32_t pred = r->extra[r->blocks[block].first_pred];
        const IrInsn *last = &r->insns[r->blocks[pred].last];
        if (last->op == IR_BR && is_truth(s, last->arg[0])) {
            s->known[s->nknown] = last->arg[0];
            s->known_value[s->nknown++] = last->succ[0] == block;
        }
        block = pred;
    }
}

static void select_block(Sel *s, uint32_t block)
{
    const IrRegion *r = s->r;
    const IrBlock *b = &r->blocks[block];
    MRegion *m = s->m;
    s->block = block;
    s->barrier = 0;
    s->last_snap = 0;
    s->nknown = 0;
    find_known(s, block);
    m->blocks[block].first = m->ninsns;
    uint32_t v = b->last;
    bool is_end = true;
    for (; v; v = r->insns[v].prev) {
        const IrInsn *i = &r->insns[v];
        uint32_t traits = ir_op_info[i->op].traits;
        if (traits & (IR_TRAIT_PHI | IR_TRAIT_SLOTIN)) {
            break;
        }
        s->cur = v;
        if (s->barrier == v) {
            s->barrier = 0;
        }
        uint32_t start = m->ninsns;
        if (is_end) {
            fill_phis(s, b);
            is_end = false;
        }
        bool is_wanted = s->vreg[v] || s->vreg[s->second[v]] || !(traits & (IR_TRAIT_PURE | IR_TRAIT_FLOAT));
        if (is_wanted && (!(s->state[v] & SEL_FUSED) || s->vreg[v])) {
            const SelRow *row = s->vreg[v] && !(s->state[v] & SEL_WIDE) ? narrow_row(s, i) : NULL;
            s->is_low = row != NULL;
            row = row ? row : rows[i->op];
            lyre_assert(row);
            row->fn(s, v, i, row);
            s->is_low = false;
        }
        if (m->ninsns - start > 1) {
            reverse(m->insns + start, m->ninsns - start);
        }
    }
    uint32_t start = m->ninsns;
    s->cur = 0;
    begin_label(s, b);
    for (v = b->first; v && !ir_has_trait(&r->insns[v], ~(IR_TRAIT_PHI | IR_TRAIT_SLOTIN)); v = r->insns[v].next) {
        const IrInsn *i = &r->insns[v];
        if (ir_has_trait(i, IR_TRAIT_SLOTIN) && s->vreg[v] && r->slots[i->aux].pin < 0) {
            s->cur = v;
            rows[i->op]->fn(s, v, i, rows[i->op]);
        }
    }
    reverse(m->insns + start, m->ninsns - start);
    m->blocks[block].end = m->ninsns;
}

/* From back to front: operations, and each block's bounds; then the phis, which are complete now. */
static void turn_round(Sel *s)
{
    MRegion *m = s->m;
    const IrRegion *r = s->r;
    reverse(m->insns, m->ninsns);
    for (uint32_t n = 1; n < r->nblocks; n++) {
        MBlock *b = &m->blocks[n];
        uint32_t first = m->ninsns - b->end;
        b->end = m->ninsns - b->first;
        b->first = first;
        b->first_phi = m->nphis;
        const IrBlock *ib = &r->blocks[n];
        for (uint32_t v = ib->first; v && ir_has_trait(&r->insns[v], IR_TRAIT_PHI); v = r->insns[v].next) {
            add_phi(m, s->vreg[v], s->second[v]);
        }
        for (uint32_t p = s->home_phis[n]; p; p = s->phis[p].next) {
            add_phi(m, s->phis[p].dest, s->phis[p].first_src);
        }
        b->nphis = m->nphis - b->first_phi;
    }
}

static void begin_blocks(Sel *s)
{
    const IrRegion *r = s->r;
    MRegion *m = s->m;
    m->blocks = arena_grow(m->arena, m->blocks, sizeof(MBlock), &m->cap_blocks, r->nblocks);
    m->nblocks = r->nblocks;
    m->blocks[0] = (MBlock){ 0 };
    for (uint32_t n = 1; n < r->nblocks; n++) {
        const IrBlock *b = &r->blocks[n];
        m->blocks[n] = (MBlock){ .first_pred = m->npreds, .npreds = b->npreds, .succ = { b->succ[0], b->succ[1] },
                                 .nsucc = b->nsucc, .loop_depth = b->loop_depth, .is_entry = b->is_entry,
                                 .is_cold = b->is_cold };
        if (m->npreds + b->npreds > m->cap_preds) {
            m->preds = arena_grow(m->arena, m->preds, sizeof(uint32_t), &m->cap_preds, m->npreds + b->npreds);
        }
        for (uint32_t k = 0; k < b->npreds; k++) {
            m->preds[m->npreds++] = r->extra[b->first_pred + k];
        }
    }
    /* A loop ends at the last block that jumps back to its head. An edge back from a cold block that was laid out at the end
     * counts as well. */
    for (uint32_t n = 1; n < r->nblocks; n++) {
        MBlock *b = &m->blocks[n];
        for (uint32_t k = 0; k < b->npreds; k++) {
            uint32_t p = m->preds[b->first_pred + k];
            b->loop_end = p >= n && p > b->loop_end ? p : b->loop_end;
        }
    }
}

/* Which pins hold values of this region; the others stay as they are in all of it. */
static void begin_pins(Sel *s)
{
    const IrRegion *r = s->r;
    bool has_call = false;
    unsigned nentries = 0;
    for (unsigned n = 0; n < X86_NPINS; n++) {
        s->pin_slot[n] = -1;
    }
    for (uint32_t n = 0, found = 0; n < r->nslots && found < X86_NPINS; n++) { /* the pinned ones are among the first */
        int pin = r->slots[n].pin;
        if (pin >= 0) {
            found++;
            s->pin_slot[pin] = (int16_t)n;
            s->pins |= (r->put_slots[n / 64] >> n % 64 & 1) << pin;
        }
    }
    for (uint32_t v = 1; v < r->ninsns; v++) {
        const IrInsn *i = &r->insns[v];
        uint32_t traits = ir_op_info[i->op].traits;
        if (i->flags & IR_FLAG_DEAD || i->block == 0) {
            continue;
        }
        if (traits & IR_TRAIT_SLOTIN && r->slots[i->aux].pin >= 0) {
            unsigned pin = (unsigned)r->slots[i->aux].pin;
            s->pins |= 1u << pin;
            s->vreg[v] = s->home[i->block * X86_NPINS + pin] = sel_new_typed(s, i->type);
            s->home_value[i->block * X86_NPINS + pin] = v;
        }
        has_call |= sel_calls(i);
    }
    for (uint32_t n = 1; n < r->nblocks; n++) {
        if (r->blocks[n].is_entry) {
            nentries++;
            s->first_entry = n;
        }
    }
    s->first_entry = nentries == 1 ? s->first_entry : 0;
    if (has_call) { /* kept pins must not be argument registers */
        s->pins |= 0x3e0;
    }
    for (unsigned n = 0; n < X86_NPINS; n++) {
        s->pins &= s->pin_slot[n] < 0 ? ~(1u << n) : ~0u;
    }
    s->m->pins_kept = ((1u << X86_NPINS) - 1) & ~s->pins;
}

/* For conditions whose value is known; s->known is used in regions with branches only. */
static void add_constants(Sel *s)
{
    s->no_carry = build_new_insn(s->r, IR_CONST_I32);
    static const uint16_t ops[] = { IR_CONST_I64, IR_CONST_I64, IR_CONST_I32, IR_CONST_I32 };
    for (unsigned n = 0; n < 4 && s->r->nblocks > 2; n++) {
        uint32_t id = build_new_insn(s->r, ops[n]);
        s->r->insns[id].type = n < 2 ? IR_I64 : IR_I32;
        s->r->insns[id].imm = n & 1;
        s->constants = n ? s->constants : id;
    }
}

/* The tables by value and snapshot, `extra` words more for blocks; all in one, to be cleared at once. */
static uint32_t *begin_tables(Sel *s, uint32_t extra)
{
    const IrRegion *r = s->r;
    uint32_t *zeroed = arena_alloc0(s->m->arena, (2 * r->ninsns + 2 * (r->nsnaps + 1) + extra) * sizeof(uint32_t) + r->ninsns);
    s->vreg = zeroed;
    s->second = s->vreg + r->ninsns;
    s->snap = s->second + r->ninsns;
    s->snap_block = s->snap + r->nsnaps + 1;
    s->state = (uint8_t *)(s->snap_block + r->nsnaps + 1 + extra);
    return s->snap_block + r->nsnaps + 1;
}

static void begin_region(MRegion *m, IrRegion *r)
{
    m->ir = r;
    m->nvregs = m->nsnaps = 1;
    m->vregs = arena_grow(m->arena, m->vregs, sizeof(MVreg), &m->cap_vregs, r->ninsns);
    m->vregs[0] = (MVreg){ .hint = -1 };
    m->snaps = arena_grow(m->arena, m->snaps, sizeof(MSnapshot), &m->cap_snaps, r->nsnaps + 1);
}

const SelRow *sel_row(unsigned op) { return rows[op]; }

void sel_begin_alone(Sel *s, IrRegion *r, const HostSettings *settings, MRegion *m)
{
    init_rows();
    *s = (Sel){ .m = m, .r = r, .is_single = settings->is_single, .is_alone = true, .has_more = true };
    begin_region(m, r);
    begin_tables(s, 0);
}

void mir_select(IrRegion *r, const HostSettings *settings, MRegion *m)
{
    init_rows();
    Sel sel = { .m = m, .r = r, .is_single = settings->is_single }, *s = &sel;
    add_constants(s);
    begin_region(m, r);
    m->insns = arena_grow(m->arena, m->insns, sizeof(MInsn), &m->cap_insns, 2 * r->ninsns);
    m->operands = arena_grow(m->arena, m->operands, sizeof(MOperand), &m->cap_operands, 4 * r->ninsns);
    m->snap_entries = arena_grow(m->arena, m->snap_entries, sizeof(MSnapEntry), &m->cap_snap_entries, r->nsnap_entries + 1);
    s->home = begin_tables(s, r->nblocks * (2 * X86_NPINS + 1));
    s->home_value = s->home + r->nblocks * X86_NPINS;
    s->home_phis = s->home_value + r->nblocks * X86_NPINS;
    s->nphis = 1;
    begin_pins(s);
    begin_blocks(s);
    begin_phis(s);
    for (uint32_t b = r->nblocks - 1; b > 0; b--) {
        select_block(s, b);
    }
    turn_round(s);
}
