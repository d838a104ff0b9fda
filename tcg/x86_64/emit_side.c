/* SPDX-License-Identifier: MIT */
/* Side-table rows from snapshots and the allocator's locations. */
#include "tcg/state.h"
#include "tcg/x86_64/emit_state.h"
#include "util/assert.h"

static bool is_constant(unsigned recipe) { return recipe == M_CONSTANT || recipe == M_PLUS_CONSTANT; }

/* Whether the slot's home (its pin, memory) already has what this only entry of the slot says. */
static bool is_at_home(const Emit *e, const MSnapEntry *s, Loc loc, uint32_t *pins)
{
    if (s->recipe != M_AS_IS) {
        return false;
    }
    if (loc.kind == LOC_HOME && loc.index == s->slot) {
        return true;
    }
    int pin = e->ir->slots[s->slot].pin;
    if (pin >= 0 && loc.kind == LOC_REG && loc.cls == M_GPR && loc.index == x86_pin_reg[pin]) {
        *pins |= 1u << pin;
        return true;
    }
    return false;
}

static void add_entries(Emit *e, const MInsn *insn, SideRow *row)
{
    const MSnapshot *snap = &e->m->snaps[insn->snap];
    const MSnapEntry *s = &e->m->snap_entries[snap->first];
    const Loc *locs = &e->alloc->snap_locs[e->alloc->snap_start[insn - e->m->insns]];
    row->pc = snap->pc;
    row->ctx = snap->ctx;
    row->pin_mask = e->pins_live;
    row->nentries = 0;
    if (snap->count > IR_MAX_SLOTS) {
        e->out->is_failed = true;
        return;
    }
    for (uint32_t i = 0; i < snap->count; i++) {
        bool is_only = (i == 0 || s[i - 1].slot != s[i].slot) && (i + 1 == snap->count || s[i + 1].slot != s[i].slot);
        if (is_only && is_at_home(e, &s[i], locs[i], &row->pin_mask)) {
            continue;
        }
        SideEntry *out = &row->entries[row->nentries++];
        out->slot = s[i].slot;
        out->recipe = s[i].recipe;
        out->loc = locs[i];
        if (is_constant(s[i].recipe)) {
            out->loc = (Loc){ .kind = LOC_CONST };
            out->value = e->ir->insns[s[i].vreg].imm;
        }
    }
}

static void add_address(const MInsn *insn, const MOperand *ops, SideRow *row)
{
    row->addr_base = row->addr_index = X86_NOREG;
    row->addr_scale = row->mem_size = 0;
    row->addr_disp = 0;
    if (insn->mem_at == 0xff) {
        return;
    }
    X86Rm rm = x86_insn_mem(insn, ops);
    unsigned size = mop_info[insn->op].mem_size;
    row->addr_base = rm.base;
    row->addr_index = rm.index;
    row->addr_scale = rm.scale;
    row->addr_disp = rm.disp;
    row->mem_size = (uint8_t)(size ? size : insn->size);
}

void emit_row(Emit *e, const MInsn *insn, const MOperand *ops, uint32_t offset, SideKind kind, bool is_store)
{
    SideRow *row = &e->row;
    row->offset = offset;
    row->kind = (uint8_t)kind;
    row->is_store = is_store;
    add_entries(e, insn, row);
    add_address(insn, ops, row);
    side_writer_add(&e->side, row);
}

void emit_entry_poll_row(Emit *e, uint64_t pc, uint32_t offset)
{
    SideRow *row = &e->row;
    row->offset = offset;
    row->kind = SIDE_POLL;
    row->is_store = 0;
    row->pc = pc;
    row->ctx = e->ir->ctx;
    row->pin_mask = e->pins;
    row->nentries = 0;
    row->addr_base = row->addr_index = X86_NOREG;
    row->addr_scale = row->mem_size = 0;
    row->addr_disp = 0;
    side_writer_add(&e->side, row);
}
