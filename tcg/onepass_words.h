/* SPDX-License-Identifier: MIT */
/*
 * From here on a front end's words (builder.h) mean one-pass translation (onepass.h). The file that includes this, target/<isa>/onepass.c, then
 * includes trans.h and its chapters.
 */
#ifndef LYRE_TCG_ONEPASS_WORDS_H
#define LYRE_TCG_ONEPASS_WORDS_H

#include "tcg/onepass.h"

#include "tcg/ir_onepass.h" /* generated: onepass_add_i64, ... */

static inline I32 onepass_const_i32(Onepass *p, uint32_t v) { return (I32){ onepass_const(p, v) }; }
static inline I64 onepass_const_i64(Onepass *p, uint64_t v) { return (I64){ onepass_const(p, v) }; }
static inline V128 onepass_const_v128(Onepass *p, V128Bits v) { return (V128){ onepass_give_up(p) }; }
static inline bool onepass_is_const_i64(const Onepass *p, I64 v, uint64_t *out) { return onepass_is_const(p, v.id, out); }
static inline I64 onepass_get_i64(Onepass *p, unsigned slot) { return (I64){ onepass_get(p, slot) }; }
static inline void onepass_put_i64(Onepass *p, unsigned slot, I64 v) { onepass_put(p, slot, v.id); }
static inline I64 onepass_result_i64(Onepass *p, I64 first, unsigned index) { return (I64){ onepass_result(p, first.id, index) }; }
static inline F64 onepass_get_f64(Onepass *p, unsigned slot) { return (F64){ onepass_get(p, slot) }; }
static inline void onepass_put_f64(Onepass *p, unsigned slot, F64 v) { onepass_put(p, slot, v.id); }
static inline uint32_t onepass_call(Onepass *p, unsigned helper, unsigned nargs, const uint32_t *args) { return onepass_give_up(p); }
static inline I64 onepass_load_i64(Onepass *p, I64 addr, int32_t disp, unsigned mem)
{
    return (I64){ onepass_load(p, addr.id, disp, mem) };
}
static inline F32 onepass_load_f32(Onepass *p, I64 addr, int32_t disp, unsigned mem)
{
    return (F32){ onepass_load(p, addr.id, disp, mem) };
}
static inline F64 onepass_load_f64(Onepass *p, I64 addr, int32_t disp, unsigned mem)
{
    return (F64){ onepass_load(p, addr.id, disp, mem) };
}
static inline void onepass_store_i32(Onepass *p, I64 addr, int32_t disp, I32 v, unsigned mem)
{
    onepass_store(p, addr.id, disp, v.id, mem);
}
static inline void onepass_store_f64(Onepass *p, I64 addr, int32_t disp, F64 v, unsigned mem)
{
    onepass_store(p, addr.id, disp, v.id, mem);
}
static inline void onepass_store_i64(Onepass *p, I64 addr, int32_t disp, I64 v, unsigned mem)
{
    onepass_store(p, addr.id, disp, v.id, mem);
}
static inline I32 onepass_rmw_i32(Onepass *p, IrOp op, I64 addr, I32 v, unsigned mem)
{
    return (I32){ onepass_rmw(p, op, addr.id, v.id, mem) };
}
static inline I64 onepass_rmw_i64(Onepass *p, IrOp op, I64 addr, I64 v, unsigned mem)
{
    return (I64){ onepass_rmw(p, op, addr.id, v.id, mem) };
}
static inline I32 onepass_cas_i32(Onepass *p, I64 addr, I32 expected, I32 desired, unsigned mem)
{
    return (I32){ onepass_cas(p, addr.id, expected.id, desired.id, mem) };
}
static inline I64 onepass_cas_i64(Onepass *p, I64 addr, I64 expected, I64 desired, unsigned mem)
{
    return (I64){ onepass_cas(p, addr.id, expected.id, desired.id, mem) };
}
static inline V128 onepass_cas_v128(Onepass *p, I64 addr, V128 expected, V128 desired, unsigned mem)
{
    return (V128){ onepass_give_up(p) };
}
static inline void onepass_store_v128(Onepass *p, I64 addr, int32_t disp, V128 v, unsigned mem) { onepass_give_up(p); }
static inline void onepass_goto(Onepass *p, uint32_t block) { onepass_give_up(p); }

/* A branch falls through to the next instruction; everything else leaves. */
static inline uint32_t onepass_block_of(const OnepassTrans *t, uint64_t pc)
{
    bool is_next = t->insn->flow == FLOW_BRANCH && pc == t->insn->pc + t->insn->len && !t->is_last;
    return is_next ? IR_GO_ON : 0;
}

#define IrBuilder Onepass
#define TargetTrans OnepassTrans
#define target_block_of onepass_block_of
#define ir_const_i32 onepass_const_i32
#define ir_const_i64 onepass_const_i64
#define ir_const_v128 onepass_const_v128
#define ir_is_const_i64 onepass_is_const_i64
#define ir_get_i64 onepass_get_i64
#define ir_put_i64 onepass_put_i64
#define ir_get_f64 onepass_get_f64
#define ir_put_f64 onepass_put_f64
#define ir_result_i64 onepass_result_i64
#define ir_call onepass_call
#define ir_load_i64 onepass_load_i64
#define ir_load_f32 onepass_load_f32
#define ir_load_f64 onepass_load_f64
#define ir_store_i32 onepass_store_i32
#define ir_store_i64 onepass_store_i64
#define ir_store_f64 onepass_store_f64
#define ir_store_v128 onepass_store_v128
#define ir_rmw_i32 onepass_rmw_i32
#define ir_rmw_i64 onepass_rmw_i64
#define ir_cas_i32 onepass_cas_i32
#define ir_cas_i64 onepass_cas_i64
#define ir_cas_v128 onepass_cas_v128
#define ir_fence onepass_fence
#define ir_goto onepass_goto
#define ir_branch onepass_branch
#define ir_exit onepass_exit
#define ir_exit_call onepass_exit_call
#define ir_exit_indirect onepass_exit_indirect
#define ir_exit_call_indirect onepass_exit_call_indirect
#define ir_exit_return onepass_exit_return
#define ir_exit_event onepass_exit_event

/* trans.h declares what the chapters share with this word before: here each is this file's own. */
#undef TRANS
#define TRANS static

#endif
