/* SPDX-License-Identifier: MIT */
/* Tier 0: direct execution of blocks that have not run often. */
#include "tcg/tier0.h"

#include <string.h>

#include "tcg/runtime.h"
#include "util/compiler.h"
#include "util/hostmem.h"

enum {
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

/* Counts a visit; false: it is one too many. Blocks that share a place also share a count until one of them is translated, so none waits
 * for ever. */
static bool visit(TcgThread *th)
{
    const unsigned max = th->tcg->settings.cold_visits;
    uint64_t h = (th->state->pc ^ (uint64_t)th->state->ctx << 40) * 0x9e3779b97f4a7c15ull;
    uint16_t *place = &th->tier0->counts[h >> (64 - COUNT_BITS)];
    uint16_t tag = (uint16_t)(h >> 32) & ~COUNT_MASK, count = *place & COUNT_MASK;
    bool is_other = ((*place ^ tag) & ~COUNT_MASK) != 0;
    count = is_other && count == max ? 0 : count;
    if (count == max) {
        return false;
    }
    *place = tag | (uint16_t)(count + 1);
    return true;
}

_Noreturn NOINLINE void direct_fault(Direct *d, AccessResult result)
{
    d->state->fault_addr = result.addr;
    d->state->fault_kind = (uint32_t)result.kind;
    __builtin_longjmp(d->leave, 1);
}

void direct_access(Direct *d, IrOp op, int32_t disp, unsigned mem, const IrValue args[3], IrValue *out)
{
    const IrInsn i = { .op = (uint16_t)op, .mem = (uint16_t)mem, .aux = disp };
    AccessResult result = interp_access(d->tag_bits, d->align_window, &i, args, out);
    if (UNLIKELY(result.kind != ACCESS_OK)) {
        direct_fault(d, result);
    }
}

/* ---- fetching */

/* Each block reads its bytes anew, so whatever was written and made known before is seen. That the page may be executed is looked up
 * once in a run. */
typedef struct Fetch {
    const Tcg *tcg;
    uint64_t page; /* address of the last one that may be executed, 1: none so far */
    unsigned avail;
    uint8_t bytes[WINDOW];
} Fetch;

static bool fetch_known(Fetch *f, uint64_t pc)
{
    uint64_t words[2];
    for (unsigned i = 0; i < WINDOW; i += sizeof words) {
        if (access_load16(pc + i, words).kind != ACCESS_OK) {
            return false;
        }
        memcpy(f->bytes + i, words, sizeof words);
    }
    return true;
}

static void fetch(Fetch *f, uint64_t pc)
{
    TcgFault fault;
    uint64_t page = ALIGN_DOWN(pc, (uint64_t)4096);
    f->avail = WINDOW;
    if (f->page != page || pc + WINDOW > page + 4096 || !fetch_known(f, pc)) {
        f->avail = f->tcg->ops->fetch(f->tcg->mm, pc, f->bytes, WINDOW, &fault);
        f->page = f->avail == WINDOW ? page : 1;
    }
}

/* ---- running */

/* The instructions from the state's pc up to one that ends a block or is not done here; the state's pc is always that of an instruction that
 * has done nothing yet. NONE: nothing was done. */
static NOINLINE TcgEvent run_block(TcgThread *th, Direct *d, Fetch *f)
{
    const Target *target = th->tcg->target;
    const TargetCpu *cpu = th->tcg->settings.cpu;
    CpuState *s = th->state;
    TargetInsn insn;
    const uint64_t start = s->pc;
    uint64_t n = 0;
    d->event = TCG_EVENT_LOOKUP;
    fetch(f, start);
    do {
        unsigned at = (unsigned)(s->pc - start);
        if (f->avail - at < target->min_insn || !target->decode(cpu, s->ctx, s->pc, f->bytes + at, f->avail - at, &insn)) {
            break;
        }
        d->next_pc = s->pc + insn.len;
        if (!target->direct(d, cpu, &insn)) {
            break;
        }
        s->pc = d->next_pc;
        n++;
    } while (insn.flow == FLOW_NEXT);
    th->stats.direct_insns += n;
    return n ? d->event : TCG_EVENT_NONE;
}

static bool is_asked_to_stop(TcgThread *th)
{
    return atomic_load_explicit(&th->stop, memory_order_relaxed) || atomic_load_explicit(&th->is_poll_closed, memory_order_relaxed);
}

TcgEvent tier0_run(TcgThread *th)
{
    const Target *target = th->tcg->target;
    bool is_always = th->tcg->settings.engine == TCG_ENGINE_DIRECT;
    Direct d = { .state = th->state, .slots = target->slots, .tag_bits = target->tag_bits, .align_window = target->align_window };
    Fetch f = { .tcg = th->tcg, .page = 1 };
    if (!target->direct) {
        return TCG_EVENT_NONE;
    }
    if (UNLIKELY(!th->tier0)) {
        th->tier0 = hostmem_pages_alloc(ALIGN_UP(sizeof *th->tier0, (size_t)4096));
    }
    if (__builtin_setjmp(d.leave)) {
        return TCG_EVENT_FAULT;
    }
    bool is_any = false;
    while (is_always || visit(th)) {
        TcgEvent event = run_block(th, &d, &f);
        th->state->pc &= target->pc_mask;
        if (event == TCG_EVENT_NONE) {
            break;
        }
        if (event != TCG_EVENT_LOOKUP || is_asked_to_stop(th)) {
            return event;
        }
        is_any = true;
    }
    return is_any ? TCG_EVENT_LOOKUP : TCG_EVENT_NONE;
}
