/* SPDX-License-Identifier: MIT */
/* Loads and stores of general and vector registers, pairs, literals, acquire and release (Arm ARM C4.1.94). */
#include "target/aarch64/trans.h"

/* ---- addresses */

typedef struct Address {
    I64 base;
    int32_t disp;
    I64 after; /* base register after an indexed access */
} Address;

static Address address(A64Trans *t, const A64Ops *o, enum A64Form form, unsigned mem)
{
    Address a = { .base = a64_get_sp(t, o->rn) };
    if (form == A64_OFFSET) {
        a.disp = o->imm;
    } else if (form == A64_REGISTER) {
        I64 index = a64_get_x(t, o->rm);
        index = a64_extend(t, o->opt, index, o->amount ? mem & MEM_SIZE_MASK : 0);
        a.base = ir_add_i64(t->b, a.base, index);
    } else {
        I64 step = ir_const_i64(t->b, (uint64_t)(int64_t)o->imm);
        a.after = ir_add_i64(t->b, a.base, step);
        a.disp = o->pre ? o->imm : 0;
    }
    return a;
}

static void write_back(A64Trans *t, const A64Ops *o, enum A64Form form, const Address *a)
{
    if (form == A64_INDEXED)
        a64_put_sp(t, o->rn, a->after);
}

/* ---- general registers */

static I64 load_x(A64Trans *t, I64 addr, int32_t disp, unsigned mem)
{
    if (mem & A64_SX32) {
        I32 v = ir_load_i32(t->b, addr, disp, mem & ~(unsigned)A64_SX32);
        return ir_zext_i64(t->b, v);
    }
    return ir_load_i64(t->b, addr, disp, mem);
}

void trans_load(A64Trans *t, const A64Ops *o, enum A64Form form, unsigned mem)
{
    Address a = address(t, o, form, mem);
    I64 v = load_x(t, a.base, a.disp, mem);
    write_back(t, o, form, &a);
    a64_put_x(t, o->rt, v);
}

void trans_store(A64Trans *t, const A64Ops *o, enum A64Form form, unsigned mem)
{
    Address a = address(t, o, form, mem);
    I64 v = a64_get_x(t, o->rt);
    ir_store_i64(t->b, a.base, a.disp, v, mem);
    write_back(t, o, form, &a);
}

void trans_load_pair(A64Trans *t, const A64Ops *o, enum A64Form form, unsigned mem)
{
    Address a = address(t, o, form, mem);
    I64 x = ir_load_i64(t->b, a.base, a.disp, mem);
    I64 y = ir_load_i64(t->b, a.base, a.disp + (int32_t)MEM_SIZE(mem), mem);
    write_back(t, o, form, &a);
    a64_put_x(t, o->rt, x);
    a64_put_x(t, o->rt2, y);
}

void trans_store_pair(A64Trans *t, const A64Ops *o, enum A64Form form, unsigned mem)
{
    Address a = address(t, o, form, mem);
    I64 x = a64_get_x(t, o->rt), y = a64_get_x(t, o->rt2);
    ir_store_i64(t->b, a.base, a.disp, x, mem);
    ir_store_i64(t->b, a.base, a.disp + (int32_t)MEM_SIZE(mem), y, mem);
    write_back(t, o, form, &a);
}

void trans_load_literal(A64Trans *t, const A64Ops *o, unsigned mem)
{
    I64 addr = ir_const_i64(t->b, t->pc + (uint64_t)(int64_t)o->imm);
    I64 v = ir_load_i64(t->b, addr, 0, mem);
    a64_put_x(t, o->rt, v);
}

/* They want alignment, or to lie within 16 bytes (FEAT_LSE2: Target.align_window). */
static unsigned ordered(unsigned mem, IrOrder order) { return mem | MEM_ALIGNED | (unsigned)order << MEM_ORDER_SHIFT; }

/* A store-release before a load-acquire stays before it (B2.3.11): sequentially consistent. */
void trans_store_release(A64Trans *t, const A64Ops *o, unsigned mem)
{
    I64 addr = a64_get_sp(t, o->rn), v = a64_get_x(t, o->rt);
    ir_store_i64(t->b, addr, o->imm, v, ordered(mem, IR_ORDER_SEQ));
}

void trans_load_acquire_at(A64Trans *t, const A64Ops *o, unsigned mem)
{
    I64 addr = a64_get_sp(t, o->rn);
    I64 v = load_x(t, addr, o->imm, ordered(mem, IR_ORDER_ACQ));
    a64_put_x(t, o->rt, v);
}

void trans_load_acquire(A64Trans *t, const A64Ops *o, unsigned mem) { trans_load_acquire_at(t, o, mem); }

/* ---- vector registers: a narrow load clears the rest */

V128 a64_load_v(A64Trans *t, I64 addr, int32_t disp, unsigned mem)
{
    IrBuilder *b = t->b;
    switch (mem) {
    case MEM_128:
        return ir_load_v128(b, addr, disp, mem);
    case MEM_64: {
        F64 v = ir_load_f64(b, addr, disp, mem);
        return ir_vfrom64_v128(b, v);
    }
    case MEM_32: {
        F32 v = ir_load_f32(b, addr, disp, mem);
        return ir_vfrom32_v128(b, v);
    }
    default: {
        I64 v = ir_load_i64(b, addr, disp, mem), zero = ir_const_i64(b, 0);
        return ir_vpack64_v128(b, v, zero);
    }
    }
}

void a64_store_v(A64Trans *t, I64 addr, int32_t disp, V128 v, unsigned mem)
{
    IrBuilder *b = t->b;
    if (mem == MEM_128) {
        ir_store_v128(b, addr, disp, v, mem);
    } else if (mem == MEM_64) {
        F64 x = ir_vlow64_f64(b, v);
        ir_store_f64(b, addr, disp, x, mem);
    } else if (mem == MEM_32) {
        F32 x = ir_vlow32_f32(b, v);
        ir_store_f32(b, addr, disp, x, mem);
    } else {
        I64 x = ir_vextract64_i64(b, v, 0);
        ir_store_i64(b, addr, disp, x, mem);
    }
}

void trans_vload(A64Trans *t, const A64Ops *o, enum A64Form form, unsigned mem)
{
    Address a = address(t, o, form, mem);
    V128 v = a64_load_v(t, a.base, a.disp, mem);
    write_back(t, o, form, &a);
    a64_put_v(t, o->rt, v);
}

void trans_vstore(A64Trans *t, const A64Ops *o, enum A64Form form, unsigned mem)
{
    Address a = address(t, o, form, mem);
    V128 v = a64_get_v(t, o->rt);
    a64_store_v(t, a.base, a.disp, v, mem);
    write_back(t, o, form, &a);
}

void trans_vload_pair(A64Trans *t, const A64Ops *o, enum A64Form form, unsigned mem)
{
    Address a = address(t, o, form, mem);
    V128 x = a64_load_v(t, a.base, a.disp, mem);
    V128 y = a64_load_v(t, a.base, a.disp + (int32_t)MEM_SIZE(mem), mem);
    write_back(t, o, form, &a);
    a64_put_v(t, o->rt, x);
    a64_put_v(t, o->rt2, y);
}

void trans_vstore_pair(A64Trans *t, const A64Ops *o, enum A64Form form, unsigned mem)
{
    Address a = address(t, o, form, mem);
    V128 x = a64_get_v(t, o->rt), y = a64_get_v(t, o->rt2);
    a64_store_v(t, a.base, a.disp, x, mem);
    a64_store_v(t, a.base, a.disp + (int32_t)MEM_SIZE(mem), y, mem);
    write_back(t, o, form, &a);
}

void trans_vload_literal(A64Trans *t, const A64Ops *o, unsigned mem)
{
    I64 addr = ir_const_i64(t->b, t->pc + (uint64_t)(int64_t)o->imm);
    V128 v = a64_load_v(t, addr, 0, mem);
    a64_put_v(t, o->rt, v);
}
