/* SPDX-License-Identifier: MIT */
/*
 * Instruction selection, IR -> MIR: what the select*.c files share.
 *
 * Blocks are walked from the last to the first and each from its end to its beginning, so the users of a value are seen
 * before it: a value gets a virtual register when the first user wants one, and an operation without effect whose value
 * no one wanted is skipped. So values that were folded into addresses, compares, extensions and snapshot recipes vanish.
 * Within one IR operation machine operations are made in program order; the driver turns them round at the end.
 */
#ifndef LYRE_TCG_X86_64_SELECT_H
#define LYRE_TCG_X86_64_SELECT_H

#include "tcg/code.h"
#include "tcg/x86_64/mops.h"
#include "util/compiler.h"

/* What is known of an IR value besides its register. */
typedef enum SelState {
    SEL_FUSED = 1 << 0, /* done as part of a later operation */
    SEL_SEXT = 1 << 1,  /* load.i32 made as a sign-extending 64-bit one */
    SEL_ZEXT = 1 << 2,  /* its upper half is relied on to be zero */
    SEL_WIDE = 1 << 3,  /* I64: some user wants all 64 bits; else it may be computed in 32 */
    SEL_USED = 1 << 4,
} SelState;

enum { SEL_MAX_KNOWN = 4 };

typedef struct Sel {
    MRegion *m;
    IrRegion *r;
    uint32_t *vreg;    /* per IR value; 0: not wanted so far */
    uint32_t *second;  /* per IR value of two results: its result.i64, if wanted */
    uint8_t *state;    /* per IR value: SelState */
    uint32_t cur, block;
    uint32_t barrier;  /* cache of sel_barrier */
    bool is_single;    /* HostSettings */
    bool is_alone;     /* one operation is selected by itself: values stay what they are (quick/general.c) */
    bool is_low;       /* operands of the current operation count in their low 32 bits only */
    bool has_more;     /* what is being done here is done elsewhere too: no load may move to it */
    uint32_t *snap;    /* per IR snapshot: its MSnapshot in block snap_block[] */
    uint32_t *snap_block;
    uint32_t last_snap, last_first, last_count; /* the latest one and the IR entries that it was made of */
    uint32_t pins;     /* pins that hold values of this region: all but m->pins_kept */
    uint32_t *home;    /* [block * X86_NPINS + pin]: register with the slot's value at the region's entry; 0: not made */
    uint32_t *home_value; /* the slot_in behind home, 0: none */
    uint32_t *home_phis; /* per block: first HomePhi, 0: none */
    struct HomePhi *phis;
    uint32_t nphis, cap_phis;
    uint32_t known[SEL_MAX_KNOWN]; /* conditions whose value is known in the block, by the branches that lead to it */
    bool known_value[SEL_MAX_KNOWN];
    unsigned nknown;
    uint32_t constants;   /* first of four constants: i64 0 and 1, i32 0 and 1; 0: there are none */
    uint32_t no_carry;    /* an i32 0, 0: there is none */
    uint32_t first_entry; /* the only entry block, 0: there are several */
    int16_t pin_slot[X86_NPINS]; /* -1: none */
} Sel;

/* Joins a pinned slot's value from several entries. */
typedef struct HomePhi {
    uint32_t next, dest, first_src;
} HomePhi;

/* A memory operand. */
typedef struct SelMem {
    uint32_t base, index;
    int32_t disp;
    uint8_t scale, flags; /* MF_MEM_* */
    uint64_t imm;         /* with MF_MEM_CONST, MF_MEM_POOL */
    uint32_t snap;        /* MSnapshot */
} SelMem;

typedef enum SelArgKind { ARG_REG, ARG_ANY, ARG_IMM, ARG_MEM } SelArgKind;
typedef struct SelArg {
    uint8_t kind;
    uint32_t vreg;
    int32_t imm;
    SelMem mem;
} SelArg;

typedef struct SelRow SelRow;
typedef void SelFn(Sel *s, uint32_t id, const IrInsn *i, const SelRow *row);
struct SelRow {
    SelFn *fn;
    uint16_t mop;
    uint8_t size;
    uint8_t x; /* the function's own */
};
/* One row per IrOp, put together from the themes' tables. */
typedef struct SelEntry {
    uint16_t op; /* IrOp */
    SelRow row;
} SelEntry;
extern const SelEntry sel_int_rows[], sel_cmp_rows[], sel_mem_rows[], sel_fp_rows[], sel_vec_rows[], sel_crypto_rows[], sel_vfp_rows[],
    sel_exit_rows[]; /* op 0 ends */

/* ---- select_use.c: values */
uint32_t sel_new(Sel *s, MClass cls, unsigned size);
uint32_t sel_new_typed(Sel *s, unsigned type);
/* The value behind truncations and extensions that cost nothing. */
/* Operations that may be constants, or stand for one of their arguments ; all others are what they are. */
enum { SEL_MAYBE_CONST = 1, SEL_THROUGH = 2 };
extern const uint8_t sel_through[IR_OP_COUNT];
uint32_t sel_resolve_slow(Sel *s, uint32_t v);
bool sel_const_slow(const Sel *s, uint32_t v, uint64_t *out);
static inline uint32_t sel_resolve(Sel *s, uint32_t v)
{
    return LIKELY(!sel_through[s->r->insns[v].op]) && !s->is_low ? v : sel_resolve_slow(s, v);
}
static inline bool sel_const(const Sel *s, uint32_t v, uint64_t *out)
{
    return sel_through[s->r->insns[v].op] & SEL_MAYBE_CONST && sel_const_slow(s, v, out);
}
bool sel_imm(const Sel *s, uint32_t v, unsigned size, int32_t *out); /* as a sign-extended 32-bit immediate */
/* The register of a value; constants are loaded into a new one here. */
uint32_t sel_reg(Sel *s, uint32_t v);
uint32_t sel_low(Sel *s, uint32_t v); /* the same, where only the low 32 bits matter */
bool sel_is_sext32(const Sel *s, uint32_t v); /* an I64 that equals the sign extension of its low 32 bits */
bool sel_is_narrow(Sel *s, uint32_t v); /* one that is, or may be, computed in 32 bits */
uint32_t sel_const_reg(Sel *s, uint64_t bits, unsigned size);
/* The register that operation `id` defines; a new one when its value is not wanted. */
uint32_t sel_def(Sel *s, uint32_t id);
/* v, or a constant that it equals in the current block. */
uint32_t sel_known(const Sel *s, uint32_t v);
bool sel_is_wanted(Sel *s, uint32_t v);
/* Whether v is not used after the current operation (so that its register may be overwritten). */
bool sel_dies(Sel *s, uint32_t v);
/* The operation of value v may be done later, at the current operation, when nothing between them forbids it. */
bool sel_can_sink_load(Sel *s, uint32_t v, unsigned size);
bool sel_can_sink_fcmp(Sel *s, uint32_t v);

/* Operands: the value as an immediate, a folded load, a constant in memory, else a register. */
static inline SelArg sel_arg_reg(uint32_t vreg) { return (SelArg){ .kind = ARG_REG, .vreg = vreg }; }
static inline SelArg sel_arg_imm(int32_t imm) { return (SelArg){ .kind = ARG_IMM, .imm = imm }; }
static inline SelArg sel_arg_mem(const SelMem *mem) { return (SelArg){ .kind = ARG_MEM, .mem = *mem }; }
SelArg sel_arg_any(Sel *s, uint32_t v, unsigned size);
SelArg sel_arg_any_imm(Sel *s, uint32_t v, unsigned size);
SelArg sel_arg_const(uint64_t bits);

/* ---- select.c: making operations */
MInsn *sel_emit(Sel *s, MOp op, unsigned size, unsigned n, const SelArg *args);
MInsn *sel_emit0(Sel *s, MOp op);
MInsn *sel_emit1(Sel *s, MOp op, unsigned size, uint32_t a);
MInsn *sel_emit2(Sel *s, MOp op, unsigned size, uint32_t d, SelArg a);
MInsn *sel_emit3(Sel *s, MOp op, unsigned size, uint32_t d, SelArg a, SelArg b);
/* Adds one operand to the latest operation. */
void sel_operand(Sel *s, MInsn *i, MRole role, MConstraint constraint, uint8_t fixed, uint32_t vreg);
void sel_move(Sel *s, unsigned size, uint32_t d, uint32_t a);

/* ---- select_mem.c: addresses */
void sel_address(Sel *s, uint32_t addr, int64_t disp, SelMem *out);
bool sel_lea(Sel *s, uint32_t add, SelMem *out); /* the sum as an address, when that is good */
SelMem sel_state(unsigned offset);
SelMem sel_sink_load(Sel *s, uint32_t load); /* the operand of a load that is done here */

/* ---- select_vec.c */
bool sel_vec_calls(unsigned op);
void sel_reverse_bytes(Sel *s, uint32_t d, uint32_t a); /* of 16 bytes */

/* ---- select_vfp.c */
bool sel_vfp_calls(const IrInsn *i);

/* ---- select_crypto.c */
bool sel_crypto_calls(unsigned op);
bool sel_aes_xor(Sel *s, uint32_t id, const IrInsn *i); /* vxor of a round's result and a key; false: it is none */

/* ---- select_cmp.c */
/* Sets the flags for the I32 condition v and returns the X86Cond that holds when it is not zero. To be used at once. */
X86Cond sel_flags(Sel *s, uint32_t v, bool is_branch);
X86Cond sel_invert(X86Cond c);

/* ---- select_fp.c */
void sel_box(Sel *s, uint32_t d, uint32_t x);
void sel_canon(Sel *s, uint32_t d, uint32_t v); /* d = fcanon of value v */
uint32_t sel_fp_source(Sel *s, uint32_t v); /* v, or what it is the fcanon of, where a NaN's payload does not matter */
bool sel_calls(const IrInsn *i); /* whether it becomes a call of C */
/* Compares; returns the condition that holds when the fcmp does: X86_FEQ (branches only) or a plain one. */
X86Cond sel_fcmp(Sel *s, const IrInsn *i);

/* ---- select_snap.c: states at faults and exits */
uint32_t sel_snapshot(Sel *s, uint32_t snap);
/* The snapshot of an operation that overwrites `from` with `to` after it may have faulted: then the value still is in that register. */
uint32_t sel_retarget(Sel *s, uint32_t snap, uint32_t from, uint32_t to);
uint32_t sel_home(Sel *s, uint32_t block, unsigned pin);

/* ---- select_exit.c */
void sel_call(Sel *s, void *fn, bool is_fp, unsigned type, uint32_t result, unsigned nargs, const uint32_t *args);

extern const MHost x86_mhost; /* compile.c */

/* Selection of single operations: values get registers (MVreg.value) as they are asked for; nothing is folded that stands elsewhere. */
void sel_begin_alone(Sel *s, IrRegion *r, const HostSettings *settings, MRegion *m);
const SelRow *sel_row(unsigned op); /* NULL: none */

void mir_select(IrRegion *r, const HostSettings *settings, MRegion *m);

#endif
