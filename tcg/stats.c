/* SPDX-License-Identifier: MIT */
/* Counters of the translator: summing and printing (-d stats). */
#include "tcg/stats.h"

#include <time.h>

#include "tcg/log.h"
#include "util/sys.h"

static uint64_t cpu_ns(void)
{
    struct timespec ts;
    sys_call2(SYS_clock_gettime, CLOCK_THREAD_CPUTIME_ID, SYS_PTR(&ts));
    return (uint64_t)ts.tv_sec * 1000000000u + (uint64_t)ts.tv_nsec;
}

uint64_t stats_cpu(const Tcg *t)
{
    return t->clock_cost ? cpu_ns() : 0;
}

void stats_translated(TcgThread *th, unsigned tier, uint64_t start)
{
    uint64_t cost = th->tcg->clock_cost;
    if (cost) {
        uint64_t ns = cpu_ns() - start;
        th->stats.translate_ns[tier] += ns > cost ? ns - cost : 0;
    }
}

/* Finds what a reading costs, which is not the translation's. */
void stats_start(Tcg *t)
{
    uint64_t cost = UINT64_MAX;
    t->has_phases = t->settings.log & TCG_LOG_STATS;
    for (unsigned i = 0; i < 32 && t->settings.log & TCG_LOG_STATS; i++) {
        uint64_t start = cpu_ns(), ns = cpu_ns() - start;
        cost = ns < cost ? ns : cost;
        t->clock_cost = cost ? cost : 1;
    }
}

void stats_add(TcgStats *sum, const TcgStats *more)
{
    uint64_t *to = (uint64_t *)sum;
    const uint64_t *from = (const uint64_t *)more;
    for (unsigned i = 0; i < sizeof *sum / sizeof *to; i++) {
        to[i] += from[i];
    }
}

/* Other threads' counters are read while they count: each is one aligned word. phase_ns is held in clock ticks until here. */
void tcg_get_stats(const Tcg *t, TcgStats *out)
{
    Lock *lock = (Lock *)&t->threads_lock;
    *out = t->shared;
    lock_acquire(lock);
    stats_add(out, &t->finished);
    for (const TcgThread *th = t->threads; th; th = th->next) {
        stats_add(out, &th->stats);
    }
    lock_release(lock);
    uint64_t ns = out->translate_ns[0] + out->translate_ns[1] + out->translate_ns[2], ticks = 0;
    for (unsigned i = 0; i < TCG_PHASES; i++) {
        ticks += out->phase_ns[i];
    }
    for (unsigned i = 0; i < TCG_PHASES; i++) {
        out->phase_ns[i] = ticks ? (uint64_t)((double)out->phase_ns[i] * (double)ns / (double)ticks) : 0;
    }
}

static void print_tier(const TcgStats *s, unsigned tier, int fd)
{
    static const char *const names[] = { "interpreted", "tier 1", "tier 2" };
    LogLine l = { .len = 0 };
    uint64_t insns = s->guest_insns[tier] ? s->guest_insns[tier] : 1;
    log_str(&l, names[tier]);
    log_pad(&l, 12);
    log_dec(&l, s->regions[tier]);
    log_str(&l, " regions");
    log_pad(&l, 30);
    log_dec(&l, s->guest_insns[tier]);
    log_str(&l, " guest insns");
    log_pad(&l, 54);
    log_fixed(&l, s->host_bytes[tier] * 10 / insns, 1);
    log_str(&l, " bytes/insn");
    log_pad(&l, 72);
    log_fixed(&l, s->translate_ns[tier] * 10 / insns, 1);
    log_str(&l, " ns/insn");
    log_pad(&l, 88);
    log_fixed(&l, s->translate_ns[tier] / 1000, 3);
    log_str(&l, " ms");
    log_flush(&l, fd);
}

/* The others of tier 1 cost twice as much. */
static void print_onepass(const TcgStats *s, int fd)
{
    LogLine l = { .len = 0 };
    log_str(&l, "in one pass");
    log_pad(&l, 12);
    log_dec(&l, s->onepass_regions);
    log_str(&l, " regions of tier 1");
    log_flush(&l, fd);
}

/* Tier 0 makes nothing: what it has executed, each time. */
static void print_direct(const TcgStats *s, int fd)
{
    LogLine l = { .len = 0 };
    log_str(&l, "tier 0");
    log_pad(&l, 30);
    log_dec(&l, s->direct_insns);
    log_str(&l, " guest insns executed");
    log_flush(&l, fd);
}

static void print_phases(const TcgStats *s, int fd)
{
    static const char *const names[TCG_PHASES] = { "decode", "IR", "compile", "publish" };
    LogLine l = { .len = 0 };
    uint64_t insns = s->guest_insns[0] + s->guest_insns[1] + s->guest_insns[2];
    log_str(&l, "ns/insn:");
    for (unsigned i = 0; i < TCG_PHASES; i++) {
        log_str(&l, i ? ", " : " ");
        log_str(&l, names[i]);
        log_str(&l, " ");
        log_fixed(&l, s->phase_ns[i] * 10 / (insns ? insns : 1), 1);
    }
    log_flush(&l, fd);
}

void tcg_print_stats(const Tcg *t, int fd)
{
    TcgStats s;
    tcg_get_stats(t, &s);
    if (s.direct_insns) {
        print_direct(&s, fd);
    }
    for (unsigned tier = 0; tier < 3; tier++) {
        if (s.regions[tier]) {
            print_tier(&s, tier, fd);
        }
        if (tier == 1 && s.onepass_regions) {
            print_onepass(&s, fd);
        }
    }
    print_phases(&s, fd);
    const struct { const char *name; uint64_t value; } counts[] = {
        { "links", s.links }, { "inline caches", s.ic_fills }, { "lookups", s.lookups }, { "retired", s.retired },
        { "evictions", s.evictions }, { "invalidations", s.invalidations }, { "faults", s.faults }, { "stops", s.stops },
    };
    LogLine l = { .len = 0 };
    for (unsigned i = 0; i < ARRAY_LEN(counts); i++) {
        log_str(&l, i ? ", " : "");
        log_dec(&l, counts[i].value);
        log_str(&l, " ");
        log_str(&l, counts[i].name);
    }
    log_flush(&l, fd);
}
