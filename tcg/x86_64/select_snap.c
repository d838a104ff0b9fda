/* SPDX-License-Identifier: MIT */
/*
 * Instruction selection: the guest state at faults and exits. A row of the side table may say how a value follows from
 * others (MRecipe), so what only rows want is not computed.
 */
#include "tcg/x86_64/select.h"

#include "tcg/code.h"
#include "util/arena.h"

/* The register with a pinned slot's value at the region's entry, as seen in `block`. */
uint32_t sel_home(Sel *s, uint32_t block, unsigned pin)
{
    const IrRegion *r = s->r;
    if (s->first_entry) {
        block = s->first_entry;
    }
    uint32_t top = block;
    while (!s->home[top * X86_NPINS + pin] && !r->blocks[top].is_entry && r->blocks[top].npreds == 1) {
        top = r->extra[r->blocks[top].first_pred];
    }
    uint32_t *home = &s->home[top * X86_NPINS + pin];
    s->state[s->home_value[top * X86_NPINS + pin]] |= SEL_USED;
    if (!*home) {
        *home = sel_new_typed(s, r->slots[s->pin_slot[pin]].type);
        s->m->vregs[*home].hint = (int8_t)x86_pin_reg[pin];
        const IrBlock *b = &r->blocks[top];
        if (!b->is_entry && b->npreds > 1) {
            MRegion *m = s->m;
            uint32_t first = m->nphi_srcs, n = s->nphis, dest = *home;
            if (first + b->npreds > m->cap_phi_srcs) {
                m->phi_srcs = arena_grow(m->arena, m->phi_srcs, sizeof(uint32_t), &m->cap_phi_srcs, first + b->npreds);
            }
            if (n + 1 > s->cap_phis) {
                s->phis = arena_grow(m->arena, s->phis, sizeof(HomePhi), &s->cap_phis, n + 1);
            }
            m->nphi_srcs += b->npreds;
            s->nphis++;
            s->phis[n] = (HomePhi){ .next = s->home_phis[top], .dest = dest, .first_src = first };
            s->home_phis[top] = n;
            for (uint32_t k = 0; k < b->npreds; k++) {
                uint32_t src = sel_home(s, r->extra[b->first_pred + k], pin);
                m->phi_srcs[first + k] = src;
            }
        }
    }
    return s->home[block * X86_NPINS + pin] = s->home[top * X86_NPINS + pin];
}

static void add_entry(Sel *s, unsigned slot, MRecipe recipe, uint32_t vreg)
{
    MRegion *m = s->m;
    if (m->nsnap_entries + 1 > m->cap_snap_entries) {
        m->snap_entries =
            arena_grow(m->arena, m->snap_entries, sizeof(MSnapEntry), &m->cap_snap_entries, m->nsnap_entries + 1);
    }
    m->snap_entries[m->nsnap_entries++] = (MSnapEntry){ .slot = slot, .recipe = recipe, .vreg = vreg };
}

static bool is_unwanted(Sel *s, uint32_t v, IrOp op)
{
    return s->r->insns[v].op == op && !s->vreg[v] && !(s->r->insns[v].flags & IR_FLAG_KEPT);
}

/* A summand: a constant, a register, or a cheap operation on one. `plus`: added to what stands before. */
static void add_term(Sel *s, unsigned slot, uint32_t v, bool plus)
{
    const IrInsn *i = &s->r->insns[v];
    uint64_t c;
    if (i->op == IR_CONST_I64) {
        add_entry(s, slot, plus ? M_PLUS_CONSTANT : M_CONSTANT, v);
    } else if (is_unwanted(s, v, IR_SHL_I64) && sel_const(s, i->arg[1], &c) && c - 1 < 3 && !sel_const(s, i->arg[0], &c)) {
        static const uint8_t shl[] = { M_SHL1, M_SHL2, M_SHL3 }, plus_shl[] = { M_PLUS_SHL1, M_PLUS_SHL2, M_PLUS_SHL3 };
        sel_const(s, i->arg[1], &c);
        add_entry(s, slot, (plus ? plus_shl : shl)[c - 1], sel_reg(s, i->arg[0]));
    } else if ((is_unwanted(s, v, IR_SEXT32_I64) || is_unwanted(s, v, IR_SEXT_I64)) && !sel_const(s, i->arg[0], &c) &&
               sel_resolve(s, v) == v) {
        add_entry(s, slot, plus ? M_PLUS_SEXT32 : M_SEXT32, sel_reg(s, i->arg[0]));
    } else if ((is_unwanted(s, v, IR_ZEXT32_I64) || is_unwanted(s, v, IR_ZEXT_I64)) && !sel_const(s, i->arg[0], &c) &&
               sel_resolve(s, v) == v) {
        add_entry(s, slot, plus ? M_PLUS_ZEXT32 : M_ZEXT32, sel_reg(s, i->arg[0]));
    } else if (sel_is_narrow(s, v)) {
        add_entry(s, slot, plus ? M_PLUS_SEXT32 : M_SEXT32, sel_low(s, v));
    } else {
        add_entry(s, slot, plus ? M_PLUS : M_AS_IS, sel_reg(s, v));
    }
}

static void add_sum(Sel *s, unsigned slot, uint32_t v, unsigned depth, bool plus)
{
    const IrInsn *i = &s->r->insns[v];
    if (depth < 2 && is_unwanted(s, v, IR_ADD_I64)) {
        add_sum(s, slot, i->arg[0], depth + 1, plus);
        add_sum(s, slot, i->arg[1], depth + 1, true);
    } else {
        add_term(s, slot, v, plus);
    }
}

static void add_operand(Sel *s, unsigned slot, uint32_t v)
{
    bool is_const = s->r->insns[v].op == IR_CONST_I32 || s->r->insns[v].op == IR_CONST_I64;
    add_entry(s, slot, is_const ? M_CONSTANT : M_AS_IS, is_const ? v : sel_reg(s, v));
}

/* The sum whose flags v, a cc_adc, has: the translation of one instruction made both. 0: none is near. */
static uint32_t sum_of_flags(const Sel *s, uint32_t v)
{
    enum { NEAR = 8 };
    const IrInsn *insns = s->r->insns, *cc = &insns[v];
    uint32_t at = cc->prev;
    for (unsigned n = 0; at && n < NEAR; n++) {
        const IrInsn *i = &insns[at];
        if (i->op == IR_ADC_I64 && i->arg[0] == cc->arg[0] && i->arg[1] == cc->arg[1] && i->arg[2] == cc->arg[2]) {
            return at;
        }
        at = i->prev;
    }
    return 0;
}

/* Flags of a sum with carry: of the sum without it, and by how it differs. The carry need not be anywhere. */
static bool add_flags_of_adc(Sel *s, unsigned slot, uint32_t v)
{
    uint32_t sum = is_unwanted(s, v, IR_CC_ADC_I64) ? sum_of_flags(s, v) : 0;
    if (!sum) {
        return false;
    }
    const IrInsn *i = &s->r->insns[sum];
    bool is_const = s->r->insns[i->arg[1]].op == IR_CONST_I64;
    add_operand(s, slot, i->arg[is_const]);
    add_entry(s, slot, M_CC_ADD64, sel_reg(s, i->arg[!is_const]));
    add_entry(s, slot, M_CC_ADC64, sel_reg(s, sum));
    return true;
}

/* Flags that nobody else wants are made of the operands. */
static bool add_fcmp_flags(Sel *s, unsigned slot, uint32_t v)
{
    bool is_wide = is_unwanted(s, v, IR_CC_FCMP_F64);
    uint64_t c;
    if ((!is_wide && !is_unwanted(s, v, IR_CC_FCMP_F32)) || sel_const(s, s->r->insns[v].arg[0], &c)) {
        return false;
    }
    const IrInsn *i = &s->r->insns[v];
    bool is_const = sel_const(s, i->arg[1], &c);
    add_entry(s, slot, is_const ? M_CONSTANT : M_AS_IS, is_const ? i->arg[1] : sel_reg(s, i->arg[1]));
    add_entry(s, slot, is_wide ? M_CC_FCMP64 : M_CC_FCMP32, sel_reg(s, i->arg[0]));
    return true;
}

static bool add_flags(Sel *s, unsigned slot, uint32_t v)
{
    static const struct {
        uint16_t op;
        uint8_t recipe, with_constant;
    } rows[] = {
        { IR_CC_SUB_I32, M_CC_SUB32, M_CC_SUB32_CONSTANT }, { IR_CC_SUB_I64, M_CC_SUB64, M_CC_SUB64_CONSTANT },
        { IR_CC_ADD_I32, M_CC_ADD32, 0 }, { IR_CC_ADD_I64, M_CC_ADD64, 0 },
        { IR_CC_LOGIC_I32, M_CC_LOGIC32, 0 }, { IR_CC_LOGIC_I64, M_CC_LOGIC64, 0 },
    };
    const IrInsn *i = &s->r->insns[v];
    for (unsigned n = 0; n < ARRAY_LEN(rows); n++) {
        if (!is_unwanted(s, v, rows[n].op)) {
            continue;
        }
        uint32_t last = i->arg[i->nargs - 1];
        bool is_const = s->r->insns[last].op == IR_CONST_I32 || s->r->insns[last].op == IR_CONST_I64;
        if (i->nargs == 2) {
            add_operand(s, slot, i->arg[0]);
        }
        if (is_const && rows[n].with_constant) {
            add_entry(s, slot, rows[n].with_constant, last);
        } else {
            add_entry(s, slot, rows[n].recipe, sel_reg(s, last));
        }
        return true;
    }
    return add_flags_of_adc(s, slot, v);
}

/* What opt/lazyflags.c makes of a phi: flags of operands, and what they differ by. */
static bool add_lazy_flags(Sel *s, unsigned slot, uint32_t v)
{
    const IrInsn *insns = s->r->insns;
    uint32_t both = insns[v].arg[0];
    if (!is_unwanted(s, v, IR_CC_MAKE_I32) || !is_unwanted(s, both, IR_XOR_I32) || !is_unwanted(s, insns[both].arg[0], IR_CC_PACK_I32)) {
        return false;
    }
    uint32_t flags = insns[insns[both].arg[0]].arg[0], change = insns[both].arg[1];
    if (insns[change].op == IR_CONST_I32 || !add_flags(s, slot, flags)) {
        return false;
    }
    add_entry(s, slot, M_CC_XOR, sel_reg(s, change));
    return true;
}

static void add_value(Sel *s, unsigned slot, uint32_t v)
{
    v = sel_known(s, v);
    const IrInsn *i = &s->r->insns[v];
    uint64_t c;
    if (ir_op_info[i->op].traits & IR_TRAIT_FLOAT && (i->op != IR_CONST_V128 || s->r->pool[i->aux].u64[1] == 0)) {
        add_entry(s, slot, M_CONSTANT, v);
    } else if (host_features.aes && is_unwanted(s, v, IR_VAES_MIX_V128) && is_unwanted(s, i->arg[0], IR_VAES_ENC_V128)) {
        add_entry(s, slot, M_AES_ROUND, sel_reg(s, s->r->insns[i->arg[0]].arg[0]));
    } else if (is_unwanted(s, v, IR_BOX_F64) && !sel_const(s, i->arg[0], &c)) {
        uint32_t x = i->arg[0];
        bool is_canon = is_unwanted(s, x, IR_FCANON_F32) && !sel_const(s, s->r->insns[x].arg[0], &c);
        add_entry(s, slot, is_canon ? M_BOX_CANON32 : M_BOX32, sel_reg(s, is_canon ? s->r->insns[x].arg[0] : x));
    } else if (is_unwanted(s, v, IR_VFROM64_V128) && i->uses && is_unwanted(s, i->arg[0], IR_F64_BITS_F64)) {
        add_entry(s, slot, M_AS_IS, sel_reg(s, v)); /* an integer that went to a vector, where it is used */
    } else if ((is_unwanted(s, v, IR_VFROM64_V128) || is_unwanted(s, v, IR_VFROM32_V128)) && !sel_const(s, i->arg[0], &c)) {
        add_entry(s, slot, i->op == IR_VFROM64_V128 ? M_LOW64 : M_LOW32, sel_reg(s, i->arg[0]));
    } else if (is_unwanted(s, v, IR_FCANON_F64) || is_unwanted(s, v, IR_FCANON_F32)) {
        add_entry(s, slot, i->op == IR_FCANON_F64 ? M_CANON64 : M_CANON32, sel_reg(s, i->arg[0]));
    } else if (!add_flags(s, slot, v) && !add_fcmp_flags(s, slot, v) && !add_lazy_flags(s, slot, v)) {
        add_sum(s, slot, v, 0, false);
    }
}

/* Every pinned slot that is not kept must be listed: its value may be anywhere. */
static void add_entries(Sel *s, const IrSnapshot *snap)
{
    const IrRegion *r = s->r;
    uint32_t listed = 0;
    for (uint32_t n = 0; n < snap->count; n++) {
        const IrSnapEntry *e = &r->snap_entries[snap->first + n];
        int pin = r->slots[e->slot].pin;
        listed |= pin >= 0 ? 1u << pin : 0;
        add_value(s, e->slot, e->value);
    }
    for (uint32_t rest = s->pins & ~listed; rest; rest &= rest - 1) {
        unsigned pin = (unsigned)__builtin_ctz(rest);
        add_entry(s, (unsigned)s->pin_slot[pin], M_AS_IS, sel_home(s, s->block, pin));
    }
}

static uint32_t add_snapshot(MRegion *m, const MSnapshot *new)
{
    if (m->nsnaps + 1 > m->cap_snaps) {
        m->snaps = arena_grow(m->arena, m->snaps, sizeof(MSnapshot), &m->cap_snaps, m->nsnaps + 1);
    }
    m->snaps[m->nsnaps] = *new;
    return m->nsnaps++;
}

uint32_t sel_retarget(Sel *s, uint32_t snap, uint32_t from, uint32_t to)
{
    MRegion *m = s->m;
    MSnapshot new = m->snaps[snap];
    uint32_t old = new.first, n = 0;
    while (n < new.count && (m->snap_entries[old + n].vreg != from || mir_recipe_is_const(m->snap_entries[old + n].recipe))) {
        n++;
    }
    if (n == new.count) {
        return snap;
    }
    new.first = m->nsnap_entries;
    for (n = 0; n < new.count; n++) {
        MSnapEntry e = m->snap_entries[old + n];
        add_entry(s, e.slot, e.recipe, !mir_recipe_is_const(e.recipe) && e.vreg == from ? to : e.vreg);
    }
    return add_snapshot(m, &new);
}

uint32_t sel_snapshot(Sel *s, uint32_t id)
{
    const IrSnapshot *snap = &s->r->snaps[id];
    MRegion *m = s->m;
    if (s->snap[id] && s->snap_block[id] == s->block) {
        return s->snap[id];
    }
    uint32_t ninsns = m->ninsns;
    MSnapshot new = { .pc = snap->pc, .ctx = snap->ctx };
    if (s->last_snap && s->last_first == snap->first && s->last_count == snap->count) {
        new.first = m->snaps[s->last_snap].first;
        new.count = m->snaps[s->last_snap].count;
    } else {
        new.first = m->nsnap_entries;
        add_entries(s, snap);
        new.count = m->nsnap_entries - new.first;
    }
    /* Constants that stand in registers were made for this operation alone: such a list is not shared. */
    bool is_shared = m->ninsns == ninsns;
    s->last_snap = is_shared ? m->nsnaps : 0;
    s->last_first = snap->first;
    s->last_count = snap->count;
    s->snap_block[id] = is_shared ? s->block : 0;
    return s->snap[id] = add_snapshot(m, &new);
}
