/* SPDX-License-Identifier: MIT */
/* Translation of one region, from its key to published code. */
#include "tcg/translate.h"

#include <string.h>
#include <unistd.h>

#include "tcg/log.h"
#include "tcg/onepass.h"
#include "tcg/print.h"
#include "tcg/publish.h"
#include "tcg/stats.h"
#include "tcg/tier0.h"
#include "util/arena.h"
#include "util/hostmem.h"

enum {
    TIER1_INSNS = 32,
    TIER2_INSNS = 600,
    HOT_TO_COLD = 64, /* what ran that much rarer than the head stays out of a tier-2 region */
    MAX_TRIES = 8, /* while other threads change the code */
};

/* Former.runs_of. Counters go down from the threshold; once it was hot, a region's is beyond. */
static uint32_t runs_of(void *opaque, RegionKey key)
{
    Tcg *t = ((TcgThread *)opaque)->tcg;
    Region *r;
    uint32_t runs = 0, threshold = t->settings.hot_threshold;
    lock_acquire(&t->publish);
    if (map_find_region(&t->map, key, &r)) {
        uint32_t left = (uint32_t)__atomic_load_n(&((const RegionData *)r->data)->counter, __ATOMIC_RELAXED);
        runs = r->tier == 2 || left > threshold ? UINT32_MAX : threshold - left;
    }
    lock_release(&t->publish);
    return runs;
}

static bool has_seen(void *opaque, RegionKey key) { return tier0_has_seen(opaque, key); }

Translator *translator_new(TcgThread *th)
{
    Tcg *t = th->tcg;
    Translator *tr = host_alloc(sizeof *tr);
    tr->builder = ir_builder_new();
    tr->onepass = t->target->onepass ? onepass_new(t->target) : NULL;
    tr->arena = arena_new();
    tr->former.target = t->target;
    tr->former.cpu = t->settings.cpu;
    tr->former.ops = t->ops;
    tr->former.mm = t->mm;
    tr->former.invalidations = &t->invalidations;
    tr->former.seen_invalidations = FORM_SEEN_NOTHING;
    if (t->settings.engine == TCG_ENGINE_TIERED) {
        tr->former.runs_of = runs_of;
        tr->former.cold_runs = t->settings.hot_threshold / HOT_TO_COLD;
        tr->former.has_seen = t->settings.cold_visits && t->target->direct ? has_seen : NULL;
        tr->former.opaque = th;
    }
    return tr;
}

void translator_free(Translator *tr)
{
    if (tr) {
        ir_builder_free(tr->builder);
        onepass_free(tr->onepass);
        arena_free(tr->arena);
        host_free(tr);
    }
}

Translator *translator_of(TcgThread *th)
{
    if (!th->translator) {
        th->translator = translator_new(th);
    }
    return th->translator;
}

/* ---- logs */

static void write_text(void *opaque, const char *text, size_t len)
{
    const Tcg *t = opaque;
    while (len) {
        ssize_t n = write(tcg_log_fd(t), text, len);
        if (n <= 0) {
            return;
        }
        text += n;
        len -= (size_t)n;
    }
}

static void log_ir(Tcg *t, const char *title, const IrRegion *r)
{
    write_text(t, title, strlen(title));
    ir_print(r, write_text, t);
}

static void log_guest_code(const Tcg *t, const Former *f)
{
    LogLine l = { .len = 0 };
    char text[128];
    log_str(&l, "IN: ");
    log_hex(&l, f->key.pc, 16);
    log_flush(&l, tcg_log_fd(t));
    for (uint32_t i = 0; i < f->norder; i++) {
        const FormBlock *k = &f->blocks[f->order[i]];
        for (uint32_t j = k->first; j < k->first + k->n; j++) {
            const TargetInsn *insn = &f->insns[j];
            f->target->disas(insn, text, sizeof text);
            log_str(&l, "0x");
            log_hex(&l, insn->pc, 8 + 8 * (insn->pc >> 32 != 0));
            log_str(&l, ":  ");
            log_hex(&l, insn->raw, insn->len < 4 ? 2u * insn->len : 8);
            log_pad(&l, 32);
            log_str(&l, text);
            log_flush(&l, tcg_log_fd(t));
        }
    }
    log_flush(&l, tcg_log_fd(t));
}

/* ---- forming */

/* From the end of the phase before. */
static void end_phase(TcgThread *th, TcgPhase phase)
{
    stats_phase(th, phase, &th->translator->clock);
}

static bool discover(TcgThread *th, RegionKey key, RegionShape shape, uint32_t max_insns)
{
    Former *f = &th->translator->former;
    stats_begin_phases(th->tcg, &th->translator->clock, shape == SHAPE_GRAPH);
    bool is_ok = region_discover(f, key, shape, max_insns);
    end_phase(th, TCG_PHASE_DECODE);
    if (!is_ok) {
        th->state->fault_addr = f->fault_addr;
        th->state->fault_kind = f->fault;
        return false;
    }
    if (tcg_is_logged(th->tcg, TCG_LOG_IN_ASM, key.pc)) {
        log_guest_code(th->tcg, f);
    }
    return true;
}

static void build_into(Translator *tr, IrRegion *r, const IrSettings *settings)
{
    arena_reset(tr->arena);
    region_build(&tr->former, tr->builder, r, tr->arena, settings);
}

static IrSettings ir_settings(const TcgThread *th, bool is_quick)
{
    return (IrSettings){ .is_tso = th->tcg->target->is_tso, .is_quick = is_quick, .guard_fails = th->tcg->guard_fails,
                         .has_guards = th->translator->former.shape == SHAPE_GRAPH };
}

static void build(TcgThread *th, IrRegion *r, bool is_quick)
{
    IrSettings settings = ir_settings(th, is_quick);
    build_into(th->translator, r, &settings);
    end_phase(th, TCG_PHASE_IR);
}

/* Folding happens during construction: without it once more, for the log. */
static void log_unfolded(TcgThread *th)
{
    Translator *tr = th->translator;
    if (tcg_is_logged(th->tcg, TCG_LOG_OP, tr->former.key.pc)) {
        IrRegion r;
        IrSettings plain = ir_settings(th, false);
        plain.no_fold = true;
        build_into(tr, &r, &plain);
        ir_finish(tr->builder);
        log_ir(th->tcg, "OP:\n", &r);
    }
}

static void finish(TcgThread *th, IrRegion *r)
{
    Translator *tr = th->translator;
    ir_finish(tr->builder);
    end_phase(th, TCG_PHASE_IR);
    if (tcg_is_logged(th->tcg, TCG_LOG_OP_OPT, tr->former.key.pc)) {
        log_ir(th->tcg, "OP after optimisation:\n", r);
    }
}

bool translate_to_ir(TcgThread *th, RegionKey key, RegionShape shape, unsigned max_insns, IrRegion *r)
{
    translator_of(th);
    uint64_t start = stats_cpu(th->tcg);
    if (!discover(th, key, shape, max_insns)) {
        return false;
    }
    log_unfolded(th);
    build(th, r, false);
    finish(th, r);
    th->stats.regions[0]++;
    th->stats.guest_insns[0] += r->guest_insns;
    stats_translated(th, 0, start);
    return true;
}

/* ---- compiling */

typedef enum TryResult { TRY_DONE, TRY_AGAIN, TRY_SMALLER, TRY_FETCH_FAULT, TRY_NEVER } TryResult;

/* When something was invalidated meanwhile, or not all could be protected before it was read. From protecting on a write is reported. One
 * between reading and protecting shows in the bytes; a later one in the count of invalidations, which is read first because a report comes
 * before the page is opened. */
static PublishResult protect_and_publish(TcgThread *th, PublishPlan *plan, const CodeBlob *blob)
{
    plan->seen_invalidations = atomic_load(&th->tcg->invalidations);
    Former *f = &th->translator->former;
    bool is_valid = region_protect(f, plan->sources, plan->nsources) && region_is_unchanged(f);
    if (!is_valid) {
        region_forget_bytes(f);
        return PUBLISH_CHANGED;
    }
    return publish_region(th, plan, blob);
}

static TryResult publish(TcgThread *th, unsigned tier, const CodeBlob *blob)
{
    const Former *f = &th->translator->former;
    IrSource sources[FORM_MAX_BLOCKS];
    PublishPlan plan = {
        .key = f->key, .tier = tier, .sources = sources, .nsources = region_sources(f, sources),
        .guest_insns = f->ninsns, .counter = (int32_t)th->tcg->settings.hot_threshold,
    };
    plan.seen_invalidations = f->seen_invalidations;
    PublishResult result = f->is_guarded ? publish_region(th, &plan, blob) : PUBLISH_STALE;
    for (unsigned tries = 0; result == PUBLISH_STALE && tries < MAX_TRIES; tries++) {
        result = protect_and_publish(th, &plan, blob);
    }
    switch (result) {
    case PUBLISH_DONE:
        th->stats.regions[tier]++;
        th->stats.guest_insns[tier] += f->ninsns;
        return TRY_DONE;
    case PUBLISH_EXISTS:
        return TRY_DONE;
    case PUBLISH_TOO_LARGE:
        return TRY_SMALLER;
    case PUBLISH_NO_MEMORY:
        return TRY_NEVER;
    default:
        return TRY_AGAIN;
    }
}

static void init_blob(const TcgThread *th, CodeBlob *blob)
{
    memset(blob, 0, sizeof *blob);
    blob->arena = th->translator->arena;
}

static bool compile_quick(TcgThread *th, const HostSettings *host, CodeBlob *blob)
{
    IrRegion r;
    build(th, &r, true);
    init_blob(th, blob);
    codecache_prefetch(&th->tcg->cache);
    bool is_done = host_compile_quick(th->translator->builder, host, blob);
    end_phase(th, TCG_PHASE_COMPILE);
    return is_done;
}

static bool compile_onepass(TcgThread *th, const HostSettings *host, CodeBlob *blob)
{
    Translator *tr = th->translator;
    const Former *f = &tr->former;
    if (!tr->onepass) {
        return false;
    }
    arena_reset(tr->arena);
    init_blob(th, blob);
    codecache_prefetch(&th->tcg->cache);
    bool is_done = host_compile_onepass(tr->onepass, f->cpu, f->key.ctx, f->insns, f->ninsns, host, blob);
    th->stats.onepass_regions += is_done;
    end_phase(th, TCG_PHASE_COMPILE);
    return is_done;
}

/* What the quick way cannot do is built anew. It has neither finished IR nor machine IR: for a log of them code is made as everywhere
 * else. */
static void compile(TcgThread *th, const HostSettings *host, CodeBlob *blob)
{
    IrRegion r;
    bool is_logged = tcg_is_logged(th->tcg, TCG_LOG_OP_OPT | TCG_LOG_MIR, th->translator->former.key.pc);
    log_unfolded(th);
    if (host->is_quick && !is_logged && (compile_onepass(th, host, blob) || compile_quick(th, host, blob))) {
        return;
    }
    build(th, &r, false);
    finish(th, &r);
    init_blob(th, blob);
    host_compile(&r, host, blob);
    end_phase(th, TCG_PHASE_COMPILE);
}

static TryResult try_translate(TcgThread *th, RegionKey key, unsigned tier, RegionShape shape, uint32_t max_insns)
{
    Tcg *t = th->tcg;
    if (!discover(th, key, shape, max_insns)) {
        return TRY_FETCH_FAULT;
    }
    HostSettings host = {
        .has_counter = tier == 1 && t->settings.engine == TCG_ENGINE_TIERED,
        .has_poll = true,
        .is_quick = tier == 1,
        .is_single = !t->is_parallel,
        .mir_fd = tcg_is_logged(t, TCG_LOG_MIR, key.pc) ? tcg_log_fd(t) : -1,
    };
    CodeBlob blob;
    compile(th, &host, &blob);
    TryResult result = blob.is_failed ? TRY_SMALLER : publish(th, tier, &blob);
    end_phase(th, TCG_PHASE_PUBLISH);
    return result;
}

TcgEvent translate(TcgThread *th, RegionKey key, unsigned tier)
{
    const TcgSettings *s = &th->tcg->settings;
    RegionShape shape = s->engine == TCG_ENGINE_BLOCK ? SHAPE_BLOCK : tier == 2 ? SHAPE_GRAPH : SHAPE_TRACE;
    uint32_t max_insns = s->one_insn ? 1 : tier == 2 ? TIER2_INSNS : TIER1_INSNS;
    uint64_t start = stats_cpu(th->tcg);
    translator_of(th);
    TcgEvent event = TCG_EVENT_INTERPRET;
    for (unsigned tries = 0; tries < MAX_TRIES;) {
        TryResult result = try_translate(th, key, tier, shape, max_insns);
        if (result == TRY_NEVER) {
            break;
        }
        if (result == TRY_DONE) {
            event = TCG_EVENT_NONE;
            break;
        }
        if (result == TRY_FETCH_FAULT) {
            event = TCG_EVENT_FETCH_FAULT;
            break;
        }
        if (result == TRY_AGAIN) {
            tries++;
        } else if (max_insns == 1) {
            break;
        } else {
            uint32_t tried = th->translator->former.ninsns;
            max_insns = (tried < max_insns ? tried : max_insns) / 2;
            max_insns += max_insns == 0;
        }
    }
    stats_translated(th, tier, start);
    return event;
}
