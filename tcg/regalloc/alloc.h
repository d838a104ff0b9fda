/* SPDX-License-Identifier: MIT */
/*
 * What the files of the register allocator share: its working state, and the phases in the order in
 * which they run.
 *
 * POSITIONS: insn i has two. At 2i the moves before it have been done and its inputs are read; at
 * 2i + 1 its results are written. An interval [from, to) holds its register at each position from
 * `from` to `to` - 1. Intervals are split at even positions (a move before insn i), or at odd ones
 * from register to memory (the value is in memory before insn i, whose results may overwrite its
 * register).
 *
 * GAP READS: the source of a tied result, and a use in a fixed register, are read by the moves
 * before the insn and need no register at 2i. A tied result holds its register from 2i on.
 *
 * PARTS: a value's interval and, after splitting, its pieces. Part v (below nvregs) begins value v;
 * further pieces are chained through `next`, in order of position. A piece is in one place for all
 * of its life.
 */
#ifndef LYRE_TCG_REGALLOC_ALLOC_H
#define LYRE_TCG_REGALLOC_ALLOC_H

#include "tcg/mir.h"
#include "util/arena.h"
#include "util/assert.h"
#include "util/compiler.h"

enum { RA_REGS = 32, RA_NONE = 0xff };
enum { LOC_SPLIT = 0xff }; /* a LocKind of ours */
#define RA_NEVER UINT32_MAX

/* Intervals with holes are lists of these. */
typedef struct Range {
    uint32_t from, to;
    uint32_t next;
} Range;

typedef enum UseKind {
    USE_REG,  /* register at 2i */
    USE_LATE, /* register at 2i and 2i + 1 */
    USE_ANY,  /* register or memory */
    USE_GAP,  /* read by the moves before the insn */
    USE_EDGE, /* at the end of a block: source of a phi, or a loop that comes round to a use */
} UseKind;
/* Use n + 1 is operand n; edge uses follow. */
typedef struct Use {
    uint32_t pos;
    uint32_t next;
    uint8_t kind;
    uint8_t weight; /* of the block: ra_weight */
} Use;

/* A register is taken by an operand that must be there, or destroyed. Its owner may be there. */
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
    /* of a value's first part: */
    PART_IS_DEFINED = 16,     /* the walk has seen its definition */
    PART_IS_SPILLED = 32,     /* some part of the value is in memory */
    PART_IS_STORED_LATE = 64, /* stored where it goes to memory, not at its definition */
} PartFlag;
typedef struct Part {
    uint32_t begin, end; /* begin: RA_NEVER as long as no use is known */
    union {
        uint32_t to;   /* while it is built: end of its first range */
        uint32_t slot; /* of a value that was spilled: slot + 1; 0: none */
    };
    uint32_t range;      /* list of its ranges; 0: one, from begin to end. While built: later ones */
    uint32_t cursor;     /* the scan's: range at or after the current position, if there is a list */
    uint32_t use;        /* its first use */
    uint32_t next;
    uint32_t vreg;
    Loc loc;
    uint8_t flags;
    /* Wishes of the value, in its first part. */
    uint8_t wish;    /* register of a later fixed use, or RA_NONE */
    uint8_t weight;  /* of that use's block */
    uint8_t got;     /* register that a value which links to this one got, or RA_NONE */
    uint32_t link;   /* would like that value's register: a phi or a tied result made of it */
    uint32_t source; /* would like to take over that value's register: source of a tied result */
    union {
        uint32_t hot;  /* while it is built: block in which it is counted as pressure */
        uint32_t idle; /* next part that waits in the same register */
    };
} Part;

/* At some position a part's range ends; chained. */
typedef struct Expiry {
    uint32_t part, next;
} Expiry;

/* Move to be placed before insn `at`. */
typedef struct Pending {
    Loc dst, src;
    uint32_t next;
    uint8_t phase; /* 0: edge into this block, 1: within the block, 2: edge out of this block */
    uint8_t size;
} Pending;

/* Register file of one class during the scan. */
typedef struct RegFile {
    uint32_t allocatable, busy; /* masks */
    uint32_t part[RA_REGS];     /* the part in each busy register */
    uint32_t until[RA_REGS];    /* end of that part's current range */
    uint32_t fixed[RA_REGS];    /* next fixed interval, or one that has passed */
    uint32_t fixed_from[RA_REGS]; /* its begin; RA_NEVER: none */
    uint32_t idle[RA_REGS];     /* parts that have the register but are in a hole */
    uint32_t idle_mask;         /* registers that may have such */
    uint32_t heir[RA_REGS];     /* value that comes round a loop to the phi in the register, or 0 */
} RegFile;

typedef struct Ra {
    MRegion *m;
    const MHost *host;
    MAlloc *out;
    Arena *arena;

    bool is_single; /* one block: intervals have no holes */
    /* Else: live sets by block (destinations of phis that are used are in live_in of their block);
     * values that are used again when the loops that end with a block come round, or NULL; the phi
     * that defines a value, + 1; the block of each insn. */
    uint32_t words; /* of a set of vregs */
    uint64_t *live_in, *live_out, *scratch_set;
    uint64_t **loop_marks;
    uint32_t *phi_of, *block_of;

    Range *ranges;
    Use *uses;
    Fixed *fixed;
    Part *parts;
    uint32_t *order; /* values by descending begin */
    uint32_t *split; /* values with more than one part */
    Loc *locs;       /* by value, kept up by the scan; LOC_SPLIT: it has more than one part */
    uint32_t *heap;  /* parts to be allocated that splitting made */
    uint32_t *expiry_at; /* by position */
    Expiry *expiries;
    uint32_t nranges, nuses, nfixed, nparts, norder, nsplit, nheap, nexpiries;
    uint32_t cap_ranges, cap_uses, cap_fixed, cap_parts, cap_split, cap_heap, cap_expiries;

    uint32_t now;       /* the scan's position */
    uint32_t current;   /* part that is being allocated */
    uint32_t next_wake; /* no idle part's range begins before this position */
    uint32_t nidle, nspilled;
    uint32_t nsnap_locs; /* most that snapshots need */
    RegFile files[M_NCLASSES];
    uint32_t fixed_head[M_NCLASSES][RA_REGS];

    uint32_t pressure[M_NCLASSES][2]; /* most values wanting registers: anywhere, in loops */
    uint32_t demand[M_NCLASSES];      /* most registers that one insn needs */
    uint32_t sure;                    /* general registers that there are beside the pins */
    uint32_t fixed_mask[M_NCLASSES];  /* registers that appear in constraints */

    Pending *pending;
    uint32_t *pending_head; /* by insn */
    uint32_t npending, cap_pending;
    uint8_t *place_readers; /* see moves.c */
    uint16_t *place_writer;
} Ra;

/* How much code of the block matters: cold 0, straight 1, loops more. */
static inline uint8_t ra_weight(const MBlock *b) { return b->is_cold ? 0 : b->loop_depth + 1; }
/* Whether the entry names an IR constant, not a machine value. */
static inline bool ra_is_const(uint8_t recipe)
{
    return mir_recipe_is_const(recipe);
}
static inline bool ra_is_same(Loc a, Loc b)
{
    return a.kind == b.kind && a.index == b.index && a.cls == b.cls;
}

/* The range at or after the scan's position. */
static inline Range ra_range(const Ra *ra, const Part *p)
{
    return p->range ? ra->ranges[p->cursor] : (Range){ p->begin, p->end, 0 };
}

static inline uint32_t ra_block_at(const Ra *ra, uint32_t pos)
{
    return ra->is_single ? 1 : ra->block_of[pos / 2];
}

static inline bool ra_has(const uint64_t *set, uint32_t v) { return set[v / 64] >> v % 64 & 1; }
static inline void ra_set(uint64_t *set, uint32_t v) { set[v / 64] |= 1ull << v % 64; }
static inline void ra_clear(uint64_t *set, uint32_t v) { set[v / 64] &= ~(1ull << v % 64); }

/* liveset.c: live sets, unless the walk finds them as it goes; what is live out of a block whose
 * successors' live_in are known. */
void ra_build_live_sets(Ra *ra);
void ra_build_live_out(Ra *ra, uint32_t block);

/* liveness.c: live sets, intervals, uses, fixed intervals, wishes, pressure. */
void ra_build(Ra *ra);

/* pressure.c: registers that may be used; borrows pins. How many there are beside the pins. */
void ra_choose_registers(Ra *ra);
uint32_t ra_sure_registers(const MHost *host);

/* scan.c */
void ra_scan(Ra *ra);
/* Gives p register r, which is free. */
void ra_take(Ra *ra, uint32_t p, unsigned r);
/* The same until that position, from where on another part is queued or in memory. */
void ra_take_until(Ra *ra, uint32_t p, unsigned r, uint32_t until);
/* To where p must have a register at least; its begin: it need not have one. */
uint32_t ra_min_end(const Ra *ra, const Part *p);

/* meet.c: first position from the cursors on at which both are live; at which p meets a fixed
 * interval, or an idle part, of register r. */
uint32_t ra_meet(const Ra *ra, const Part *a, const Part *b);
uint32_t ra_meet_fixed(Ra *ra, const Part *p, unsigned r);
uint32_t ra_meet_idle(const Ra *ra, const Part *p, unsigned r);

/* queue.c: parts that wait for allocation, by begin. */
void ra_queue_push(Ra *ra, uint32_t p);
uint32_t ra_queue_pop(Ra *ra);

/* evict.c */
void ra_allocate_blocked(Ra *ra, uint32_t p);
/* In a loop: gives p, for all of its life, a register of a value that the loop does not use. */
bool ra_displace_colder(Ra *ra, uint32_t p);
/* Part p is in memory; when it needs a register after `from`, a further part is queued. */
void ra_spill(Ra *ra, uint32_t p, uint32_t from);
bool ra_begin_in_memory(Ra *ra, uint32_t v);

/* split.c: cuts part p at pos; returns the new part, which goes on from there. */
uint32_t ra_split(Ra *ra, uint32_t p, uint32_t pos);
/* The best place to split in [min, max]: in the least deep loop, as late as possible. */
uint32_t ra_split_position(const Ra *ra, uint32_t min, uint32_t max);
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

/* private.c: MAlloc.is_private. */
void ra_find_private(Ra *ra);

/* assign.c: operands' and snapshots' locations, and the moves in their final order. */
void ra_assign(Ra *ra);

/* moves.c: appends a move to the result; moves that happen at once, as a sequence. */
void ra_emit_move(Ra *ra, Loc dst, Loc src, uint8_t size);
void ra_emit_parallel(Ra *ra, const Pending *moves, uint32_t count);

#endif
