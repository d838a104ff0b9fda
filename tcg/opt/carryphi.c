/* SPDX-License-Identifier: MIT */
/*
 * Carries that go from block to block (the loops of long additions): a test of the carry of flags that a phi gives becomes a phi of
 * carries, which are tested, at the end of each predecessor, where the operation that made the flags is known.
 */
#include "tcg/builder_state.h"
#include "tcg/opt/fold_rules.h"
#include "util/arena.h"

typedef struct CarryPhis {
    IrBuilder *b;
    uint32_t *phi;     /* per value of old: the phi of carries for a phi of flags; 0: none yet */
    uint32_t nvalues;
} CarryPhis;

static uint32_t insert(IrBuilder *b, IrOp op, uint32_t before, uint32_t x, uint32_t y)
{
    uint32_t id = build_insert_before(b, op, before);
    build_insn(b, id)->arg[0] = x;
    build_insn(b, id)->arg[1] = y;
    return id;
}

/* The sum whose flags v has, which stands near before it; made there if it does not. */
static uint32_t sum_of(IrBuilder *b, uint32_t v, IrOp op)
{
    enum { NEAR = 8 };
    uint32_t at = build_insn(b, v)->prev, arg[3];
    for (unsigned k = 0; k < 3; k++) {
        arg[k] = k < build_insn(b, v)->nargs ? build_resolve(b, arg_of(b, v, k)) : 0;
    }
    for (unsigned n = 0; at && n < NEAR; n++, at = build_insn(b, at)->prev) {
        const IrInsn *i = build_insn(b, at);
        bool is_it = i->op == op;
        for (unsigned k = 0; k < i->nargs && is_it; k++) {
            is_it = build_resolve(b, i->arg[k]) == arg[k];
        }
        if (is_it) {
            return at;
        }
    }
    uint32_t sum = insert(b, op, v, arg[0], arg[1]);
    build_insn(b, sum)->arg[2] = arg[2];
    return sum;
}

/* The carry of flags v as an I32, made in front of operation `last`. */
static uint32_t carry_of(IrBuilder *b, uint32_t v, uint32_t last)
{
    uint32_t carry, x = arg_of(b, v, 0), y = arg_of(b, v, 1);
    switch (op_of(b, v)) {
    case IR_CC_ADC_I64:
        carry = insert(b, IR_RESULT_I32, last, sum_of(b, v, IR_ADC_I64), 0);
        build_insn(b, carry)->aux = 1;
        return carry;
    case IR_CC_ADD_I64:
        return insert(b, IR_CMP_ULT_I64, last, sum_of(b, v, IR_ADD_I64), build_resolve(b, x));
    case IR_CC_SUB_I64:
        return insert(b, IR_CMP_ULE_I64, last, build_resolve(b, y), build_resolve(b, x));
    default:
        carry = insert(b, IR_CC_TEST_I32, last, v, 0);
        build_insn(b, carry)->aux = IR_COND_CS;
        return carry;
    }
}

static uint32_t phi_of_carries(CarryPhis *c, uint32_t phi)
{
    IrBuilder *b = c->b;
    if (c->phi[phi]) {
        return c->phi[phi];
    }
    uint32_t new = c->phi[phi] = build_phi_like(b, phi, IR_I32), block = build_insn(b, phi)->block;
    for (uint32_t n = 0; n < build_insn(b, phi)->nargs; n++) {
        uint32_t v = build_resolve(b, b->r->extra[build_insn(b, phi)->arg[0] + n]);
        uint32_t pred = b->r->extra[b->r->blocks[block].first_pred + n];
        bool is_phi = op_of(b, v) == IR_PHI_CC && v < c->nvalues;
        uint32_t carry = is_phi ? phi_of_carries(c, v) : carry_of(b, v, b->r->blocks[pred].last);
        b->r->extra[build_insn(b, new)->arg[0] + n] = carry;
    }
    return new;
}

void carry_phis(IrBuilder *b)
{
    CarryPhis c = { .b = b, .nvalues = b->r->ninsns };
    for (uint32_t k = 0; k < b->norder; k++) {
        for (uint32_t id = b->r->blocks[b->order[k]].first, next; id; id = next) {
            const IrInsn *i = build_insn(b, id);
            next = i->next;
            bool is_test = i->op == IR_CC_TEST_I32 && (i->aux == IR_COND_CS || i->aux == IR_COND_CC);
            uint32_t flags = is_test ? build_resolve(b, i->arg[0]) : 0;
            if (!flags || op_of(b, flags) != IR_PHI_CC || id >= c.nvalues || flags >= c.nvalues) {
                continue;
            }
            if (!c.phi) {
                c.phi = arena_alloc0(b->arena, c.nvalues * sizeof(uint32_t));
            }
            bool is_clear = i->aux == IR_COND_CC;
            uint32_t carry = phi_of_carries(&c, flags), zero = make_const(b, false, 0);
            build_replace(b, id, is_clear ? insert(b, IR_CMP_EQ_I32, id, carry, zero) : carry);
        }
    }
}
