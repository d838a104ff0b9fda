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

/* Slots + 1 whose homes hold a value, 0: none; a pinned one comes first. More than two are forgotten. */
typedef struct QHomes {
    uint16_t first, second;
} QHomes;

/* What is known of a value at the point where the walk stands. */
typedef struct QVal {
    uint8_t reg;     /* register + 1 in which somebody after wants it, 0: none */
    uint8_t spill;   /* spill slot + 1 from which somebody after reads it, 0: none */
    QHomes homes;    /* of puts; a parameter's own slot is one besides */
    uint32_t second; /* of two results: the result.T that somebody after wants, 0: none */
} QVal;

typedef struct QPut {
    uint32_t prev; /* put + 1 whose value it replaces, 0: what the slot held at the region's head */
    bool is_dead;  /* another one follows before anybody can see it, or the value is there already */
} QPut;

/* Registers of both classes are numbered through. */
enum { Q_XMM = 16, Q_NREGS = 32, Q_NO_REG = 0xff };
enum {
    Q_GPRS = 1 << X86_RAX | 1 << X86_RCX | 1 << X86_RDX | 1 << X86_R11, /* those that are allocated */
    Q_XMMS = 0x7fff << Q_XMM,
};

typedef struct Quick {
    const IrBuilder *b;
    const IrRegion *r;
    const IrInsn *insns;
    const HostSettings *settings;
    QVal *vals;
    QOp *ops;              /* last one first */
    uint32_t nops, cap_ops;
    uint32_t nlinks, nrows; /* side exits; accesses of guest memory */
    uint32_t value[Q_NREGS]; /* in a scratch register, or in a pin before its put; 0: none */
    uint32_t used;         /* registers with a value */
    uint32_t locked;       /* registers of the operation in hand */
    uint32_t read;         /* registers that are operands of the operation in hand */
    uint32_t held;         /* registers of temporaries within one IR operation: always locked */
    uint32_t temps;        /* registers with constants for the operation in hand */
    uint8_t dst;           /* register that the operation in hand writes, Q_NO_REG: none */
    uint32_t id;           /* the operation in hand */
    uint32_t seen;         /* the latest one up to it where the state can be seen */
    uint32_t nseen;        /* IrBuilder.seen: those up to it */
    uint32_t nspills;
    QPut *puts;            /* parallel to IrBuilder.log */
    uint32_t nputs;        /* not yet taken back */
    uint32_t *slot_val;    /* per slot: the value in its home; 0: the one of the region's head */
    uint32_t *last_put;    /* per slot: its last put + 1 */
    uint32_t *line;        /* blocks in the order of execution: nline of them left */
    uint32_t nline, next;  /* next: the block behind the one in hand, 0: none */
    int8_t slot_of[Q_NREGS]; /* slot of a pinned register, -1: it is no pin */
    struct General *general; /* NULL: not needed so far */
    bool is_failed;
} Quick;

/* ---- value.c: where values are */
uint32_t quick_resolve_slow(const Quick *q, uint32_t v);
extern const uint8_t quick_through[IR_OP_COUNT]; /* operations that may stand for their argument */
/* The value behind conversions that change no bits. */
static inline uint32_t quick_resolve(const Quick *q, uint32_t v)
{
    return LIKELY(!quick_through[q->insns[v].op]) ? v : quick_resolve_slow(q, v);
}
void quick_add_home(const Quick *q, uint32_t v, unsigned slot);

static inline bool quick_is_param(const Quick *q, uint32_t v)
{
    return q->insns[v].op >= IR_PHI_I32 && q->insns[v].op <= IR_PHI_CC;
}
static inline unsigned quick_pin_of(const Quick *q, unsigned slot)
{
    int pin = q->r->slots[slot].pin;
    return pin < 0 ? Q_NO_REG : x86_pin_reg[pin];
}
static inline bool quick_is_readable(const Quick *q, unsigned slot, unsigned dst)
{
    unsigned pin = quick_pin_of(q, slot);
    return pin == Q_NO_REG || (!q->value[pin] && pin != dst);
}
/* Slot + 1 of a home that holds v and can be read, which a pin that is written by the operation in hand (dst) cannot after it; 0: none. */
static inline unsigned quick_find_home(const Quick *q, uint32_t v, unsigned dst)
{
    const IrInsn *i = &q->insns[v];
    QHomes h = q->vals[v].homes;
    if (quick_is_param(q, v) && !q->slot_val[i->aux] && quick_is_readable(q, (unsigned)i->aux, dst)) {
        return (unsigned)i->aux + 1;
    }
    if (h.first && quick_is_readable(q, h.first - 1u, dst)) {
        return h.first;
    }
    return h.second && quick_is_readable(q, h.second - 1u, dst) ? h.second : 0;
}
/* The register that holds v (resolved) already; Q_NO_REG: none. */
static inline unsigned quick_where(const Quick *q, uint32_t v)
{
    if (q->vals[v].reg) {
        return q->vals[v].reg - 1u;
    }
    unsigned home = quick_find_home(q, v, Q_NO_REG);
    return home ? quick_pin_of(q, home - 1) : Q_NO_REG;
}
static inline bool quick_const(const Quick *q, uint32_t v, uint64_t *imm)
{
    const IrInsn *i = &q->insns[v];
    *imm = i->imm;
    return i->op >= IR_CONST_I32 && i->op <= IR_CONST_F64;
}
/* The operation's result register: wanted after, free from here on. Q_NO_REG: nobody wants it. */
unsigned quick_def(Quick *q, uint32_t v);
/* Operands of the operation in hand: in a register; in a register or memory; the same, where `hint` may become its register. */
unsigned quick_reg(Quick *q, uint32_t v);
X86Rm quick_rm(Quick *q, uint32_t v);
X86Rm quick_rm_hint(Quick *q, uint32_t v, unsigned hint);
/* Puts v into `reg` before the operation that was made last, which reads and writes it. */
void quick_move_to(Quick *q, unsigned reg, uint32_t v);
unsigned quick_allocate(Quick *q, bool is_vec); /* a free register, locked for the operation in hand */
void quick_assign(Quick *q, unsigned reg, uint32_t v);
void quick_release(Quick *q, unsigned reg);
void quick_evict(Quick *q, unsigned reg); /* the value in it is elsewhere before the operation in hand */
void quick_store_spill(Quick *q, uint32_t v, unsigned reg);
static inline bool quick_is_const(const Quick *q, uint32_t v) /* of any type */
{
    return q->insns[v].op >= IR_CONST_I32 && q->insns[v].op <= IR_CONST_V128;
}
void quick_take_back_put(Quick *q); /* the last one that is left */
static inline void quick_begin_op(Quick *q, uint32_t id)
{
    q->id = id;
    q->locked = q->read = q->held = q->temps = 0;
    q->dst = Q_NO_REG;
}
void quick_end_op_slow(Quick *q);
static inline void quick_end_op(Quick *q)
{
    if (q->temps || (q->dst < Q_XMM && q->slot_of[q->dst] >= 0)) {
        quick_end_op_slow(q);
    }
}
void quick_load_all(Quick *q); /* at the head: what is still wanted comes from home */

/* ---- insn.c: making operations */
static inline QOp *quick_new(Quick *q)
{
    QOp *op = &q->ops[q->nops++];
    memset(op, 0, sizeof *op);
    return op;
}
QOp *quick_op(Quick *q, uint32_t opcode, unsigned reg, X86Rm rm);
/* dst = src of `size` bytes; dst names the class, which src shares if it is a register. */
void quick_mov(Quick *q, unsigned size, unsigned dst, X86Rm src);
void quick_store(Quick *q, unsigned size, unsigned reg, X86Rm dst);
void quick_mov_imm(Quick *q, unsigned dst, uint64_t imm);
X86Rm quick_home(const Quick *q, unsigned slot);
static inline unsigned quick_type_size(unsigned type)
{
    return type == IR_V128 ? 16 : type == IR_I64 || type == IR_F64 ? 8 : 4;
}
static inline unsigned quick_size(const IrInsn *i) { return quick_type_size(i->type); }
static inline bool quick_is_vec(unsigned type) { return type >= IR_F32 && type <= IR_V128; }
static inline bool quick_is_wanted(const Quick *q, uint32_t v) { return q->vals[v].reg || q->vals[v].spill; }

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
