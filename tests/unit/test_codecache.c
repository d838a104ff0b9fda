/* SPDX-License-Identifier: MIT */
/*
 * The run time below translation: hand-made blobs are published and run. Trampolines, links, inline caches, calls and returns, the return
 * stack's guard, retiring, eviction, moving, and the key map.
 */
#include <pthread.h>
#include <stddef.h>
#include <string.h>

#include "tcg/epoch.h"
#include "tcg/publish.h"
#include "tcg/tramp.h"
#include "tests/unit/toy_machine.h"
#include "util/arena.h"

/* Nothing is translated here: keys without a blob are interpreted, which the tests do not reach. */
void host_compile(IrRegion *r, const HostSettings *settings, CodeBlob *out)
{
    out->is_failed = true;
}

/* ---- making blobs */

typedef struct Maker {
    CodeBlob b;
    uint8_t code[512];
    uint8_t data[512];
    uint32_t refs[8];
    CodeEntry entries[4];
} Maker;

static void begin(Maker *m, uint64_t pc)
{
    memset(m, 0, sizeof *m);
    m->b = (CodeBlob){ .code = m->code, .data = m->data, .refs = m->refs, .entries = m->entries, .nentries = 1 };
    m->entries[0].key.pc = pc;
}

static void emit(Maker *m, unsigned n, const void *bytes)
{
    memcpy(m->code + m->b.code_size, bytes, n);
    m->b.code_size += n;
}
#define BYTES(m, ...) emit(m, sizeof((uint8_t[]){ __VA_ARGS__ }), (uint8_t[]){ __VA_ARGS__ })

static void emit32(Maker *m, uint32_t v) { emit(m, 4, &v); }

#define OFFSET(field) ((uint32_t)(offsetof(CpuState, field) - STATE_BIAS))

static void jump_tramp(Maker *m, unsigned tramp)
{
    BYTES(m, 0xff, 0xa5); /* jmp [rbp + disp32] */
    emit32(m, OFFSET(tramp) + 8 * tramp);
}

static void set_pc(Maker *m, uint32_t pc)
{
    BYTES(m, 0x48, 0xc7, 0x85); /* mov qword [rbp + disp32], imm32 */
    emit32(m, OFFSET(pc));
    emit32(m, pc);
}

static void leave_with(Maker *m, uint32_t event, uint32_t pc)
{
    set_pc(m, pc);
    BYTES(m, 0xb8);
    emit32(m, event);
    jump_tramp(m, TRAMP_LEAVE);
}

/* lea reg, [rip + data] */
static void data_address(Maker *m, uint8_t modrm, uint32_t offset)
{
    BYTES(m, 0x48, 0x8d, modrm);
    m->refs[m->b.nrefs++] = m->b.code_size;
    emit32(m, offset - (m->b.code_size + 4));
}

static void add_rbx(Maker *m, uint8_t n) { BYTES(m, 0x48, 0x83, 0xc3, n); }

/* op: 0xe9 jmp, 0xe8 call. The stub follows at once for jumps, by stub() for calls. */
static void link_to(Maker *m, uint8_t op, uint64_t pc)
{
    while (m->b.code_size % 4 != 3) {
        BYTES(m, 0x90);
    }
    BYTES(m, op);
    code_links(m->data)[m->b.nlinks++] = (LinkRow){ .pc = pc, .site = m->b.code_size };
    emit32(m, 0);
}

static void stub(Maker *m, uint32_t link)
{
    uint32_t field = code_links(m->data)[link].site, rel = m->b.code_size - (field + 4);
    memcpy(m->code + field, &rel, 4);
    m->b.link_stubs = m->b.code_size - link * LINK_STUB_SIZE;
    data_address(m, 0x05, code_link_offset(link));
    jump_tramp(m, TRAMP_LINK);
}

/* After a guest call: rax = pc that was returned to. */
static void return_site(Maker *m, uint32_t pc)
{
    BYTES(m, 0x48, 0x3d); /* cmp rax, imm32; je over the jump */
    emit32(m, pc);
    BYTES(m, 0x74, 6);
    jump_tramp(m, TRAMP_RETURN_MISS);
}

static uint32_t ic_offset(const Maker *m)
{
    return code_link_offset(m->b.nlinks);
}

/* To the pc in rax through the region's inline cache. */
static void indirect(Maker *m)
{
    m->b.nics = 1;
    *(IcRow *)(m->data + ic_offset(m)) = (IcRow){ ~0ull, (void *)tramp_relookup };
    data_address(m, 0x0d, ic_offset(m));           /* rcx */
    BYTES(m, 0x48, 0x3b, 0x01, 0x75, 3, 0xff, 0x61, 8); /* cmp rax, [rcx]; jne; jmp [rcx + 8] */
    jump_tramp(m, TRAMP_INDIRECT);
}

static PublishResult publish(CpuState *s, Maker *m, unsigned tier)
{
    IrSource source = { m->entries[0].key.pc, m->entries[0].key.pc + 4 };
    m->b.data_size = ic_offset(m) + m->b.nics * (uint32_t)sizeof(IcRow);
    PublishPlan plan = { m->entries[0].key, tier, &source, 1, 1, 1000, atomic_load(&s->tcg->tcg->invalidations) };
    return publish_region(s->tcg, &plan, &m->b);
}

static void put_counting_jump(CpuState *s, uint64_t pc, uint8_t n, uint64_t to)
{
    Maker m;
    begin(&m, pc);
    add_rbx(&m, n);
    link_to(&m, 0xe9, to);
    stub(&m, 0);
    publish(s, &m, 1);
}

static void put_syscall(CpuState *s, uint64_t pc, uint8_t n)
{
    Maker m;
    begin(&m, pc);
    add_rbx(&m, n);
    leave_with(&m, TCG_EVENT_SYSCALL, (uint32_t)pc + 4);
    publish(s, &m, 1);
}

static uint64_t run(CpuState *s, uint64_t pc, TcgEvent expected)
{
    *toy_reg(s, 1) = 0;
    s->pc = pc;
    TcgEvent event = tcg_run(s);
    return event == expected ? *toy_reg(s, 1) : ~0ull;
}

/* ---- tests */

static TcgStats stats_of(const CpuState *s)
{
    TcgStats stats;
    tcg_get_stats(s->tcg->tcg, &stats);
    return stats;
}

static void test_links(CpuState *s)
{
    put_counting_jump(s, 0x1000, 1, 0x2000);
    put_syscall(s, 0x2000, 10);
    tap_ok(run(s, 0x1000, TCG_EVENT_SYSCALL) == 11 && s->pc == 0x2004, "a direct exit goes to its target");
    uint64_t lookups = stats_of(s).lookups;
    tap_ok(run(s, 0x1000, TCG_EVENT_SYSCALL) == 11 && stats_of(s).lookups == lookups + 1, "and is linked from then on");
    tcg_invalidate(s->tcg->tcg, 0x2000, 0x2001);
    put_syscall(s, 0x2000, 20);
    tap_ok(run(s, 0x1000, TCG_EVENT_SYSCALL) == 21, "an invalidated target is unlinked");
    Maker m;
    begin(&m, 0x2000);
    add_rbx(&m, 30);
    leave_with(&m, TCG_EVENT_SYSCALL, 0x2004);
    tap_ok(publish(s, &m, 1) == PUBLISH_EXISTS, "the second translation of a key is dropped");
    lookups = stats_of(s).lookups;
    tap_ok(publish(s, &m, 2) == PUBLISH_DONE && run(s, 0x1000, TCG_EVENT_SYSCALL) == 31 && stats_of(s).lookups == lookups + 1,
           "links follow to the higher tier");
}

static void test_calls(CpuState *s)
{
    Maker m;
    begin(&m, 0x3000);
    link_to(&m, 0xe8, 0x4000);
    return_site(&m, 0x3004);
    add_rbx(&m, 1);
    leave_with(&m, TCG_EVENT_SYSCALL, 0x3008);
    stub(&m, 0);
    publish(s, &m, 1);
    begin(&m, 0x4000);
    add_rbx(&m, 100);
    BYTES(&m, 0xb8); /* mov eax, return pc; ret */
    emit32(&m, 0x3004);
    BYTES(&m, 0xc3);
    publish(s, &m, 1);
    tap_ok(run(s, 0x3000, TCG_EVENT_SYSCALL) == 101 && s->pc == 0x3008, "call and return, unlinked");
    tap_ok(run(s, 0x3000, TCG_EVENT_SYSCALL) == 101 && s->return_sp == s->return_bottom, "call and return, linked");
    put_syscall(s, 0x3004, 7);
    tap_ok(run(s, 0x4000, TCG_EVENT_SYSCALL) == 107, "a return with an empty stack is looked up");
    begin(&m, 0x5000); /* endless recursion, which counts in rbx and stops at 100000 */
    add_rbx(&m, 1);
    BYTES(&m, 0x48, 0x81, 0xfb); /* cmp rbx, imm32; jne */
    emit32(&m, 100000);
    BYTES(&m, 0x75, 5 + 6 + 11);
    leave_with(&m, TCG_EVENT_SYSCALL, 0x5008);
    link_to(&m, 0xe8, 0x5000);
    return_site(&m, 0x5004);
    stub(&m, 0);
    publish(s, &m, 1);
    tap_ok(run(s, 0x5000, TCG_EVENT_SYSCALL) == 100000, "the return stack overflows without harm");
}

static void test_inline_cache(CpuState *s)
{
    Maker m;
    begin(&m, 0x6000); /* to the pc in r2 = r12 */
    BYTES(&m, 0x4c, 0x89, 0xe0);
    indirect(&m);
    publish(s, &m, 1);
    put_syscall(s, 0x6100, 1);
    put_syscall(s, 0x6200, 2);
    *toy_reg(s, 2) = 0x6100;
    bool is_ok = run(s, 0x6000, TCG_EVENT_SYSCALL) == 1;
    uint64_t lookups = stats_of(s).lookups;
    is_ok = is_ok && run(s, 0x6000, TCG_EVENT_SYSCALL) == 1 && stats_of(s).ic_fills == 1 && stats_of(s).lookups == lookups + 1;
    tap_ok(is_ok, "an inline cache is filled at its first miss");
    *toy_reg(s, 2) = 0x6200;
    is_ok = run(s, 0x6000, TCG_EVENT_SYSCALL) == 2;
    lookups = stats_of(s).lookups;
    tap_ok(is_ok && run(s, 0x6000, TCG_EVENT_SYSCALL) == 2 && stats_of(s).lookups == lookups + 1, "then the table serves");
    tcg_invalidate(s->tcg->tcg, 0x6100, 0x6101);
    put_syscall(s, 0x6100, 3);
    *toy_reg(s, 2) = 0x6100;
    tap_ok(run(s, 0x6000, TCG_EVENT_SYSCALL) == 3, "an inline cache does not lead to retired code");
    *toy_reg(s, 2) = ~0ull;
    begin(&m, ~0ull);
    m.entries[0].key.pc = ~0ull;
    add_rbx(&m, 9);
    leave_with(&m, TCG_EVENT_SYSCALL, 0);
    IrSource source = { ~0ull - 4, ~0ull };
    m.b.data_size = ic_offset(&m);
    PublishPlan plan = { m.entries[0].key, 1, &source, 1, 1, 1000, atomic_load(&s->tcg->tcg->invalidations) };
    publish_region(s->tcg, &plan, &m.b);
    put_syscall(s, 0, 8);
    tap_ok(run(s, 0x6000, TCG_EVENT_SYSCALL) == 9 && run(s, 0x6000, TCG_EVENT_SYSCALL) == 9, "pc ~0 is no empty entry");
    *toy_reg(s, 2) = 0;
    tap_ok(run(s, 0x6000, TCG_EVENT_SYSCALL) == 8 && run(s, 0x6000, TCG_EVENT_SYSCALL) == 8, "pc 0 is no empty entry");
}

static uint64_t helper(CpuState *s, uint64_t x)
{
    return ((uintptr_t)__builtin_frame_address(0) & 15) == 0 && s->is_in_code ? x * 3 : 0;
}

static void test_helper(CpuState *s)
{
    Maker m;
    begin(&m, 0x7000);
    BYTES(&m, 0x48, 0x8d, 0x7d, 0x80);  /* lea rdi, [rbp - 128] */
    BYTES(&m, 0x48, 0x89, 0xde);        /* mov rsi, rbx */
    BYTES(&m, 0x48, 0xb8);              /* mov rax, helper */
    uint64_t fn = (uintptr_t)helper;
    emit(&m, 8, &fn);
    BYTES(&m, 0xff, 0x95);              /* call [rbp + tramp] */
    emit32(&m, OFFSET(tramp) + 8 * TRAMP_CALL_HELPER);
    BYTES(&m, 0x48, 0x89, 0xc3);        /* mov rbx, rax */
    leave_with(&m, TCG_EVENT_SYSCALL, 0x7004);
    publish(s, &m, 1);
    *toy_reg(s, 1) = 14;
    s->pc = 0x7000;
    tap_ok(tcg_run(s) == TCG_EVENT_SYSCALL && *toy_reg(s, 1) == 42, "a helper runs on the C stack");
}

/* Each region leads to the next: all of them are linked while segments are recycled under them. */
static void test_eviction(CpuState *s, unsigned rounds)
{
    enum { N = 400 };
    bool is_ok = true;
    for (unsigned round = 0; round < rounds && is_ok; round++) {
        for (unsigned i = 0; i < N; i++) {
            uint64_t pc = 0x100000 + 0x10 * i;
            if (!map_find(&s->tcg->tcg->map, (RegionKey){ pc, 0 })) {
                put_syscall(s, pc + 0x10, 1); /* replaced by the next jump */
                tcg_invalidate(s->tcg->tcg, pc + 0x10, pc + 0x11);
                put_syscall(s, pc + 0x10, 5);
                put_counting_jump(s, pc, 1, pc + 0x10);
            }
            is_ok = is_ok && run(s, pc, TCG_EVENT_SYSCALL) >= 5;
            tcg_invalidate(s->tcg->tcg, pc + 0x10, pc + 0x11);
        }
    }
    tap_ok(is_ok && (stats_of(s).evictions > rounds || s->tcg->tcg->settings.cache_size == 0), "segments are recycled");
}

static void test_map(CpuState *s)
{
    Tcg *t = s->tcg->tcg;
    bool is_ok = true;
    lock_acquire(&t->publish);
    for (uint64_t i = 1; i <= 20000; i++) {
        RegionKey key = { i * 2 << 40, (uint32_t)i & 3 };
        is_ok = is_ok && map_reserve(t, 1);
        map_put(t, map_place(&t->map, key), key, t->cache.base + i, NULL);
    }
    for (uint64_t i = 1; i <= 20000; i++) {
        RegionKey key = { i * 2 << 40, (uint32_t)i & 3 }, other = { i * 2 << 40, ~(uint32_t)i & 3 };
        is_ok = is_ok && map_find(&t->map, key) == t->cache.base + i && !map_find(&t->map, other);
        map_remove(t, key);
        is_ok = is_ok && !map_find(&t->map, key);
    }
    lock_release(&t->publish);
    tap_ok(is_ok, "the map finds what it was given");
}

static void run_all(const TcgSettings *settings, const char *name)
{
    ToyMachine machine;
    toy_machine_init(&machine, settings);
    CpuState *s = toy_thread_begin(&machine);
    tap_ok(true, name);
    test_links(s);
    test_calls(s);
    test_inline_cache(s);
    test_helper(s);
    test_eviction(s, 50);
    test_map(s);
    toy_thread_end(s);
    toy_machine_finish(&machine);
}

/* Threads publish, run and invalidate the same keys in a cache that holds few of them. */
typedef struct Racer {
    ToyMachine *m;
    unsigned seed;
    bool is_ok;
} Racer;

static void *race(void *opaque)
{
    Racer *r = opaque;
    CpuState *s = toy_thread_begin(r->m);
    r->is_ok = true;
    for (unsigned i = 0; i < 4000; i++) {
        r->seed = r->seed * 1103515245 + 12345;
        uint64_t pc = 0x10000 + (r->seed >> 16) % 300 * 0x10;
        put_counting_jump(s, pc, 1, pc + 0x8000);
        put_syscall(s, pc + 0x8000, 2);
        *toy_reg(s, 1) = 0;
        s->pc = pc;
        TcgEvent event = tcg_run(s);
        /* interpreted (illegal: zeros, or unmapped) when another thread's eviction was faster */
        r->is_ok = r->is_ok && ((event == TCG_EVENT_SYSCALL && *toy_reg(s, 1) == 3 && s->pc == pc + 0x8004) ||
                                (event == TCG_EVENT_FETCH_FAULT && *toy_reg(s, 1) <= 1));
        if (i % 64 == 0) {
            tcg_invalidate(r->m->tcg, pc, pc + 0x100);
        }
    }
    toy_thread_end(s);
    return NULL;
}

static void test_race(void)
{
    ToyMachine machine;
    TcgSettings settings = { .engine = TCG_ENGINE_BLOCK, .cache_size = 48 << 10 };
    toy_machine_init(&machine, &settings);
    pthread_t threads[4];
    Racer racers[4];
    for (unsigned i = 0; i < 4; i++) {
        racers[i] = (Racer){ &machine, i + 1, false };
        pthread_create(&threads[i], NULL, race, &racers[i]);
    }
    bool is_ok = true;
    for (unsigned i = 0; i < 4; i++) {
        pthread_join(threads[i], NULL);
        is_ok = is_ok && racers[i].is_ok;
    }
    TcgStats stats;
    tcg_get_stats(machine.tcg, &stats);
    tap_ok(is_ok && stats.evictions > 20, "four threads publish, link, run, invalidate, evict");
    toy_machine_finish(&machine);
}

int main(void)
{
    run_all(&(TcgSettings){ .engine = TCG_ENGINE_BLOCK }, "# large cache");
    run_all(&(TcgSettings){ .engine = TCG_ENGINE_BLOCK, .cache_size = 64 << 10 }, "# small cache");
    run_all(&(TcgSettings){ .engine = TCG_ENGINE_BLOCK, .is_moved = true }, "# moved");
    test_race();
    return tap_done();
}
