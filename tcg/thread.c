/* SPDX-License-Identifier: MIT */
/* Making and ending translators and their threads; stop requests; fork. */
#include <stddef.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "tcg/epoch.h"
#include "tcg/interp_cache.h"
#include "tcg/tier0.h"
#include "tcg/jumptable.h"
#include "tcg/stats.h"
#include "tcg/tramp.h"
#include "tcg/translate.h"
#include "util/assert.h"
#include "util/hostmem.h"

/* A thread's block: [guard][return stack][CpuState][poll page][jump tables][guard] */
enum {
    RETURN_STACK_SIZE = 256 << 10,
    BLOCK_SIZE = STATE_TABLES_END,
    DEFAULT_HOT_THRESHOLD = 20000, /* a larger region costs a millisecond or two: what it saves must have a chance to be more */
    MXCSR_DEFAULT = 0x1f80,
    LOGS_OF_CODE = TCG_LOG_IN_ASM | TCG_LOG_OUT_ASM | TCG_LOG_OP | TCG_LOG_OP_OPT | TCG_LOG_MIR | TCG_LOG_EXEC | TCG_LOG_CPU,
};

_Static_assert(sizeof(CpuState) <= STATE_POLL_PAGE, "");

/* ---- translators */

static void find_pins(Tcg *t)
{
    for (unsigned i = 0; i < STATE_PINS; i++) {
        t->pin_home[i] = offsetof(CpuState, pin_scratch);
    }
    for (unsigned i = 0; i < t->target->nslots; i++) {
        const IrSlotDesc *slot = &t->target->slots[i];
        if (slot->pin >= 0) {
            lyre_assert(slot->pin < STATE_PINS && slot->type == IR_I64);
            t->pin_home[slot->pin] = slot->offset;
        }
    }
}

static void repair(Lock *publish) { codecache_rebuild(CONTAINER_OF(publish, Tcg, publish)); }

Tcg *tcg_new(const Target *target, const TcgSettings *settings, const TcgMemOps *ops, void *mm)
{
    Tcg *t = host_alloc(sizeof *t);
    t->target = target;
    t->settings = *settings;
    t->ops = ops;
    t->mm = mm;
    t->publish.repair = repair;
    if (t->settings.one_insn || t->settings.log & LOGS_OF_CODE) { /* all that runs is to be seen */
        t->settings.cold_visits = 0;
    }
    if (!t->settings.hot_threshold) {
        t->settings.hot_threshold = DEFAULT_HOT_THRESHOLD;
    }
    atomic_store(&t->epoch, 1);
    find_pins(t);
    bool is_ready = tcg_is_interpreted(t) || codecache_init(&t->cache, &t->settings);
    is_ready &= map_init(&t->map, t->cache.base);
    stats_start(t);
    if (!is_ready) {
        codecache_finish(&t->cache);
        map_finish(&t->map);
        host_free(t);
        return NULL;
    }
    return t;
}

void tcg_free(Tcg *t)
{
    if (!t) {
        return;
    }
    lyre_assert(!t->threads);
    codecache_finish(&t->cache);
    map_finish(&t->map);
    host_free(t);
}

void tcg_set_write_hit(Tcg *t, TcgWriteHit *fn)
{
    t->write_hit = fn;
}

/* ---- threads */

static void init_state(CpuState *s, TcgThread *th)
{
    void *const tramps[TRAMP_COUNT] = {
        [TRAMP_LEAVE] = (void *)tramp_leave,
        [TRAMP_LINK] = (void *)tramp_link,
        [TRAMP_INDIRECT] = (void *)tramp_indirect,
        [TRAMP_RETURN_MISS] = (void *)tramp_return_miss,
        [TRAMP_HOT] = (void *)tramp_hot,
        [TRAMP_CALL_HELPER] = (void *)tramp_call_helper,
        [TRAMP_CALL_HELPER_FP] = (void *)tramp_call_helper,
    };
    memcpy(s->tramp, tramps, sizeof tramps);
    memcpy(s->pin_home, th->tcg->pin_home, sizeof s->pin_home);
    s->pc_ignored = ~th->tcg->target->pc_mask;
    s->fault_resume = (void *)tramp_fault_resume;
    s->guest_mxcsr = s->host_mxcsr = MXCSR_DEFAULT;
    s->ll_addr = ~0ull;
    void **bottom = (void **)s - 2;
    *bottom = (void *)tramp_return_miss;
    s->return_bottom = s->return_sp = bottom;
    s->tcg = th;
    jumptable_init(s);
}

CpuState *tcg_thread_new(Tcg *t, void *owner)
{
    char *block = hostmem_guarded_alloc(RETURN_STACK_SIZE + BLOCK_SIZE);
    if (!block) {
        return NULL;
    }
    CpuState *s = (CpuState *)(block + RETURN_STACK_SIZE);
    TcgThread *th = host_alloc(sizeof *th);
    th->state = s;
    th->tcg = t;
    th->flushed = atomic_load(&t->epoch); /* there is nothing yet */
    s->owner = owner;
    init_state(s, th);
    lock_acquire(&t->threads_lock);
    th->next = t->threads;
    th->pprev = &t->threads;
    if (th->next) {
        th->next->pprev = &th->next;
        atomic_store(&t->has_threads, true);
    }
    t->threads = th;
    lock_release(&t->threads_lock);
    return s;
}

static void unlink_thread(TcgThread *th)
{
    *th->pprev = th->next;
    if (th->next) {
        th->next->pprev = th->pprev;
    }
    stats_add(&th->tcg->finished, &th->stats);
    if (th->tcg->threads && !th->tcg->threads->next) {
        atomic_store(&th->tcg->has_threads, false);
    }
}

/* What lives in other blocks than the state's. */
static void free_parts(TcgThread *th)
{
    translator_free(th->translator);
    interp_cache_free(th->interp);
    tier0_free(th->tier0);
    host_free(th);
}

/* A process that shares our memory (vfork) may have been killed anywhere. */
static void break_locks(Tcg *t, uint32_t tid)
{
    if (tid == lock_own_id()) {
        return;
    }
    lock_break(&t->threads_lock, tid);
    lock_break(&t->publish, tid);
}

void tcg_thread_free(CpuState *s)
{
    if (!s) {
        return;
    }
    TcgThread *th = s->tcg;
    Tcg *t = th->tcg;
    break_locks(t, th->tid);
    lock_acquire(&t->threads_lock);
    unlink_thread(th);
    lock_release(&t->threads_lock);
    poll_open(th);
    free_parts(th);
    hostmem_pages_free((char *)s - RETURN_STACK_SIZE, RETURN_STACK_SIZE + BLOCK_SIZE);
}

void tcg_thread_enter(CpuState *s)
{
    s->tcg->tid = lock_own_id(); /* the C stack is noted at each entry into translated code (tramp.S) */
}

void tcg_thread_copy(CpuState *to, const CpuState *from)
{
    memcpy(to->guest, from->guest, sizeof to->guest);
    to->pc = from->pc;
    to->ctx = from->ctx;
    to->guest_mxcsr = from->guest_mxcsr;
}

void tcg_request_stop(CpuState *s)
{
    atomic_store(&s->tcg->stop, 1);
    poll_close(s->tcg);
}

/* ORDER STOP  code is entered by: is_in_code = 1, then a look at stop. A handler of the same thread comes before the one or finds the other. */
void tcg_request_stop_here(CpuState *s)
{
    atomic_store_explicit(&s->tcg->stop, 1, memory_order_relaxed);
    if (__atomic_load_n(&s->is_in_code, __ATOMIC_RELAXED)) {
        poll_close(s->tcg);
    }
}

/* ---- fork */

void tcg_fork_prepare(Tcg *t)
{
    lock_acquire(&t->publish);
    lock_acquire(&t->threads_lock);
}

void tcg_fork_parent(Tcg *t)
{
    lock_release(&t->threads_lock);
    lock_release(&t->publish);
}

void tcg_fork_child(Tcg *t, CpuState *self)
{
    lock_reset(&t->threads_lock);
    lock_reset(&t->publish);
    atomic_store(&t->epoch_waiters, 0);
    for (TcgThread *th = t->threads, *next; th; th = next) {
        next = th->next;
        if (th->state != self) {
            CpuState *s = th->state; /* its translator may be in any state: left alone */
            unlink_thread(th);
            hostmem_pages_free((char *)s - RETURN_STACK_SIZE, RETURN_STACK_SIZE + BLOCK_SIZE);
        }
    }
}
