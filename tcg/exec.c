/* SPDX-License-Identifier: MIT */
/* The run loop: finds or makes code for the guest's pc, runs it, and does what it asks for when it leaves. */
#include "tcg/exec.h"

#include "tcg/epoch.h"
#include "tcg/interp_cache.h"
#include "tcg/interp_mem.h"
#include "tcg/jumptable.h"
#include "tcg/link.h"
#include "tcg/log.h"
#include "tcg/tier0.h"
#include "tcg/tramp.h"
#include "tcg/x86_64/enter.h"
#include "tcg/translate.h"

/* The row through which code left, to be filled in once its target is known. The thread may go offline in between, so the row is used
 * only if its segment still is what it was. */
typedef struct PendingLink {
    void *row; /* NULL: nothing to link */
    bool is_ic; /* IcRow, else LinkRow */
    uint64_t key; /* way_key */
    uint32_t segment, generation;
} PendingLink;

static bool take_stop(TcgThread *th)
{
    return atomic_load_explicit(&th->stop, memory_order_relaxed) && atomic_exchange(&th->stop, 0);
}

/* ---- lookup */

static void *lookup(TcgThread *th)
{
    CpuState *s = th->state;
    th->stats.lookups++;
    return map_find(&th->tcg->map, (RegionKey){ s->pc, s->ctx });
}

/* What tables and inline caches have for the way that led to the state's pc. */
static uint64_t way_key(const CpuState *s) { return s->pc | (uint64_t)s->landing << TARGET_LANDING_SHIFT; }

/* Whether the indirect branch that has led to the state's pc may. What cannot be fetched is for translation to tell. */
static bool can_land(const TcgThread *th)
{
    const Tcg *t = th->tcg;
    TcgFault fault;
    uint32_t raw;
    return t->ops->fetch(t->mm, th->state->pc, &raw, sizeof raw, &fault) < sizeof raw || t->target->can_land(th->state, raw);
}

static unsigned first_tier(const Tcg *t)
{
    return t->settings.engine == TCG_ENGINE_REGION ? 2 : 1;
}

/* NONE: there is code now. LOOKUP: tier 0 has gone on from here. */
static TcgEvent run_or_translate(TcgThread *th)
{
    const CpuState *s = th->state;
    TcgEvent event = th->tcg->settings.engine == TCG_ENGINE_TIERED ? tier0_run(th) : TCG_EVENT_NONE;
    if (event == TCG_EVENT_NONE) {
        return translate(th, (RegionKey){ s->pc, s->ctx }, first_tier(th->tcg));
    }
    if (event == TCG_EVENT_LOOKUP && atomic_load_explicit(&th->stop, memory_order_relaxed)) {
        tcg_arrive(th);
        return TCG_EVENT_STOP; /* the request is handle_event's to take: taken here, it would be forgotten there */
    }
    return event;
}

/* Code for the state's pc; the thread is online before and after, but may have been offline meanwhile. */
static TcgEvent find_or_translate(TcgThread *th, void **code)
{
    while (!(*code = lookup(th))) {
        epoch_leave(th);
        TcgEvent event = run_or_translate(th);
        epoch_enter(th);
        if (event != TCG_EVENT_NONE) {
            return event;
        }
    }
    return TCG_EVENT_NONE;
}

/* ---- links */

static void note_row(TcgThread *th, PendingLink *p, void *row, bool is_ic)
{
    const CodeCache *c = &th->tcg->cache;
    p->row = row && codecache_segment(c, row, &p->segment) ? row : NULL;
    p->is_ic = is_ic;
    p->generation = p->row ? c->segments[p->segment].generation : 0;
}

static void make_link(TcgThread *th, PendingLink *p)
{
    Tcg *t = th->tcg;
    const CpuState *s = th->state;
    lock_acquire(&t->publish);
    if (t->cache.segments[p->segment].generation == p->generation) {
        Region *to, *from = codecache_find_data(&t->cache, p->row);
        void *code = map_find_region(&t->map, (RegionKey){ s->pc, s->ctx }, &to);
        if (from && from->is_retired) {
            for (uint64_t kind = 0; kind < 4; kind++) { /* else they lead there again and again */
                jumptable_forget(th->state, from->key.pc | kind << TARGET_LANDING_SHIFT);
            }
        } else if (from && code && p->is_ic) {
            link_fill_ic(t, from, p->row, p->key, to, code);
        } else if (from && code) {
            link_connect(t, from, p->row, to, code);
        }
    }
    lock_release(&t->publish);
    p->row = NULL;
}

/* ---- events */

/* A region ran often: its larger successor replaces it in map and links. */
static void recompile_hot(TcgThread *th, RegionData *data)
{
    const Region *r = codecache_find_data(&th->tcg->cache, data);
    RegionKey key = r->key;
    bool is_retired = r->is_retired;
    __atomic_store_n(&data->counter, INT32_MAX, __ATOMIC_RELAXED); /* once is enough, also for other threads */
    th->state->pc = key.pc;
    th->state->ctx = key.ctx;
    if (!is_retired) {
        epoch_leave(th);
        translate(th, key, 2);
        epoch_enter(th);
    }
}

/* What code asked for when it left. NONE: go on at the state's pc. */
static TcgEvent handle_event(TcgThread *th, TcgEvent event, PendingLink *pending)
{
    CpuState *s = th->state;
    switch (event) {
    case TCG_EVENT_LINK: {
        LinkRow *row = (LinkRow *)s->event_arg;
        s->pc = row->pc;
        s->ctx = row->ctx;
        note_row(th, pending, row, false);
        return TCG_EVENT_NONE;
    }
    case TCG_EVENT_INDIRECT: /* code leaves it to us to mask the target: one that needs it is in no table */
        tcg_arrive(th);
        note_row(th, pending, (void *)s->event_arg, true);
        return TCG_EVENT_NONE;
    case TCG_EVENT_HOT:
        recompile_hot(th, (RegionData *)s->event_arg);
        return TCG_EVENT_NONE;
    case TCG_EVENT_STOP:
        th->stats.stops++;
        poll_open(th);
        return take_stop(th) ? TCG_EVENT_STOP : TCG_EVENT_NONE;
    case TCG_EVENT_RETURN:
    case TCG_EVENT_LOOKUP:
        tcg_arrive(th);
        return TCG_EVENT_NONE;
    default:
        return event;
    }
}

static void log_entry(TcgThread *th, const void *code)
{
    const Tcg *t = th->tcg;
    const CpuState *s = th->state;
    if (tcg_is_logged(t, TCG_LOG_EXEC, s->pc)) {
        LogLine l = { .len = 0 };
        log_str(&l, "Trace 0: ");
        log_hex(&l, (uintptr_t)code, 12);
        log_str(&l, " [");
        log_hex(&l, s->ctx, 8);
        log_str(&l, "/");
        log_hex(&l, s->pc, 16);
        log_str(&l, "]");
        log_flush(&l, tcg_log_fd(t));
    }
    if (tcg_is_logged(t, TCG_LOG_CPU, s->pc)) {
        t->target->dump(s, tcg_log_fd(t), t->settings.log & TCG_LOG_FPU);
    }
}

/* Code has left for the interpreter, perhaps by a guard. Where that happens often, it is made anew without. */
static void note_guard(TcgThread *th, uint64_t pc)
{
    _Atomic uint8_t *fails = &th->tcg->guard_fails[IR_GUARD_PLACE(pc)];
    if (atomic_load_explicit(fails, memory_order_relaxed) < IR_GUARD_FAILS_MAX && atomic_fetch_add(fails, 1) + 1 == IR_GUARD_FAILS_MAX) {
        tcg_invalidate(th->tcg, pc, pc + 1);
    }
}

/* A fault that may be none: at an address whose tag the guest's accesses ignore, or misaligned where it need not be aligned. */
static bool is_doubtful_fault(const TcgThread *th, TcgEvent event)
{
    const Target *target = th->tcg->target;
    uint64_t addr = th->state->fault_addr;
    return event == TCG_EVENT_FAULT && ((target->tag_bits && interp_strip_tag(addr, target->tag_bits) != addr) ||
                                        (target->align_window && th->state->fault_kind == TCG_FAULT_ALIGN));
}

static TcgEvent interpret_insn(TcgThread *th, bool is_guard)
{
    epoch_leave(th);
    if (is_guard) {
        note_guard(th, th->state->pc);
    }
    TcgEvent event = interp_step_insn(th);
    epoch_enter(th);
    return event == TCG_EVENT_STOP ? (take_stop(th) ? TCG_EVENT_STOP : TCG_EVENT_NONE) : event;
}

/* ---- loops */

/* ORDER STOP (thread.c): from here on a handler closes the poll page. */
static bool is_stopped_at_entry(TcgThread *th)
{
    __atomic_store_n(&th->state->is_in_code, 1, __ATOMIC_RELAXED);
    atomic_signal_fence(memory_order_seq_cst);
    if (LIKELY(!take_stop(th))) {
        return false;
    }
    th->state->is_in_code = 0;
    return true;
}

/* Code for the state's pc, linked to what led there, and in the jump table. */
static TcgEvent find_code(TcgThread *th, PendingLink *pending, void **code)
{
    CpuState *s = th->state;
    uint32_t landing = s->landing;
    pending->key = way_key(s);
    if (UNLIKELY(landing) && !can_land(th)) {
        return TCG_EVENT_ILLEGAL;
    }
    s->landing = 0; /* tier 0 may execute the landing */
    TcgEvent event = find_or_translate(th, code);
    if (event == TCG_EVENT_FETCH_FAULT) {
        s->landing = landing;
    }
    if (event == TCG_EVENT_NONE && !(th->tcg->settings.log & TCG_LOG_NOCHAIN)) {
        if (pending->row) {
            make_link(th, pending);
        }
        if (s->ctx == 0) {
            jumptable_set(s, pending->key, *code);
        }
    }
    return event;
}

static TcgEvent run_code(TcgThread *th)
{
    Tcg *t = th->tcg;
    CpuState *s = th->state;
    PendingLink pending = { 0 };
    bool is_back = false; /* from a system call: to one of a few places, which the jump table has */
    TcgEvent event;
    do {
        if (UNLIKELY(atomic_load_explicit(&th->is_poll_closed, memory_order_relaxed))) {
            poll_open(th); /* before the epoch is read: who closes it again meanwhile may mean a newer one */
            if (take_stop(th)) {
                return TCG_EVENT_STOP;
            }
        }
        epoch_enter(th);
        void *code = is_back && s->ctx == 0 && !s->landing ? jumptable_find(s, s->pc) : NULL;
        event = code ? TCG_EVENT_NONE : find_code(th, &pending, &code);
        if (LIKELY(event == TCG_EVENT_NONE)) {
            if (UNLIKELY(t->settings.log & (TCG_LOG_EXEC | TCG_LOG_CPU))) {
                log_entry(th, code);
            }
            if (UNLIKELY(is_stopped_at_entry(th))) {
                return TCG_EVENT_STOP;
            }
            event = enter_code(s, code);
        }
        pending.row = NULL;
        is_back = event == TCG_EVENT_SYSCALL && t->syscall;
        if (is_back) {
            epoch_leave(th);
            t->syscall(s);
            event = TCG_EVENT_NONE;
        } else if (UNLIKELY(event == TCG_EVENT_INTERPRET || is_doubtful_fault(th, event))) {
            event = interpret_insn(th, event == TCG_EVENT_INTERPRET);
        } else {
            event = handle_event(th, event, &pending);
        }
    } while (event == TCG_EVENT_NONE);
    return event;
}

/* engine=direct: what tier 0 cannot do is interpreted. */
static TcgEvent step_direct(TcgThread *th)
{
    TcgEvent event = tier0_run(th);
    tcg_arrive(th);
    return event == TCG_EVENT_NONE ? interp_step_insn(th) : event == TCG_EVENT_LOOKUP ? TCG_EVENT_NONE : event;
}

static TcgEvent step(TcgThread *th, bool is_direct)
{
    uint32_t landing = th->state->landing;
    if (UNLIKELY(landing) && !can_land(th)) {
        return TCG_EVENT_ILLEGAL;
    }
    th->state->landing = 0;
    TcgEvent event = is_direct ? step_direct(th) : interp_step_region(th);
    if (event == TCG_EVENT_FETCH_FAULT) {
        th->state->landing = landing;
    }
    return event;
}

static TcgEvent run_interpreter(TcgThread *th)
{
    TcgEvent event;
    bool is_direct = th->tcg->settings.engine == TCG_ENGINE_DIRECT;
    do {
        if (take_stop(th)) {
            return TCG_EVENT_STOP;
        }
        if (UNLIKELY(th->tcg->settings.log & (TCG_LOG_EXEC | TCG_LOG_CPU))) {
            log_entry(th, NULL);
        }
        event = step(th, is_direct);
    } while (event == TCG_EVENT_NONE || event == TCG_EVENT_STOP);
    return event;
}

void tcg_set_syscall(Tcg *t, TcgSyscall *fn) { t->syscall = fn; }

TcgEvent tcg_run(CpuState *s)
{
    TcgThread *th = s->tcg;
    if (take_stop(th)) {
        return s->event = TCG_EVENT_STOP;
    }
    if (tcg_is_interpreted(th->tcg)) {
        return s->event = run_interpreter(th);
    }
    TcgEvent event = run_code(th);
    epoch_leave(th);
    return s->event = event;
}
