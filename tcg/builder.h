/* SPDX-License-Identifier: MIT */
/*
 * Making IR. Folding, value numbering and load reuse happen here, while operations are made: a constructor may return an
 * existing value. Slots are read and written with ir_get_*, ir_put_*; SSA construction gives the rest.
 *
 * Protocol:  ir_begin; ir_block_new for all blocks; for each block: ir_block_begin, then for each guest instruction
 * ir_insn_begin + operations, then one terminator; ir_finish. More blocks may be made at any time (an instruction with a
 * branch inside); each is begun once. A block that is not an entry and whose only predecessor so far known is already filled and which
 * the caller promises to have no other (ir_block_begin's `single_pred`) inherits its values and value numbers; any other
 * reads each slot through a phi which ir_finish completes or removes.
 *
 * An instruction does its faulting work before its first put; the builder asserts it: a snapshot is the state at the
 * start of the guest instruction. An instruction that faults after a put (partial progress that its manual defines)
 * calls ir_insn_commit, which makes the puts so far part of the snapshots that follow.
 */
#ifndef LYRE_TCG_BUILDER_H
#define LYRE_TCG_BUILDER_H

#include "tcg/ir.h"

typedef struct IrBuilder IrBuilder;
struct Arena;

/* A builder for the life of a thread; its tables are reused. Region memory comes from the arena given to ir_begin. */
IrBuilder *ir_builder_new(void);
void ir_builder_free(IrBuilder *b);

/* Guards that failed often are not made again. */
enum { IR_GUARD_BITS = 12, IR_GUARD_FAILS_MAX = 32 };
#define IR_GUARD_PLACE(pc) ((uint32_t)((pc) * 0x9e3779b97f4a7c15ull >> (64 - IR_GUARD_BITS)))

typedef struct IrSettings {
    bool no_fold;       /* plain construction: no folding, numbering or reuse (for tests) */
    bool has_guards;    /* loops may check what they are entered with: exits to the interpreter (opt/guard.h) */
    const _Atomic uint8_t *guard_fails; /* how often guards failed by place: IR_GUARD_PLACE of the block's pc; NULL: never */
    bool is_quick;      /* tier 1: cheap folding (opt/fold_quick.c), no numbering, no reuse of memory's values; operations stay in the order of
                         * their ids. For host_compile_quick: what only ir_finish reads is left out */
    bool is_tso;        /* guest memory model is TSO: a load may not be reused across another load */
} IrSettings;
void ir_begin(IrBuilder *b, IrRegion *r, struct Arena *arena, const IrSlotDesc *slots, unsigned nslots,
              const HelperDesc *helpers, unsigned nhelpers, uint32_t ctx, const IrSettings *settings);

/* In place of a block id, for terminators: where the guest instruction that comes next goes on. It begins by ir_resume if it has no block. */
#define IR_GO_ON UINT32_MAX
bool ir_resume(IrBuilder *b, uint64_t pc); /* false: nothing goes on */

/* Block ids count from 1; the first is the region's head and an entry. */
uint32_t ir_block_new(IrBuilder *b, uint64_t pc, bool is_entry);
void ir_block_begin(IrBuilder *b, uint32_t block, uint32_t single_pred); /* 0: several or not yet filled */
void ir_insn_begin(IrBuilder *b, uint64_t pc);
void ir_insn_commit(IrBuilder *b);
bool ir_is_terminated(const IrBuilder *b); /* the current block has its terminator */
/* Completes phis and snapshots, removes dead values, drops unreachable blocks, splits critical edges, computes predecessors, loops,
 * use counts and layout (reverse post-order with loops contiguous, cold blocks last). */
void ir_finish(IrBuilder *b);

/* Constants. */
I32 ir_const_i32(IrBuilder *b, uint32_t v);
I64 ir_const_i64(IrBuilder *b, uint64_t v);
F32 ir_const_f32(IrBuilder *b, uint32_t bits);
F64 ir_const_f64(IrBuilder *b, uint64_t bits);
V128 ir_const_v128(IrBuilder *b, V128Bits bits);
bool ir_is_const_i64(const IrBuilder *b, I64 v, uint64_t *out);

/* Slots: the slot's type must match. What the beginning of every builder knows is had in place. */
typedef struct IrBuilderTop {
    uint32_t *cur; /* of the current block, per slot: its value; 0: ir_get_param gives one */
} IrBuilderTop;
uint32_t ir_get_param(IrBuilder *b, unsigned slot);
static inline uint32_t ir_get(IrBuilder *b, unsigned slot)
{
    uint32_t v = ((const IrBuilderTop *)b)->cur[slot];
    return v ? v : ir_get_param(b, slot);
}
static inline I32 ir_get_i32(IrBuilder *b, unsigned slot) { return (I32){ ir_get(b, slot) }; }
static inline I64 ir_get_i64(IrBuilder *b, unsigned slot) { return (I64){ ir_get(b, slot) }; }
static inline F32 ir_get_f32(IrBuilder *b, unsigned slot) { return (F32){ ir_get(b, slot) }; }
static inline F64 ir_get_f64(IrBuilder *b, unsigned slot) { return (F64){ ir_get(b, slot) }; }
static inline V128 ir_get_v128(IrBuilder *b, unsigned slot) { return (V128){ ir_get(b, slot) }; }
static inline CC ir_get_cc(IrBuilder *b, unsigned slot) { return (CC){ ir_get(b, slot) }; }
void ir_put_i32(IrBuilder *b, unsigned slot, I32 v);
void ir_put_i64(IrBuilder *b, unsigned slot, I64 v);
void ir_put_f32(IrBuilder *b, unsigned slot, F32 v);
void ir_put_f64(IrBuilder *b, unsigned slot, F64 v);
void ir_put_v128(IrBuilder *b, unsigned slot, V128 v);
void ir_put_cc(IrBuilder *b, unsigned slot, CC v);

/* Memory: mem = MemAttr bits. */
I32 ir_load_i32(IrBuilder *b, I64 addr, int32_t disp, unsigned mem);
I64 ir_load_i64(IrBuilder *b, I64 addr, int32_t disp, unsigned mem);
F32 ir_load_f32(IrBuilder *b, I64 addr, int32_t disp, unsigned mem);
F64 ir_load_f64(IrBuilder *b, I64 addr, int32_t disp, unsigned mem);
V128 ir_load_v128(IrBuilder *b, I64 addr, int32_t disp, unsigned mem);
void ir_store_i32(IrBuilder *b, I64 addr, int32_t disp, I32 v, unsigned mem);
void ir_store_i64(IrBuilder *b, I64 addr, int32_t disp, I64 v, unsigned mem);
void ir_store_f32(IrBuilder *b, I64 addr, int32_t disp, F32 v, unsigned mem);
void ir_store_f64(IrBuilder *b, I64 addr, int32_t disp, F64 v, unsigned mem);
void ir_store_v128(IrBuilder *b, I64 addr, int32_t disp, V128 v, unsigned mem);
/* op: IR_XCHG_I32 ... IR_FETCH_UMAX_I32 and the I64 ones. */
I32 ir_rmw_i32(IrBuilder *b, IrOp op, I64 addr, I32 v, unsigned mem);
I64 ir_rmw_i64(IrBuilder *b, IrOp op, I64 addr, I64 v, unsigned mem);
I32 ir_cas_i32(IrBuilder *b, I64 addr, I32 expected, I32 desired, unsigned mem);
I64 ir_cas_i64(IrBuilder *b, I64 addr, I64 expected, I64 desired, unsigned mem);
V128 ir_cas_v128(IrBuilder *b, I64 addr, V128 expected, V128 desired, unsigned mem);
void ir_fence(IrBuilder *b, IrOrder order);

/* Calls of a helper by its index in helpers.def: args are value ids whose types its row fixes; returns the value id. */
uint32_t ir_call(IrBuilder *b, unsigned helper, unsigned nargs, const uint32_t *args);

/* Second or third result of a multi-result operation; the first is what the constructor returned. */
I64 ir_result_i64(IrBuilder *b, I64 first, unsigned index);

/* Every `pure`, `fp`, `fpenv` row of ir.def has a constructor of its name: I64 ir_add_i64(b, x, y), ... with aux as a last int
 * argument where the row has one. */
#include "tcg/ir_builders.h" /* generated prototypes */

/* Terminators. Each pc is the guest address where execution goes on; the context is that of ir_set_ctx, else the key's. */
void ir_goto(IrBuilder *b, uint32_t block);
void ir_br(IrBuilder *b, I32 cond, uint32_t if_true, uint32_t if_false);
/* The same to block[0] if cond, else to block[1]; where that is 0, an exit to its pc. With IR_GO_ON the current block may stay so. */
void ir_branch(IrBuilder *b, I32 cond, const uint64_t pc[2], const uint32_t block[2]);
void ir_exit(IrBuilder *b, uint64_t pc);
void ir_exit_indirect(IrBuilder *b, I64 pc);
void ir_exit_call(IrBuilder *b, uint64_t pc, uint64_t ret_pc, uint32_t ret_block);      /* ret_block 0: outside */
void ir_exit_call_indirect(IrBuilder *b, I64 pc, uint64_t ret_pc, uint32_t ret_block);
void ir_exit_return(IrBuilder *b, I64 pc);
/* event: TcgEvent; pc: where the state stands (of the instruction itself for faults, of the next for ecall). */
void ir_exit_event(IrBuilder *b, unsigned event, uint64_t pc);
void ir_set_ctx(IrBuilder *b, uint32_t ctx); /* context at the exits that follow in this block */
void ir_poll(IrBuilder *b); /* a point where the thread can be stopped; state as at the start of the guest instruction */

#endif
