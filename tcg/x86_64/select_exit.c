/* SPDX-License-Identifier: MIT */
/* Instruction selection: control flow, slots, exits, polls. Conventions of the exits: mops.def. */
#include "tcg/x86_64/select.h"

#include "util/arena.h"

/* A value for an exit. What is made for exits only is computed at the exit, where that needs no more registers: of several ways on, one
 * takes it at most. Sign extensions always are. */
static uint32_t exit_value(Sel *s, uint32_t v)
{
    const IrInsn *i = &s->r->insns[v];
    const IrBlock *from = &s->r->blocks[i->block], *to = &s->r->blocks[s->block];
    bool is_sext = i->op == IR_SEXT_I64 || i->op == IR_SEXT32_I64;
    bool is_plain = (i->op >= IR_CC_ADD_I32 && i->op <= IR_CC_LOGIC_I64) || i->op == IR_VFROM32_V128 || i->op == IR_VFROM64_V128;
    bool is_sinkable = is_plain || i->op == IR_BOX_F64 || i->op == IR_FCANON_F64 || i->op == IR_FCANON_F32;
    uint64_t c;
    if (sel_is_narrow(s, v) || (is_sext && !s->vreg[v] && sel_resolve(s, v) == v && !sel_const(s, i->arg[0], &c))) {
        uint32_t d = sel_new(s, M_GPR, 8);
        sel_emit2(s, MOP_MOVSX32, 8, d, sel_arg_reg(sel_low(s, is_sext ? i->arg[0] : v)));
        return d;
    }
    if (!is_sinkable || s->vreg[v] || sel_resolve(s, v) != v || sel_const(s, i->arg[0], &c) || i->block == s->block ||
        (from->loop_depth < to->loop_depth && !to->is_cold) || i->flags & IR_FLAG_KEPT) {
        return sel_reg(s, v);
    }
    uint32_t d = sel_new_typed(s, i->type);
    if (is_plain) {
        const SelRow *row = sel_row(i->op);
        s->vreg[v] = d;
        row->fn(s, v, i, row);
        s->vreg[v] = 0;
        return d;
    }
    if (i->op == IR_FCANON_F64 || i->op == IR_FCANON_F32) {
        sel_canon(s, d, i->arg[0]);
        return d;
    }
    sel_box(s, d, exit_value(s, i->arg[0]));
    return d;
}

static bool is_listed(const Sel *s, const IrSnapshot *snap, unsigned slot)
{
    for (uint32_t n = 0; n < snap->count; n++) {
        if (s->r->snap_entries[snap->first + n].slot == slot) {
            return true;
        }
    }
    return false;
}

/* A value that lies at the home of a slot which this exit overwrites is moved away from there first. */
static uint32_t safe_value(Sel *s, const IrSnapshot *snap, uint32_t vreg, int slot)
{
    unsigned home = s->m->vregs[vreg].home;
    if (home == 0 || (int)home - 1 == slot || !is_listed(s, snap, home - 1)) {
        return vreg;
    }
    uint32_t d = sel_new(s, s->m->vregs[vreg].cls, s->m->vregs[vreg].size);
    sel_move(s, s->m->vregs[vreg].size, d, vreg);
    return d;
}

typedef struct ExitSlot {
    uint16_t slot;
    bool is_imm;
    uint32_t vreg;
    int32_t imm;
} ExitSlot;

static bool fits_immediate(Sel *s, uint32_t v, unsigned size, int32_t *imm)
{
    return s->r->insns[v].type != IR_V128 && sel_imm(s, v, size, imm);
}

static unsigned gather_slots(Sel *s, const IrSnapshot *snap, ExitSlot *out)
{
    const IrRegion *r = s->r;
    unsigned count = 0;
    for (uint32_t n = 0; n < snap->count; n++) {
        const IrSnapEntry *e = &r->snap_entries[snap->first + n];
        const IrSlotDesc *d = &r->slots[e->slot];
        ExitSlot x = { .slot = e->slot };
        uint32_t value = sel_known(s, e->value);
        if (d->pin < 0) {
            unsigned size = d->type == IR_I64 || d->type == IR_F64 ? 8 : 4;
            x.is_imm = fits_immediate(s, value, size, &x.imm);
        }
        if (!x.is_imm) {
            uint32_t v = exit_value(s, value);
            if (d->pin < 0 && s->m->vregs[v].home == e->slot + 1) {
                continue; /* it is there already */
            }
            x.vreg = safe_value(s, snap, v, d->pin < 0 ? (int)e->slot : -1);
        }
        out[count++] = x;
    }
    return count;
}

static void store_home(Sel *s, const ExitSlot *x)
{
    static const uint8_t sizes[] = { [IR_I32] = 4, [IR_I64] = 8, [IR_F32] = 4, [IR_F64] = 8, [IR_V128] = 16, [IR_CC] = 4 };
    const IrSlotDesc *d = &s->r->slots[x->slot];
    SelArg a = x->is_imm ? sel_arg_imm(x->imm) : sel_arg_reg(x->vreg);
    sel_emit(s, MOP_STORE_HOME, sizes[d->type], 1, &a)->disp = d->offset;
}

static void select_exit(Sel *s, uint32_t id, const IrInsn *i, const SelRow *row)
{
    const IrRegion *r = s->r;
    const IrSnapshot *snap = &r->snaps[i->snap];
    ExitSlot slots[IR_MAX_SLOTS];
    uint32_t pc = 0, by_pin[X86_NPINS] = { 0 };
    if (i->nargs) {
        pc = safe_value(s, snap, sel_reg(s, i->arg[0]), -1);
    }
    unsigned count = gather_slots(s, snap, slots);
    for (unsigned n = 0; n < count; n++) {
        int pin = r->slots[slots[n].slot].pin;
        if (pin >= 0) {
            by_pin[pin] = slots[n].vreg;
        } else {
            store_home(s, &slots[n]);
        }
    }
    for (unsigned pin = 0; pin < X86_NPINS; pin++) {
        if (s->pins >> pin & 1 && !by_pin[pin]) {
            by_pin[pin] = sel_home(s, s->block, pin);
        }
    }
    MInsn *e = sel_emit0(s, row->mop);
    e->imm = id;
    if (pc) {
        sel_operand(s, e, M_USE, M_FIXED, X86_RAX, pc);
    }
    for (unsigned pin = 0; pin < X86_NPINS; pin++) {
        if (by_pin[pin]) {
            sel_operand(s, e, M_USE, M_FIXED, x86_pin_reg[pin], by_pin[pin]);
            if (s->m->vregs[by_pin[pin]].hint < 0) {
                s->m->vregs[by_pin[pin]].hint = (int8_t)x86_pin_reg[pin];
            }
        }
    }
}

static void select_goto(Sel *s, uint32_t id, const IrInsn *i, const SelRow *row) { sel_emit0(s, MOP_JMP); }

static void select_br(Sel *s, uint32_t id, const IrInsn *i, const SelRow *row)
{
    X86Cond cond = sel_flags(s, i->arg[0], true);
    sel_emit0(s, MOP_JCC)->cond = cond;
}

static void select_poll(Sel *s, uint32_t id, const IrInsn *i, const SelRow *row)
{
    uint32_t snap = sel_snapshot(s, i->snap);
    sel_emit0(s, MOP_POLL)->snap = snap;
}

static void select_slot_in(Sel *s, uint32_t id, const IrInsn *i, const SelRow *row)
{
    SelArg d = { .kind = ARG_ANY, .vreg = s->vreg[id] };
    sel_emit(s, MOP_LOAD_HOME, row->size, 1, &d)->disp = s->r->slots[i->aux].offset;
}

/* A call of C: integer arguments from rsi on (rdi is the state), FP and vectors in xmm registers. */
void sel_call(Sel *s, void *fn, bool is_fp, unsigned type, uint32_t result, unsigned nargs, const uint32_t *args)
{
    static const uint8_t regs[] = { X86_RSI, X86_RDX, X86_RCX, X86_R8, X86_R9 };
    bool is_vec = type == IR_F32 || type == IR_F64 || type == IR_V128;
    MInsn *c = sel_emit0(s, MOP_CALL);
    c->imm = (uintptr_t)fn;
    c->flags = is_fp ? MF_HELPER_FP : 0;
    c->clobbers[M_GPR] = 1u << X86_RAX | 1u << X86_RCX | 1u << X86_RDX | 1u << X86_RSI | 1u << X86_RDI | 0xf << X86_R8;
    c->clobbers[M_VEC] = 0xffff;
    if (type != IR_VOID) {
        c->clobbers[is_vec ? M_VEC : M_GPR] &= ~1u;
        c->size = s->m->vregs[result].size;
        sel_operand(s, c, M_DEF, M_FIXED, 0, result);
    }
    unsigned nvec = 0, ngpr = 0;
    for (unsigned n = 0; n < nargs; n++) {
        bool v = s->m->vregs[args[n]].cls == M_VEC;
        sel_operand(s, c, M_USE, M_FIXED, v ? nvec++ : regs[ngpr++], args[n]);
    }
}

static void select_call(Sel *s, uint32_t id, const IrInsn *i, const SelRow *row)
{
    const IrRegion *r = s->r;
    const HelperDesc *h = &r->helpers[i->aux];
    uint32_t args[4] = { 0 };
    for (unsigned n = 0; n < h->nargs; n++) {
        args[n] = sel_reg(s, r->extra[i->arg[0] + n]);
    }
    sel_call(s, h->fn, h->effects & HELPER_FP, i->type, i->type != IR_VOID ? sel_def(s, id) : 0, h->nargs, args);
}

const SelEntry sel_exit_rows[] = {
    { IR_SLOT_IN_I32, { select_slot_in, 0, 4, 0 } },
    { IR_SLOT_IN_CC, { select_slot_in, 0, 4, 0 } },
    { IR_SLOT_IN_I64, { select_slot_in, 0, 8, 0 } },
    { IR_SLOT_IN_F32, { select_slot_in, 0, 4, 0 } },
    { IR_SLOT_IN_F64, { select_slot_in, 0, 8, 0 } },
    { IR_SLOT_IN_V128, { select_slot_in, 0, 16, 0 } },
    { IR_CALL, { select_call, 0, 0, 0 } },
    { IR_CALL_I32, { select_call, 0, 0, 0 } },
    { IR_CALL_I64, { select_call, 0, 0, 0 } },
    { IR_CALL_F32, { select_call, 0, 0, 0 } },
    { IR_CALL_F64, { select_call, 0, 0, 0 } },
    { IR_CALL_V128, { select_call, 0, 0, 0 } },
    { IR_POLL, { select_poll, 0, 0, 0 } },
    { IR_EXIT, { select_exit, MOP_EXIT, 0, 0 } },
    { IR_EXIT_INDIRECT, { select_exit, MOP_EXIT_INDIRECT, 0, 0 } },
    { IR_EXIT_CALL, { select_exit, MOP_EXIT_CALL, 0, 0 } },
    { IR_EXIT_CALL_INDIRECT, { select_exit, MOP_EXIT_CALL_INDIRECT, 0, 0 } },
    { IR_EXIT_RETURN, { select_exit, MOP_EXIT_RETURN, 0, 0 } },
    { IR_EXIT_EVENT, { select_exit, MOP_EXIT_EVENT, 0, 0 } },
    { IR_BR, { select_br, 0, 0, 0 } },
    { IR_GOTO, { select_goto, 0, 0, 0 } },
    { 0 },
};
