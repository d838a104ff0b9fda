/* SPDX-License-Identifier: MIT */
/*
 * Value numbering during construction: a small hash table from operations to values, emptied by an epoch counter. A value
 * may be reused in its own block and in the blocks below it in the chain (BuildBlock.avail).
 */
#include "tcg/builder_state.h"
#include "util/compiler.h"

enum { MAX_CLIMB = 16 }; /* ancestors whose values stay available when construction moves to another branch */

void number_begin_block(IrBuilder *b, uint32_t block, uint32_t single_pred)
{
    if (!single_pred || single_pred != b->last_block) {
        b->avail++;
        uint32_t up = single_pred;
        for (int i = 0; up && i < MAX_CLIMB; i++) {
            b->blocks[up].avail = b->avail;
            up = b->blocks[up].parent;
        }
    }
    b->blocks[block].avail = b->avail;
}

static uint32_t hash(const IrInsn *n)
{
    uint64_t h = ((uint64_t)n->arg[1] << 32 | n->arg[0]) * 0x9e3779b97f4a7c15ull;
    h ^= ((uint64_t)(uint32_t)n->aux << 32 ^ (uint64_t)n->arg[2] << 9 ^ n->op) * 0xc2b2ae3d27d4eb4full;
    h ^= n->imm * 0xff51afd7ed558ccdull;
    return (uint32_t)(h >> (64 - NUMBER_BITS)) ^ (uint32_t)(h >> (53 - NUMBER_BITS));
}

static bool is_same(const IrInsn *a, const IrInsn *b)
{
    return a->op == b->op && a->aux == b->aux && a->arg[0] == b->arg[0] && a->arg[1] == b->arg[1] &&
           a->arg[2] == b->arg[2] && a->imm == b->imm && !(a->flags & IR_FLAG_DEAD);
}

uint32_t number_find(IrBuilder *b, const IrInsn *n, NumberEntry **place)
{
    if (b->settings.is_quick) {
        if (place) {
            *place = &b->numbers[0];
        }
        return 0;
    }
    uint32_t h = hash(n);
    NumberEntry *free_entry = NULL;
    for (uint32_t i = 0; i < NUMBER_PROBES; i++) {
        NumberEntry *e = &b->numbers[(h + i) & ((1u << NUMBER_BITS) - 1)];
        if (e->epoch != b->epoch) {
            free_entry = free_entry ? free_entry : e;
            break; /* entries are never emptied within a region: nothing lies beyond */
        }
        const IrInsn *old = build_insn(b, e->value);
        if (is_same(old, n)) {
            if (old->block == 0 || b->blocks[old->block].avail == b->avail) {
                return e->value;
            }
            free_entry = e;
            break;
        }
    }
    if (place) {
        *place = free_entry ? free_entry : &b->numbers[h & ((1u << NUMBER_BITS) - 1)];
    }
    return 0;
}
