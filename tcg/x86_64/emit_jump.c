/* SPDX-License-Identifier: MIT */
/* Block layout, jumps between blocks, deferred code. */
#include <string.h>

#include "tcg/x86_64/emit_state.h"
#include "util/arena.h"
#include "util/assert.h"
#include "util/compiler.h"

enum { SHORT_REACH = 112 }; /* forward jumps are short when the guess of bytes between is at most this */

/* Guess of an operation's bytes: only decides on short jumps. */
static uint32_t weight_of(const MInsn *insn)
{
    static const uint8_t composite[] = {
        [MOP_FORM_JMP] = 3, [MOP_FORM_JCC] = 6, [MOP_FORM_POLL] = 6, [MOP_FORM_EXIT] = 24, [MOP_FORM_CALL] = 80,
        [MOP_FORM_CANON] = 10, [MOP_FORM_CVT_SAT] = 36, [MOP_FORM_ALIGN] = 14, [MOP_FORM_LOCK_RMW] = 30,
        [MOP_FORM_DIVMOD] = 20, [MOP_FORM_FMINMAX] = 20, [MOP_FORM_UNBOX] = 20, [MOP_FORM_CVT_U64] = 20,
    };
    unsigned form = mop_info[insn->op].form;
    return form == MOP_FORM_NONE ? 0 : x86_form_is_simple(form) ? 5 : composite[form];
}

static bool has_moves(const Emit *e, uint32_t first, uint32_t end)
{
    return e->alloc->move_start[first] != e->alloc->move_start[end];
}

/* The block's only operation besides its label, unless it has moves or is an entry; else NULL. */
static const MInsn *only_insn(const Emit *e, uint32_t id)
{
    const MBlock *b = &e->m->blocks[id];
    uint32_t first = b->first;
    if (b->is_entry || id == 1 || has_moves(e, b->first, b->end)) {
        return NULL;
    }
    if (first < b->end && e->m->insns[first].op == MOP_LABEL) {
        first++;
    }
    return first + 1 == b->end ? &e->m->insns[first] : NULL;
}

static bool is_empty(const Emit *e, uint32_t id)
{
    const MInsn *only = only_insn(e, id);
    return e->blocks[id].is_hoisted || (only && only->op == MOP_JMP);
}

static bool is_bare_exit(const Emit *e, uint32_t id)
{
    const MInsn *only = only_insn(e, id);
    return only && only->op == MOP_EXIT && e->m->blocks[id].npreds == 1 && !e->pins_borrowed &&
           e->ir->snaps[e->ir->insns[only->imm].snap].ctx == e->ir->ctx;
}

/* Where an empty block leads to; itself when that is round in a circle. */
static uint32_t target_of(const Emit *e, uint32_t id)
{
    uint32_t to = id;
    for (uint32_t n = 0; n < e->m->nblocks; n++) {
        if (!is_empty(e, to)) {
            return to;
        }
        to = e->m->blocks[to].succ[0];
    }
    return id;
}

/* ---- what an edge back does goes in front of the comparison of the branch, which then leads to the loop's start by itself */

static bool is_compare(const MInsn *insn)
{
    bool is_one = insn->op == MOP_CMP || insn->op == MOP_TEST || insn->op == MOP_UCOMIS || insn->op == MOP_COMIS || insn->op == MOP_BT;
    return is_one && !insn->snap;
}

/* Whether the comparison reads what a register or spill slot holds. */
static bool reads(const Emit *e, const MInsn *compare, Loc loc)
{
    for (unsigned n = 0; n < compare->nops; n++) {
        Loc x = e->m->operands[compare->first_op + n].loc;
        if (x.kind == loc.kind && x.index == loc.index && (x.kind != LOC_REG || x.cls == loc.cls)) {
            return true;
        }
    }
    return false;
}

/* Moves and constants: neither reads or writes flags, or can fault. */
static bool can_hoist(const Emit *e, uint32_t id, const MInsn *compare)
{
    const MBlock *b = &e->m->blocks[id];
    for (uint32_t k = e->alloc->move_start[b->first]; k < e->alloc->move_start[b->end]; k++) {
        const MMove *move = &e->alloc->moves[k];
        if (reads(e, compare, move->dst) || (move->is_swap && reads(e, compare, move->src))) {
            return false;
        }
    }
    for (uint32_t i = b->first; i < b->end; i++) {
        const MInsn *insn = &e->m->insns[i];
        const MOperand *ops = &e->m->operands[insn->first_op];
        bool is_const = (insn->op == MOP_MOV || insn->op == MOP_MOVABS || insn->op == MOP_MOVV || insn->op == MOP_MOVF) && insn->nops == 1 && !insn->snap;
        if (!(insn->op == MOP_LABEL || insn->op == MOP_JMP || (is_const && !reads(e, compare, ops[0].loc)))) {
            return false;
        }
    }
    return true;
}

static void find_hoisted(Emit *e)
{
    const MRegion *m = e->m;
    for (uint32_t id = 1; id < m->nblocks && e->alloc->is_private; id++) {
        uint32_t pred = e->alloc->is_private[id] ? m->preds[m->blocks[id].first_pred] : 0, end = m->blocks[pred].end;
        if (!pred || end < m->blocks[pred].first + 2 || e->blocks[pred].hoisted) {
            continue;
        }
        const MInsn *compare = &m->insns[end - 2], *branch = &m->insns[end - 1];
        bool is_near = branch->op == MOP_JCC && branch->cond <= X86_G && !has_moves(e, end - 1, end);
        if (is_near && is_compare(compare) && can_hoist(e, id, compare)) {
            e->blocks[pred].hoisted = id;
            e->blocks[id].is_hoisted = true;
        }
    }
}

void emit_hoisted(Emit *e, uint32_t id)
{
    const MBlock *b = &e->m->blocks[id];
    for (uint32_t i = b->first; i < b->end; i++) {
        emit_moves(e, i);
        if (e->m->insns[i].op != MOP_LABEL && e->m->insns[i].op != MOP_JMP) {
            emit_insn(e, &e->m->insns[i]);
        }
    }
}

static void find_links(Emit *e)
{
    const MRegion *m = e->m;
    for (uint32_t id = 1; id < m->nblocks; id++) {
        const MBlock *b = &m->blocks[id];
        if (b->first == b->end || m->insns[b->end - 1].op != MOP_JCC || m->insns[b->end - 1].cond > X86_G) {
            continue;
        }
        for (unsigned k = 0; k < 2; k++) {
            uint32_t t = b->succ[k]; /* itself, not by way of an empty block: those have any number of predecessors */
            if (t != e->blocks[b->succ[!k]].target && is_bare_exit(e, t)) {
                e->blocks[t].is_link = true;
                break; /* the other way needs a place to fall through to or jump to */
            }
        }
    }
}

static void append_blocks(Emit *e, bool is_cold)
{
    for (uint32_t id = 1; id < e->m->nblocks; id++) {
        EmitBlock *b = &e->blocks[id];
        if (e->m->blocks[id].is_cold == is_cold && b->target == id && !b->is_link) {
            e->order[e->norder++] = id;
        }
    }
}

static uint32_t block_weight(const Emit *e, uint32_t id)
{
    const MBlock *b = &e->m->blocks[id];
    uint32_t weight = b->is_entry ? 16 : 0;
    weight += (e->alloc->move_start[b->end] - e->alloc->move_start[b->first]) * 4;
    for (uint32_t k = b->first; k < b->end; k++) {
        weight += weight_of(&e->m->insns[k]);
    }
    return weight;
}

void emit_layout(Emit *e)
{
    uint32_t n = e->m->nblocks;
    if (!e->blocks) {
        e->blocks = arena_alloc(e->arena, n * sizeof(EmitBlock));
        e->order = arena_alloc(e->arena, n * sizeof(uint32_t));
    }
    memset(e->blocks, 0, n * sizeof(EmitBlock));
    find_hoisted(e);
    for (uint32_t id = 1; id < n; id++) {
        e->blocks[id].offset = EMIT_UNBOUND;
        e->blocks[id].target = target_of(e, id);
    }
    find_links(e);
    e->norder = 0;
    append_blocks(e, false);
    append_blocks(e, true);
    uint32_t weight = 0;
    for (uint32_t i = 0; i < e->norder; i++) {
        EmitBlock *b = &e->blocks[e->order[i]];
        b->before = weight;
        weight += block_weight(e, e->order[i]);
        b->after = weight;
        b->next = i + 1 < e->norder ? e->order[i + 1] : 0;
    }
}

void emit_jmp_to(Emit *e, uint32_t target)
{
    int32_t rel = (int32_t)(target - (emit_pos(e) + 2));
    if (x86_fits8(rel)) {
        x86_put8(&e->a, 0xeb);
        x86_put8(&e->a, (uint8_t)rel);
    } else {
        x86_put8(&e->a, 0xe9);
        x86_put32(&e->a, (uint32_t)rel - 3);
    }
}

void emit_jcc_to(Emit *e, unsigned cond, uint32_t target)
{
    int32_t rel = (int32_t)(target - (emit_pos(e) + 2));
    if (x86_fits8(rel)) {
        x86_put8(&e->a, 0x70 | cond);
        x86_put8(&e->a, (uint8_t)rel);
    } else {
        x86_put8(&e->a, 0x0f);
        x86_put8(&e->a, 0x80 | cond);
        x86_put32(&e->a, (uint32_t)rel - 4);
    }
}

/* Whether a forward jump from the end of the current block to `block` may be expected to reach with 8 bits. */
static bool is_near(const Emit *e, uint32_t block)
{
    return !e->long_only && e->blocks[block].before <= e->blocks[e->current].after + SHORT_REACH;
}

static void add_fixup(Emit *e, uint32_t block, bool is_short)
{
    e->fixups = arena_grow(e->arena, e->fixups, sizeof(EmitFixup), &e->cap_fixups, e->nfixups + 1);
    e->fixups[e->nfixups++] = (EmitFixup){ emit_pos(e) - (is_short ? 1 : 4), block, is_short };
}

static void jump_block(Emit *e, uint32_t block)
{
    if (e->blocks[block].offset != EMIT_UNBOUND) {
        emit_jmp_to(e, e->blocks[block].offset);
    } else if (is_near(e, block)) {
        x86_put8(&e->a, 0xeb);
        x86_put8(&e->a, 0);
        add_fixup(e, block, true);
    } else {
        x86_put8(&e->a, 0xe9);
        x86_put32(&e->a, 0);
        add_fixup(e, block, false);
    }
}

static void jcc_block(Emit *e, unsigned cond, uint32_t block)
{
    if (e->blocks[block].offset != EMIT_UNBOUND) {
        emit_jcc_to(e, cond, e->blocks[block].offset);
    } else if (is_near(e, block)) {
        x86_put8(&e->a, 0x70 | cond);
        x86_put8(&e->a, 0);
        add_fixup(e, block, true);
    } else {
        emit_jcc_long(e, cond);
        add_fixup(e, block, false);
    }
}

/* Whether control gets to the label of `block` without a jump. */
static bool falls_into(const Emit *e, uint32_t block)
{
    return block == e->blocks[e->current].next && !emit_entry_has_code(e, block);
}

void emit_jmp(Emit *e, uint32_t block)
{
    block = e->blocks[block].target;
    if (!falls_into(e, block)) {
        jump_block(e, block);
    }
}

/* The operation at `start`, the last one, was moved up: what it refers to stayed. */
static void shift_ref(Emit *e, uint32_t start, uint32_t by)
{
    const CodeBlob *out = e->out;
    uint32_t *last = &out->refs[out->nrefs - 1];
    if (out->nrefs && emit_ref_field(*last) >= start) {
        *last += by;
        uint8_t *field = out->code + emit_ref_field(*last);
        uint32_t value;
        memcpy(&value, field, sizeof value);
        value -= by;
        memcpy(field, &value, sizeof value);
    }
}

/*
 * No-operations so that the 4-byte field of a jcc that comes next is aligned. They go before the operation that sets the flags,
 * which stays next to the jump: both become one micro-operation.
 */
static void align_jcc(Emit *e)
{
    uint32_t pad = -(emit_pos(e) + 2) & 3, start = e->flags_start;
    if (!pad || !start) {
        x86_nop(&e->a, pad);
        return;
    }
    uint8_t *p = e->out->code + start, *end = e->a.p, insn[X86_MAX_INSN];
    lyre_assert(end - p <= X86_MAX_INSN);
    memcpy(insn, p, sizeof insn);
    e->a.p = p;
    x86_nop(&e->a, pad);
    memcpy(e->a.p, insn, sizeof insn);
    e->a.p = end + pad;
    shift_ref(e, start, pad);
}

void emit_jcc_link(Emit *e, unsigned cond, uint64_t pc, uint32_t ctx)
{
    align_jcc(e);
    emit_link_field(e, pc, ctx, emit_jcc_long(e, cond));
}

/* Conditional jump that is a link by itself: to a bare exit. */
static void jcc_link(Emit *e, unsigned cond, uint32_t block)
{
    const MInsn *exit = &e->m->insns[e->m->blocks[block].end - 1];
    const IrSnapshot *snap = &e->ir->snaps[e->ir->insns[exit->imm].snap];
    emit_jcc_link(e, cond, snap->pc, snap->ctx);
}

static void jcc_float(Emit *e, unsigned cond, uint32_t yes, uint32_t no)
{
    if (cond == X86_FEQ) {
        jcc_block(e, X86_P, no);
        jcc_block(e, X86_E, yes);
    } else {
        jcc_block(e, X86_P, yes);
        jcc_block(e, X86_NE, yes);
    }
    emit_jmp(e, no);
}

void emit_jcc(Emit *e, const MInsn *insn)
{
    const MBlock *b = &e->m->blocks[e->current];
    uint32_t yes = e->blocks[b->succ[0]].target, no = e->blocks[b->succ[1]].target;
    unsigned cond = insn->cond;
    if (yes == no) {
        emit_jmp(e, yes);
    } else if (cond > X86_G) {
        jcc_float(e, cond, yes, no);
    } else if (e->blocks[yes].is_link) {
        jcc_link(e, cond, yes);
        emit_jmp(e, no);
    } else if (e->blocks[no].is_link) {
        jcc_link(e, cond ^ 1, no);
        emit_jmp(e, yes);
    } else if (falls_into(e, yes)) {
        jcc_block(e, cond ^ 1, no);
    } else {
        jcc_block(e, cond, yes);
        emit_jmp(e, no);
    }
}

bool emit_resolve_jumps(Emit *e)
{
    for (uint32_t i = 0; i < e->nfixups && !e->out->is_failed; i++) {
        EmitFixup f = e->fixups[i];
        uint32_t target = e->blocks[f.block].offset;
        lyre_assert(target != EMIT_UNBOUND);
        if (!f.is_short) {
            emit_patch32(e, f.field, target);
            continue;
        }
        int32_t rel = (int32_t)(target - (f.field + 1));
        if (!x86_fits8(rel)) {
            return false;
        }
        e->out->code[f.field] = (uint8_t)rel;
    }
    return true;
}

EmitStub *emit_stub(Emit *e, void (*fn)(Emit *, const EmitStub *), uint32_t site)
{
    e->stubs = arena_grow(e->arena, e->stubs, sizeof(EmitStub), &e->cap_stubs, e->nstubs + 1);
    EmitStub *s = &e->stubs[e->nstubs++];
    *s = (EmitStub){ .emit = fn, .site = site };
    return s;
}

EmitStub *emit_jcc_stub(Emit *e, unsigned cond, void (*fn)(Emit *, const EmitStub *), const MInsn *insn, const MOperand *ops)
{
    EmitStub *s = emit_stub(e, fn, emit_jcc_long(e, cond));
    s->insn = insn;
    s->ops = ops;
    s->resume = emit_pos(e);
    return s;
}

void emit_stub_here(Emit *e, const EmitStub *s) { emit_patch32(e, s->site, emit_pos(e)); }
