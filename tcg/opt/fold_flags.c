/* SPDX-License-Identifier: MIT */
/*
 * Compares between reading the sticky flags and putting them back: how compilers write a comparison that raises nothing. It becomes a
 * quiet comparison of values that are no signalling NaNs, and the flags are left alone.
 */
#include "tcg/opt/fold.h"
#include "tcg/opt/fold_rules.h"

enum { MAX_DEPTH = 24, MAX_STEPS = 64, MAX_COMPARES = 4, MXCSR_FLAGS = 0x3d }; /* without denormal operand, which is unspecified */

/* Which bit of which fp_get_flags bit n of v is: sets *from; 0 when the bit is known to be 0. false: it cannot be told. */
static bool trace_bit(const IrBuilder *b, uint32_t v, unsigned n, unsigned depth, uint32_t *from, unsigned *bit)
{
    const IrInsn *i = build_insn(b, v), *c = build_insn(b, i->arg[1]);
    bool has_const = i->nargs == 2 && (c->op == IR_CONST_I32 || c->op == IR_CONST_I64);
    *from = 0;
    if (depth == MAX_DEPTH) {
        return false;
    }
    switch (i->op) {
    case IR_CONST_I32:
    case IR_CONST_I64:
        return !(i->imm >> n & 1);
    case IR_FP_GET_FLAGS_I32:
        *from = v;
        *bit = n;
        return n < 6;
    case IR_ZEXT_I64:
        return n >= 32 || trace_bit(b, i->arg[0], n, depth + 1, from, bit);
    case IR_TRUNC_I32:
        return trace_bit(b, i->arg[0], n, depth + 1, from, bit);
    case IR_AND_I32:
    case IR_AND_I64:
        return has_const && (!(c->imm >> n & 1) || trace_bit(b, i->arg[0], n, depth + 1, from, bit));
    case IR_SHL_I32:
    case IR_SHL_I64:
        return has_const && c->imm < 32 && (n < c->imm || trace_bit(b, i->arg[0], n - (unsigned)c->imm, depth + 1, from, bit));
    case IR_SHR_I32:
    case IR_SHR_I64:
        return has_const && n + c->imm < 32 && trace_bit(b, i->arg[0], n + (unsigned)c->imm, depth + 1, from, bit);
    case IR_OR_I32:
    case IR_OR_I64: {
        uint32_t other;
        unsigned other_bit;
        if (!trace_bit(b, i->arg[0], n, depth + 1, from, bit) || !trace_bit(b, i->arg[1], n, depth + 1, &other, &other_bit) ||
            (*from && other)) {
            return false;
        }
        *bit = other ? other_bit : *bit;
        *from = other ? other : *from;
        return true;
    }
    default:
        return false;
    }
}

/* The fp_get_flags whose flags v has, each in its place. */
static uint32_t flags_of(const IrBuilder *b, uint32_t v)
{
    uint32_t flags = 0;
    for (unsigned n = 0; n < 6; n++) {
        uint32_t from;
        unsigned bit = 0;
        if (!(MXCSR_FLAGS >> n & 1)) {
            continue;
        }
        if (!trace_bit(b, v, n, 0, &from, &bit) || !from || bit != n || (flags && from != flags)) {
            return 0;
        }
        flags = from;
    }
    return flags;
}

static bool is_compare(const IrInsn *i) { return i->op >= IR_FCMP_EQ_F32 && i->op <= IR_FCMP_LEQ_F64; }

static bool may_signal(const IrBuilder *b, uint32_t v)
{
    const IrInsn *i = build_insn(b, v);
    if (i->op == IR_CONST_F32) {
        return (i->imm & 0x7fffffff) > 0x7f800000;
    }
    if (i->op == IR_CONST_F64) {
        return (i->imm & INT64_MAX) > 0x7ff0000000000000;
    }
    return !fold_is_quiet(b, v);
}

static void make_quiet(IrBuilder *b, uint32_t id)
{
    static const uint16_t quiet[][2] = { { IR_FCMP_LT_F32, IR_FCMP_LTQ_F32 }, { IR_FCMP_LE_F32, IR_FCMP_LEQ_F32 },
                                         { IR_FCMP_LT_F64, IR_FCMP_LTQ_F64 }, { IR_FCMP_LE_F64, IR_FCMP_LEQ_F64 } };
    for (unsigned k = 0; k < 4; k++) {
        build_insn(b, id)->op = build_insn(b, id)->op == quiet[k][0] ? quiet[k][1] : build_insn(b, id)->op;
    }
    for (unsigned a = 0; a < 2; a++) {
        uint32_t v = build_insn(b, id)->arg[a];
        if (may_signal(b, v)) {
            uint32_t canon = build_new_insn(b->r, build_insn(b, v)->type == IR_F64 ? IR_FCANON_F64 : IR_FCANON_F32);
            build_insn(b, canon)->arg[0] = v;
            build_insert_before(b, canon, id);
            build_insn(b, id)->arg[a] = canon;
            b->has_canon = true;
        }
    }
}

bool fold_set_flags(IrBuilder *b, uint32_t v)
{
    enum {
        OTHER = IR_TRAIT_FP | IR_TRAIT_FPENV | IR_TRAIT_LOAD | IR_TRAIT_STORE | IR_TRAIT_RMW | IR_TRAIT_FENCE | IR_TRAIT_CALL |
                IR_TRAIT_POLL | IR_TRAIT_INDEXED,
    };
    uint32_t flags = flags_of(b, v), compares[MAX_COMPARES], ncompares = 0, steps = 0;
    uint32_t id = flags ? b->r->blocks[b->block].last : 0;
    for (; id && id != flags; id = build_insn(b, id)->prev) {
        const IrInsn *i = build_insn(b, id);
        if (is_compare(i) && ncompares < MAX_COMPARES) {
            compares[ncompares++] = id;
        } else if (ir_has_trait(i, OTHER) || ++steps > MAX_STEPS) {
            return false;
        }
    }
    for (uint32_t k = 0; k < ncompares && id; k++) {
        make_quiet(b, compares[k]);
    }
    return id != 0;
}
