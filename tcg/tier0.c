/* SPDX-License-Identifier: MIT */
/* Tier 0: direct execution of blocks that have not run often. */
#include "tcg/tier0.h"

#include "tcg/runtime.h"
#include "util/compiler.h"
#include "util/hostmem.h"

enum {
    VISITS = 4,         /* of a block before it is translated: about what translation costs */
    COUNT_BITS = 13,    /* blocks that are counted at a time */
    COUNT_MASK = 15,    /* a count; the rest is a tag */
    WINDOW = 64,        /* bytes fetched at a time */
};

struct Tier0 {
    uint16_t counts[1 << COUNT_BITS]; /* direct mapped */
};

void tier0_free(Tier0 *t0)
{
    if (t0) {
        hostmem_pages_free(t0, ALIGN_UP(sizeof *t0, (size_t)4096));
    }
}

/* Counts a visit; false: it is one too many. A block that shares its place with others is counted anew after each of them. */
static bool visit(TcgThread *th)
{
    if (UNLIKELY(!th->tier0)) {
        th->tier0 = hostmem_pages_alloc(ALIGN_UP(sizeof *th->tier0, (size_t)4096));
    }
    uint64_t h = (th->state->pc ^ (uint64_t)th->state->ctx << 40) * 0x9e3779b97f4a7c15ull;
    uint16_t *count = &th->tier0->counts[h >> (64 - COUNT_BITS)];
    uint16_t tag = (uint16_t)(h >> 32) & ~COUNT_MASK;
    if ((*count & ~COUNT_MASK) != tag) {
        *count = tag;
    }
    if ((*count & COUNT_MASK) == VISITS) {
        return false;
    }
    ++*count;
    return true;
}

void direct_access(Direct *d, IrOp op, int32_t disp, unsigned mem, const IrValue args[3], IrValue *out)
{
    const IrInsn i = { .op = (uint16_t)op, .mem = (uint16_t)mem, .aux = disp };
    AccessResult result = interp_access(d->tag_bits, d->align_window, &i, args, out);
    if (UNLIKELY(result.kind != ACCESS_OK)) {
        d->state->fault_addr = result.addr;
        d->state->fault_kind = (uint32_t)result.kind;
        __builtin_longjmp(d->leave, 1);
    }
}

/* The instructions from the state's pc up to one that ends a block or is not done here. */
static TcgEvent run_block(TcgThread *th, Direct *d)
{
    const Tcg *t = th->tcg;
    const Target *target = t->target;
    CpuState *s = th->state;
    uint8_t bytes[WINDOW];
    TcgFault fault;
    TargetInsn insn = { .flow = FLOW_NEXT };
    unsigned avail = t->ops->fetch(t->mm, s->pc, bytes, sizeof bytes, &fault);
    const uint64_t start = s->pc;
    if (__builtin_setjmp(d->leave)) {
        return TCG_EVENT_FAULT; /* the state's pc is that of the instruction, which has done nothing */
    }
    while (insn.flow == FLOW_NEXT) {
        unsigned at = (unsigned)(s->pc - start);
        if (avail - at < target->min_insn || !target->decode(t->settings.cpu, s->ctx, s->pc, bytes + at, avail - at, &insn)) {
            break;
        }
        d->next_pc = s->pc + insn.len;
        if (!target->direct(d, t->settings.cpu, &insn)) {
            break;
        }
        s->pc = d->next_pc;
        th->stats.direct_insns++;
    }
    return d->event != TCG_EVENT_NONE ? d->event : s->pc == start && insn.flow == FLOW_NEXT ? TCG_EVENT_NONE : TCG_EVENT_LOOKUP;
}

TcgEvent tier0_run(TcgThread *th)
{
    const Target *target = th->tcg->target;
    Direct d = { .state = th->state, .slots = target->slots, .tag_bits = target->tag_bits, .align_window = target->align_window };
    if (!target->direct || (th->tcg->settings.engine != TCG_ENGINE_DIRECT && !visit(th))) {
        return TCG_EVENT_NONE;
    }
    return run_block(th, &d);
}
