/* SPDX-License-Identifier: MIT */
/* Emission of a region: blocks, moves of the allocator, operations; composites, jumps, exits and rows are in the files beside. */
#include "tcg/x86_64/emit.h"

#include "tcg/state.h"
#include "tcg/x86_64/emit_state.h"
#include "util/arena.h"
#include "util/assert.h"
#include "util/compiler.h"

enum { FIRST_CODE = 4096 };

void emit_grow(Emit *e, uint32_t n)
{
    uint32_t pos = e->a.p ? emit_pos(e) : 0;
    e->out->code = arena_grow(e->arena, e->out->code, 1, &e->out->cap_code, pos + n + FIRST_CODE);
    e->a.p = e->out->code + pos;
    e->limit = e->out->code + e->out->cap_code;
}

static void emit_register_move(Emit *e, const MMove *mv)
{
    X86Asm *a = &e->a;
    unsigned dst = mv->dst.index, src = mv->src.index;
    if (mv->dst.cls == M_GPR && mv->src.cls == M_GPR) {
        if (mv->is_swap) {
            X86Rm rm = x86_rm_reg(src);
            x86_op_rm(a, 0x87 | X86_W, dst, &rm);
        } else {
            x86_mov_rr(a, mv->size, dst, src);
        }
        return;
    }
    lyre_assert(!mv->is_swap);
    if (mv->dst.cls == M_VEC && mv->src.cls == M_VEC) {
        x86_movv_rr(a, dst, src);
    } else if (mv->dst.cls == M_VEC) {
        x86_movd_to_vec(a, mv->size, dst, src);
    } else {
        x86_movd_to_gpr(a, mv->size, dst, src);
    }
}

/* Moves never touch flags. */
static void emit_move(Emit *e, const MMove *mv)
{
    X86Asm *a = &e->a;
    bool is_dst_reg = mv->dst.kind == LOC_REG, is_src_reg = mv->src.kind == LOC_REG;
    if (is_dst_reg && is_src_reg) {
        emit_register_move(e, mv);
        return;
    }
    lyre_assert(!mv->is_swap);
    if (is_dst_reg) {
        X86Rm rm = x86_loc_rm(a, mv->src);
        if (mv->dst.cls == M_GPR) {
            x86_load(a, mv->size, mv->dst.index, rm);
        } else {
            x86_loadv(a, mv->size, mv->dst.index, rm);
        }
        return;
    }
    X86Rm rm = x86_loc_rm(a, mv->dst);
    if (is_src_reg && mv->src.cls == M_GPR) {
        x86_store(a, mv->size, mv->src.index, rm);
    } else if (is_src_reg) {
        x86_storev(a, mv->size, mv->src.index, rm);
    } else {
        x86_loadv(a, mv->size, X86_SCRATCH_VEC, x86_loc_rm(a, mv->src));
        x86_storev(a, mv->size, X86_SCRATCH_VEC, rm);
    }
}

static void emit_composite(Emit *e, unsigned form, const MInsn *insn, const MOperand *ops)
{
    switch (form) {
    case MOP_FORM_JMP: emit_jmp(e, e->m->blocks[e->current].succ[0]); break;
    case MOP_FORM_JCC: emit_jcc(e, insn); break;
    case MOP_FORM_POLL: emit_poll(e, insn, ops); break;
    case MOP_FORM_EXIT: emit_exit(e, &e->ir->insns[insn->imm]); break;
    case MOP_FORM_CALL: emit_call(e, insn, ops); break;
    case MOP_FORM_CANON: emit_canon(e, insn, ops); break;
    case MOP_FORM_CVT_SAT: emit_cvt_sat(e, insn, ops); break;
    case MOP_FORM_FMA: emit_fma(e, insn, ops); break;
    case MOP_FORM_ALIGN: emit_align(e, insn, ops); break;
    case MOP_FORM_LOCK_RMW: emit_lock_rmw(e, insn, ops); break;
    case MOP_FORM_DIVMOD: emit_divmod(e, insn, ops); break;
    case MOP_FORM_FMINMAX: emit_fminmax(e, insn, ops); break;
    case MOP_FORM_UNBOX: emit_unbox(e, insn, ops); break;
    case MOP_FORM_CVT_U64: emit_cvt_u64(e, insn, ops); break;
    case MOP_FORM_VFP: emit_vfp(e, insn, ops); break;
    case MOP_FORM_SFP: emit_sfp(e, insn, ops); break;
    case MOP_FORM_VCVT: emit_vcvt(e, insn, ops); break;
    default: lyre_unreachable();
    }
}

void emit_insn(Emit *e, const MInsn *insn)
{
    const MOperand *ops = &e->m->operands[insn->first_op];
    const MopInfo *info = &mop_info[insn->op];
    if (!x86_form_is_simple(info->form)) {
        emit_composite(e, info->form, insn, ops);
        e->flags_start = 0;
        return;
    }
    e->flags_start = emit_pos(e);
    if (insn->snap) {
        emit_row(e, insn, ops, e->flags_start, SIDE_ACCESS, info->flags & MOP_STORES);
        e->flags_start = 0;
    }
    x86_encode(&e->a, insn, ops);
    if (e->a.rip_field) {
        emit_insn_const(e, insn);
    }
}

void emit_moves(Emit *e, uint32_t at)
{
    const uint32_t *start = e->alloc->move_start;
    emit_reserve(e, EMIT_ROOM + (start[at + 1] - start[at]) * X86_MAX_INSN * 2);
    for (uint32_t k = start[at]; k < start[at + 1]; k++) {
        emit_move(e, &e->alloc->moves[k]);
        e->flags_start = 0;
    }
}

static void emit_block(Emit *e, uint32_t id)
{
    const MBlock *b = &e->m->blocks[id];
    e->current = id;
    emit_reserve(e, EMIT_ROOM);
    if (b->is_entry) {
        const MInsn *label = &e->m->insns[b->first];
        lyre_assert(label->op == MOP_LABEL);
        emit_entry(e, label->imm, id == 1);
    }
    if (b->loop_end && !e->settings->has_counter) {
        x86_nop_long(&e->a, -emit_pos(e) & 15);
    }
    e->blocks[id].offset = emit_pos(e);
    e->flags_start = 0;
    for (uint32_t i = b->first; i < b->end; i++) {
        emit_moves(e, i);
        if (i + 2 == b->end && e->blocks[id].hoisted) {
            emit_hoisted(e, e->blocks[id].hoisted);
        }
        uint32_t run = emit_run_length(e, i, b->end);
        if (run > 1) {
            emit_run(e, &e->m->insns[i], run);
            i += run - 1;
        } else {
            emit_insn(e, &e->m->insns[i]);
        }
    }
}

static void find_pins(Emit *e)
{
    memset(e->slot_loc, 0, sizeof e->slot_loc);
    for (uint32_t s = 0, n = 0; s < e->ir->nslots && n < X86_NPINS; s++) { /* the pinned ones are among the first */
        int pin = e->ir->slots[s].pin;
        if (pin >= 0) {
            Loc loc = { LOC_REG, M_GPR, x86_pin_reg[pin] };
            memcpy(&e->slot_loc[s], &loc, 4);
            e->pins |= 1u << pin;
            n++;
            e->pin_home[pin] = e->ir->slots[s].offset;
        }
    }
}

static void start(Emit *e)
{
    CodeBlob *out = e->out;
    out->nlinks = out->nics = out->nrefs = out->nentries = 0;
    e->nfixups = e->nstubs = e->nconsts[0] = e->nconsts[1] = 0;
    e->miss_stub = e->hot_site = 0;
    e->a.p = out->code;
    e->side.nrows = e->side.size = 0;
    emit_reserve(e, EMIT_ROOM);
    emit_layout(e);
}

/* Emits everything once; false: again, with long jumps. */
static bool emit_all(Emit *e)
{
    start(e);
    for (uint32_t i = 0; i < e->norder && !e->out->is_failed; i++) {
        emit_block(e, e->order[i]);
        e->out->is_failed |= emit_pos(e) > EMIT_MAX_CODE;
    }
    emit_stubs(e);
    return emit_resolve_jumps(e);
}

Emit *emit_begin(const IrRegion *ir, const HostSettings *settings, CodeBlob *out)
{
    Emit *e = arena_alloc(out->arena, sizeof(Emit));
    memset(e, 0, offsetof(Emit, side)); /* the rest has its fields set by each user */
    e->ir = ir;
    e->settings = settings;
    e->out = out;
    e->arena = out->arena;
    e->a.slots = ir->slots;
    e->a.use_vex = host_features.avx;
    e->a.is_single = settings->is_single;
    side_writer_init(&e->side, out->arena);
    return e;
}

void emit_make_room(Emit *e, uint32_t nlinks, uint32_t nstubs, uint32_t nrows, uint32_t code)
{
    enum { MORE_REFS = 16, ROW_BYTES = 8, SIDE_BYTES = 96 };
    CodeBlob *out = e->out;
    out->cap_entries = 1;
    out->cap_refs = nlinks + MORE_REFS;
    out->cap_data = code_link_offset(nlinks);
    out->cap_code = code;
    e->cap_stubs = nstubs;
    e->side.cap = nrows * ROW_BYTES + SIDE_BYTES;
    size_t entries = sizeof *out->entries, stubs = nstubs * sizeof *e->stubs, refs = out->cap_refs * sizeof *out->refs;
    uint8_t *at = arena_alloc(e->arena, entries + stubs + out->cap_data + refs + e->side.cap + code); /* by falling alignment */
    out->entries = (CodeEntry *)at;
    e->stubs = (EmitStub *)(at += entries);
    out->data = at += stubs;
    out->refs = (uint32_t *)(at += out->cap_data);
    e->side.bytes = at += refs;
    out->code = at + e->side.cap;
    e->a.p = out->code;
    e->limit = out->code + code;
}

void emit_stubs(Emit *e)
{
    for (uint32_t i = 0; i < e->nstubs; i++) { /* a stub adds none */
        EmitStub s = e->stubs[i];
        emit_reserve(e, EMIT_ROOM);
        s.emit(e, &s);
    }
    emit_row_stubs(e);
}

void emit_end(Emit *e)
{
    CodeBlob *out = e->out;
    out->code_size = emit_pos(e);
    out->guest_insns = e->ir->guest_insns;
    emit_finish_data(e);
    side_writer_finish(&e->side);
    out->side = e->side.bytes;
    out->side_size = e->side.size;
    out->cap_side = e->side.cap;
    out->nrows = e->side.nrows;
}

void x86_emit(const MRegion *m, const MAlloc *alloc, const IrRegion *ir, const HostSettings *settings, CodeBlob *out)
{
    Emit *e = emit_begin(ir, settings, out);
    e->m = m;
    e->alloc = alloc;
    find_pins(e);
    e->pins_live = m->pins_kept & ~alloc->borrowed & e->pins;
    e->pins_borrowed = alloc->borrowed & e->pins;
    while (!emit_all(e)) {
        e->long_only = true;
    }
    emit_end(e);
}
