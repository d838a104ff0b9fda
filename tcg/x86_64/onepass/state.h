/* SPDX-License-Identifier: MIT */
/*
 * What the files of one-pass translation share. value.c: where values are, onepass.c: instructions, puts, ways out; insn.c: operations.
 *
 * Values of one guest instruction are trees: slots, constants and registers at the leaves, operations that wait at the nodes. Puts wait for the
 * instruction's end, so that a leaf which is a slot still means what the instruction found. A put of a slot with a pin computes its tree in the
 * pin; one of another slot stores it, and the register remains the slot's until it is needed for something else.
 */
#ifndef LYRE_TCG_X86_64_ONEPASS_STATE_H
#define LYRE_TCG_X86_64_ONEPASS_STATE_H

#include "tcg/onepass.h"
#include "tcg/x86_64/emit_state.h"
#include "util/assert.h"
#include "util/compiler.h"

typedef enum OneKind {
    ONE_MEM,   /* a slot whose value is in memory alone; its number says which */
    ONE_REG,
    ONE_CONST,
    ONE_OP,    /* not computed so far */
    ONE_LOAD,  /* the same; OneVal.b = displacement, mem */
    ONE_GONE,  /* was computed into a register that went on to hold something else */
} OneKind;

typedef struct OneVal {
    uint8_t kind;    /* OneKind */
    uint8_t reg;     /* ONE_REG */
    bool is_known;   /* of a slot: its value is `imm` besides */
    uint8_t mem;     /* ONE_LOAD: MemAttr of simple ones */
    uint16_t op;     /* ONE_OP */
    uint16_t c;      /* its third argument */
    union {
        uint64_t imm;
        struct {
            uint32_t a; /* arguments */
            union {
                uint32_t b;
                int32_t disp;
            };
        };
    };
} OneVal;

enum {
    ONE_VALUES = IR_MAX_SLOTS + 64, /* slots first */
    ONE_PUTS = 4,                   /* of one instruction */
    ONE_SCRATCH = 1 << X86_RAX | 1 << X86_RCX | 1 << X86_RDX | 1 << X86_R11,
    ONE_SCRATCH_END = X86_R11 + 1,
};

typedef struct OnePut {
    uint32_t slot, v;
} OnePut;

struct Onepass {
    OnepassTop top;
    bool is_ended;       /* control does not get behind the instruction in hand */
    uint32_t nvals;
    uint32_t pending;    /* a load that waits, 0: none */
    uint32_t locked;     /* scratch registers that hold something of the instruction in hand */
    uint32_t owned;      /* those that hold a slot besides its memory: owner */
    uint32_t next;       /* to be taken next, if all are owned */
    Emit *e;
    OnePut puts[ONE_PUTS];
    uint64_t known[IR_MAX_SLOTS / 64]; /* slots whose value is_known */
    uint8_t owner[ONE_SCRATCH_END];
    OneVal vals[ONE_VALUES];
    /* for life */
    const Target *target;
    uint32_t pins;
    IrRegion region;     /* what emission asks of one */
};

/* ---- value.c */
static inline bool one_as_const(const Onepass *p, uint32_t v, uint64_t *imm)
{
    const OneVal *x = &p->vals[v];
    *imm = x->imm;
    return x->kind == ONE_CONST || x->is_known;
}
/* As an immediate of an operation of `size` bytes. */
static inline bool one_as_imm(const Onepass *p, uint32_t v, unsigned size, int32_t *imm)
{
    uint64_t c;
    bool is_const = one_as_const(p, v, &c);
    *imm = (int32_t)c;
    return is_const && (size < 8 || (int64_t)c == *imm);
}
/* A free scratch register, locked; the slot that it held is in memory. */
unsigned one_allocate(Onepass *p);
void one_free_register(Onepass *p, unsigned reg); /* no slot's any more */
/* A scratch register, locked; no value may be there. */
void one_take(Onepass *p, unsigned reg);
/* These may hold something else from here on: values of the instruction that are there are not wanted any more. */
void one_release(Onepass *p, uint32_t regs);
/* A value of the instruction that `reg`, which is locked, holds. */
uint32_t one_new_register(Onepass *p, unsigned reg);
/* A register that has v. */
unsigned one_reg(Onepass *p, uint32_t v);
/* A register or a slot's memory. */
X86Rm one_rm(Onepass *p, uint32_t v);
/* Puts v into `reg`. What reads `reg` is read before, so v may be made of it. */
void one_into(Onepass *p, uint32_t v, unsigned reg);
/* A load that waits is done. */
static inline void one_flush_load(Onepass *p)
{
    if (p->pending) {
        one_reg(p, p->pending);
    }
}
static inline X86Rm one_slot_memory(const Onepass *p, unsigned slot)
{
    return x86_rm_mem(X86_RBP, (int32_t)p->region.slots[slot].offset - STATE_BIAS);
}
static inline bool one_is_scratch(unsigned reg) { return ONE_SCRATCH >> reg & 1; }

/* ---- insn.c: a row of its table */
typedef struct OneRow OneRow;
typedef void OneFn(Onepass *p, const OneVal *i, const OneRow *row, unsigned dst);
struct OneRow {
    OneFn *fn;
    uint32_t opcode;
    uint8_t size;
    uint8_t x; /* the function's own */
};
extern const OneRow one_rows[IR_OP_COUNT]; /* fn NULL: not done here */
void one_load(Onepass *p, const OneVal *i, unsigned dst);
/* Flags for a jump: X86Cond of v != 0. */
unsigned one_condition(Onepass *p, uint32_t v);
void one_mov(Onepass *p, unsigned dst, unsigned src);  /* 8 bytes, as these */
void one_load_slot(Onepass *p, unsigned dst, unsigned slot);
void one_store_slot(Onepass *p, unsigned slot, unsigned reg);
void one_store_slot_imm(Onepass *p, unsigned slot, int32_t imm);
/* Of the access that comes next: every slot is at home. */
void one_add_row(Onepass *p, const X86Rm *rm, unsigned size, bool is_store);

/* ---- muldiv.c, float.c */
OneFn one_wide, one_divide, one_box, one_unbox, one_sign_bit, one_copysign;

/* ---- atomic.c */
/* What comes next is not done if `reg` is no multiple of `size`. */
void one_check_aligned(Onepass *p, unsigned reg, unsigned size, bool is_store);

#endif
