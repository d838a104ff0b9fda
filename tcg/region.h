/* SPDX-License-Identifier: MIT */
/* Forming regions: from a guest address to decoded basic blocks, and from those to IR. */
#ifndef LYRE_TCG_REGION_H
#define LYRE_TCG_REGION_H

#include "tcg/builder.h"
#include "tcg/code.h"
#include "tcg/exec.h"
#include "tcg/target.h"

typedef enum RegionShape {
    SHAPE_BLOCK, /* one basic block */
    SHAPE_TRACE, /* tier 1: follows the fall-through of branches. All else leaves: loops pass its head and are counted there */
    SHAPE_GRAPH, /* tier 2: all that direct branches reach; return sites of calls are entries */
} RegionShape;

enum { FORM_MAX_INSNS = 640, FORM_MAX_BLOCKS = 96, FORM_TABLE_BITS = 8 };
#define FORM_SEEN_NOTHING UINT64_MAX

typedef struct FormBlock {
    uint64_t pc, end;      /* guest addresses; end is that of its decoded instructions */
    uint32_t first, n;     /* in Former.insns; n = 0: not decoded (limits, fetch fault): outside */
    uint32_t ir;           /* its IR block */
    uint32_t rpo;          /* place in reverse post-order from 1 */
    uint32_t npreds, pred; /* edges inside the region, the last one's source */
    bool is_entry;
} FormBlock;

typedef struct Former {
    const Target *target;
    const TargetCpu *cpu;
    const TcgMemOps *ops;
    void *mm;
    const _Atomic uint64_t *invalidations; /* Tcg.invalidations */
    RegionKey key;
    RegionShape shape;
    uint32_t max_insns, max_blocks;
    /* SHAPE_GRAPH: how often a jump, a taken branch or a return led to the key, as tier 1 has counted; NULL: nobody knows. What was reached
     * less often than cold_runs stays outside. */
    uint32_t (*runs_of)(void *opaque, RegionKey key);
    uint32_t cold_runs;
    bool (*has_seen)(void *opaque, RegionKey key); /* SHAPE_TRACE: whether it ever ran; NULL: nobody knows. What has not is left out */
    void *opaque;

    uint32_t ninsns, nblocks, nbytes;
    TargetInsn insns[FORM_MAX_INSNS];
    uint8_t bytes[FORM_MAX_INSNS * 16]; /* of the instructions, in order */
    FormBlock blocks[FORM_MAX_BLOCKS];
    uint16_t table[1 << FORM_TABLE_BITS]; /* blocks by hashed pc, + 1; 0: free */
    uint16_t order[FORM_MAX_BLOCKS];    /* blocks in reverse post-order */
    uint32_t norder;
    TcgFault fault;        /* when nothing could be decoded: why, and the first bad address */
    uint64_t fault_addr;

    uint64_t window_pc;    /* bytes fetched ahead; kept from one region to the next */
    uint32_t window_len;   /* 0: none */
    uint32_t window_whole; /* at offsets below, the longest instruction lies inside */
    uint8_t window[256];
    uint64_t seen_invalidations; /* when the region was begun; what is in the window was read later. FORM_SEEN_NOTHING: nothing is known */
    bool is_guarded;       /* all of the region was protected before it was read: it is as long unchanged as the invalidations' count is */
    uint64_t run;          /* instructions from here on were decoded from the window; their bytes are nowhere else */

    /* while the IR is made */
    IrBuilder *b;
    uint32_t current;      /* block */
    const TargetInsn *insn;
} Former;

/* Decodes the region at `key`. false: its first instruction cannot be fetched. target, cpu, ops, mm, invalidations are set.
 * What it is made of may be old: who runs the region looks at is_guarded and the count, or checks by region_is_unchanged. */
bool region_discover(Former *f, RegionKey key, RegionShape shape, uint32_t max_insns);
/* Empties the window. */
void region_forget_bytes(Former *f);
/* Its IR, in `arena`, up to ir_finish. */
void region_build(Former *f, IrBuilder *b, IrRegion *out, struct Arena *arena, const IrSettings *settings);
/* Sorted, merged source ranges: their number. */
uint32_t region_sources(const Former *f, IrSource out[FORM_MAX_BLOCKS]);
/* Asks for writes to their pages to be reported; false: they are not executable any more. */
bool region_protect(const Former *f, const IrSource *sources, uint32_t n);
/* Whether the guest's bytes still are what was decoded. */
bool region_is_unchanged(Former *f);

#endif
