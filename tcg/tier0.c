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
    WINDOW = 64,        /* bytes fetched at a time */
    MAX_INSNS = 24,     /* executed at a time */
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
    TargetInsn insns[MAX_INSNS];
    unsigned n = 0, done = 0;
    fetch(f, s->pc);
    if (f->avail >= target->max_insn) {
        n = target->decode_run(cpu, s->ctx, s->pc, f->bytes, f->avail, insns, MAX_INSNS);
    } else if (f->avail >= target->min_insn) {
        n = target->decode(cpu, s->ctx, s->pc, f->bytes, f->avail, insns);
    }
    d->event = TCG_EVENT_LOOKUP;
    for (; done < n; done++) {
        d->next_pc = s->pc + insns[done].len;
        if (!target->direct(d, cpu, &insns[done])) {
            break;
        }
        s->pc = d->next_pc;
    }
    th->stats.direct_insns += done;
    return done ? d->event : TCG_EVENT_NONE;
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
