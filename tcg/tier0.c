/* SPDX-License-Identifier: MIT */
/* Tier 0: direct execution of blocks that have not run often. */
#include "tcg/tier0.h"

#include <string.h>
#include <sys/mman.h>

#include "tcg/runtime.h"
#include "util/compiler.h"
#include "util/hostmem.h"
#include "util/sys.h"

enum {
    COUNT_BITS = 15,    /* blocks that are counted at a time */
    COUNT_MASK = 15,    /* a count; the rest is a tag */
};

struct Tier0 {
    uint16_t counts[1 << COUNT_BITS]; /* direct mapped */
    unsigned crowded;                 /* visits to places that another block has filled */
};

void tier0_free(Tier0 *t0)
{
    if (t0) {
        hostmem_pages_free(t0, ALIGN_UP(sizeof *t0, (size_t)4096));
    }
}

/* The place of a block and its tag there. Neighbours are neighbours: a small program touches few pages of the table. */
static uint16_t *place_of(const TcgThread *th, RegionKey key, uint16_t *tag)
{
    uint64_t h = (key.pc ^ (uint64_t)key.ctx << 40) * 0x9e3779b97f4a7c15ull;
    *tag = (uint16_t)(h >> 48) & ~COUNT_MASK;
    return &th->tier0->counts[(key.pc >> 1 ^ key.pc >> (COUNT_BITS + 1)) & ((1 << COUNT_BITS) - 1)];
}

/* Most code of a start runs once or twice. The larger a program is, the longer it runs, and the more of what it still reaches does: after so
 * many regions of tier 1 so many visits are allowed at most. */
static unsigned visits_allowed(const TcgThread *th)
{
    static const struct { unsigned regions, visits; } steps[] = { { 40000, 0 }, { 1000, 3 } };
    unsigned max = th->tcg->settings.cold_visits;
    for (unsigned i = 0; i < ARRAY_LEN(steps); i++) {
        if (th->stats.regions[1] >= steps[i].regions) {
            return max < steps[i].visits ? max : steps[i].visits;
        }
    }
    return max;
}

bool tier0_has_seen(const TcgThread *th, RegionKey key)
{
    uint16_t tag;
    return !th->tier0 || !visits_allowed(th) || (*place_of(th, key, &tag) & ~COUNT_MASK) == tag;
}

/* Counts a visit; false: it is one too many. Blocks that share a place share its count until it is full, which it stays for the block that
 * filled it; of the visits of others there every few are too many, so that none waits for ever. */
static bool visit(TcgThread *th)
{
    const unsigned max = visits_allowed(th);
    uint16_t tag, *place = place_of(th, (RegionKey){ th->state->pc, th->state->ctx }, &tag), count = *place & COUNT_MASK;
    if (count >= max) {
        bool is_other = ((*place ^ tag) & ~COUNT_MASK) != 0;
        return max && is_other && ++th->tier0->crowded % max != 0;
    }
    *place = tag | (uint16_t)(count + 1);
    return true;
}

_Noreturn NOINLINE void direct_fault(Direct *d, uint64_t kind, uint64_t addr)
{
    d->state->fault_addr = addr;
    d->state->fault_kind = (uint32_t)kind;
    __builtin_longjmp(d->leave, 1);
}

void direct_access(Direct *d, IrOp op, int32_t disp, unsigned mem, const IrValue args[3], IrValue *out)
{
    const IrInsn i = { .op = (uint16_t)op, .mem = (uint16_t)mem, .aux = disp };
    AccessResult result = interp_access(d->tag_bits, d->align_window, &i, args, out);
    if (UNLIKELY(result.kind != ACCESS_OK)) {
        direct_fault(d, result.kind, result.addr);
    }
}

NOINLINE unsigned direct_fetch_anew(Direct *d, uint64_t pc, uint32_t *raw)
{
    const Tcg *t = d->state->tcg->tcg;
    uint64_t start, end;
    TcgFault fault;
    if (pc - d->code >= d->code_size) {
        bool is_known = t->ops->exec_range && t->ops->exec_range(t->mm, pc, &start, &end);
        d->code = is_known ? start : 0;
        d->code_size = is_known ? end - start : 0;
    }
    return t->ops->fetch(t->mm, pc, raw, sizeof *raw, &fault);
}

/* ---- running */

static bool is_asked_to_stop(TcgThread *th)
{
    return atomic_load_explicit(&th->stop, memory_order_relaxed) || atomic_load_explicit(&th->is_poll_closed, memory_order_relaxed);
}

TcgEvent tier0_run(TcgThread *th)
{
    const Target *target = th->tcg->target;
    bool is_always = th->tcg->settings.engine == TCG_ENGINE_DIRECT;
    Direct d = { .state = th->state, .slots = target->slots, .tag_bits = target->tag_bits, .align_window = target->align_window };
    if (!target->direct) {
        return TCG_EVENT_NONE;
    }
    if (UNLIKELY(!th->tier0)) {
        th->tier0 = hostmem_pages_alloc(ALIGN_UP(sizeof *th->tier0, (size_t)4096));
        if (!th->tier0) {
            return TCG_EVENT_NONE; /* translation will say so */
        }
        sys_call3(SYS_madvise, SYS_PTR(th->tier0), sizeof *th->tier0, MADV_POPULATE_WRITE); /* half the price of faults: all of it is used soon */
    }
    if (__builtin_setjmp(d.leave)) {
        return TCG_EVENT_FAULT;
    }
    bool is_any = false;
    while (is_always || visit(th)) {
        d.event = TCG_EVENT_LOOKUP;
        unsigned done = target->direct(&d, th->tcg->settings.cpu);
        th->stats.direct_insns += done;
        th->state->pc &= target->pc_mask;
        if (!done) {
            break;
        }
        if (d.event != TCG_EVENT_LOOKUP || is_asked_to_stop(th)) {
            return d.event;
        }
        is_any = true;
    }
    return is_any ? TCG_EVENT_LOOKUP : TCG_EVENT_NONE;
}
