/* SPDX-License-Identifier: MIT */
/*
 * What the files of the register allocator share: its working state, and the phases in the order in
 * which they run.
 *
 * POSITIONS  Insn i has two: 2i, where the moves before it have been done and its inputs are read,
 * and 2i + 1, where its results are written. An interval [from, to) holds its register at each
 * position from `from` to `to` - 1. Intervals are split at even positions (a move before insn i),
 * or at odd ones from register to memory (the value is in memory before insn i and its register may
 * be overwritten by i's results). GAP READS  The source of a tied definition, and a use in a fixed
 * register, are read by the moves before the insn: they need no register at position 2i. The tied
 * definition holds its register from 2i on. PARTS      A value's interval and, after splitting, its
 * pieces. Part v (below nvregs) begins value v; further pieces are chained through `next`, in order
 * of position. A piece is in one place for all of its life.
 */
#ifndef LYRE_TCG_REGALLOC_ALLOC_H
#define LYRE_TCG_REGALLOC_ALLOC_H

#include "tcg/mir.h"
#include "util/arena.h"
#include "util/assert.h"

enum { RA_REGS = 32, RA_NONE = 0xff };
#define RA_NEVER UINT32_MAX

/* A piece of an interval. Range v (below nvregs) is the first one of value v; others are made as
 * needed. */
typedef struct Range {
    uint32_t from, to;
    uint32_t next;
} Range;

typedef enum UseKind {
    USE_REG,  /* register at 2i */
    USE_LATE, /* register at 2i and 2i + 1 */
    USE_ANY,  /* register or memory */
    USE_GAP,  /* read by the moves before the insn */
    USE_EDGE, /* source of a phi, or loop that comes round to a use: at the end of a block */
} UseKind;
typedef struct Use {
    uint32_t pos;
    uint32_t next;
    uint8_t kind;
    uint8_t weight; /* of the block: ra_weight */
} Use;

/* A register is taken by an operand that must be there, or destroyed. The owner may be there in any
 * case. */
typedef struct Fixed {
    uint32_t from, to;
    uint32_t owner; /* vreg or 0 */
    uint32_t next;
} Fixed;

typedef enum PartFlag {
    PART_IS_DEF = 1,   /* begins with a definition that needs a register */
    PART_IS_FIXED = 2, /* begins with a definition in a fixed register: loc */
    PART_IS_MEM = 4,   /* decided to be in memory; loc is filled in by ra_assign_slots */
    PART_IS_CHILD = 8, /* made by splitting */
} PartFlag;
typedef struct Part {
    uint32_t begin, end;
    uint32_t range;  /* first of its ranges */
    uint32_t cursor; /* the scan's: range at or after the current position */
    uint32_t use;    /* its first use */
    uint32_t next;
    uint32_t idle; /* next part that waits in the same register */
    uint32_t vreg;
    Loc loc;
    uint8_t flags;
} Part;

/* Wishes of a value. */
typedef struct Wish {
    uint8_t reg;    /* register of a later fixed use, or RA_NONE */
    uint8_t weight; /* of that use's block */
    uint8_t got;    /* register that a value which links to this one has got, or RA_NONE */
    uint8_t is_spilled;
    uint8_t is_stored_late; /* into its spill slot where it goes to memory, not at its definition */
    uint32_t hot;           /* block in which it is counted as pressure */
    uint32_t link; /* would like the register of this value: destination of a phi or of a tied
                      definition */
    uint32_t
        from; /* a value whose register it would like to take over: source of the tied definition */
} Wish;

/* Move to be placed before insn `at`. Phases: 0 edge into this block, 1 within the block, 2 edge
 * out of this block. */
typedef struct Pending {
    Loc dst, src;
    uint32_t next;
    uint8_t phase, size;
} Pending;

/* Register file of one class during the scan. */
typedef struct RegFile {
    uint32_t allocatable, busy; /* masks */
    uint32_t part[RA_REGS];     /* the part in each busy register */
    uint32_t until[RA_REGS];    /* end of that part's current range */
    uint32_t fixed[RA_REGS];    /* next fixed interval */
    uint32_t idle[RA_REGS];     /* parts that have the register but are in a hole: chained through
                                   Part.idle */
    uint32_t next_expiry;       /* no range ends before this position */
} RegFile;

typedef struct Ra {
    MRegion *m;
    const MHost *host;
    MAlloc *out;
    Arena *arena;

    bool is_multi;                /* more than one block */
    uint32_t words;               /* of a set of vregs */
    uint64_t *live_in, *live_out; /* by block; phis' destinations are in live_in of their block when
                                     they are used */
    uint64_t **loop_marks; /* by block, or NULL: values used again when the loops that end with the
                              block come round */
    uint32_t *phi_of;      /* by value: phi that defines it, + 1 */
    uint32_t *split;
    uint32_t nsplit, cap_split; /* values with more than one part */

    Range *ranges;
    uint32_t nranges, cap_ranges;
    Use *uses;
    uint32_t nuses, cap_uses;
    Fixed *fixed;
    uint32_t nfixed, cap_fixed;
    Part *parts;
    uint32_t nparts, cap_parts;
    Wish *wishes;
    uint32_t *order;
    uint32_t norder; /* values by descending begin */
    uint32_t *heap;
    uint32_t nheap, cap_heap; /* parts to be allocated that splitting made */
    uint32_t next_wake;       /* no idle part's range begins before this position */
    uint32_t nidle;
    uint32_t current; /* part that is being allocated */
    RegFile files[M_NCLASSES];
    uint32_t fixed_head[M_NCLASSES][RA_REGS];

    uint32_t pressure[M_NCLASSES]
                     [2];            /* most values wanting registers at once: anywhere, in loops */
    uint32_t demand[M_NCLASSES];     /* most registers that one insn needs */
    uint32_t fixed_mask[M_NCLASSES]; /* registers that appear in constraints */

    Pending *pending;
    uint32_t npending, cap_pending;
    uint32_t *pending_head; /* by insn */
    uint8_t *place_readers; /* see moves.c */
    uint16_t *place_writer;
} Ra;

/* How much code of the block matters: cold 0, straight 1, loops more. */
static inline uint8_t ra_weight(const MBlock *b) { return b->is_cold ? 0 : b->loop_depth + 1; }
static inline const MOperand *ra_operands(const Ra *ra, const MInsn *i)
{
    return &ra->m->operands[i->first_op];
}
/* Whether the entry names an IR constant, not a machine value. */
static inline bool ra_is_const(uint8_t recipe)
{
    return recipe == M_CONSTANT || recipe == M_PLUS_CONSTANT;
}
static inline Part *ra_part(Ra *ra, uint32_t p) { return &ra->parts[p]; }

static inline bool ra_has(const uint64_t *set, uint32_t v) { return set[v / 64] >> v % 64 & 1; }
static inline void ra_set(uint64_t *set, uint32_t v) { set[v / 64] |= 1ull << v % 64; }
static inline void ra_clear(uint64_t *set, uint32_t v) { set[v / 64] &= ~(1ull << v % 64); }

/* liveset.c */
void ra_build_live_sets(Ra *ra);
/* liveness.c: live sets, intervals, uses, fixed intervals, wishes, pressure. */
void ra_build(Ra *ra);
/* pressure.c: registers that may be used; borrows pins. */
void ra_choose_registers(Ra *ra);
/* scan.c */
void ra_scan(Ra *ra);
void ra_queue(Ra *ra, uint32_t p);
/* Gives p register r, which is free; takes_until: until that position, from where on another part
 * is queued or in memory. */
void ra_take(Ra *ra, uint32_t p, unsigned r);
void ra_take_until(Ra *ra, uint32_t p, unsigned r, uint32_t until);
/* To where p must have a register at least; its begin: it need not have one. */
uint32_t ra_min_end(const Ra *ra, const Part *p);
/* First position from their cursors on at which two lists of ranges are both live; p meets a fixed
 * interval or an idle part of r. */
uint32_t ra_meet(const Ra *ra, uint32_t a, uint32_t b);
uint32_t ra_meet_fixed(Ra *ra, const Part *p, unsigned r);
uint32_t ra_meet_idle(const Ra *ra, const Part *p, unsigned r);
/* evict.c */
void ra_allocate_blocked(Ra *ra, uint32_t p);
void ra_spill(Ra *ra, uint32_t p, uint32_t from);
bool ra_begin_in_memory(Ra *ra, uint32_t v);
/* split.c: cuts part p at pos; returns the new part, which goes on from there. */
uint32_t ra_split(Ra *ra, uint32_t p, uint32_t pos);
/* The best place to split in [min, max]: in the least deep loop, as late as possible; even, or max
 * itself. */
uint32_t ra_split_position(const Ra *ra, uint32_t min, uint32_t max);
uint32_t ra_block_at(const Ra *ra, uint32_t pos);
/* The first use at or after pos, of any kind or one that needs a register; 0: none. */
uint32_t ra_next_use(const Ra *ra, const Part *p, uint32_t pos);
uint32_t ra_next_reg_use(const Ra *ra, const Part *p, uint32_t pos);
/* The part of value v at pos. */
const Part *ra_part_at(const Ra *ra, uint32_t v, uint32_t pos);
/* spill.c: slots for the values that were spilled; stores at their definitions. */
void ra_assign_slots(Ra *ra);
/* resolve.c: moves between parts and along edges. */
void ra_resolve(Ra *ra);
void ra_add_move(Ra *ra, uint32_t at, uint8_t phase, Loc dst, Loc src, uint8_t size);
/* assign.c: operands' and snapshots' locations, and the moves in their final order. */
void ra_assign(Ra *ra);
/* moves.c: appends the moves, which happen at once, to the result as a sequence. */
void ra_emit_parallel(Ra *ra, const Pending *moves, uint32_t count);

#endif
