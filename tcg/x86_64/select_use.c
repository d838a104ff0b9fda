/* SPDX-License-Identifier: MIT */
/* Instruction selection: values as operands. Registers on demand, constants, aliases, loads that move to their user. */
#include "tcg/x86_64/select.h"

#include "tcg/code.h"
#include "util/arena.h"
#include "util/assert.h"

uint32_t sel_new(Sel *s, MClass cls, unsigned size)
{
    MRegion *m = s->m;
    if (m->nvregs + 1 > m->cap_vregs) {
        m->vregs = arena_grow(m->arena, m->vregs, sizeof(MVreg), &m->cap_vregs, m->nvregs + 1);
    }
    m->vregs[m->nvregs] = (MVreg){ .cls = cls, .size = size, .hint = -1 };
    return m->nvregs++;
}

uint32_t sel_new_typed(Sel *s, unsigned type)
{
    static const uint8_t sizes[] = { [IR_I32] = 4, [IR_I64] = 8, [IR_F32] = 4, [IR_F64] = 8, [IR_V128] = 16, [IR_CC] = 4 };
    bool is_vec = type == IR_F32 || type == IR_F64 || type == IR_V128;
    return sel_new(s, is_vec ? M_VEC : M_GPR, sizes[type]);
}

/* Whether the register of an I32 value has a zero upper half, whatever made it. */
static bool is_zero_extended(unsigned op)
{
    switch (op) {
    case IR_ADD_I32: case IR_SUB_I32: case IR_MUL_I32: case IR_AND_I32: case IR_OR_I32: case IR_XOR_I32: case IR_ANDN_I32:
    case IR_SHL_I32: case IR_SHR_I32: case IR_SAR_I32: case IR_ROTL_I32: case IR_ROTR_I32: case IR_SMIN_I32: case IR_SMAX_I32:
    case IR_UMIN_I32: case IR_UMAX_I32: case IR_CLZ_I32: case IR_CTZ_I32: case IR_POPCNT_I32: case IR_BSWAP_I32:
    case IR_SEXT8_I32: case IR_SEXT16_I32: case IR_ZEXT8_I32: case IR_ZEXT16_I32: case IR_SELECT_I32:
    case IR_CMP_EQ_I32: case IR_CMP_NE_I32: case IR_CMP_SLT_I32: case IR_CMP_SLE_I32: case IR_CMP_ULT_I32: case IR_CMP_ULE_I32:
    case IR_CMP_EQ_I64: case IR_CMP_NE_I64: case IR_CMP_SLT_I64: case IR_CMP_SLE_I64: case IR_CMP_ULT_I64: case IR_CMP_ULE_I64:
    case IR_BITS_F32_I32: case IR_CC_TEST_I32: case IR_CC_BIT_I32: case IR_RESULT_I32 /* a carry */:
    case IR_FCMP_EQ_F32: case IR_FCMP_LT_F32: case IR_FCMP_LE_F32: case IR_FCMP_LTQ_F32: case IR_FCMP_LEQ_F32:
    case IR_FCMP_EQ_F64: case IR_FCMP_LT_F64: case IR_FCMP_LE_F64: case IR_FCMP_LTQ_F64: case IR_FCMP_LEQ_F64:
        return true;
    default:
        return false;
    }
}

/* and.i64 with a constant that keeps the low half */
static bool keeps_low(const Sel *s, const IrInsn *i)
{
    uint64_t c;
    return i->op == IR_AND_I64 && sel_const(s, i->arg[1], &c) && (uint32_t)c == UINT32_MAX;
}

const uint8_t sel_through[IR_OP_COUNT] = {
    [IR_CONST_I32] = SEL_MAYBE_CONST,
    [IR_CONST_I64] = SEL_MAYBE_CONST,
    [IR_CONST_F32] = SEL_MAYBE_CONST,
    [IR_CONST_F64] = SEL_MAYBE_CONST,
    [IR_CONST_V128] = SEL_THROUGH,
    [IR_TRUNC_I32] = SEL_MAYBE_CONST | SEL_THROUGH,
    [IR_ZEXT_I64] = SEL_MAYBE_CONST | SEL_THROUGH,
    [IR_SEXT_I64] = SEL_THROUGH,
    [IR_CC_PACK_I32] = SEL_THROUGH,
    [IR_VLOW32_F32] = SEL_THROUGH,
    [IR_VLOW64_F64] = SEL_THROUGH,
    [IR_RESULT_I32] = SEL_THROUGH,
    [IR_RESULT_I64] = SEL_THROUGH,
    [IR_FCANON_F32] = SEL_THROUGH,
    [IR_FCANON_F64] = SEL_THROUGH,
};

/* There may be several of one operation. */
static uint32_t second_result(Sel *s, uint32_t v)
{
    uint32_t *second = &s->second[s->r->insns[v].arg[0]];
    *second = *second ? *second : v;
    return *second;
}

uint32_t sel_resolve_slow(Sel *s, uint32_t v)
{
    bool is_low = s->is_low;
    for (;;) {
        const IrInsn *i = &s->r->insns[v];
        if (is_low && i->type == IR_I64 && !s->vreg[v] &&
            (i->op == IR_SEXT_I64 || i->op == IR_ZEXT_I64 || i->op == IR_SEXT32_I64 || i->op == IR_ZEXT32_I64 ||
             keeps_low(s, i))) {
            v = i->arg[0];
            continue;
        }
        switch (i->op) {
        case IR_TRUNC_I32:
            is_low = true;
            v = i->arg[0];
            break;
        case IR_CC_PACK_I32:
        case IR_VLOW32_F32:
        case IR_VLOW64_F64:
            v = i->arg[0];
            break;
        case IR_RESULT_I32:
        case IR_RESULT_I64:
            return second_result(s, v);
        case IR_FCANON_F32:
        case IR_FCANON_F64: { /* integers become numbers; FMA's result is canonical */
            unsigned op = s->r->insns[i->arg[0]].op;
            bool is_fma = (op == IR_FMA_F32 || op == IR_FMA_F64) && host_features.fma;
            if (!is_fma && (op < IR_I32_S_TO_F32_F32 || op > IR_I64_U_TO_F64_F64)) {
                return v;
            }
            v = i->arg[0];
            break;
        }
        case IR_ZEXT_I64: {
            uint32_t x = i->arg[0];
            if (s->is_alone) {
                return v;
            }
            bool is_load = s->r->insns[x].op == IR_LOAD_I32;
            if (is_load ? s->state[x] & (SEL_SEXT | SEL_FUSED) : !is_zero_extended(s->r->insns[x].op)) {
                return v;
            }
            x = s->r->insns[x].op == IR_RESULT_I32 ? second_result(s, x) : x;
            s->state[x] |= SEL_ZEXT;
            if (s->vreg[x]) {
                s->m->vregs[s->vreg[x]].size = 8;
            }
            return x;
        }
        case IR_SEXT_I64: {
            uint32_t x = i->arg[0];
            if (s->is_alone || s->r->insns[x].op != IR_LOAD_I32 || s->state[x] & (SEL_ZEXT | SEL_FUSED)) {
                return v;
            }
            s->state[x] |= SEL_SEXT;
            if (s->vreg[x]) {
                s->m->vregs[s->vreg[x]].size = 8;
            }
            return x;
        }
        default:
            return v;
        }
    }
}

bool sel_const_slow(const Sel *s, uint32_t v, uint64_t *out)
{
    const IrInsn *i = &s->r->insns[v];
    switch (i->op) {
    case IR_CONST_I32:
    case IR_CONST_F32:
        *out = (uint32_t)i->imm;
        return true;
    case IR_CONST_I64:
    case IR_CONST_F64:
        *out = i->imm;
        return true;
    case IR_TRUNC_I32:
        if (!sel_const(s, i->arg[0], out)) {
            return false;
        }
        *out = (uint32_t)*out;
        return true;
    case IR_ZEXT_I64:
        return sel_const(s, i->arg[0], out);
    default:
        return false;
    }
}

bool sel_imm(const Sel *s, uint32_t v, unsigned size, int32_t *out)
{
    uint64_t c;
    if (!sel_const(s, v, &c)) {
        return false;
    }
    *out = (int32_t)c;
    return size < 8 || (int64_t)c == (int32_t)c;
}

uint32_t sel_const_reg(Sel *s, uint64_t bits, unsigned size)
{
    uint32_t d = sel_new(s, M_GPR, size);
    if (size < 8 || bits <= UINT32_MAX) {
        sel_emit2(s, MOP_MOV, 4, d, sel_arg_imm((int32_t)bits));
    } else if ((int64_t)bits == (int32_t)bits) {
        sel_emit2(s, MOP_MOV, 8, d, sel_arg_imm((int32_t)bits));
    } else {
        sel_emit1(s, MOP_MOVABS, 8, d)->imm = bits;
    }
    return d;
}

uint32_t sel_reg(Sel *s, uint32_t v)
{
    const IrInsn *i = &s->r->insns[v];
    if (!sel_through[i->op] && !s->is_low && s->vreg[v]) { /* the usual case of what follows */
        s->state[v] |= SEL_USED | (i->type == IR_I64 ? SEL_WIDE : 0);
        return s->vreg[v];
    }
    uint32_t x = sel_resolve(s, v);
    uint64_t c;
    i = &s->r->insns[x];
    if (i->op == IR_CONST_V128) {
        SelMem mem = { .flags = MF_MEM_POOL, .imm = (uint32_t)i->aux };
        uint32_t d = sel_new(s, M_VEC, 16);
        sel_emit2(s, MOP_MOVV, 16, d, sel_arg_mem(&mem));
        return d;
    }
    if (sel_const(s, v, &c) || sel_const(s, x, &c)) {
        bool is_fp = i->type == IR_F32 || i->type == IR_F64;
        if (!is_fp) {
            return sel_const_reg(s, c, s->r->insns[v].type == IR_I64 && !s->is_low ? 8 : 4);
        }
        uint32_t d = sel_new_typed(s, i->type);
        sel_emit2(s, MOP_MOVF, i->type == IR_F32 ? 4 : 8, d, sel_arg_const(c));
        return d;
    }
    if (!s->vreg[x]) {
        /* A value of a block that is done already: the layout must have each block after its dominators. */
        lyre_assert(i->block <= s->block);
        uint32_t d = s->vreg[x] = sel_new_typed(s, i->type);
        s->m->vregs[d].value = x;
        if (s->state[x] & (SEL_SEXT | SEL_ZEXT)) {
            s->m->vregs[d].size = 8;
        }
        if (ir_has_trait(i, IR_TRAIT_SLOTIN)) {
            s->m->vregs[d].home = (uint16_t)(i->aux + 1);
        }
    }
    s->state[x] |= SEL_USED | (i->type == IR_I64 && s->r->insns[v].type == IR_I64 && !s->is_low ? SEL_WIDE : 0);
    return s->vreg[x];
}

uint32_t sel_low(Sel *s, uint32_t v)
{
    bool is_low = s->is_low;
    s->is_low = true;
    uint32_t x = sel_reg(s, v);
    s->is_low = is_low;
    return x;
}

static bool is_sext32(const Sel *s, uint32_t v, unsigned depth)
{
    const IrInsn *i = &s->r->insns[v];
    uint64_t c;
    switch (i->op) {
    case IR_CONST_I64:
        return (int64_t)i->imm == (int32_t)i->imm;
    case IR_SEXT_I64: case IR_SEXT32_I64: case IR_SEXT8_I64: case IR_SEXT16_I64: case IR_ZEXT8_I64: case IR_ZEXT16_I64:
        return true;
    case IR_LOAD_I64:
        return MEM_SIZE(i->mem) < 4 || (MEM_SIZE(i->mem) == 4 && i->mem & MEM_SIGNED);
    case IR_ZEXT_I64: {
        unsigned op = s->r->insns[i->arg[0]].op;
        return op >= IR_CMP_EQ_I32 && op <= IR_CMP_ULE_I64;
    }
    case IR_SAR_I64:
        return depth && is_sext32(s, i->arg[0], depth - 1);
    case IR_AND_I64:
        if (sel_const(s, i->arg[1], &c) && c <= INT32_MAX) {
            return true;
        }
        return depth && is_sext32(s, i->arg[0], depth - 1) && is_sext32(s, i->arg[1], depth - 1);
    case IR_OR_I64: case IR_XOR_I64: case IR_ANDN_I64:
        return depth && is_sext32(s, i->arg[0], depth - 1) && is_sext32(s, i->arg[1], depth - 1);
    default:
        return false;
    }
}

bool sel_is_narrow(Sel *s, uint32_t v)
{
    static const uint16_t ops[] = { IR_AND_I64, IR_OR_I64, IR_XOR_I64, IR_ANDN_I64 };
    uint32_t x = sel_resolve(s, v);
    for (unsigned n = 0; n < 4; n++) {
        if (s->r->insns[x].op == ops[n]) {
            return !(s->state[x] & SEL_WIDE) && sel_is_sext32(s, x);
        }
    }
    return false;
}

bool sel_is_sext32(const Sel *s, uint32_t v) { return s->r->insns[v].type == IR_I64 && is_sext32(s, v, 4); }

uint32_t sel_def(Sel *s, uint32_t id)
{
    return s->vreg[id] ? s->vreg[id] : sel_new_typed(s, s->r->insns[id].type);
}

uint32_t sel_known(const Sel *s, uint32_t v)
{
    const IrInsn *i = &s->r->insns[v];
    uint32_t cond = i->op == IR_ZEXT_I64 ? i->arg[0] : v;
    for (unsigned n = 0; n < s->nknown; n++) {
        if (s->known[n] == cond) {
            return s->constants + (i->type == IR_I64 ? 0 : 2) + s->known_value[n];
        }
    }
    return v;
}

bool sel_is_wanted(Sel *s, uint32_t v) { return s->vreg[sel_resolve(s, v)] != 0; }

bool sel_dies(Sel *s, uint32_t v)
{
    uint32_t x = sel_resolve(s, v);
    const IrInsn *i = &s->r->insns[x];
    uint32_t traits = ir_op_info[i->op].traits;
    bool has_register = traits & (IR_TRAIT_PHI | IR_TRAIT_SLOTIN); /* those of pins, that is, from the start */
    bool is_used = has_register ? s->state[x] & SEL_USED : s->vreg[x] != 0;
    if (is_used || traits & IR_TRAIT_FLOAT) {
        return !is_used;
    }
    /* What comes from outside of the loop lives on for the next round. */
    return i->block == s->block || s->r->blocks[i->block].loop_head == s->r->blocks[s->block].loop_head;
}

enum {
    BARRIER = IR_TRAIT_MAY_FAULT | IR_TRAIT_FENCE | IR_TRAIT_CALL | IR_TRAIT_POLL | IR_TRAIT_FP | IR_TRAIT_FPENV |
              IR_TRAIT_INDEXED | IR_TRAIT_TERM,
    LEAVES = BARRIER & ~IR_TRAIT_FP,
};

/* The nearest operation before the current one that a load may not be moved across: it may fault, stop the thread, touch
 * memory, or raise FP flags that a fault would show. */
static uint32_t sel_barrier(Sel *s)
{
    if (s->barrier == 0) {
        uint32_t v = s->r->insns[s->cur].prev;
        while (v && !(ir_has_trait(&s->r->insns[v], BARRIER) && !(s->state[v] & SEL_FUSED))) {
            v = s->r->insns[v].prev;
        }
        s->barrier = v;
    }
    return s->barrier;
}

bool sel_can_sink_load(Sel *s, uint32_t v, unsigned size)
{
    const IrInsn *i = &s->r->insns[v];
    return ir_has_trait(i, IR_TRAIT_LOAD) && i->uses == 1 && !s->has_more && !s->vreg[v] && !(s->state[v] & ~SEL_WIDE) &&
           i->block == s->block &&
           MEM_SIZE(i->mem) == size && !(i->mem & (MEM_BIG_ENDIAN | MEM_ALIGNED)) && sel_barrier(s) == v;
}

bool sel_can_sink_fcmp(Sel *s, uint32_t v)
{
    if (s->r->insns[v].block != s->block) {
        return false;
    }
    uint32_t p = s->r->insns[s->cur].prev;
    for (unsigned n = 0; p != v; n++) {
        if (p == 0 || n == 16 || ir_has_trait(&s->r->insns[p], LEAVES)) {
            return false;
        }
        p = s->r->insns[p].prev;
    }
    return true;
}

SelArg sel_arg_const(uint64_t bits)
{
    return (SelArg){ .kind = ARG_MEM, .mem = { .flags = MF_MEM_CONST, .imm = bits } };
}

SelArg sel_arg_any(Sel *s, uint32_t v, unsigned size)
{
    const IrInsn *i = &s->r->insns[v];
    if (i->op == IR_CONST_F32 || i->op == IR_CONST_F64) {
        return sel_arg_const(i->op == IR_CONST_F32 ? (uint32_t)i->imm : i->imm);
    }
    if (i->op == IR_CONST_V128) {
        return (SelArg){ .kind = ARG_MEM, .mem = { .flags = MF_MEM_POOL, .imm = (uint32_t)i->aux } };
    }
    if (sel_can_sink_load(s, v, size)) {
        SelMem mem = sel_sink_load(s, v);
        return sel_arg_mem(&mem);
    }
    return (SelArg){ .kind = ARG_ANY, .vreg = size < 8 ? sel_low(s, v) : sel_reg(s, v) };
}

SelArg sel_arg_any_imm(Sel *s, uint32_t v, unsigned size)
{
    int32_t imm;
    return sel_imm(s, v, size, &imm) ? sel_arg_imm(imm) : sel_arg_any(s, v, size);
}
