/* SPDX-License-Identifier: MIT */
/* Memory, faults and events of an experiment; what Linux would make of each event. */
#include "tests/isa/machine.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "tcg/code.h"
#include "tcg/fpu.h"
#include "util/access.h"
#include "util/assert.h"
#include "util/compiler.h"

const Engine engines[] = {
    { "interp", TCG_ENGINE_INTERP, false },
    { "block", TCG_ENGINE_BLOCK, false },
    { "region", TCG_ENGINE_REGION, false },
    { "moved", TCG_ENGINE_BLOCK, true },
    { "direct", TCG_ENGINE_DIRECT, false },
    { "tiered", TCG_ENGINE_TIERED, false }, /* chains over branches; what runs a second time is hot */
};
const unsigned nengines = ARRAY_LEN(engines);

static CpuState *current;

const Engine *engine_find(const char *name)
{
    for (unsigned i = 0; i < nengines; i++)
        if (!strcmp(engines[i].name, name))
            return &engines[i];
    return NULL;
}

static unsigned fetch(void *mm, uint64_t pc, void *buf, unsigned len, TcgFault *fault)
{
    if (pc >= CODE_LOW && pc < CODE_HIGH) {
        unsigned n = CODE_HIGH - pc < len ? (unsigned)(CODE_HIGH - pc) : len;
        memcpy(buf, (const void *)pc, n);
        return n;
    }
    bool is_data = (pc >= DATA_BASE && pc < DATA_UNMAPPED) ||
                   (pc >= DATA_READ_ONLY && pc < DATA_READ_ONLY + 4096);
    *fault = is_data ? TCG_FAULT_ACCERR : TCG_FAULT_MAPERR;
    return 0;
}

static bool protect_code(void *mm, uint64_t start, uint64_t end) { return true; }
static const TcgMemOps ops = { .fetch = fetch, .protect_code = protect_code };

static void on_fault(int sig, siginfo_t *info, void *uc)
{
    if (!current || !tcg_handle_fault(current, sig, info, uc))
        lyre_assert_fail("fault is the guest's", __FILE__, __LINE__);
}

static void map(uint64_t start, uint64_t size, int prot)
{
    void *p =
        mmap((void *)start, size, prot, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0);
    lyre_assert(p == (void *)start);
}

/* LYRE_HOST_CPU hides features of the host (as -host-cpu does), also from the interpreter's
 * arithmetic. */
static void set_host_features(void)
{
    const char *spec = getenv("LYRE_HOST_CPU");
    bool is_known = host_features_parse(spec ? spec : "native");
    lyre_assert(is_known);
}

void machine_map(void)
{
    set_host_features();
    map(DATA_BASE, 0x2000, PROT_READ | PROT_WRITE);
    map(DATA_READ_ONLY, 0x1000, PROT_READ);
    map(CODE_LOW, CODE_HIGH - CODE_LOW, PROT_READ | PROT_WRITE);
    for (uint32_t *p = (uint32_t *)CODE_LOW; p < (uint32_t *)CODE_HIGH; p++)
        *p = break_word;
    static char stack[64 << 10];
    stack_t ss = { .ss_sp = stack, .ss_size = sizeof stack };
    sigaltstack(&ss, NULL);
    struct sigaction sa = { .sa_sigaction = on_fault, .sa_flags = SA_SIGINFO | SA_ONSTACK };
    static const int signals[] = { SIGSEGV, SIGBUS, SIGILL, SIGTRAP, SIGFPE };
    for (unsigned i = 0; i < ARRAY_LEN(signals); i++)
        sigaction(signals[i], &sa, NULL);
}

void machine_init(Machine *m, const Engine *engine, const TargetCpu *cpu)
{
    TcgSettings settings = {
        .engine = engine->engine, .is_moved = engine->is_moved, .log_fd = 2, .cpu = cpu, .hot_threshold = 1,
    };
    m->tcg = tcg_new(guest.target, &settings, &ops, m);
    m->cpu = tcg_thread_new(m->tcg, m);
    lyre_assert(m->tcg && m->cpu);
    guest.target->reset(m->cpu, cpu);
    tcg_thread_enter(m->cpu);
}

void machine_finish(Machine *m)
{
    tcg_thread_free(m->cpu);
    tcg_free(m->tcg);
}

void machine_put_code(Machine *m, const Experiment *e, uint64_t pc)
{
    memcpy((void *)pc, e->code, sizeof e->code);
    tcg_invalidate(m->tcg, pc, pc + sizeof e->code);
}

void machine_seal_code(void)
{
    int error = mprotect((void *)CODE_LOW, CODE_HIGH - CODE_LOW, PROT_READ);
    lyre_assert(!error);
}

static void set_signal(Outcome *o, int sig, int code, uint64_t addr)
{
    o->sig = (uint64_t)sig;
    o->code = (uint64_t)code;
    o->addr = addr;
}

static void set_memory_fault(Outcome *o, TcgFault kind, uint64_t addr)
{
    switch (kind) {
    case TCG_FAULT_BUS:
        set_signal(o, SIGBUS, BUS_ADRERR, addr);
        break;
    case TCG_FAULT_ALIGN:
        set_signal(o, SIGBUS, BUS_ADRALN, addr);
        break;
    case TCG_FAULT_ACCERR:
        set_signal(o, SIGSEGV, SEGV_ACCERR, addr);
        break;
    default:
        set_signal(o, SIGSEGV, SEGV_MAPERR, addr);
    }
}

static void set_event(const CpuState *s, TcgEvent event, Outcome *o)
{
    switch (event) {
    case TCG_EVENT_BREAK:
        set_signal(o, SIGTRAP, TRAP_BRKPT, s->pc);
        break;
    case TCG_EVENT_ILLEGAL:
        set_signal(o, SIGILL, ILL_ILLOPC, s->pc);
        break;
    case TCG_EVENT_TRAP:
        set_signal(o, SIGILL, ILL_ILLOPN, s->pc);
        break;
    case TCG_EVENT_FAULT:
    case TCG_EVENT_FETCH_FAULT:
        set_memory_fault(o, s->fault_kind, s->fault_addr);
        break;
    case TCG_EVENT_SYSCALL:
        break; /* sig 0 */
    default:
        o->sig = 1000 + event;
    }
}

void machine_run(Machine *m, const Experiment *e, uint64_t pc, Outcome *out)
{
    CpuState *s = m->cpu;
    memset((void *)DATA_BASE, 0, 0x2000);
    memcpy((void *)DATA_WINDOW, e->mem, sizeof e->mem);
    guest.set_regs(s, &e->regs);
    s->ll_addr = ~0ull;
    s->pc = pc;
    current = s;
    TcgEvent event;
    do {
        event = tcg_run(s);
    } while (event == TCG_EVENT_FLUSH); /* no code here is written */
    current = NULL;
    memset(out, 0, sizeof *out);
    guest.get_regs(s, &out->regs);
    out->pc = s->pc;
    set_event(s, event, out);
    memcpy(out->mem, (void *)DATA_WINDOW, sizeof out->mem);
}
