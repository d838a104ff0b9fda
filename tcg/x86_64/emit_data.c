/* SPDX-License-Identifier: MIT */
/* The data of a region (code.h): constants, and where rows and constants lie once their numbers are known. */
#include "tcg/tramp.h"
#include "tcg/x86_64/emit_state.h"
#include "util/arena.h"
#include "util/assert.h"

enum { MAX_SEARCH = 64 }; /* equal constants are shared among the last ones */

void emit_ref(Emit *e, enum EmitData part, uint32_t index)
{
    static const uint8_t unit[EMIT_NDATA] = { 0, sizeof(IcRow), sizeof(IcRow), 16, 8 };
    uint32_t value = index * unit[part] - emit_pos(e);
    emit_add_ref(e, (uint32_t)(e->a.rip_field - e->out->code) | (uint32_t)part << EMIT_PART_SHIFT);
    memcpy(e->a.rip_field, &value, sizeof value);
    e->a.rip_field = NULL;
}

static uint32_t add_const(Emit *e, unsigned pool, uint64_t lo, uint64_t hi)
{
    uint32_t n = e->nconsts[pool];
    for (uint32_t i = n; i-- > 0 && n - i <= MAX_SEARCH;) {
        if (e->consts[pool][i].lo == lo && e->consts[pool][i].hi == hi) {
            return i;
        }
    }
    e->consts[pool] = arena_grow(e->arena, e->consts[pool], sizeof(EmitConst), &e->cap_consts[pool], n + 1);
    e->consts[pool][n] = (EmitConst){ lo, hi };
    e->nconsts[pool]++;
    return n;
}

uint32_t emit_const8(Emit *e, uint64_t bits) { return add_const(e, 1, bits, 0); }
uint32_t emit_const16(Emit *e, uint64_t lo, uint64_t hi) { return add_const(e, 0, lo, hi); }

void emit_insn_const(Emit *e, const MInsn *insn)
{
    const MopInfo *info = &mop_info[insn->op];
    if (insn->flags & MF_MEM_POOL) {
        const V128Bits *v = &e->ir->pool[insn->imm];
        emit_ref(e, EMIT_CONST16, emit_const16(e, v->u64[0], v->u64[1]));
    } else if ((info->flags & MOP_V16) || info->form == MOP_FORM_MOVV) {
        emit_ref(e, EMIT_CONST16, emit_const16(e, insn->imm, insn->imm));
    } else {
        emit_ref(e, EMIT_CONST8, emit_const8(e, insn->imm));
    }
}

static void resolve_refs(const CodeBlob *out, const uint32_t base[EMIT_NDATA])
{
    for (uint32_t i = 0; i < out->nrefs; i++) {
        uint32_t value, field = emit_ref_field(out->refs[i]);
        memcpy(&value, out->code + field, sizeof value);
        value += base[out->refs[i] >> EMIT_PART_SHIFT];
        memcpy(out->code + field, &value, sizeof value);
        out->refs[i] = field;
    }
}

static void make_room(Emit *e)
{
    CodeBlob *out = e->out;
    out->data = arena_grow(e->arena, out->data, 1, &out->cap_data, out->data_size);
}

/* Inline caches and constants follow the links. */
static void add_parts(Emit *e)
{
    CodeBlob *out = e->out;
    uint32_t base[EMIT_NDATA] = { 0 };
    base[EMIT_IC] = code_link_offset(out->nlinks);
    base[EMIT_IC_TARGET] = base[EMIT_IC] + (uint32_t)offsetof(IcRow, target);
    base[EMIT_CONST16] = (base[EMIT_IC] + out->nics * (uint32_t)sizeof(IcRow) + 15) & ~15u;
    base[EMIT_CONST8] = base[EMIT_CONST16] + e->nconsts[0] * 16;
    out->data_size = base[EMIT_CONST8] + e->nconsts[1] * 8;
    make_room(e);
    resolve_refs(out, base);
    for (uint32_t i = 0; i < out->nics; i++) { /* an empty one has a target all the same: the guest may jump to ~0 */
        IcRow ic = { .key = UINT64_MAX, .target = (void *)tramp_relookup };
        memcpy(out->data + base[EMIT_IC] + i * sizeof(IcRow), &ic, sizeof(ic));
    }
    for (uint32_t i = 0; i < e->nconsts[0]; i++) {
        memcpy(out->data + base[EMIT_CONST16] + i * 16, &e->consts[0][i], 16);
    }
    for (uint32_t i = 0; i < e->nconsts[1]; i++) {
        memcpy(out->data + base[EMIT_CONST8] + i * 8, &e->consts[1][i].lo, 8);
    }
}

void emit_finish_data(Emit *e)
{
    CodeBlob *out = e->out;
    out->data_size = code_link_offset(out->nlinks);
    if (out->nics || e->nconsts[0] || e->nconsts[1]) {
        add_parts(e);
    } else {
        make_room(e);
    }
}
