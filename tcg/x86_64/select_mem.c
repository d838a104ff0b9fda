/* SPDX-License-Identifier: MIT */
/* Instruction selection: addresses, loads, stores, atomics, fences. The host is TSO: acquire and release cost nothing. */
#include "tcg/x86_64/select.h"

#include "tcg/code.h"
#include "util/assert.h"

/* ---- addresses */

/* Whether v may be computed as part of an address here: an operation of that kind which no one wants in a register. In
 * another block its operands would have to live on in its place. */
static bool is_foldable(Sel *s, uint32_t v, IrOp op)
{
    const IrInsn *i = &s->r->insns[v];
    return i->op == op && !s->vreg[v] && i->block == s->block;
}

static uint32_t peel_constant(Sel *s, uint32_t v, IrOp add, int64_t *disp)
{
    uint64_t c, other;
    while (is_foldable(s, v, add) && sel_const(s, s->r->insns[v].arg[1], &c) &&
           !sel_const(s, s->r->insns[v].arg[0], &other)) {
        int64_t sum = (int64_t)(add == IR_ADD_I64 ? *disp + c : (uint64_t)(int32_t)(*disp + (int64_t)c));
        if (sum != (int32_t)sum) {
            break;
        }
        *disp = sum;
        v = s->r->insns[v].arg[0];
    }
    return v;
}

static bool match_scaled(Sel *s, uint32_t v, IrOp shl, uint32_t *x, uint8_t *scale)
{
    uint64_t c, other;
    const IrInsn *i = &s->r->insns[v];
    if (!is_foldable(s, v, shl) || !sel_const(s, i->arg[1], &c) || c - 1 > 2 || sel_const(s, i->arg[0], &other)) {
        return false;
    }
    *x = i->arg[0];
    *scale = (uint8_t)c;
    return true;
}

/* a + b, one of them scaled when it can be. */
static void address_of_sum(Sel *s, uint32_t a, uint32_t b, bool is_64, int64_t disp, SelMem *out)
{
    IrOp add = is_64 ? IR_ADD_I64 : IR_ADD_I32, shl = is_64 ? IR_SHL_I64 : IR_SHL_I32;
    a = peel_constant(s, a, add, &disp);
    b = peel_constant(s, b, add, &disp);
    uint32_t x;
    if (match_scaled(s, b, shl, &x, &out->scale)) {
        b = x;
    } else if (match_scaled(s, a, shl, &x, &out->scale)) {
        a = b;
        b = x;
    }
    out->base = sel_reg(s, a);
    out->index = sel_reg(s, b);
    out->disp = (int32_t)disp;
}

void sel_address(Sel *s, uint32_t v, int64_t disp, SelMem *out)
{
    uint64_t c;
    uint32_t x;
    *out = (SelMem){ 0 };
    v = peel_constant(s, v, IR_ADD_I64, &disp);
    if (sel_const(s, v, &c)) {
        int64_t sum = (int64_t)(c + (uint64_t)disp);
        if (sum == (int32_t)sum) {
            out->disp = (int32_t)sum;
        } else {
            out->base = sel_const_reg(s, (uint64_t)sum, 8);
        }
    } else if (is_foldable(s, v, IR_ADD_I64)) {
        address_of_sum(s, s->r->insns[v].arg[0], s->r->insns[v].arg[1], true, disp, out);
    } else if (match_scaled(s, v, IR_SHL_I64, &x, &out->scale)) {
        out->index = sel_reg(s, x);
        out->disp = (int32_t)disp;
    } else {
        out->base = sel_reg(s, v);
        out->disp = (int32_t)disp;
    }
}

bool sel_lea(Sel *s, uint32_t v, SelMem *out)
{
    const IrInsn *i = &s->r->insns[v];
    bool is_64 = i->type == IR_I64;
    unsigned size = is_64 && !s->is_low ? 8 : 4;
    IrOp add = is_64 ? IR_ADD_I64 : IR_ADD_I32, shl = is_64 ? IR_SHL_I64 : IR_SHL_I32;
    uint32_t a = i->arg[0], b = i->arg[1], x;
    uint64_t c;
    int32_t imm;
    uint8_t scale;
    *out = (SelMem){ 0 };
    if (sel_const(s, a, &c)) {
        return false;
    }
    if (sel_const(s, b, &c)) {
        if (!sel_imm(s, b, size, &imm)) {
            return false;
        }
        int64_t disp = imm;
        a = peel_constant(s, a, add, &disp);
        if (is_foldable(s, a, add) && !sel_const(s, s->r->insns[a].arg[0], &c) && !sel_const(s, s->r->insns[a].arg[1], &c)) {
            address_of_sum(s, s->r->insns[a].arg[0], s->r->insns[a].arg[1], is_64, disp, out);
        } else if (a != i->arg[0] || !sel_dies(s, a)) {
            out->base = sel_reg(s, a);
            out->disp = (int32_t)disp;
        } else {
            return false;
        }
        return true;
    }
    if (match_scaled(s, a, shl, &x, &scale) || match_scaled(s, b, shl, &x, &scale) ||
        (is_foldable(s, a, add) && sel_imm(s, s->r->insns[a].arg[1], size, &imm)) ||
        (is_foldable(s, b, add) && sel_imm(s, s->r->insns[b].arg[1], size, &imm))) {
        address_of_sum(s, a, b, is_64, 0, out);
        return true;
    }
    if (sel_dies(s, a) || sel_dies(s, b) || sel_can_sink_load(s, a, size) || sel_can_sink_load(s, b, size)) {
        return false;
    }
    address_of_sum(s, a, b, is_64, 0, out);
    return true;
}

SelMem sel_state(unsigned offset) { return (SelMem){ .flags = MF_MEM_STATE, .disp = (int32_t)offset }; }

/* The address of an access and its snapshot; a check of its alignment comes first where it is asked for. */
static SelMem access_address(Sel *s, const IrInsn *i)
{
    SelMem mem;
    sel_address(s, i->arg[0], i->aux, &mem);
    mem.snap = sel_snapshot(s, i->snap);
    if (i->mem & MEM_ALIGNED && MEM_SIZE(i->mem) > 1) {
        SelArg args[] = { sel_arg_mem(&mem), sel_arg_reg(sel_new(s, M_GPR, 8)) };
        sel_emit(s, MOP_ALIGN, 8, 2, args)->imm = MEM_SIZE(i->mem) - 1;
    }
    return mem;
}

SelMem sel_sink_load(Sel *s, uint32_t load)
{
    SelMem mem;
    const IrInsn *i = &s->r->insns[load];
    bool is_low = s->is_low;
    s->is_low = false;
    s->state[load] |= SEL_FUSED;
    s->barrier = 0;
    sel_address(s, i->arg[0], i->aux, &mem);
    mem.snap = sel_snapshot(s, i->snap);
    s->is_low = is_low;
    return mem;
}

/* ---- loads */

static void load_int(Sel *s, unsigned mem_size, bool is_signed, bool is_64, uint32_t d, SelArg a)
{
    static const uint16_t ops[4][2] = { { MOP_MOVZX8, MOP_MOVSX8 }, { MOP_MOVZX16, MOP_MOVSX16 }, { MOP_MOV, MOP_MOVSX32 },
                                        { MOP_MOV, MOP_MOV } };
    unsigned log = (unsigned)__builtin_ctz(mem_size);
    is_signed = is_signed && (is_64 || mem_size < 4);
    unsigned size = mem_size == 8 || (is_signed && is_64) ? 8 : 4;
    sel_emit2(s, ops[log][is_signed], size, d, a);
}

/* Big-endian: d = the bytes of a in reverse, extended. */
static void load_swapped(Sel *s, const IrInsn *i, bool is_64, uint32_t d, const SelMem *mem)
{
    unsigned size = MEM_SIZE(i->mem);
    bool is_whole = size == 8 || (size == 4 && !(is_64 && i->mem & MEM_SIGNED));
    uint32_t t = sel_new(s, M_GPR, 8), u = is_whole ? d : sel_new(s, M_GPR, 8);
    SelArg a = sel_arg_mem(mem);
    if (size == 2) {
        sel_emit2(s, MOP_MOVZX16, 4, t, a);
        sel_emit3(s, MOP_ROL, 2, u, sel_arg_reg(t), sel_arg_imm(8));
    } else if (host_features.movbe) {
        sel_emit2(s, MOP_MOVBE_LD, size, u, a);
    } else {
        sel_emit2(s, MOP_MOV, size, t, a);
        sel_emit2(s, MOP_BSWAP, size, u, sel_arg_reg(t));
    }
    if (!is_whole) {
        load_int(s, size, i->mem & MEM_SIGNED, is_64, d, sel_arg_reg(u));
    }
}

static void select_load(Sel *s, uint32_t id, const IrInsn *i, const SelRow *row)
{
    unsigned size = MEM_SIZE(i->mem);
    bool is_sext = s->state[id] & SEL_SEXT, is_swapped = i->mem & MEM_BIG_ENDIAN && size > 1;
    bool is_signed = i->mem & MEM_SIGNED || (is_sext && size == 4);
    bool is_64 = i->type == IR_I64 || is_sext;
    uint32_t d = sel_def(s, id);
    SelMem mem = access_address(s, i);
    if (i->type == IR_I32 || i->type == IR_I64) {
        if (is_swapped) {
            IrInsn x = *i;
            x.mem |= is_signed ? MEM_SIGNED : 0;
            load_swapped(s, &x, is_64, d, &mem);
        } else {
            load_int(s, size, is_signed, is_64, d, sel_arg_mem(&mem));
        }
    } else if (i->type == IR_V128) {
        if (is_swapped) {
            uint32_t t = sel_new(s, M_VEC, 16);
            sel_emit2(s, MOP_MOVV, 16, t, sel_arg_mem(&mem));
            sel_reverse_bytes(s, d, t);
        } else {
            sel_emit2(s, MOP_MOVV, 16, d, sel_arg_mem(&mem));
        }
    } else if (is_swapped) {
        uint32_t t = sel_new(s, M_GPR, size);
        load_swapped(s, i, size == 8, t, &mem);
        sel_emit2(s, MOP_MOVD, size, d, sel_arg_reg(t));
    } else {
        sel_emit2(s, MOP_MOVF, size, d, sel_arg_mem(&mem));
    }
}

/* ---- stores */

/* The value behind extensions that do not change its low `size` bytes. */
static uint32_t strip_extension(Sel *s, uint32_t v, unsigned size)
{
    for (;;) {
        const IrInsn *i = &s->r->insns[v];
        unsigned from;
        switch (i->op) {
        case IR_SEXT8_I32: case IR_SEXT8_I64: case IR_ZEXT8_I32: case IR_ZEXT8_I64:
            from = 1;
            break;
        case IR_SEXT16_I32: case IR_SEXT16_I64: case IR_ZEXT16_I32: case IR_ZEXT16_I64:
            from = 2;
            break;
        case IR_SEXT32_I64: case IR_ZEXT32_I64: case IR_SEXT_I64: case IR_ZEXT_I64:
            from = 4;
            break;
        case IR_TRUNC_I32:
            from = 8;
            break;
        default:
            return v;
        }
        if (size > from || s->vreg[v]) {
            return v;
        }
        v = i->arg[0];
    }
}

static uint32_t strip_bits(Sel *s, uint32_t v)
{
    const IrInsn *i = &s->r->insns[v];
    return (i->op == IR_BITS_F32_I32 || i->op == IR_BITS_F64_I64) && !s->vreg[v] ? i->arg[0] : v;
}

/* The value of a store as an integer register or immediate. */
static SelArg int_value(Sel *s, uint32_t v, unsigned size)
{
    int32_t imm;
    uint64_t c;
    if (sel_imm(s, v, size, &imm)) {
        return sel_arg_imm(imm);
    }
    if (sel_const(s, v, &c)) {
        return sel_arg_reg(sel_const_reg(s, c, size));
    }
    uint32_t x = size < 8 ? sel_low(s, v) : sel_reg(s, v);
    if (s->m->vregs[x].cls == M_VEC) {
        uint32_t t = sel_new(s, M_GPR, size);
        sel_emit2(s, MOP_MOVD_R, size, t, sel_arg_reg(x));
        x = t;
    }
    return sel_arg_reg(x);
}

static SelArg swapped_value(Sel *s, SelArg v, unsigned size)
{
    uint32_t a = v.vreg, t = sel_new(s, M_GPR, 8);
    if (v.kind == ARG_IMM) {
        a = sel_const_reg(s, (uint64_t)(int64_t)v.imm, size);
    }
    if (size == 2) {
        sel_emit3(s, MOP_ROL, 2, t, sel_arg_reg(a), sel_arg_imm(8));
    } else {
        sel_emit2(s, MOP_BSWAP, size, t, sel_arg_reg(a));
    }
    return sel_arg_reg(t);
}

static void store_vector(Sel *s, const IrInsn *i)
{
    uint32_t x = sel_reg(s, i->arg[1]);
    if (i->mem & MEM_BIG_ENDIAN) {
        uint32_t t = sel_new(s, M_VEC, 16);
        sel_reverse_bytes(s, t, x);
        x = t;
    }
    SelMem mem = access_address(s, i);
    SelArg args[] = { sel_arg_reg(x), sel_arg_mem(&mem) };
    sel_emit(s, MOP_STOREV, 16, 2, args);
}

static void select_store(Sel *s, uint32_t id, const IrInsn *i, const SelRow *row)
{
    unsigned size = MEM_SIZE(i->mem);
    bool is_swapped = i->mem & MEM_BIG_ENDIAN && size > 1;
    uint64_t c;
    if (size == 16) {
        store_vector(s, i);
        return;
    }
    uint32_t v = strip_extension(s, i->arg[1], size);
    v = size >= 4 ? strip_bits(s, v) : v;
    unsigned type = s->r->insns[v].type;
    bool is_fp = (type == IR_F32 || type == IR_F64) && !sel_const(s, v, &c);
    if (is_fp && !is_swapped && (MEM_ORDER(i->mem) != IR_ORDER_SEQ || s->is_single)) {
        uint32_t x = sel_reg(s, v);
        SelMem mem = access_address(s, i);
        SelArg args[] = { sel_arg_reg(x), sel_arg_mem(&mem) };
        sel_emit(s, MOP_STOREF, size, 2, args);
        return;
    }
    SelArg x = int_value(s, v, size);
    SelMem mem = access_address(s, i);
    x = is_swapped ? swapped_value(s, x, size) : x;
    if (MEM_ORDER(i->mem) == IR_ORDER_SEQ && !s->is_single) {
        uint32_t a = x.kind == ARG_IMM ? sel_const_reg(s, (uint64_t)(int64_t)x.imm, size) : x.vreg;
        SelArg args[] = { sel_arg_mem(&mem), sel_arg_reg(sel_new(s, M_GPR, size)), sel_arg_reg(a) };
        sel_emit(s, MOP_XCHG, size, 3, args);
    } else {
        SelArg args[] = { x, sel_arg_mem(&mem) };
        sel_emit(s, MOP_STORE, size, 2, args);
    }
}

/* ---- read-modify-write */

/* In big-endian memory the operand is reversed before, where the operation works on bytes, and the old value after. */
static bool is_swapped(const IrInsn *i) { return i->mem & MEM_BIG_ENDIAN && MEM_SIZE(i->mem) > 1; }
static bool is_narrow(const IrInsn *i) { return MEM_SIZE(i->mem) < (i->type == IR_I64 ? 8u : 4u); }

/* The register for the old value as the host's operation gives it. */
static uint32_t raw_result(Sel *s, const IrInsn *i, uint32_t d)
{
    return is_narrow(i) || is_swapped(i) ? sel_new(s, M_GPR, 8) : d;
}

static void finish_result(Sel *s, const IrInsn *i, uint32_t d, uint32_t t)
{
    unsigned size = MEM_SIZE(i->mem);
    if (is_swapped(i)) {
        t = swapped_value(s, sel_arg_reg(t), size).vreg;
    }
    if (d != t) {
        load_int(s, size, i->mem & MEM_SIGNED, i->type == IR_I64, d, sel_arg_reg(t));
    }
}

/* t = what is there, then x goes there: two accesses, for memory that nobody else reaches. */
static void exchange_alone(Sel *s, unsigned size, uint32_t t, uint32_t x, const SelMem *mem)
{
    load_int(s, size, false, size == 8, t, sel_arg_mem(mem));
    SelArg args[] = { sel_arg_reg(x), sel_arg_mem(mem) };
    sel_emit(s, MOP_STORE, size, 2, args);
}

/* row->mop: the form whose result is the old value; row->x: X86Rmw of LOCK_RMW. */
static void select_rmw(Sel *s, uint32_t id, const IrInsn *i, const SelRow *row)
{
    static const uint16_t plain[] = { MOP_LOCK_AND, MOP_LOCK_OR, MOP_LOCK_XOR };
    unsigned size = MEM_SIZE(i->mem), kind = row->x;
    MOp op = row->mop == MOP_XADD && is_swapped(i) ? MOP_LOCK_RMW : row->mop;
    kind = row->mop == MOP_XADD ? X86_RMW_ADD : kind;
    bool is_bytewise = op == MOP_XCHG || (op == MOP_LOCK_RMW && kind <= X86_RMW_XOR);
    uint32_t v = strip_extension(s, i->arg[1], size);
    if (!s->vreg[id] && (op == MOP_XADD || (op == MOP_LOCK_RMW && is_bytewise))) {
        SelArg x = int_value(s, v, size);
        x = is_swapped(i) ? swapped_value(s, x, size) : x;
        SelMem mem = access_address(s, i);
        SelArg args[] = { sel_arg_mem(&mem), x };
        sel_emit(s, op == MOP_XADD ? MOP_LOCK_ADD : plain[kind], size, 2, args);
        return;
    }
    uint32_t d = sel_def(s, id), x = size < 8 ? sel_low(s, v) : sel_reg(s, v), t = raw_result(s, i, d);
    if (is_swapped(i) && is_bytewise) {
        x = swapped_value(s, sel_arg_reg(x), size).vreg;
    }
    SelMem mem = access_address(s, i);
    if (op == MOP_LOCK_RMW) {
        SelArg args[] = { sel_arg_mem(&mem), sel_arg_reg(t), sel_arg_reg(x), sel_arg_reg(sel_new(s, M_GPR, 8)) };
        MInsn *m = sel_emit(s, MOP_LOCK_RMW, size, 4, args);
        m->cond = (uint8_t)kind;
        m->flags |= is_swapped(i) && !is_bytewise ? MF_SWAPPED : 0;
    } else {
        SelArg args[] = { sel_arg_mem(&mem), sel_arg_reg(t), sel_arg_reg(x) };
        if (op == MOP_XCHG && s->is_single) { /* it locks the bus without being told */
            exchange_alone(s, size, t, x, &mem);
        } else {
            sel_emit(s, op, size, 3, args);
        }
    }
    finish_result(s, i, d, t);
}

static void select_cas(Sel *s, uint32_t id, const IrInsn *i, const SelRow *row)
{
    unsigned size = MEM_SIZE(i->mem);
    uint32_t d = sel_def(s, id), x[2], t = raw_result(s, i, d);
    for (unsigned n = 0; n < 2; n++) {
        x[n] = sel_reg(s, strip_extension(s, i->arg[n + 1], size));
        x[n] = is_swapped(i) ? swapped_value(s, sel_arg_reg(x[n]), size).vreg : x[n];
    }
    SelMem mem = access_address(s, i);
    SelArg args[] = { sel_arg_mem(&mem), sel_arg_reg(t), sel_arg_reg(x[0]), sel_arg_reg(x[1]) };
    sel_emit(s, MOP_CMPXCHG, size, 4, args);
    finish_result(s, i, d, t);
}

static void select_cas128(Sel *s, uint32_t id, const IrInsn *i, const SelRow *row)
{
    uint32_t d = sel_def(s, id), half[6];
    for (unsigned n = 0; n < 2; n++) {
        uint32_t x = sel_reg(s, i->arg[n + 1]);
        if (is_swapped(i)) {
            uint32_t t = sel_new(s, M_VEC, 16);
            sel_reverse_bytes(s, t, x);
            x = t;
        }
        half[n * 2] = sel_new(s, M_GPR, 8);
        half[n * 2 + 1] = sel_new(s, M_GPR, 8);
        sel_emit2(s, MOP_MOVD_R, 8, half[n * 2], sel_arg_reg(x));
        sel_emit2(s, MOP_PEXTRQ, 8, half[n * 2 + 1], sel_arg_reg(x))->imm = 1;
    }
    half[4] = sel_new(s, M_GPR, 8);
    half[5] = sel_new(s, M_GPR, 8);
    SelMem mem = access_address(s, i);
    SelArg args[] = { sel_arg_mem(&mem), sel_arg_reg(half[4]), sel_arg_reg(half[0]), sel_arg_reg(half[5]),
                      sel_arg_reg(half[1]), sel_arg_reg(half[2]), sel_arg_reg(half[3]) };
    sel_emit(s, MOP_CMPXCHG16B, 16, 7, args);
    uint32_t t = sel_new(s, M_VEC, 16), u = is_swapped(i) ? sel_new(s, M_VEC, 16) : d;
    sel_emit2(s, MOP_MOVD, 8, t, sel_arg_reg(half[4]));
    sel_emit3(s, MOP_PINSRQ, 8, u, sel_arg_reg(t), sel_arg_reg(half[5]))->imm = 1;
    if (u != d) {
        sel_reverse_bytes(s, d, u);
    }
}

static void select_fence(Sel *s, uint32_t id, const IrInsn *i, const SelRow *row)
{
    if (i->aux == IR_ORDER_SEQ && !s->is_single) {
        sel_emit0(s, MOP_MFENCE);
    }
}

/* ---- registers numbered at run time */

static SelMem indexed_address(Sel *s, const IrInsn *i)
{
    SelMem mem = sel_state((unsigned)i->aux);
    mem.index = sel_reg(s, i->arg[0]);
    mem.scale = 3;
    return mem;
}

static void select_get_indexed(Sel *s, uint32_t id, const IrInsn *i, const SelRow *row)
{
    SelMem mem = indexed_address(s, i);
    sel_emit2(s, MOP_MOV, 8, sel_def(s, id), sel_arg_mem(&mem));
}

static void select_put_indexed(Sel *s, uint32_t id, const IrInsn *i, const SelRow *row)
{
    SelMem mem = indexed_address(s, i);
    SelArg args[] = { int_value(s, i->arg[1], 8), sel_arg_mem(&mem) };
    sel_emit(s, MOP_STORE, 8, 2, args);
}

#define RMW(name, mop, x) \
    { IR_##name##_I32, { select_rmw, mop, 4, x } }, { IR_##name##_I64, { select_rmw, mop, 8, x } }

const SelEntry sel_mem_rows[] = {
    { IR_LOAD_I32, { select_load, 0, 4, 0 } },
    { IR_LOAD_I64, { select_load, 0, 8, 0 } },
    { IR_LOAD_F32, { select_load, 0, 4, 0 } },
    { IR_LOAD_F64, { select_load, 0, 8, 0 } },
    { IR_LOAD_V128, { select_load, 0, 16, 0 } },
    { IR_STORE_I32, { select_store, 0, 4, 0 } },
    { IR_STORE_I64, { select_store, 0, 8, 0 } },
    { IR_STORE_F32, { select_store, 0, 4, 0 } },
    { IR_STORE_F64, { select_store, 0, 8, 0 } },
    { IR_STORE_V128, { select_store, 0, 16, 0 } },
    RMW(XCHG, MOP_XCHG, 0),
    RMW(FETCH_ADD, MOP_XADD, 0),
    RMW(FETCH_AND, MOP_LOCK_RMW, X86_RMW_AND),
    RMW(FETCH_OR, MOP_LOCK_RMW, X86_RMW_OR),
    RMW(FETCH_XOR, MOP_LOCK_RMW, X86_RMW_XOR),
    RMW(FETCH_SMIN, MOP_LOCK_RMW, X86_RMW_SMIN),
    RMW(FETCH_SMAX, MOP_LOCK_RMW, X86_RMW_SMAX),
    RMW(FETCH_UMIN, MOP_LOCK_RMW, X86_RMW_UMIN),
    RMW(FETCH_UMAX, MOP_LOCK_RMW, X86_RMW_UMAX),
    { IR_CAS_I32, { select_cas, 0, 4, 0 } },
    { IR_CAS_I64, { select_cas, 0, 8, 0 } },
    { IR_CAS_V128, { select_cas128, 0, 16, 0 } },
    { IR_FENCE, { select_fence, 0, 0, 0 } },
    { IR_GET_INDEXED_I64, { select_get_indexed, 0, 8, 0 } },
    { IR_PUT_INDEXED_I64, { select_put_indexed, 0, 8, 0 } },
    { 0 },
};
