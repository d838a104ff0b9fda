/* SPDX-License-Identifier: MIT */
/*
 * Direct execution: a front end's translation functions, compiled a second time with values in place of operations. What they would build
 * is computed at once, on the state's homes. This is how code that has not run often runs (tier 0): it costs no more than decoding.
 *
 * The file that does it (target/<isa>/direct.c) includes the target's own headers, says what is constant for this ISA, includes this one,
 * then trans.h and the chapters that can be done so: integers, vectors, memory, control flow. A chapter can if its functions branch only to leave the
 * instruction, and call no helper. Rows of other chapters are absent from the table: their instructions are left to translation.
 *
 *   direct_pc_mask, direct_tag_bits     as Target.pc_mask, Target.tag_bits
 *   direct_jump_mask                    the same with the kind of an indirect branch (Target.arrive)
 *   direct_offset(slot)                 of the slot's home in the state
 */
#ifndef LYRE_TCG_DIRECT_H
#define LYRE_TCG_DIRECT_H

#include <stdatomic.h>
#include <string.h>

#include "tcg/builder.h"
#include "tcg/interp_mem.h"
#include "tcg/runtime.h"
#include "tcg/tier0.h"
#include "util/access_x86_64.h"
#include "util/assert.h"
#include "util/compiler.h"

typedef struct DirectI32 { uint32_t v; } DirectI32;
typedef struct DirectI64 { uint64_t v; } DirectI64;
typedef struct DirectF32 { uint32_t v; } DirectF32;
typedef struct DirectF64 { uint64_t v; } DirectF64;
typedef struct DirectV128 { V128Bits v; } DirectV128;
typedef struct DirectCC { uint32_t v; } DirectCC;

/* As TargetTrans. */
typedef struct DirectTrans {
    Direct *b;
    const TargetCpu *cpu;
    const TargetInsn *insn;
} DirectTrans;

/* After the last instruction of a block. */
static inline bool direct_goes_on(Direct *d, uint64_t pc)
{
    const TcgThread *th = d->state->tcg;
    return LIKELY(d->event == TCG_EVENT_LOOKUP && !atomic_load_explicit(&th->stop, memory_order_relaxed) &&
                  !atomic_load_explicit(&th->is_poll_closed, memory_order_relaxed)) && direct_visit(d, pc);
}

/* Where this thread keeps what is known of an instruction; another may stand there. */
static inline DirectInsn *direct_insn_place(Direct *d, uint32_t raw)
{
    return &d->t0->insns[raw * 0x9e3779b1u >> (32 - TIER0_INSN_BITS)];
}

/* The bytes at pc, which has been fetched in a row with others or not: as direct_fetch_anew. */
static inline unsigned direct_fetch(Direct *d, uint64_t pc, uint32_t *raw)
{
    uint64_t bytes;
    if (LIKELY(pc - d->code < d->code_room && access_load_inline(sizeof *raw, pc, &bytes) == ACCESS_OK)) {
        *raw = (uint32_t)bytes;
        return sizeof *raw;
    }
    return direct_fetch_anew(d, pc, raw);
}

#include "tcg/ir_direct.h" /* generated: direct_add_i64, ... */

/* ---- constants and slots */

static inline DirectI32 direct_const_i32(Direct *d, uint32_t v) { return (DirectI32){ v }; }
static inline DirectI64 direct_const_i64(Direct *d, uint64_t v) { return (DirectI64){ v }; }
static inline DirectV128 direct_const_v128(Direct *d, V128Bits v) { return (DirectV128){ v }; }
/* What is known while translating, and changes what is built, is not asked for. */
static inline bool direct_is_const_i64(const Direct *d, DirectI64 v, uint64_t *out) { return false; }

static inline uint8_t *direct_home(Direct *d, unsigned slot) { return (uint8_t *)d->state + direct_offset(slot); }

#define DIRECT_SLOT(name, Type)                                                                                        \
    static inline Type direct_get_##name(Direct *d, unsigned slot)                                                     \
    {                                                                                                                  \
        Type v;                                                                                                        \
        memcpy(&v, direct_home(d, slot), sizeof v);                                                                    \
        return v;                                                                                                      \
    }                                                                                                                  \
    static inline void direct_put_##name(Direct *d, unsigned slot, Type v) { memcpy(direct_home(d, slot), &v, sizeof v); }
DIRECT_SLOT(i32, DirectI32)
DIRECT_SLOT(i64, DirectI64)
DIRECT_SLOT(v128, DirectV128)
DIRECT_SLOT(cc, DirectCC)
#undef DIRECT_SLOT

/* Second or third result of the operation made last. */
static inline DirectI64 direct_result_i64(Direct *d, DirectI64 first, unsigned index) { return (DirectI64){ d->more[index] }; }

/* ---- memory: a fault ends the instruction, which has put nothing yet */

/* Whether nothing is to be heeded but size and sign. */
static inline bool direct_is_plain(unsigned mem) { return !(mem & ~(unsigned)(MEM_SIZE_MASK | MEM_SIGNED)); }

static inline uint64_t direct_address(DirectI64 addr, int32_t disp)
{
    return interp_strip_tag(addr.v + (uint64_t)(int64_t)disp, direct_tag_bits);
}

/* Plain ones of up to 8 bytes. */
static inline uint64_t direct_load_plain(Direct *d, uint64_t addr, unsigned mem)
{
    uint64_t v;
    unsigned shift = 64 - 8 * MEM_SIZE(mem);
    uint64_t kind = access_load_inline(MEM_SIZE(mem), addr, &v);
    if (UNLIKELY(kind != ACCESS_OK)) {
        direct_fault(d, kind, v, false);
    }
    return mem & MEM_SIGNED ? (uint64_t)((int64_t)(v << shift) >> shift) : v;
}
static inline void direct_store_plain(Direct *d, uint64_t addr, uint64_t v, unsigned mem)
{
    AccessResult r = access_store_inline(MEM_SIZE(mem), addr, v);
    if (UNLIKELY(r.kind != ACCESS_OK)) {
        direct_fault(d, r.kind, r.addr, true);
    }
}

static inline IrValue direct_load_any(Direct *d, IrOp op, DirectI64 addr, int32_t disp, unsigned mem)
{
    IrValue out = { .u64 = 0 };
    IrValue args[3] = { { .u64 = addr.v } };
    direct_access(d, op, disp, mem, args, &out);
    return out;
}

static inline DirectI64 direct_load_i64(Direct *d, DirectI64 addr, int32_t disp, unsigned mem)
{
    if (direct_is_plain(mem)) {
        return (DirectI64){ direct_load_plain(d, direct_address(addr, disp), mem) };
    }
    return (DirectI64){ direct_load_any(d, IR_LOAD_I64, addr, disp, mem).u64 };
}
static inline DirectI32 direct_load_i32(Direct *d, DirectI64 addr, int32_t disp, unsigned mem)
{
    return (DirectI32){ direct_load_any(d, IR_LOAD_I32, addr, disp, mem).u32 };
}
static inline DirectV128 direct_load_v128(Direct *d, DirectI64 addr, int32_t disp, unsigned mem)
{
    return (DirectV128){ direct_load_any(d, IR_LOAD_V128, addr, disp, mem).v };
}
/* Of floating point registers: bits that are moved. */
static inline DirectF32 direct_load_f32(Direct *d, DirectI64 addr, int32_t disp, unsigned mem)
{
    return (DirectF32){ (uint32_t)direct_load_i64(d, addr, disp, mem).v };
}
static inline DirectF64 direct_load_f64(Direct *d, DirectI64 addr, int32_t disp, unsigned mem)
{
    return (DirectF64){ direct_load_i64(d, addr, disp, mem).v };
}

static inline void direct_store_any(Direct *d, IrOp op, DirectI64 addr, int32_t disp, IrValue v, unsigned mem)
{
    IrValue out, args[3] = { { .u64 = addr.v }, v };
    direct_access(d, op, disp, mem, args, &out);
}

static inline void direct_store_i64(Direct *d, DirectI64 addr, int32_t disp, DirectI64 v, unsigned mem)
{
    if (direct_is_plain(mem)) {
        direct_store_plain(d, direct_address(addr, disp), v.v, mem);
    } else {
        direct_store_any(d, IR_STORE_I64, addr, disp, (IrValue){ .u64 = v.v }, mem);
    }
}
static inline void direct_store_i32(Direct *d, DirectI64 addr, int32_t disp, DirectI32 v, unsigned mem)
{
    direct_store_any(d, IR_STORE_I32, addr, disp, (IrValue){ .u64 = v.v }, mem);
}
static inline void direct_store_v128(Direct *d, DirectI64 addr, int32_t disp, DirectV128 v, unsigned mem)
{
    direct_store_any(d, IR_STORE_V128, addr, disp, (IrValue){ .v = v.v }, mem);
}
static inline void direct_store_f32(Direct *d, DirectI64 addr, int32_t disp, DirectF32 v, unsigned mem)
{
    direct_store_i64(d, addr, disp, (DirectI64){ v.v }, mem);
}
static inline void direct_store_f64(Direct *d, DirectI64 addr, int32_t disp, DirectF64 v, unsigned mem)
{
    direct_store_i64(d, addr, disp, (DirectI64){ v.v }, mem);
}

static inline uint64_t direct_rmw_any(Direct *d, IrOp op, DirectI64 addr, uint64_t x, uint64_t y, unsigned mem)
{
    IrValue out, args[3] = { { .u64 = addr.v }, { .u64 = x }, { .u64 = y } };
    direct_access(d, op, 0, mem, args, &out);
    return out.u64;
}

static inline DirectI32 direct_rmw_i32(Direct *d, IrOp op, DirectI64 addr, DirectI32 v, unsigned mem)
{
    return (DirectI32){ (uint32_t)direct_rmw_any(d, op, addr, v.v, 0, mem) };
}
static inline DirectI64 direct_rmw_i64(Direct *d, IrOp op, DirectI64 addr, DirectI64 v, unsigned mem)
{
    return (DirectI64){ direct_rmw_any(d, op, addr, v.v, 0, mem) };
}
static inline DirectI32 direct_cas_i32(Direct *d, DirectI64 addr, DirectI32 expected, DirectI32 desired, unsigned mem)
{
    return (DirectI32){ (uint32_t)direct_rmw_any(d, IR_CAS_I32, addr, expected.v, desired.v, mem) };
}
static inline DirectI64 direct_cas_i64(Direct *d, DirectI64 addr, DirectI64 expected, DirectI64 desired, unsigned mem)
{
    return (DirectI64){ direct_rmw_any(d, IR_CAS_I64, addr, expected.v, desired.v, mem) };
}
static inline DirectV128 direct_cas_v128(Direct *d, DirectI64 addr, DirectV128 expected, DirectV128 desired, unsigned mem)
{
    IrValue out, args[3] = { { .u64 = addr.v }, { .v = expected.v }, { .v = desired.v } };
    direct_access(d, IR_CAS_V128, 0, mem, args, &out);
    return (DirectV128){ out.v };
}

static inline void direct_fence(Direct *d, IrOrder order) { atomic_thread_fence(memory_order_seq_cst); }

/* ---- where execution goes on */

static inline void direct_exit(Direct *d, uint64_t pc) { d->next_pc = pc; }
static inline void direct_exit_indirect(Direct *d, DirectI64 pc) { d->next_pc = pc.v & direct_jump_mask; }
static inline void direct_exit_return(Direct *d, DirectI64 pc) { d->next_pc = pc.v & direct_pc_mask; }
static inline void direct_exit_call(Direct *d, uint64_t pc, uint64_t ret_pc, uint32_t ret_block) { d->next_pc = pc; }
static inline void direct_exit_call_indirect(Direct *d, DirectI64 pc, uint64_t ret_pc, uint32_t ret_block)
{
    d->next_pc = pc.v & direct_jump_mask;
}
static inline void direct_exit_event(Direct *d, unsigned event, uint64_t pc)
{
    d->event = (TcgEvent)event;
    d->next_pc = pc;
}

static inline void direct_branch(Direct *d, DirectI32 cond, const uint64_t pc[2], const uint32_t block[2])
{
    d->next_pc = cond.v ? pc[0] : pc[1];
}
/* Regions only. */
static inline void direct_goto(Direct *d, uint32_t block) { lyre_unreachable(); }

/* ---- from here on the front end's words mean the above */

#define IrBuilder Direct
#define target_block_of(t, pc) 0 /* there are none */
#define TargetTrans DirectTrans
#define I32 DirectI32
#define I64 DirectI64
#define F32 DirectF32
#define F64 DirectF64
#define V128 DirectV128
#define CC DirectCC
#define ir_const_i32 direct_const_i32
#define ir_const_i64 direct_const_i64
#define ir_const_v128 direct_const_v128
#define ir_is_const_i64 direct_is_const_i64
#define ir_get_i32 direct_get_i32
#define ir_get_i64 direct_get_i64
#define ir_get_v128 direct_get_v128
#define ir_get_cc direct_get_cc
#define ir_put_i32 direct_put_i32
#define ir_put_i64 direct_put_i64
#define ir_put_v128 direct_put_v128
#define ir_put_cc direct_put_cc
#define ir_result_i64 direct_result_i64
#define ir_load_i32 direct_load_i32
#define ir_load_i64 direct_load_i64
#define ir_load_f32 direct_load_f32
#define ir_load_f64 direct_load_f64
#define ir_load_v128 direct_load_v128
#define ir_store_i32 direct_store_i32
#define ir_store_i64 direct_store_i64
#define ir_store_f32 direct_store_f32
#define ir_store_f64 direct_store_f64
#define ir_store_v128 direct_store_v128
#define ir_rmw_i32 direct_rmw_i32
#define ir_rmw_i64 direct_rmw_i64
#define ir_cas_i32 direct_cas_i32
#define ir_cas_i64 direct_cas_i64
#define ir_cas_v128 direct_cas_v128
#define ir_fence direct_fence
#define ir_exit direct_exit
#define ir_exit_indirect direct_exit_indirect
#define ir_exit_return direct_exit_return
#define ir_exit_call direct_exit_call
#define ir_exit_call_indirect direct_exit_call_indirect
#define ir_exit_event direct_exit_event
#define ir_branch direct_branch
#define ir_goto direct_goto

/* trans.h declares what the chapters share with this word before: here each is this file's own. */
#undef TRANS
#define TRANS static

#endif
