/* SPDX-License-Identifier: MIT */
/*
 * The IR of a region: typed SSA in arrays with 32-bit indices, all in one arena that is reset at once. Operations are
 * rows of ir.def. This header has the structures; builder.h makes them, print.h shows and parses them, interp.h runs them.
 */
#ifndef LYRE_TCG_IR_H
#define LYRE_TCG_IR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "tcg/ir_ops.h" /* generated: enum IrOp, IR_OP_COUNT */

typedef enum IrType { IR_VOID, IR_I32, IR_I64, IR_F32, IR_F64, IR_V128, IR_CC } IrType;

/* Values in C: one struct per type, so that mixing them does not compile. id indexes IrRegion.insns. */
typedef struct I32 { uint32_t id; } I32;
typedef struct I64 { uint32_t id; } I64;
typedef struct F32 { uint32_t id; } F32;
typedef struct F64 { uint32_t id; } F64;
typedef struct V128 { uint32_t id; } V128;
typedef struct CC { uint32_t id; } CC;

typedef union V128Bits {
    uint64_t u64[2];
    uint32_t u32[4];
    uint16_t u16[8];
    uint8_t u8[16];
} V128Bits;

enum { IR_NONE = 0 }; /* value, block and snapshot 0 are never used */

/* Conditions of cc_test, in AArch64's order; C is "no borrow" after cc_sub. */
typedef enum IrCond {
    IR_COND_EQ, IR_COND_NE, IR_COND_CS, IR_COND_CC, IR_COND_MI, IR_COND_PL, IR_COND_VS, IR_COND_VC,
    IR_COND_HI, IR_COND_LS, IR_COND_GE, IR_COND_LT, IR_COND_GT, IR_COND_LE,
} IrCond;
typedef enum IrCcBit { IR_CC_V = 0, IR_CC_C = 1, IR_CC_Z = 2, IR_CC_N = 3 } IrCcBit;

typedef enum IrRound { IR_RNE, IR_RTZ, IR_RDN, IR_RUP, IR_RMM, IR_RDYN = 7 } IrRound;
typedef enum IrOrder { IR_ORDER_NONE, IR_ORDER_ACQ, IR_ORDER_REL, IR_ORDER_SEQ } IrOrder;

/* Attributes of one memory access, packed into IrInsn.mem. */
typedef enum MemAttr {
    MEM_8 = 0, MEM_16 = 1, MEM_32 = 2, MEM_64 = 3, MEM_128 = 4, /* log2 of the size in bytes */
    MEM_SIZE_MASK = 7,
    MEM_SIGNED = 1 << 3,
    MEM_BIG_ENDIAN = 1 << 4,
    MEM_ORDER_SHIFT = 5, /* IrOrder, two bits */
    MEM_ALIGNED = 1 << 7, /* misaligned: faults (TCG_FAULT_ALIGN) instead of being done */
    MEM_INDEX_SHIFT = 8,  /* MMU index, four bits */
} MemAttr;
#define MEM_SIZE(mem) (1u << ((mem)&MEM_SIZE_MASK))
#define MEM_ORDER(mem) ((IrOrder)((mem) >> MEM_ORDER_SHIFT & 3))

/* What an operation's row says of each IrInsn. */
typedef struct IrHead {
    uint16_t op;
    uint8_t type, nargs;
} IrHead;

/*
 * One operation; its index is its value. Arguments are value ids. Constants hold their bits in imm and stand in no
 * block. Blocks chain their operations through prev/next.
 */
typedef struct IrInsn {
    union {
        struct {
            uint16_t op;    /* IrOp */
            uint8_t type;   /* IrType of the first result */
            uint8_t nargs;  /* used entries of arg[]; phi and call keep theirs in extra: arg[0] = first index, nargs = count */
        };
        IrHead head;
    };
    uint8_t flags;  /* IrInsnFlag */
    uint16_t mem;   /* MemAttr */
    uint16_t uses;  /* number of uses by operations and snapshots of exits; saturates. Valid after ir_count_uses */
    uint32_t arg[3];
    int32_t aux;    /* meaning: `aux:` trait of the row */
    uint32_t snap;  /* snapshot of operations that may leave the region: faults, exits, polls; else 0 */
    uint32_t block;
    uint32_t prev, next;
    uint64_t imm;         /* constants; exit_call, exit_call_indirect: return pc */
    uint32_t succ[2];     /* br: taken, not taken; goto: [0]; exit_call*: [0] = block of the return site or 0 */
} IrInsn;

typedef enum IrInsnFlag {
    IR_FLAG_DEAD = 1,
    IR_FLAG_MARK = 2, /* free for the pass that runs */
    IR_FLAG_KEPT = 8, /* fcanon: wanted in a register anyway */
    IR_FLAG_QUIET = 4, /* floating-point phi that is never a signalling NaN */
} IrInsnFlag;

/* Exact guest state at one point: the start of the guest instruction at pc. Slots not listed have their home's value. */
typedef struct IrSnapEntry {
    uint16_t slot;
    uint32_t value;
} IrSnapEntry;
typedef struct IrSnapshot {
    uint64_t pc;
    uint32_t first, count; /* in snap_entries; entries sorted by slot; several snapshots may share entries */
    uint32_t ctx;          /* context word (region key) at that point */
} IrSnapshot;

typedef struct IrBlock {
    uint64_t pc;           /* guest address of its first instruction */
    uint32_t first, last;  /* operations; phis and slot_in first; last is the terminator */
    uint32_t succ[2], nsucc;
    uint32_t first_pred, npreds; /* in extra; a phi's arguments stand in this order */
    bool is_entry;         /* may be entered from outside with all slots at home (region head, return sites) */
    bool is_cold;          /* laid out at the end */
    uint8_t loop_depth;
    uint32_t loop_head;    /* block id of the innermost loop's header, 0: none */
} IrBlock;

typedef struct IrSlotDesc {
    const char *name;
    uint8_t type;     /* IrType */
    int8_t pin;       /* index into the host's pinned registers, -1: memory */
    uint16_t offset;  /* home, in bytes from the start of CpuState */
} IrSlotDesc;

enum { IR_MAX_SLOTS = 128, IR_MAX_PINS = 16 };

/* Guest bytes that the region was made of (look-ahead included). */
typedef struct IrSource {
    uint64_t start, end;
} IrSource;

/* One region in IR form. Arrays grow in the translation arena; index 0 of insns, blocks, snaps is unused. */
typedef struct IrRegion {
    IrInsn *insns;
    uint32_t ninsns, cap_insns;
    IrBlock *blocks;      /* in layout order after ir_finish: block ids are the order */
    uint32_t nblocks, cap_blocks;
    IrSnapshot *snaps;
    uint32_t nsnaps, cap_snaps;
    IrSnapEntry *snap_entries;
    uint32_t nsnap_entries, cap_snap_entries;
    uint32_t *extra;      /* predecessor lists, phi and call arguments */
    uint32_t nextra, cap_extra;
    V128Bits *pool;       /* const.v128 */
    uint32_t npool, cap_pool;
    const IrSlotDesc *slots;
    uint32_t nslots;
    uint64_t put_slots[IR_MAX_SLOTS / 64]; /* slots written anywhere in the region */
    const struct HelperDesc *helpers;      /* target's helpers.def */
    uint32_t nhelpers;
    uint32_t ctx;         /* context of the key */
    uint32_t guest_insns; /* number of guest instructions translated */
    uint8_t align_window; /* accesses with MEM_ALIGNED need only stay within so many aligned bytes, 0: natural alignment. As tag_bits: */
    uint8_t tag_bits;     /* top bits of addresses that the guest's accesses ignore: the interpreter does, faults of code lead there */
    struct Arena *arena;
} IrRegion;

typedef enum IrTrait {
    IR_TRAIT_PURE = 1 << 0, IR_TRAIT_COMM = 1 << 1, IR_TRAIT_FP = 1 << 2, IR_TRAIT_FPENV = 1 << 3,
    IR_TRAIT_LOAD = 1 << 4, IR_TRAIT_STORE = 1 << 5, IR_TRAIT_RMW = 1 << 6, IR_TRAIT_FENCE = 1 << 7,
    IR_TRAIT_TERM = 1 << 8, IR_TRAIT_EXIT = 1 << 9, IR_TRAIT_PHI = 1 << 10, IR_TRAIT_SLOTIN = 1 << 11,
    IR_TRAIT_CALL = 1 << 12, IR_TRAIT_POLL = 1 << 13, IR_TRAIT_FLOAT = 1 << 14, IR_TRAIT_INDEXED = 1 << 15,
    IR_TRAIT_MAY_FAULT = IR_TRAIT_LOAD | IR_TRAIT_STORE | IR_TRAIT_RMW,
} IrTrait;

typedef struct IrOpInfo {
    uint32_t traits;
    uint8_t result[3]; /* IrType */
    uint8_t arg[3];
    uint8_t nargs, nresults;
    uint8_t aux; /* IrAux */
} IrOpInfo;
typedef enum IrAux {
    IR_AUX_NONE, IR_AUX_POOL, IR_AUX_INDEX, IR_AUX_SLOT, IR_AUX_OFFSET, IR_AUX_RM, IR_AUX_DISP, IR_AUX_ORDER,
    IR_AUX_HELPER, IR_AUX_EVENT, IR_AUX_COND, IR_AUX_BIT, IR_AUX_COUNT, IR_AUX_LANE,
} IrAux;
extern const IrOpInfo ir_op_info[IR_OP_COUNT]; /* generated */
/* As text; no pointers, which would have to be relocated at each start. */
extern const char ir_op_name[IR_OP_COUNT][24]; /* generated */
extern const IrHead ir_op_head[IR_OP_COUNT];   /* generated */

/* A C function that translated code may call; declared by HELPER rows of a target's helpers.def. */
typedef enum HelperEffect {
    HELPER_PURE = 0,       /* may be numbered and removed */
    HELPER_STATE = 1 << 0, /* reads or writes fields of CpuState that are no slots, or the host: kept, in order */
    HELPER_FP = 1 << 1,    /* runs under the guest's MXCSR and may change its flags: treated as an `fp` operation */
} HelperEffect;
typedef struct HelperDesc {
    const char *name;
    void *fn;           /* (CpuState *, args...) -> result in rax/xmm0 by the host's C ABI */
    uint8_t result;     /* IrType */
    uint8_t nargs;      /* at most 4 */
    uint8_t arg[4];
    uint8_t effects;    /* HelperEffect */
} HelperDesc;

static inline const IrInsn *ir_insn(const IrRegion *r, uint32_t id) { return &r->insns[id]; }
static inline bool ir_has_trait(const IrInsn *i, uint32_t traits) { return ir_op_info[i->op].traits & traits; }

#endif
