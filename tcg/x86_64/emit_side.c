/* SPDX-License-Identifier: MIT */
/* Side-table rows from snapshots and the allocator's locations. */
#include "tcg/state.h"
#include "tcg/x86_64/emit_state.h"
#include "util/assert.h"

/* Whether the slot's home (its pin, memory) already has the value that is at `loc` as it is. */
static bool is_at_home(const Emit *e, unsigned slot, Loc loc)
{
    uint32_t bits;
    memcpy(&bits, &loc, 4);
    return bits == e->slot_loc[slot] || (loc.kind == LOC_HOME && loc.index == slot);
}

/* Writes the entries that are needed; returns the pins that hold their slots' values. */
static uint32_t add_entries(Emit *e, const MSnapEntry *s, const Loc *locs, uint32_t n)
{
    uint32_t pins = e->pins_live;
    for (uint32_t i = 0; i < n; i++) {
        unsigned slot = s[i].slot, recipe = s[i].recipe;
        if (recipe == M_AS_IS && is_at_home(e, slot, locs[i]) && (i + 1 == n || s[i + 1].slot != slot)) {
            pins |= locs[i].kind == LOC_REG ? 1u << e->ir->slots[slot].pin : 0;
        } else if (mir_recipe_is_const(recipe)) {
            const IrInsn *c = &e->ir->insns[s[i].vreg];
            uint64_t value = c->op == IR_CONST_V128 ? e->ir->pool[c->aux].u64[0] : c->imm;
            SideEntry k = { s[i].slot, (uint8_t)mir_side_recipe(s[i].recipe), { .kind = LOC_CONST }, value };
            side_writer_entry_slow(&e->side, &k);
        } else {
            side_writer_entry(&e->side, slot, recipe, locs[i]);
        }
    }
    return pins;
}

static void set_address(SideRow *row, const X86Rm *rm, unsigned access)
{
    row->addr_base = rm->base == X86_RM_NONE ? X86_NOREG : rm->base;
    row->addr_index = rm->index == X86_RM_NONE ? X86_NOREG : rm->index;
    row->addr_scale = rm->scale;
    row->addr_disp = rm->disp;
    row->mem_size = (uint8_t)access;
}

static void add_address(const MInsn *insn, const MOperand *ops, SideRow *row)
{
    static const X86Rm nothing = { X86_RM_MEM, X86_RM_NONE, X86_RM_NONE, 0, 0 };
    if (insn->mem_at == 0xff) {
        set_address(row, &nothing, 0);
        return;
    }
    X86Rm rm = x86_insn_mem(insn, ops);
    unsigned size = mop_info[insn->op].mem_size;
    set_address(row, &rm, size ? size : insn->size);
}

void emit_row(Emit *e, const MInsn *insn, const MOperand *ops, uint32_t offset, SideKind kind, bool is_store)
{
    const MSnapshot *snap = &e->m->snaps[insn->snap];
    const MSnapEntry *entries = &e->m->snap_entries[snap->first];
    const Loc *locs = &e->alloc->snap_locs[e->alloc->snap_start[insn - e->m->insns]];
    SideRow *row = &e->row;
    if (snap->count > IR_MAX_SLOTS) {
        e->out->is_failed = true;
        return;
    }
    row->offset = offset;
    row->kind = (uint8_t)kind;
    row->is_store = is_store;
    row->pc = snap->pc;
    row->ctx = snap->ctx;
    add_address(insn, ops, row);
    side_writer_begin(&e->side, row, snap->count);
    uint32_t pins = add_entries(e, entries, locs, snap->count);
    side_writer_end(&e->side, pins);
}

void emit_entry_poll_row(Emit *e, uint64_t pc)
{
    SideHead head = { side_head_bytes(SIDE_POLL, false, 0, SIDE_NO_REG, SIDE_NO_REG, 0), emit_pos(e), e->ir->ctx, 0, pc };
    side_writer_plain(&e->side, &head, e->pins);
}
