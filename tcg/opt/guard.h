/* SPDX-License-Identifier: MIT */
/*
 * Guards on edges into loops: what a phi may take for granted of a value from outside is checked once, before the loop.
 * A value that fails leaves the region with the exact state, and the interpreter does the loop's first instruction.
 */
#ifndef LYRE_TCG_OPT_GUARD_H
#define LYRE_TCG_OPT_GUARD_H

#include "tcg/builder_state.h"

typedef enum GuardKind {
    GUARD_CANON, /* F32 or F64: no NaN but the canonical one */
    GUARD_BOXED, /* F64: upper half all ones */
} GuardKind;

typedef struct GuardCheck {
    uint32_t value, next; /* index of the edge's next check; 0: none */
    GuardKind kind;
} GuardCheck;

typedef struct GuardEdge {
    uint32_t from, head, block; /* the block that was put on the edge */
    uint32_t pred;              /* its place among the header's predecessors */
    uint32_t first, last;       /* checks */
    uint32_t order, end;        /* its blocks: [order, end) of Guards.order */
} GuardEdge;

typedef struct Guards {
    IrBuilder *b;
    uint32_t nold; /* blocks before there were guards */
    GuardEdge *edges;
    uint32_t nedges, cap_edges;
    GuardCheck *checks;
    uint32_t nchecks, cap_checks;
    uint32_t *order; /* new blocks as they come in reverse post-order */
    uint32_t norder, cap_order;
} Guards;

void guards_init(Guards *g, IrBuilder *b);
/* Asks for a check of v on the edge from the header's p-th predecessor, which must be outside (guard_is_outside). Returns the block on
 * that edge; what is put at its start is there for the loop. */
uint32_t guards_add(Guards *g, uint32_t head, uint32_t p, GuardKind kind, uint32_t v);
/* A block on the edge from the p-th predecessor of any block, without checks. */
uint32_t guards_edge(Guards *g, uint32_t to, uint32_t p);
/* Makes the checks; blocks are in order again. */
void guards_build(Guards *g);

/* Whether edges into the block can be guarded: a loop's header at the start of a guest instruction. */
bool guard_is_head(const IrBuilder *b, uint32_t block);
bool guard_is_outside(const IrBuilder *b, uint32_t head, uint32_t p);

#endif
