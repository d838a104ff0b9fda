/* SPDX-License-Identifier: MIT */
/*
 * The builder's own state, and the steps that its parts (builder*.c, finish*.c, opt/) offer each other. Front ends use
 * builder.h only.
 *
 * Blocks with one predecessor that was filled before them form trees ("chains"); the block at the top is their root. A
 * slot that is read before the chain writes it becomes a parameter of the root: a phi.T without arguments, aux = slot,
 * which ir_finish completes or replaces.
 */
#ifndef LYRE_TCG_BUILDER_STATE_H
#define LYRE_TCG_BUILDER_STATE_H

#include "tcg/builder.h"
#include "util/arena.h"
#include "util/assert.h"

typedef struct SlotSet {
    uint64_t w[IR_MAX_SLOTS / 64];
} SlotSet;

/* Parallel to IrRegion.blocks while the region is built. */
typedef struct BuildBlock {
    uint32_t *cur;         /* per slot: its value at the end so far; 0: the chain has not touched it. Another block's, or no_values, until a put.
                            * is_quick: the whole chain's, kept by its last block so far, NULL in the others */
    uint32_t *in;          /* roots: per slot its parameter, 0: none; no_values until there is one (not with is_quick) */
    uint32_t parent;       /* the predecessor in the chain, 0: a root */
    uint32_t root;
    uint32_t log_first, log_end; /* puts: IrBuilder.log */
    uint32_t first_snap, last_snap; /* snapshots whose point lies here, by log position: BuildSnap.next */
    uint32_t last_param;   /* last of the parameters at its front */
    uint32_t avail;        /* equal to IrBuilder.avail: its values may be reused */
    uint32_t fpenv;        /* number of the FP environment at its end */
    uint32_t npreds;       /* edges to it so far */
    bool is_filled;
    bool is_insn_start;    /* starts with a guest instruction */
    bool is_exit;          /* is_quick: a side exit of ir_branch; nothing else is set */
    uint32_t ret_block;    /* of an exit_call: follows it in the layout */
    /* ir_finish, not set with IrSettings.is_quick. Flow: calls count as edges to their return sites. Ids of 0 mean none */
    uint32_t rpo;          /* number in reverse post-order, from 1; 0: unreachable */
    uint32_t idom;
    uint32_t caller;       /* return sites: a block that calls there */
    uint32_t stub;         /* entry block that was split off; the groups of a join of too many edges */
    uint32_t outer_loop;   /* loop headers: header of the loop around */
    uint32_t first_item, last_item, next_item; /* layout: what stands in this header's loop */
    uint32_t new_id;
    bool is_sink;          /* only leads to cold exits */
    /* slots */
    SlotSet put, put_before_snap, dirty_in, live_in;
    SlotSet loop_put;      /* headers: put anywhere in the loop */
} BuildBlock;

typedef struct BuildSnap { /* parallel to IrRegion.snaps */
    uint32_t block, pos;   /* the state after the first pos puts of the log */
    uint32_t next;
} BuildSnap;

enum { BUILD_PUT_DEAD = UINT32_MAX }; /* as a slot: another put follows before anybody can see this one */
typedef struct BuildPut {
    uint32_t slot, value;
    /* is_quick: */
    uint32_t at;           /* operations with smaller ids come before it */
    uint32_t prev;         /* the slot's put that it replaces, 0: what the chain's head finds there */
} BuildPut;

enum {
    NUMBER_BITS = 11, /* value table: direct mapped with a short probe */
    NUMBER_PROBES = 4,
    REUSE_MAX = 16, /* known memory values */
    FP_OPS_MAX = 4, /* see IrBuilder.fp_ops */
};
typedef struct NumberEntry {
    uint32_t epoch, value;
} NumberEntry;

/* The value at an address, from a load or store that still holds. */
typedef struct MemValue {
    uint32_t base, value;
    int32_t disp;
    uint16_t mem;      /* size and byte order */
    bool is_store;
} MemValue;

struct IrBuilder {
    union {
        IrBuilderTop top;
        uint32_t *cur;     /* of the current block */
    };
    IrRegion *r;
    struct Arena *arena;
    IrSettings settings;
    BuildBlock *blocks;
    BuildSnap *snaps;      /* not with is_quick */
    BuildPut *log;         /* of puts; 0 is none */
    uint32_t nlog, cap_log;
    uint32_t *seen;       /* operations with snapshots, in order; entry 0 is 0 */
    uint32_t nseen, cap_seen;
    uint32_t last_seen;   /* the last of them */

    /* current block; 0: none or terminated */
    uint32_t block;
    uint32_t *in;          /* is_quick: its root's */
    uint32_t *last;        /* is_quick: the chain's, per slot the last put that counts, 0: none */
    bool is_cur_shared;    /* with other blocks: copied before it is written */
    uint32_t *no_values;   /* zeros, one per slot; not with is_quick */
    uint32_t zero;         /* const.i64 0, once it is made */
    uint32_t go_on;        /* block of IR_GO_ON, 0: nobody goes there so far */
    uint32_t go_on_pred;   /* its predecessor, 0: several */
    uint32_t ctx;

    /* current guest instruction: where its snapshot stands */
    uint64_t insn_pc;
    uint32_t insn_ctx, insn_block, insn_pos, insn_snap;
    bool insn_has_put;

    uint32_t flags_get;   /* fp_get_flags in this block, after which the FP environment was not written; 0: none */
    uint32_t fp_ops[FP_OPS_MAX], nfp_ops; /* `fp` operations since then; more than the maximum: not to be touched */
    bool has_box, has_canon; /* unbox, fcanon were asked for: narrow.c has work */
    uint32_t last_block;  /* the latest one filled */
    uint32_t avail;       /* see BuildBlock.avail */
    uint32_t fpenv, last_fpenv;
    uint32_t nmem;        /* entries of mem, oldest first */

    /* ir_finish */
    uint32_t *order;      /* reachable blocks in reverse post-order, norder of them */
    uint32_t norder;
    uint32_t head;        /* where the region is entered: block 1 or the stub before it */

    /* not cleared by ir_begin */
    MemValue mem[REUSE_MAX];
    const IrSlotDesc *pins_of; /* whose pins these are */
    int8_t pin_slot[IR_MAX_PINS]; /* -1: the target has no such pin */
    uint32_t pins;
    uint32_t epoch;       /* of the region; entries of other epochs are empty */
    NumberEntry numbers[1 << NUMBER_BITS];
};

static inline IrInsn *build_insn(const IrBuilder *b, uint32_t id) { return &b->r->insns[id]; }

/* ---- builder.c */
/* Makes one operation of a pure, fp, fpenv or indexed row, or returns an existing equal value. */
uint32_t ir_build(IrBuilder *b, IrOp op, int32_t aux, uint32_t x, uint32_t y, uint32_t z);
/* The same by all rules, whatever the settings. */
uint32_t build_any(IrBuilder *b, IrOp op, int32_t aux, uint32_t x, uint32_t y, uint32_t z);
/* Makes an operation as it is, at the end of the current block. */
uint32_t build_emit(IrBuilder *b, IrOp op, int32_t aux, uint32_t x, uint32_t y, uint32_t z);
uint32_t build_grow_and_emit(IrBuilder *b, IrOp op, int32_t aux, uint32_t x, uint32_t y, uint32_t z);
/* The same in place, for what is hot. */
static inline uint32_t build_append(IrBuilder *b, IrOp op, int32_t aux, uint32_t x, uint32_t y, uint32_t z)
{
    IrRegion *r = b->r;
    uint32_t id = r->ninsns, block = b->block;
    lyre_check(block);
    if (UNLIKELY(id == r->cap_insns)) {
        return build_grow_and_emit(b, op, aux, x, y, z);
    }
    r->ninsns = id + 1;
    IrBlock *k = &r->blocks[block];
    IrInsn *insns = r->insns, *i = &insns[id];
    memset(i, 0, sizeof *i);
    uint32_t prev = k->last;
    i->head = ir_op_head[op];
    i->arg[0] = x;
    i->arg[1] = y;
    i->arg[2] = z;
    i->aux = aux;
    i->block = block;
    i->prev = prev;
    k->last = id;
    insns[prev].next = id; /* nobody reads that of 0 */
    k->first = prev ? k->first : id;
    return id;
}
/* A new operation that stands nowhere yet. */
uint32_t build_new_insn(IrRegion *r, IrOp op);
void build_grow_blocks(IrBuilder *b); /* room for one more */
uint32_t build_const(IrBuilder *b, IrOp op, uint64_t bits);
uint32_t build_param(IrBuilder *b, uint32_t root, uint32_t slot);
/* Where a root's parameter of the slot is kept, to be written. */
uint32_t *build_in(IrBuilder *b, uint32_t root, uint32_t slot);
/* A new operation in front of another. */
uint32_t build_insert_before(IrBuilder *b, IrOp op, uint32_t before);
/* A phi of another type in the block of phi `like`; its arguments, extra[arg[0]] and on, are for the caller to fill in. */
uint32_t build_phi_like(IrBuilder *b, uint32_t like, IrType type);
/* Begins a guest instruction. */
static inline void build_insn_begin(IrBuilder *b, uint64_t pc)
{
    b->insn_pc = pc;
    b->insn_ctx = b->ctx;
    b->insn_block = b->block;
    b->insn_pos = b->nlog;
    b->insn_snap = 0;
    b->insn_has_put = false;
}
/* is_quick: IrBuilder.last of a root; in, cur and last of a chain are one array. */
static inline uint32_t *build_last(const IrBuilder *b, uint32_t root) { return b->blocks[root].in + 2 * b->r->nslots; }
/* Whether the terminator of block `from` names `to` once. */
static inline bool build_is_edge(const IrRegion *r, uint32_t from, uint32_t to)
{
    uint32_t last = r->blocks[from].last;
    return last && (r->insns[last].succ[0] == to) != (r->insns[last].succ[1] == to);
}
/* The snapshot of the current guest instruction's start. */
uint32_t build_new_insn_snap(IrBuilder *b);
static inline uint32_t build_insn_snap(IrBuilder *b)
{
    lyre_assert(!b->insn_has_put); /* faulting work comes before the first put */
    if (UNLIKELY(b->nfp_ops)) {
        b->flags_get = 0; /* the flags of these may be seen here */
    }
    return b->insn_snap ? b->insn_snap : build_new_insn_snap(b);
}
uint32_t build_snap(IrBuilder *b, uint64_t pc, uint32_t ctx, uint32_t block, uint32_t pos);
IrOp build_phi_op(IrType type);
IrOp build_slot_in_op(IrType type);

/* The operation may leave the region with that snapshot. */
static inline void build_set_snap(IrBuilder *b, uint32_t id, uint32_t snap)
{
    b->r->insns[id].snap = snap;
    b->last_seen = id;
    b->seen = arena_grow(b->arena, b->seen, sizeof *b->seen, &b->cap_seen, b->nseen + 1);
    b->seen[b->nseen++] = id;
}

/* Follows replaced values. */
static inline uint32_t build_resolve(const IrBuilder *b, uint32_t v)
{
    while (build_insn(b, v)->flags & IR_FLAG_DEAD) {
        v = (uint32_t)build_insn(b, v)->imm;
    }
    return v;
}
/* Marks an operation as needed; constants are no operations. */
static inline void build_mark(const IrBuilder *b, uint32_t v)
{
    IrInsn *i = build_insn(b, v);
    i->flags |= i->block ? IR_FLAG_MARK : 0;
}
/* Takes an operation out of its block; `by` (0: nothing) stands for its value from now on. */
void build_replace(IrBuilder *b, uint32_t id, uint32_t by);

/* ---- builder_mem.c: what is known of memory */
void build_forget_memory(IrBuilder *b);

/* ---- opt/flags.c: sticky flags that are saved and restored */
/* fp_set_flags of *x is about to be made: simplifies *x; true: there is nothing to set. */
bool flags_fold_set(IrBuilder *b, uint32_t *x);

/* ---- opt/number.c: value numbering */
void number_begin_block(IrBuilder *b, uint32_t block, uint32_t single_pred);
/* An available operation equal to *n, or 0 and *place is where number_add is to put it. */
uint32_t number_find(IrBuilder *b, const IrInsn *n, NumberEntry **place);


/* ---- finish_flow.c: blocks, edges, loops */
void flow_analyse(IrBuilder *b);
bool flow_dominates(const IrBuilder *b, uint32_t x, uint32_t y);
/* Decides the final order, splits critical edges, renumbers blocks. */
void flow_lay_out(IrBuilder *b);

/* ---- finish_slots.c: parameters to phis, snapshots to lists */
void slots_complete(IrBuilder *b);
void slots_fill_snapshots(IrBuilder *b); /* leaves IR_FLAG_MARK on the values that they list */

/* ---- opt/narrow.c: phis of boxed floats and canonical NaNs */
void narrow_phis(IrBuilder *b);

/* ---- opt/lazyflags.c: phis of flags that snapshots alone want */
void lazy_flags(IrBuilder *b);
void carry_phis(IrBuilder *b);

/* ---- opt/canon.c: where fcanon is made */
void canon_sink(IrBuilder *b, bool may_split); /* readers behind a loop get their own, if need be on new edges */
void canon_mark(IrBuilder *b, bool has_phis); /* IR_FLAG_KEPT: what non-arithmetic (and phis) read */
void canon_share(IrBuilder *b); /* readers behind a kept one read it */

/* ---- opt/step.c: what comes after a loop variable's step counts from its new value */
void step_rebase(IrBuilder *b);

/* ---- opt/dead.c: removes what nobody needs, resolves arguments, counts uses */
void dead_remove(IrBuilder *b);

#endif
