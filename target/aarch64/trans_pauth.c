/* SPDX-License-Identifier: MIT */
/* Pointer authentication (Arm ARM D8.10). A pointer that fails ends in TCG_EVENT_TRAP at the instruction, before anything of it is done. */
#include "target/aarch64/trans.h"

static I64 modifier_zero(A64Trans *t) { return ir_const_i64(t->b, 0); }

static I64 add_pac(A64Trans *t, enum A64Key key, I64 ptr, I64 modifier)
{
    I32 which = ir_const_i32(t->b, key);
    return a64_call_i64(t, A64_HELPER_pac_add, 3, (uint32_t[]){ ptr.id, modifier.id, which.id });
}

/* The helper's result is canonical in its bits 55:48, or the pointer is wrong, or the key is off. */
static I64 authenticate(A64Trans *t, enum A64Key key, I64 ptr, I64 modifier)
{
    IrBuilder *b = t->b;
    I32 which = ir_const_i32(b, key);
    I64 r = a64_call_i64(t, A64_HELPER_pac_auth, 3, (uint32_t[]){ ptr.id, modifier.id, which.id });
    I64 one = ir_const_i64(b, 1), tag = ir_const_i64(b, 8), rest = ir_const_i64(b, 56);
    I64 up = ir_shl_i64(b, r, tag);
    I64 field = ir_sar_i64(b, up, rest); /* 0 or -1 */
    I64 next = ir_add_i64(b, field, one);
    I32 is_good = ir_cmp_ule_i64(b, next, one);
    uint32_t good = ir_block_new(b, t->pc, false), odd = ir_block_new(b, t->pc, false), bad = ir_block_new(b, t->pc, false);
    ir_br(b, is_good, good, odd);
    ir_block_begin(b, odd, 0);
    I64 off = a64_call_i64(t, A64_HELPER_pac_is_off, 1, (uint32_t[]){ which.id });
    I32 is_off = ir_trunc_i32(b, off);
    ir_br(b, is_off, good, bad);
    ir_block_begin(b, bad, 0);
    ir_exit_event(b, TCG_EVENT_TRAP, t->pc);
    ir_block_begin(b, good, 0);
    return r;
}

void trans_pac(A64Trans *t, const A64Ops *o, enum A64Key key)
{
    I64 ptr = a64_get_x(t, o->rd), modifier = a64_get_sp(t, o->rn);
    I64 r = add_pac(t, key, ptr, modifier);
    a64_put_x(t, o->rd, r);
}

void trans_pac_zero(A64Trans *t, const A64Ops *o, enum A64Key key)
{
    I64 ptr = a64_get_x(t, o->rd), zero = modifier_zero(t);
    I64 r = add_pac(t, key, ptr, zero);
    a64_put_x(t, o->rd, r);
}

void trans_aut(A64Trans *t, const A64Ops *o, enum A64Key key)
{
    I64 ptr = a64_get_x(t, o->rd), modifier = a64_get_sp(t, o->rn);
    I64 r = authenticate(t, key, ptr, modifier);
    a64_put_x(t, o->rd, r);
}

void trans_aut_zero(A64Trans *t, const A64Ops *o, enum A64Key key)
{
    I64 ptr = a64_get_x(t, o->rd), zero = modifier_zero(t);
    I64 r = authenticate(t, key, ptr, zero);
    a64_put_x(t, o->rd, r);
}

/* modifier: a register, or -1 for zero */
void trans_pac_hint(A64Trans *t, const A64Ops *o, enum A64Key key, unsigned reg, int modifier)
{
    I64 ptr = a64_get_x(t, reg), m = modifier < 0 ? modifier_zero(t) : a64_get_sp(t, (unsigned)modifier);
    I64 r = add_pac(t, key, ptr, m);
    a64_put_x(t, reg, r);
}

void trans_aut_hint(A64Trans *t, const A64Ops *o, enum A64Key key, unsigned reg, int modifier)
{
    I64 ptr = a64_get_x(t, reg), m = modifier < 0 ? modifier_zero(t) : a64_get_sp(t, (unsigned)modifier);
    I64 r = authenticate(t, key, ptr, m);
    a64_put_x(t, reg, r);
}

static void strip(A64Trans *t, unsigned reg)
{
    I64 ptr = a64_get_x(t, reg);
    I64 r = a64_call_i64(t, A64_HELPER_pac_strip, 1, (uint32_t[]){ ptr.id });
    a64_put_x(t, reg, r);
}

void trans_xpac(A64Trans *t, const A64Ops *o) { strip(t, o->rd); }
void trans_xpaclri(A64Trans *t, const A64Ops *o) { strip(t, 30); }

void trans_pacga(A64Trans *t, const A64Ops *o)
{
    I64 n = a64_get_x(t, o->rn), m = a64_get_sp(t, o->rm);
    I64 r = a64_call_i64(t, A64_HELPER_pac_generic, 2, (uint32_t[]){ n.id, m.id });
    a64_put_x(t, o->rd, r);
}

static void branch(A64Trans *t, const A64Ops *o, enum A64Key key, I64 modifier)
{
    I64 ptr = a64_get_x(t, o->rn);
    I64 target = authenticate(t, key, ptr, modifier);
    a64_jump(t, target, o->rn);
}

static void call(A64Trans *t, const A64Ops *o, enum A64Key key, I64 modifier)
{
    I64 ptr = a64_get_x(t, o->rn);
    I64 target = authenticate(t, key, ptr, modifier);
    a64_call(t, target);
}

void trans_bra(A64Trans *t, const A64Ops *o, enum A64Key key) { branch(t, o, key, a64_get_sp(t, o->rm)); }
void trans_bra_zero(A64Trans *t, const A64Ops *o, enum A64Key key) { branch(t, o, key, modifier_zero(t)); }
void trans_blra(A64Trans *t, const A64Ops *o, enum A64Key key) { call(t, o, key, a64_get_sp(t, o->rm)); }
void trans_blra_zero(A64Trans *t, const A64Ops *o, enum A64Key key) { call(t, o, key, modifier_zero(t)); }

void trans_reta(A64Trans *t, const A64Ops *o, enum A64Key key)
{
    I64 ptr = a64_get_x(t, 30), modifier = a64_get_sp(t, 31);
    I64 target = authenticate(t, key, ptr, modifier);
    ir_exit_return(t->b, target);
}

void trans_ldra(A64Trans *t, const A64Ops *o, enum A64Key key, enum A64Form form)
{
    I64 ptr = a64_get_sp(t, o->rn), zero = modifier_zero(t);
    I64 base = authenticate(t, key, ptr, zero), step = ir_const_i64(t->b, (uint64_t)(int64_t)o->imm);
    I64 after = ir_add_i64(t->b, base, step);
    I64 v = ir_load_i64(t->b, base, o->imm, MEM_64);
    if (form == A64_INDEXED)
        a64_put_sp(t, o->rn, after);
    a64_put_x(t, o->rt, v);
}
