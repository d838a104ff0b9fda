/* SPDX-License-Identifier: MIT */
/* State, memory, faults and code of the machine without an ISA. */
#include "tests/ir/ir_machine.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "tcg/epoch.h"
#include "tcg/fpu.h"
#include "tcg/interp.h"
#include "tcg/publish.h"
#include "util/access.h"
#include "util/arena.h"
#include "util/assert.h"

#define X(n, pin) { "x" #n, IR_I64, pin, 8 * n }
#define SLOT(name, n, type, at) { name #n, type, -1, at }
const IrSlotDesc irm_slots[IRM_NSLOTS] = {
    X(0, 0), X(1, 1), X(2, 2), X(3, 3), X(4, 4), X(5, 5), X(6, 6), X(7, 7), X(8, 8), X(9, 9), X(10, -1), X(11, -1), X(12, -1),
    X(13, -1), X(14, -1), X(15, -1),
    SLOT("w", 0, IR_I32, 128), SLOT("w", 1, IR_I32, 132), SLOT("w", 2, IR_I32, 136), SLOT("w", 3, IR_I32, 140),
    SLOT("d", 0, IR_F64, 144), SLOT("d", 1, IR_F64, 152), SLOT("d", 2, IR_F64, 160), SLOT("d", 3, IR_F64, 168),
    SLOT("s", 0, IR_F32, 176), SLOT("s", 1, IR_F32, 180), SLOT("v", 0, IR_V128, 192), SLOT("v", 1, IR_V128, 208),
    SLOT("c", 0, IR_CC, 224),
};

enum { HELPER_MEMORY = 1024 }; /* in guest[]: what the helpers write */

static void mark(CpuState *s, uint64_t a)
{
    uint64_t x;
    memcpy(&x, s->guest + HELPER_MEMORY, 8);
    x = (x << 7 | x >> 57) ^ a;
    memcpy(s->guest + HELPER_MEMORY, &x, 8);
}

static uint64_t mix(CpuState *s, uint64_t a, uint64_t b, uint32_t c) { return (a ^ b << 13) * 0x9e3779b97f4a7c15ull + c; }
static double fp_helper(CpuState *s, double a, double b) { return a * b + 1.0; }

const HelperDesc irm_helpers[IRM_NHELPERS] = {
    [IRM_MARK_HELPER] = { "mark", (void *)mark, IR_VOID, 1, { IR_I64 }, HELPER_STATE },
    [IRM_MIX_HELPER] = { "mix", (void *)mix, IR_I64, 3, { IR_I64, IR_I64, IR_I32 }, HELPER_PURE },
    [IRM_FP_HELPER] = { "fp", (void *)fp_helper, IR_F64, 2, { IR_F64, IR_F64 }, HELPER_FP },
};

/* There is no code to be fetched: what leaves a region ends in TCG_EVENT_FETCH_FAULT at its new pc. */
static unsigned fetch(void *mm, uint64_t pc, void *buf, unsigned len, TcgFault *fault)
{
    *fault = TCG_FAULT_MAPERR;
    return 0;
}

static bool protect_code(void *mm, uint64_t start, uint64_t end) { return true; }
static bool write_hit(void *mm, uint64_t addr) { return false; }
static const TcgMemOps ops = { .fetch = fetch, .protect_code = protect_code };
static CpuState *current;

static void on_fault(int sig, siginfo_t *info, void *uc)
{
    if (!tcg_handle_fault(current, sig, info, uc) && !access_fixup(info, uc)) {
        lyre_assert_fail("fault is the guest's", __FILE__, __LINE__);
    }
}

static void map_memory(IrMachine *m)
{
    static uint8_t *memory; /* at low addresses, so that some fit a displacement; all machines share it */
    if (!memory) {
        void *low = (void *)0x10000000;
        memory = mmap(low, IRM_MEMORY + 8192, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0);
        lyre_assert(memory == low);
        mprotect(memory + 4096, IRM_RW, PROT_READ | PROT_WRITE);
        mprotect(memory + 4096 + IRM_RW, IRM_RO, PROT_READ);
    }
    m->memory = memory + 4096;
}

void irm_init(IrMachine *m, const IrSlotDesc *slots, unsigned nslots, const HelperDesc *helpers, unsigned nhelpers)
{
    static const int signals[] = { SIGSEGV, SIGBUS, SIGILL };
    static const TcgSettings settings = { .engine = TCG_ENGINE_REGION };
    static uint8_t stack[256 << 10];
    stack_t ss = { .ss_sp = stack, .ss_size = sizeof stack };
    sigaltstack(&ss, NULL);
    struct sigaction sa = { .sa_sigaction = on_fault, .sa_flags = SA_SIGINFO | SA_ONSTACK };
    for (unsigned i = 0; i < 3; i++) {
        sigaction(signals[i], &sa, NULL);
    }
    m->target = (Target){ .name = "ir", .page_size = 4096, .min_insn = 4, .max_insn = 4, .slots = slots, .nslots = nslots,
                          .helpers = helpers, .nhelpers = nhelpers, .pc_mask = ~0ull };
    m->tcg = tcg_new(&m->target, &settings, &ops, NULL);
    lyre_assert(m->tcg);
    m->s = tcg_thread_new(m->tcg, NULL);
    lyre_assert(m->s);
    tcg_set_write_hit(m->tcg, write_hit);
    tcg_thread_enter(m->s);
    map_memory(m);
    m->arena = arena_new();
    m->builder = ir_builder_new();
}

static void protect(const IrmState *in, uint8_t *memory)
{
    static const int modes[] = { PROT_READ | PROT_WRITE, PROT_NONE, PROT_READ };
    mprotect(memory + IRM_RW / 2, IRM_RW / 2, modes[in->protect]);
}

void irm_load(IrMachine *m, const IrmState *in)
{
    current = m->s;
    memcpy(m->s->guest, in->guest, sizeof in->guest);
    memcpy(m->memory, in->memory, IRM_RW);
    if (in->protect) {
        protect(in, m->memory);
    }
    m->s->pc = in->pc;
    m->s->ctx = in->ctx;
    m->s->guest_mxcsr = in->mxcsr;
    m->s->fault_addr = 0;
    m->s->fault_kind = 0;
    m->s->return_sp = m->s->return_bottom;
}

static void save(IrMachine *m, TcgEvent event, const IrmState *in, IrmState *out)
{
    if (in->protect) {
        static const IrmState all;
        protect(&all, m->memory);
    }
    memcpy(out->guest, m->s->guest, sizeof out->guest);
    memcpy(out->memory, m->memory, IRM_RW);
    out->pc = m->s->pc;
    out->ctx = m->s->ctx;
    out->mxcsr = m->s->guest_mxcsr & ~(uint32_t)MXCSR_DENORMAL;
    out->event = event == TCG_EVENT_FETCH_FAULT ? TCG_EVENT_LOOKUP : event;
    out->fault_addr = event == TCG_EVENT_FAULT ? m->s->fault_addr : 0;
    out->fault_kind = event == TCG_EVENT_FAULT ? m->s->fault_kind : 0;
}

void irm_interpret(IrMachine *m, const IrRegion *r, uint32_t block, const IrmState *in, IrmState *out)
{
    irm_load(m, in);
    static const _Atomic uint32_t stop = 1;
    save(m, interp_run(r, block, m->s, in->has_stop ? &stop : NULL), in, out);
}

void irm_compile(IrMachine *m, IrRegion *r, CodeBlob *blob)
{
    HostSettings settings = { .has_poll = m->has_poll };
    memset(blob, 0, sizeof *blob);
    blob->arena = m->arena;
    host_compile(r, &settings, blob);
}

void irm_publish(IrMachine *m, const IrRegion *r, CodeBlob *blob)
{
    IrSource source = { r->blocks[1].pc, r->blocks[1].pc + 4 };
    PublishPlan plan = { .key = { .pc = source.start, .ctx = r->ctx }, .tier = 2, .sources = &source, .nsources = 1, .guest_insns = 1 };
    PublishResult result;
    do {
        plan.seen_invalidations = atomic_load(&m->tcg->invalidations);
        result = publish_region(m->s->tcg, &plan, blob);
    } while (result == PUBLISH_STALE);
    lyre_assert(result == PUBLISH_DONE);
}

/* Makes the next poll fault. There is no request: the run loop goes on at the poll's pc, which it cannot fetch. */
static void stop_at_poll(IrMachine *m)
{
    poll_open(m->s->tcg);
    mprotect((char *)m->s + STATE_POLL_PAGE, 4096, PROT_NONE);
}

void irm_run(IrMachine *m, uint64_t pc, const IrmState *in, IrmState *out)
{
    irm_load(m, in);
    m->s->pc = pc;
    if (in->has_stop) {
        stop_at_poll(m);
    }
    save(m, tcg_run(m->s), in, out);
    poll_open(m->s->tcg);
}

void irm_forget(IrMachine *m, const IrRegion *r) { tcg_invalidate(m->tcg, r->blocks[1].pc, r->blocks[1].pc + 4); }

static void print_slot(const IrmState *s, const IrSlotDesc *d, char *buf, unsigned size)
{
    const uint64_t *at = (const uint64_t *)(s->guest + d->offset);
    bool is_word = d->type == IR_I32 || d->type == IR_F32 || d->type == IR_CC;
    if (d->type == IR_V128) {
        snprintf(buf, size, "%016lx%016lx", at[1], at[0]);
    } else {
        snprintf(buf, size, "%0*lx", is_word ? 8 : 16, is_word ? *(const uint32_t *)at : *at);
    }
}

bool irm_differ(const IrMachine *m, const IrmState *a, const IrmState *b, char *buf, unsigned size)
{
    if (a->event != b->event || a->pc != b->pc) {
        snprintf(buf, size, "event %u pc %lx fault %lx %u, event %u pc %lx fault %lx %u", a->event, a->pc, a->fault_addr, a->fault_kind,
                 b->event, b->pc, b->fault_addr, b->fault_kind);
        return true;
    }
    if (a->fault_addr != b->fault_addr || a->fault_kind != b->fault_kind) {
        snprintf(buf, size, "fault %lx %u, fault %lx %u", a->fault_addr, a->fault_kind, b->fault_addr, b->fault_kind);
        return true;
    }
    for (unsigned i = 0; i < m->target.nslots; i++) {
        char x[40], y[40];
        print_slot(a, &m->target.slots[i], x, sizeof x);
        print_slot(b, &m->target.slots[i], y, sizeof y);
        if (strcmp(x, y) != 0) {
            snprintf(buf, size, "%s %s, %s", m->target.slots[i].name, x, y);
            return true;
        }
    }
    for (unsigned i = 0; i < IRM_RW; i++) {
        if (a->memory[i] != b->memory[i]) {
            snprintf(buf, size, "memory at %x: %02x, %02x", i, a->memory[i], b->memory[i]);
            return true;
        }
    }
    if (a->mxcsr != b->mxcsr || a->ctx != b->ctx || memcmp(a->guest, b->guest, sizeof a->guest) != 0) {
        snprintf(buf, size, "mxcsr %x ctx %x, mxcsr %x ctx %x, or what helpers write", a->mxcsr, a->ctx, b->mxcsr, b->ctx);
        return true;
    }
    return false;
}
