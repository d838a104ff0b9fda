/* SPDX-License-Identifier: MIT */
/*
 * Steps of loops: folding makes p + 24 of (p + 16) + 8, so that the value p from before a step p + 16 lives on beside the new one, and the
 * step is a copy. What comes after the step of a loop's variable counts from the new value.
 */
#include "tcg/builder_state.h"
#include "util/arena.h"

typedef struct Steps {
    IrBuilder *b;
    uint32_t *step; /* by header phi: the addition that all edges back bring */
    uint8_t *is_made; /* by value: the scan has passed it */
} Steps;

static bool is_const_add(const IrBuilder *b, const IrInsn *i, uint32_t to)
{
    return i->op == IR_ADD_I64 && build_resolve(b, i->arg[0]) == to && build_insn(b, i->arg[1])->op == IR_CONST_I64;
}

static uint32_t step_of(const IrBuilder *b, uint32_t phi)
{
    const IrInsn *i = build_insn(b, phi);
    const IrBlock *k = &b->r->blocks[i->block];
    uint32_t step = 0;
    for (uint32_t p = 0; p < k->npreds; p++) {
        uint32_t v = build_resolve(b, b->r->extra[i->arg[0] + p]);
        if (b->blocks[b->r->extra[k->first_pred + p]].rpo < b->blocks[i->block].rpo) {
            continue;
        }
        if ((step && v != step) || !is_const_add(b, build_insn(b, v), phi)) {
            return 0;
        }
        step = v;
    }
    return step;
}

static bool find_steps(Steps *s)
{
    IrBuilder *b = s->b;
    bool has_any = false;
    s->step = arena_alloc0(b->arena, b->r->ninsns * sizeof(uint32_t));
    for (uint32_t k = 0; k < b->norder; k++) {
        uint32_t block = b->order[k];
        if (b->r->blocks[block].loop_head != block) {
            continue;
        }
        for (uint32_t id = b->r->blocks[block].first; ir_has_trait(build_insn(b, id), IR_TRAIT_PHI); id = build_insn(b, id)->next) {
            s->step[id] = build_insn(b, id)->op == IR_PHI_I64 ? step_of(b, id) : 0;
            has_any |= s->step[id] != 0;
        }
    }
    return has_any;
}

static void use_step(Steps *s, uint32_t id, uint32_t step)
{
    IrBuilder *b = s->b;
    uint64_t by = build_insn(b, build_insn(b, step)->arg[1])->imm;
    if (build_insn(b, id)->op == IR_ADD_I64) {
        uint64_t rest = build_insn(b, build_insn(b, id)->arg[1])->imm - by;
        if (rest == 0) {
            build_replace(b, id, step);
            return;
        }
        uint32_t c = build_const(b, IR_CONST_I64, rest);
        build_insn(b, id)->arg[0] = step;
        build_insn(b, id)->arg[1] = c;
        return;
    }
    IrInsn *i = build_insn(b, id);
    int64_t disp = (int64_t)((uint64_t)i->aux - by);
    if (disp == (int32_t)disp) {
        i->arg[0] = step;
        i->aux = (int32_t)disp;
    }
}

void step_rebase(IrBuilder *b)
{
    Steps s = { .b = b };
    uint32_t n = b->r->ninsns, next;
    if (!find_steps(&s)) {
        return;
    }
    s.is_made = arena_alloc0(b->arena, n);
    for (uint32_t k = 0; k < b->norder; k++) {
        for (uint32_t id = b->r->blocks[b->order[k]].first; id; id = next) {
            const IrInsn *i = build_insn(b, id);
            next = i->next;
            s.is_made[id] = 1;
            bool is_access = ir_has_trait(i, IR_TRAIT_MAY_FAULT);
            uint32_t base = is_access || i->op == IR_ADD_I64 ? build_resolve(b, i->arg[0]) : 0;
            uint32_t step = base < n ? s.step[base] : 0;
            if (step && step != id && s.is_made[step] && (is_access || is_const_add(b, i, base)) &&
                flow_dominates(b, build_insn(b, step)->block, b->order[k])) {
                use_step(&s, id, step);
            }
        }
    }
}
