/* SPDX-License-Identifier: MIT */
/*
 * Machine IR: what selection makes of an IR region and what the register allocator rewrites. Opcodes are the host's
 * (x86_64/mops.def); this header and regalloc.c know only operands, classes and constraints.
 *
 * Virtual registers are SSA: one definition each (an operation's operand, or a phi of a block). Critical edges are split
 * before. Every block begins at a label and ends with one terminator (branches name blocks; exits are terminators or
 * out-of-line code of theirs).
 *
 * What the allocator counts on: a block stands after the blocks that dominate it; labels have no operands but definitions
 * (no move is ever placed before one); terminators define nothing; an unconditional jump has no operands; a tied definition
 * stands before its source in the list of operands.
 */
#ifndef LYRE_TCG_MIR_H
#define LYRE_TCG_MIR_H

#include "tcg/ir.h"

typedef enum MClass { M_GPR, M_VEC, M_NCLASSES } MClass;

/* Where a value is. */
typedef enum LocKind {
    LOC_NONE,
    LOC_REG,   /* index = register number in its class */
    LOC_SPILL, /* index = spill slot of 16 bytes in CpuState.spill */
    LOC_HOME,  /* index = slot: the value is at its slot's home in memory (it came from there) */
    LOC_CONST, /* index = id of a const.* insn (snapshots only) */
} LocKind;
typedef struct Loc {
    uint8_t kind;
    uint8_t cls;
    uint16_t index;
} Loc;

typedef enum MRole {
    M_USE,      /* read before any result is written: may share a register with a result */
    M_USE_LATE, /* read also after results are written: no result may share its register */
    M_DEF,
    M_DEF_EARLY,/* written before the inputs are read: shares with no input */
    M_TIED,     /* definition that must be in the register of operand `tied` (a USE): the allocator copies if that
                   one lives on; both get the same location */
    M_TEMP,     /* scratch for the duration of the operation */
} MRole;
typedef enum MConstraint {
    M_REG,      /* any allocatable register of the class */
    M_FIXED,    /* register `fixed` */
    M_ANY,      /* register or memory (LOC_SPILL, LOC_HOME) */
} MConstraint;

typedef struct MOperand {
    uint32_t vreg;      /* 0: unused (e.g. no index register) */
    uint8_t role;
    uint8_t constraint;
    uint8_t fixed;      /* M_FIXED: register number */
    uint8_t tied;       /* M_TIED: operand number of the use */
    Loc loc;            /* filled in by the allocator */
} MOperand;

/* One machine operation. The meaning of everything but operands, snap and clobbers is the host's. */
typedef struct MInsn {
    uint16_t op;
    uint8_t nops;
    uint8_t size;        /* operation size in bytes */
    uint8_t cond;
    uint8_t mem_at;      /* operand number of the memory operand's base (index follows it), 0xff: none */
    uint8_t scale;       /* log2 */
    uint8_t flags;       /* host's */
    int32_t disp;
    uint32_t first_op;   /* in MRegion.operands */
    uint64_t imm;        /* immediate, or block id, or IR insn id of an exit */
    uint32_t snap : 31;  /* MRegion.snaps: state for the side table; 0: none. Its values are used late, but */
    uint32_t is_snap_early : 1; /* used early if the operation leaves before it writes any result (plain loads, say):
                            results may then overwrite them. The tied result itself
                            may be named: its register holds the source's value then */
    uint32_t clobbers[M_NCLASSES]; /* registers destroyed beyond operands; live values there are moved away or spilled */
    uint32_t ir;         /* IR insn it came from: for logs */
} MInsn;

/* How a slot's value follows from a location: lets values that only snapshots want stay unmaterialised. */
typedef enum MRecipe {
    M_AS_IS,
    M_SEXT32, M_ZEXT32,   /* I64 of an I32 location */
    M_CANON32, M_CANON64, /* fcanon of the location */
    M_BOX32, M_BOX_CANON32, /* box.f64 of the location, of its fcanon */
    M_SHL1, M_SHL2, M_SHL3, /* location << n */
    /* Sums (addresses that were folded into accesses): added, modulo 2^64, to what the entry before, of the same slot, gave. So
     * each entry still has one location; the row's writer and reader treat these as any other entry, in order. */
    M_LOW32, M_LOW64, /* V128 of a scalar location: the rest is zero */
    M_PLUS, M_PLUS_SHL1, M_PLUS_SHL2, M_PLUS_SHL3, M_PLUS_SEXT32, M_PLUS_ZEXT32,
    /* Flags of an operation on what the entry before gave and this one (LOGIC: on this one alone); XOR: with what the entry before gave. */
    M_CC_ADD32, M_CC_ADD64, M_CC_SUB32, M_CC_SUB64, M_CC_LOGIC32, M_CC_LOGIC64, M_CC_XOR,
    M_CC_FCMP32, M_CC_FCMP64, /* of this one and what the entry before gave */
    M_CC_ADC64,   /* of a sum with carry, which this is; the entry before gave the flags of the sum without it */
    M_AES_ROUND,  /* V128: one of encryption, without a key, of the location */
    M_HOST_FLAGS, /* those of the host at the operation, which an addition left */
    M_NRECIPES,
    /* In snapshots alone: with a constant, vreg is its id. The side table has the recipe without it, and the constant as location. */
    M_CONSTANT = M_NRECIPES, M_PLUS_CONSTANT, M_CC_SUB32_CONSTANT, M_CC_SUB64_CONSTANT,
} MRecipe;
_Static_assert(M_NRECIPES <= 32, "five bits in the side table");
/* Whether vreg is no register: the id of a constant (V128: the upper half is zero), or 0. */
static inline bool mir_recipe_is_const(unsigned recipe) { return recipe >= M_CONSTANT || recipe == M_HOST_FLAGS; }
static inline MRecipe mir_side_recipe(unsigned recipe)
{
    switch (recipe) {
    case M_CONSTANT: return M_AS_IS;
    case M_PLUS_CONSTANT: return M_PLUS;
    case M_CC_SUB32_CONSTANT: return M_CC_SUB32;
    case M_CC_SUB64_CONSTANT: return M_CC_SUB64;
    default: return (MRecipe)recipe;
    }
}
typedef struct MSnapEntry {
    uint16_t slot;
    uint8_t recipe;
    uint32_t vreg;
} MSnapEntry;
typedef struct MSnapshot {
    uint64_t pc;
    uint32_t ctx;
    uint32_t first, count; /* in snap_entries: may be shared between snapshots */
} MSnapshot;

typedef struct MPhi {
    uint32_t dest;
    uint32_t first_src;  /* in MRegion.phi_srcs: one vreg per predecessor, in their order */
} MPhi;

typedef struct MBlock {
    uint32_t first, end;       /* MRegion.insns: [first, end) */
    uint32_t first_phi, nphis;
    uint32_t first_pred, npreds; /* in MRegion.preds: block ids */
    uint32_t succ[2], nsucc;
    uint32_t loop_end;         /* for a loop header: last block of the loop in layout order; else 0 */
    uint8_t loop_depth;
    bool is_entry, is_cold;
} MBlock;

typedef struct MVreg {
    uint8_t cls;
    uint8_t size;        /* bytes that matter: 4, 8, 16 (how a spill is moved) */
    int8_t hint;         /* register number that it would like, -1: none */
    uint16_t home;       /* slot + 1 when the value equals its slot's home in memory for the whole region (a slot_in of a
                            memory slot that no one overwrites before the region is left); 0: none */
    uint32_t hint_vreg;  /* would like the register of this one; 0: none */
    uint32_t value;      /* IR value that it was made for by sel_reg, 0: a temporary */
} MVreg;

typedef struct MRegion {
    MInsn *insns;   uint32_t ninsns, cap_insns;
    MOperand *operands; uint32_t noperands, cap_operands;
    MBlock *blocks; uint32_t nblocks, cap_blocks;    /* [0] unused; layout order */
    MPhi *phis;     uint32_t nphis, cap_phis;
    uint32_t *phi_srcs; uint32_t nphi_srcs, cap_phi_srcs;
    uint32_t *preds; uint32_t npreds, cap_preds;
    MVreg *vregs;   uint32_t nvregs, cap_vregs;      /* [0] unused */
    MSnapshot *snaps; uint32_t nsnaps, cap_snaps;    /* [0] unused */
    MSnapEntry *snap_entries; uint32_t nsnap_entries, cap_snap_entries;
    uint32_t pins_kept;     /* pins (indices) that the region never writes and does not use as values: not allocatable
                               unless the allocator borrows them */
    bool has_carries;       /* the host's: sums with a carry are among the operations */
    const IrRegion *ir;
    struct Arena *arena;
} MRegion;

/* What the allocator is told of the host. */
typedef struct MHost {
    uint32_t allocatable[M_NCLASSES]; /* register masks */
    uint8_t order[M_NCLASSES][32];    /* preference, first is best; 0xff ends */
    uint8_t pins[16];                 /* register number of each pin, npins of them */
    uint8_t npins;
    uint8_t scratch_vec;              /* never allocated: memory to memory moves, cycles of vector registers */
    unsigned nspills;
} MHost;

/* A move that the allocator inserted. Sequential: to be emitted in the order given. `is_swap`: exchange of two GPRs. */
typedef struct MMove {
    Loc dst, src;
    uint8_t size;
    bool is_swap;
} MMove;

/* The result: operands' loc fields, and moves. Moves stand before the insn with that index; moves on an edge are given to the
 * end of the predecessor (before its terminator) or to the start of the successor, whichever has one edge only. */
typedef struct MAlloc {
    MMove *moves; uint32_t nmoves, cap_moves;
    uint32_t *move_start;  /* ninsns + 1 entries: moves[move_start[i]] .. moves[move_start[i+1]] precede insn i */
    Loc *snap_locs;        /* one per entry of an insn's snapshot; insns with the same entries may share them */
    uint32_t *snap_start;  /* per insn: index into snap_locs, for insns with snap */
    uint32_t borrowed;     /* pins (indices) of pins_kept that were borrowed: stored at entries, loaded at exits */
    uint32_t nspills;      /* spill slots used */
    bool *is_private;      /* by block, or NULL: only leads back to a loop's start, and writes nothing that its predecessor's other way reads */
    bool is_failed;        /* out of spill slots: the region must be made smaller */
} MAlloc;

/* Linear scan over SSA intervals (Wimmer and Franz, CGO 2010) with splitting. Deterministic. */
void mir_allocate(MRegion *m, const MHost *host, MAlloc *out);

#endif
