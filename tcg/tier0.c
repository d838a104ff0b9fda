/* SPDX-License-Identifier: MIT */
/* Tier 0: direct execution of blocks that have not run often. */
#include "tcg/tier0.h"

#include <string.h>

#include "tcg/runtime.h"
#include "util/compiler.h"
#include "util/hostmem.h"

void tier0_free(Tier0 *t0)
{
    if (t0) {
        hostmem_pages_free(t0, ALIGN_UP(sizeof *t0, (size_t)4096));
    }
}

/* Most code of a start runs once or twice. The larger a program is, the longer it runs, and the more of what it still reaches does: after so
 * many regions of tier 1 so many visits are allowed at most (docs/decisions.md: "Tier 0"). */
static unsigned visits_allowed(const TcgThread *th)
{
    static const struct { unsigned regions, visits; } steps[] = { { 4000, 0 }, { 1000, 3 }, { 16, 8 } };
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
    return !th->tier0 || !visits_allowed(th) || (*tier0_place(th->tier0, key, &tag) & ~TIER0_COUNT) == tag;
}

/* When half of the places are taken there shall be more. What was counted stays where it is, which is the place of few now. */
static void take_place(Tier0 *t0)
{
    if (++t0->taken == 1 << (TIER0_FIRST_PLACES - 1)) {
        t0->mask = (1 << TIER0_PLACE_BITS) - 1;
        hostmem_populate(t0->counts, t0 + 1);
    }
}

/* Blocks that share a place share its count until it is full, which it stays for the block that filled it; of the visits of others there
 * every few are too many, so that none waits for ever. */
bool direct_visit_rare(Direct *d, uint16_t *place, uint16_t tag)
{
    if (!(*place & TIER0_COUNT) && d->visits) {
        *place = tag | 1;
        take_place(d->t0);
        return true;
    }
    bool is_other = ((*place ^ tag) & ~TIER0_COUNT) != 0;
    return d->visits && is_other && ++d->t0->crowded % d->visits != 0;
}

_Noreturn NOINLINE void direct_fault(Direct *d, uint64_t kind, uint64_t addr, bool is_write)
{
    d->state->pc = d->insn.pc;
    d->state->fault_addr = addr;
    d->state->fault_kind = (uint32_t)kind;
    d->state->fault_is_write = is_write;
    __builtin_longjmp(d->leave, 1);
}

void direct_access(Direct *d, IrOp op, int32_t disp, unsigned mem, const IrValue args[3], IrValue *out)
{
    const IrInsn i = { .op = (uint16_t)op, .mem = (uint16_t)mem, .aux = disp };
    AccessResult result = interp_access(d->tag_bits, d->align_window, &i, args, out);
    if (UNLIKELY(result.kind != ACCESS_OK)) {
        direct_fault(d, result.kind, result.addr, ir_has_trait(&i, IR_TRAIT_STORE | IR_TRAIT_RMW));
    }
}

NOINLINE unsigned direct_fetch_anew(Direct *d, uint64_t pc, uint32_t *raw)
{
    const Tcg *t = d->state->tcg->tcg;
    uint64_t start, end, bytes;
    TcgFault fault;
    if (pc - d->code >= d->code_room && t->ops->exec_range && t->ops->exec_range(t->mm, pc, &start, &end)) {
        d->code = start;
        d->code_room = end - start - (sizeof *raw - 1);
        if (pc - d->code < d->code_room && access_load(sizeof *raw, pc, &bytes).kind == ACCESS_OK) {
            *raw = (uint32_t)bytes;
            return sizeof *raw;
        }
    }
    return t->ops->fetch(t->mm, pc, raw, sizeof *raw, &fault);
}

/* ---- running */

static Tier0 *make(void)
{
    Tier0 *t0 = hostmem_pages_alloc(ALIGN_UP(sizeof *t0, (size_t)4096));
    if (t0) {
        t0->mask = (1 << TIER0_FIRST_PLACES) - 1;
        hostmem_populate(t0, &t0->counts[1 << TIER0_FIRST_PLACES]);
    }
    return t0;
}

TcgEvent tier0_run(TcgThread *th)
{
    const Target *target = th->tcg->target;
    const bool is_always = th->tcg->settings.engine == TCG_ENGINE_DIRECT;
    if (!target->direct || !(th->tier0 || (th->tier0 = make()))) {
        return TCG_EVENT_NONE; /* without memory translation will say so */
    }
    Direct d = {
        .state = th->state, .t0 = th->tier0, .visits = is_always ? TIER0_COUNT + 1 : visits_allowed(th), .event = TCG_EVENT_LOOKUP,
        .tag_bits = target->tag_bits, .align_window = target->align_window,
    };
    if (__builtin_setjmp(d.leave)) {
        return TCG_EVENT_FAULT;
    }
    unsigned done = direct_visit(&d, th->state->pc) ? target->direct(&d, th->tcg->settings.cpu) : 0;
    th->stats.direct_insns += done;
    return done ? d.event : TCG_EVENT_NONE;
}
