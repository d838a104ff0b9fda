/* SPDX-License-Identifier: MIT */
/*
 * Tier 1: straight-line regions with side exits, from the builder's unfinished IR to code in one walk backwards that
 * drops dead values, selects and allocates at once (quick.c, value.c, insn.c), and one forwards that encodes (emit.c).
 *
 * Values live at home: what the guest instruction puts into a slot is in the slot's pin or memory from there on, unless another put
 * follows before anybody can see it. So snapshots, exits and side-table rows have nothing to list, and a region is entered and left without
 * a move. A value is found, in this order, in the register that a later user wanted (QVal.reg), in a slot's pin, in a slot's memory.
 * Only rax, rcx, rdx, r11 and vector registers are allocated; a pin takes a value early when nothing between can see the slot.
 *
 * "Before" and "after" are the program's; the walk goes from after to before. Operations without a row here are selected one by one as
 * the general way does (select.h), calls of C and other shapes of region make all of it go that way.
 */
#ifndef LYRE_TCG_X86_64_QUICK_H
#define LYRE_TCG_X86_64_QUICK_H

#include "tcg/builder_state.h"
#include "tcg/x86_64/emit_state.h"
#include "util/assert.h"
#include "util/compiler.h"

typedef enum QKind {
    Q_OP,       /* x86_op_rm */
    Q_SSE,      /* x86_sse_rm without a second source */
    Q_VEX,      /* x86_vex_rm; imm = vvvv */
    Q_MOV_IMM,  /* reg = imm */
    Q_CONST,    /* reg = the constant `id`, a vector register */
    Q_MOP,      /* id = index in General.m.insns */
    Q_JCC_LINK, /* to another region: opcode = condition, id = its exit */
    Q_EXIT,     /* id = the exit */
} QKind;

/* A machine operation with its registers. */
typedef struct QOp {
    uint8_t kind;      /* QKind */
    uint8_t reg;       /* ModRM.reg: register of its class, or digit */
    uint8_t imm_size;  /* bytes of immediate behind the operands */
    uint8_t access;    /* bytes of guest memory read or written at rm, 0: none */
    bool is_store;
    uint32_t opcode;   /* encode.h */
    X86Rm rm;
    uint64_t imm;
    uint32_t snap;     /* IrSnapshot of the access */
    uint32_t id;
} QOp;

/* Where a value is, in a byte: a register + 1, or Q_MEM | slot for the slot's memory; 0: nowhere. */
enum { Q_MEM = 0x80 };

/* What is known of a value at the point where the walk stands. */
typedef struct QVal {
    uint8_t reg;     /* register + 1 in which somebody after wants it, 0: none */
    uint8_t spill;   /* spill slot + 1 from which somebody after reads it, 0: none */
    uint8_t home[2]; /* of puts, a pin first; more are forgotten. A parameter's own slot, until it is put, is one besides */
    uint32_t second; /* of two results: the result.T that somebody after wants, 0: none */
} QVal;

/* Registers of both classes are numbered through. */
enum { Q_XMM = 16, Q_NREGS = 32, Q_NO_REG = 0xff };
enum {
    Q_GPRS = 1 << X86_RAX | 1 << X86_RCX | 1 << X86_RDX | 1 << X86_R11, /* those that are allocated */
    Q_XMMS = 0x7fff << Q_XMM,
};

/* Room for operations: per IR operation or put; besides, for what quick_general makes more than that, as it checks. */
enum { Q_OPS_PER_INSN = 16, Q_MORE_OPS = 256, Q_MOST_OPS = 96 };

typedef struct Quick {
    const IrBuilder *b;
    const IrRegion *r;
    const IrInsn *insns;
    const HostSettings *settings;
    QVal *vals;
    QOp *ops;              /* last one first */
    QOp *op;               /* the next one */
    uint32_t nops, cap_ops;
    uint32_t nlinks, nrows; /* side exits; accesses of guest memory */
    uint32_t value[Q_NREGS]; /* in a scratch register, or in a pin before its put; 0: none */
    uint32_t used;         /* registers with a value */
    uint32_t displaced;    /* pins whose slot's value, hidden by another, may be in a register besides */
    uint32_t nspills;
    /* the operation in hand: */
    uint32_t id;
    uint32_t locked;       /* its registers */
    uint32_t read;         /* those that are operands */
    uint32_t held;         /* those of temporaries within one IR operation: always locked */
    uint32_t temps;        /* those with constants for it */
    uint32_t written;      /* its result's; 0: none */
    uint32_t nseen;        /* IrBuilder.seen: those up to it, when somebody asked last */
    const BuildPut *put;   /* in IrBuilder.log: the last one that is not yet taken back */
    const uint32_t *in;    /* per slot: its parameter, 0: none */
    uint32_t *last;        /* per slot: the put whose value is there, 0: none so far */
    uint32_t *line;        /* blocks in the order of execution: nline of them left */
    uint32_t nline, next;  /* next: the block behind the one in hand, 0: none */
    int8_t slot_of[Q_NREGS]; /* slot of a pinned register, -1: it is no pin */
    struct General *general; /* NULL: not needed so far */
    bool is_failed;
} Quick;

/* ---- operations of IR */
typedef enum QTrait {
    Q_THROUGH = 1 << 0,   /* may stand for its argument */
    Q_THROUGH_CANON = 1 << 1, /* does if that is canonical */
    Q_CONST_SCALAR = 1 << 2,
    Q_CONST_VECTOR = 1 << 3,
    Q_PARAM = 1 << 4,
    Q_RESULT = 1 << 5,    /* made by another operation */
    Q_CONSTANT = Q_CONST_SCALAR | Q_CONST_VECTOR,
} QTrait;
extern const uint8_t quick_traits[IR_OP_COUNT];
static inline unsigned quick_trait(const Quick *q, uint32_t v) { return quick_traits[q->insns[v].op]; }
static inline bool quick_is_param(const Quick *q, uint32_t v) { return quick_trait(q, v) & Q_PARAM; }
static inline bool quick_is_const(const Quick *q, uint32_t v) { return quick_trait(q, v) & Q_CONSTANT; } /* of any type */
static inline bool quick_const(const Quick *q, uint32_t v, uint64_t *imm)
{
    *imm = q->insns[v].imm;
    return quick_trait(q, v) & Q_CONST_SCALAR;
}
static inline unsigned quick_type_size(unsigned type)
{
    static const uint8_t sizes[] = { [IR_I32] = 4, [IR_I64] = 8, [IR_F32] = 4, [IR_F64] = 8, [IR_V128] = 16, [IR_CC] = 4 };
    return sizes[type];
}
static inline unsigned quick_size(const IrInsn *i) { return quick_type_size(i->type); }
static inline bool quick_is_vec(unsigned type) { return type >= IR_F32 && type <= IR_V128; }

/* ---- value.c: where values are */
uint32_t quick_resolve_slow(const Quick *q, uint32_t v);
/* The value behind conversions that change no bits. */
static inline uint32_t quick_resolve(const Quick *q, uint32_t v)
{
    return LIKELY(!(quick_trait(q, v) & (Q_THROUGH | Q_THROUGH_CANON))) ? v : quick_resolve_slow(q, v);
}
/* Where a slot lives. */
static inline unsigned quick_home_of(const Quick *q, unsigned slot)
{
    int pin = q->r->slots[slot].pin;
    return pin < 0 ? Q_MEM | slot : x86_pin_reg[pin] + 1u;
}
X86Rm quick_home(const Quick *q, unsigned home);
void quick_add_more_home(QVal *x, unsigned home);
static inline void quick_add_home(QVal *x, unsigned home)
{
    if (LIKELY(!x->home[0])) {
        x->home[0] = (uint8_t)home;
    } else {
        quick_add_more_home(x, home);
    }
}
static inline void quick_remove_home(QVal *x, unsigned home)
{
    if (x->home[0] == home) {
        x->home[0] = x->home[1];
        x->home[1] = 0;
    } else if (x->home[1] == home) {
        x->home[1] = 0;
    }
}
unsigned quick_find_slow(const Quick *q, uint32_t v);
/* Where v (resolved) can be read: a register that it has, or a home. */
static inline unsigned quick_find(const Quick *q, uint32_t v)
{
    const QVal *x = &q->vals[v];
    if (x->reg) {
        return x->reg;
    }
    unsigned home = x->home[0];
    if (home && (home >= Q_MEM || !q->value[home - 1])) {
        return home;
    }
    return home || quick_is_param(q, v) ? quick_find_slow(q, v) : 0;
}
/* The same as far as it is at once to be seen; 0: ask quick_find. */
static inline unsigned quick_glance(const Quick *q, uint32_t v)
{
    const QVal *x = &q->vals[v];
    unsigned home = x->home[0];
    return x->reg ? x->reg : home < Q_MEM && home && !q->value[home - 1] ? home : 0;
}
static inline bool quick_is_reg(unsigned place) { return place - 1u < Q_NREGS; }
/* The register that holds v already; Q_NO_REG: none. */
static inline unsigned quick_where(const Quick *q, uint32_t v)
{
    unsigned place = quick_find(q, v);
    return quick_is_reg(place) ? place - 1 : Q_NO_REG;
}

/* ---- registers */
static inline void quick_assign(Quick *q, unsigned reg, uint32_t v)
{
    lyre_check(!q->value[reg] && !q->vals[v].reg);
    q->value[reg] = v;
    q->used |= 1u << reg;
    q->vals[v].reg = (uint8_t)(reg + 1);
}
static inline void quick_release(Quick *q, unsigned reg)
{
    q->vals[q->value[reg]].reg = 0;
    q->value[reg] = 0;
    q->used &= ~(1u << reg);
}
unsigned quick_allocate(Quick *q, bool is_vec); /* a free register, locked for the operation in hand */
void quick_evict(Quick *q, unsigned reg); /* the value in it is elsewhere before the operation in hand */
void quick_store_spill(Quick *q, uint32_t v, unsigned reg);

/* ---- operands of the operation in hand */
static inline unsigned quick_read(Quick *q, unsigned reg)
{
    q->locked |= 1u << reg;
    q->read |= 1u << reg;
    return reg;
}
unsigned quick_reg_slow(Quick *q, uint32_t v);
X86Rm quick_rm_slow(Quick *q, uint32_t v, unsigned hint, unsigned place);
/* In a register. */
static inline unsigned quick_reg(Quick *q, uint32_t v)
{
    v = quick_resolve(q, v);
    unsigned place = quick_find(q, v);
    return quick_is_reg(place) ? quick_read(q, place - 1) : quick_reg_slow(q, v);
}
/* In a register or memory, where `hint` may become its register. */
static inline X86Rm quick_rm_hint(Quick *q, uint32_t v, unsigned hint)
{
    v = quick_resolve(q, v);
    unsigned place = quick_find(q, v);
    return quick_is_reg(place) ? x86_rm_reg(quick_read(q, place - 1) % Q_XMM) : quick_rm_slow(q, v, hint, place);
}
static inline X86Rm quick_rm(Quick *q, uint32_t v) { return quick_rm_hint(q, v, Q_NO_REG); }
/* Puts v into `reg` before the operation that was made last, which reads and writes it. */
void quick_move_to(Quick *q, unsigned reg, uint32_t v);
/* The operation's result register: wanted after, free from here on. Q_NO_REG: nobody wants it. */
unsigned quick_def_slow(Quick *q, uint32_t v);
static inline bool quick_is_plain_def(const Quick *q, uint32_t v) { return q->vals[v].reg && !q->vals[v].spill; }
static inline unsigned quick_def_plain(Quick *q, uint32_t v)
{
    unsigned reg = q->vals[v].reg - 1u;
    uint32_t bit = 1u << reg;
    q->vals[v].reg = 0;
    q->value[reg] = 0;
    q->used &= ~bit;
    q->locked |= bit;
    q->written = bit;
    return reg;
}
static inline unsigned quick_def(Quick *q, uint32_t v)
{
    return LIKELY(quick_is_plain_def(q, v)) ? quick_def_plain(q, v) : quick_def_slow(q, v);
}
static inline bool quick_is_wanted(const Quick *q, uint32_t v) { return q->vals[v].reg || q->vals[v].spill; }

/* ---- operations and puts, from after to before */
static inline void quick_begin_op(Quick *q, uint32_t id)
{
    q->id = id;
    q->locked = q->read = q->held = q->temps = q->written = 0;
}
void quick_end_op_slow(Quick *q);
static inline void quick_end_op(Quick *q)
{
    if (UNLIKELY(q->temps | (q->written & q->displaced))) {
        quick_end_op_slow(q);
    }
}
void quick_take_back_put(Quick *q); /* the last one that is left */
void quick_load_all(Quick *q); /* at the head: what is still wanted comes from home */

/* ---- insn.c: making operations */
static inline QOp *quick_new(Quick *q)
{
    QOp *op = q->op++;
    memset(op, 0, sizeof *op);
    return op;
}
static inline QOp *quick_op(Quick *q, uint32_t opcode, unsigned reg, X86Rm rm)
{
    QOp *op = quick_new(q);
    op->reg = (uint8_t)reg;
    op->opcode = opcode;
    op->rm = rm;
    return op;
}
/* dst = src of `size` bytes; dst names the class, which src shares if it is a register. */
void quick_mov(Quick *q, unsigned size, unsigned dst, X86Rm src);
void quick_store(Quick *q, unsigned size, unsigned reg, X86Rm dst);
void quick_mov_imm(Quick *q, unsigned dst, uint64_t imm);

/* ---- insn.c, quick.c: one row per IR operation */
typedef struct QRow QRow;
typedef void QFn(Quick *q, uint32_t id, const IrInsn *i, const QRow *row);
struct QRow {
    QFn *fn;
    uint32_t opcode;
    uint8_t size;
    uint8_t x; /* the function's own */
};
extern const QRow quick_rows[IR_OP_COUNT];
QFn quick_br, quick_goto, quick_leave, quick_compare;
QFn quick_result;
QFn quick_general; /* general.c: by the general way's selection, for whatever has no row */

/* A compare whose flags somebody reads: chosen first, emitted when its readers are. */
typedef struct QCond {
    unsigned cond; /* X86Cond */
    uint32_t opcode;
    uint8_t reg, imm_size;
    int32_t imm;
    X86Rm rm;
} QCond;
void quick_cond(Quick *q, uint32_t v, QCond *out); /* v != 0 */
void quick_compare_values(Quick *q, uint32_t a, uint32_t b, unsigned size, unsigned cond, QCond *out);
void quick_emit_compare(Quick *q, const QCond *c);

/* What the general selection needs. */
typedef struct General {
    MRegion m;
    struct Sel *sel;
    uint8_t *reg;      /* per virtual register of a temporary: its register + 1 */
    uint32_t cap_reg;
} General;

/* ---- emit.c */
void quick_emit(const Quick *q, CodeBlob *out);

#endif
