/* SPDX-License-Identifier: MIT */
/*
 * Litmus tests of the memory model (Arm ARM B2.3): two threads per test; what the architecture forbids must never be seen. Both meet before each batch
 * of rounds. Groups of rounds they begin together, if the other one is not long in coming, and do in opposite orders, so that they cross. The stack of LL/SC
 * never uses an address again; with reuse (ABA), what compare-and-swap lets through is told, not judged (docs/decisions.md).
 *   litmus [ROUNDS [weak]]
 * weak: the threads do what a machine without the rule could make of it (no barriers, accesses swapped). Then each test must see what is forbidden, within
 * ROUNDS: it shows that the rounds meet.
 */
#define _GNU_SOURCE
#include <pthread.h>
#include <sched.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef uint64_t u64;
enum { LINE = 64, BATCH = 16384, GROUP = 8 };

/* Each round of a batch has lines of its own. */
typedef struct Round {
    _Alignas(LINE) volatile u64 x;
    _Alignas(LINE) volatile u64 y;
    _Alignas(LINE) u64 seen[2][2];
} Round;
static Round rounds[BATCH];
static _Alignas(LINE) u64 batch;

static int count, failed;
static void ok(int good, const char *name)
{
    printf("%sok %d - %s\n", good ? "" : "not ", ++count, name);
    fflush(stdout);
    failed |= !good;
}

static inline u64 load(const volatile u64 *p) { u64 v; __asm__ volatile("ldr %0, %1" : "=r"(v) : "Q"(*p) : "memory"); return v; }
static inline void store(volatile u64 *p, u64 v) { __asm__ volatile("str %1, %0" : "=Q"(*p) : "r"(v) : "memory"); }
static inline u64 acquire(const volatile u64 *p) { u64 v; __asm__ volatile("ldar %0, %1" : "=r"(v) : "Q"(*p) : "memory"); return v; }
static inline void release(volatile u64 *p, u64 v) { __asm__ volatile("stlr %1, %0" : "=Q"(*p) : "r"(v) : "memory"); }
#define DMB(kind) __asm__ volatile("dmb " kind : : : "memory")

/* Both have come there n times. */
static void meet(u64 *place, u64 n)
{
    __atomic_fetch_add(place, 1, __ATOMIC_ACQ_REL);
    for (unsigned spins = 1; __atomic_load_n(place, __ATOMIC_ACQUIRE) < 2 * n; spins++)
        if (spins % 1024 == 0)
            sched_yield();
}

static inline u64 now(void) { u64 v; __asm__ volatile("isb\n\tmrs %0, cntvct_el0" : "=r"(v) : : "memory"); return v; }
static inline u64 frequency(void) { u64 v; __asm__("mrs %0, cntfrq_el0" : "=r"(v)); return v; }

/* Each thread has a core of its own, where there are several: two that share one would never meet in a round. */
static cpu_set_t all;
static void take_core(unsigned me)
{
    cpu_set_t one;
    if (CPU_COUNT(&all) < 2)
        return;
    int cpu = 0;
    for (unsigned left = me; !CPU_ISSET(cpu, &all) || left--; cpu++) {
    }
    CPU_ZERO(&one);
    CPU_SET(cpu, &one);
    pthread_setaffinity_np(pthread_self(), sizeof(one), &one);
}

/* Both go on at one time: they meet until they do so quickly. On a machine that is always busy they go on in the end as it is. */
static void meet_running(unsigned me, u64 *met)
{
    static _Alignas(LINE) volatile int is_quick;
    u64 limit = frequency() / 500000; /* 2 us */
    for (int tries = 0; tries < 20; tries++) {
        meet(&batch, ++*met);
        u64 start = now();
        meet(&batch, ++*met);
        meet(&batch, ++*met);
        if (!me)
            is_quick = now() - start < limit;
        meet(&batch, ++*met);
        if (is_quick)
            break;
    }
}

/* ---- what the threads do in a round, and what may not come of it */

typedef void Step(Round *r, u64 seen[2]);
typedef struct Test {
    const char *name;
    Step *run[2];
    int (*is_forbidden)(const Round *r);
    Step *weak[2];
} Test;

static void mp_write_dmb(Round *r, u64 *seen) { store(&r->x, 1); DMB("ishst"); store(&r->y, 1); }
static void mp_read_dmb(Round *r, u64 *seen) { seen[0] = load(&r->y); DMB("ishld"); seen[1] = load(&r->x); }
static void mp_write_rel(Round *r, u64 *seen) { store(&r->x, 1); release(&r->y, 1); }
static void mp_read_acq(Round *r, u64 *seen) { seen[0] = acquire(&r->y); seen[1] = load(&r->x); }
static void mp_read_addr(Round *r, u64 *seen)
{
    seen[0] = load(&r->y);
    u64 zero;
    __asm__ volatile("eor %0, %1, %1" : "=r"(zero) : "r"(seen[0])); /* an address dependency orders as well */
    seen[1] = load((volatile u64 *)((char *)&r->x + zero));
}
static void mp_write_weak(Round *r, u64 *seen) { store(&r->y, 1); store(&r->x, 1); }
static void mp_read_weak(Round *r, u64 *seen) { seen[0] = load(&r->y); seen[1] = load(&r->x); }
static int mp_bad(const Round *r) { return r->seen[1][0] == 1 && r->seen[1][1] == 0; }

static void sb0_dmb(Round *r, u64 *seen) { store(&r->x, 1); DMB("ish"); seen[0] = load(&r->y); }
static void sb1_dmb(Round *r, u64 *seen) { store(&r->y, 1); DMB("ish"); seen[0] = load(&r->x); }
static void sb0_none(Round *r, u64 *seen) { store(&r->x, 1); seen[0] = load(&r->y); }
static void sb1_none(Round *r, u64 *seen) { store(&r->y, 1); seen[0] = load(&r->x); }
static void sb0_rel(Round *r, u64 *seen) { release(&r->x, 1); seen[0] = acquire(&r->y); }
static void sb1_rel(Round *r, u64 *seen) { release(&r->y, 1); seen[0] = acquire(&r->x); }
static void sb0_swp(Round *r, u64 *seen) { __atomic_exchange_n(&r->x, 1, __ATOMIC_SEQ_CST); seen[0] = acquire(&r->y); }
static void sb1_swp(Round *r, u64 *seen) { __atomic_exchange_n(&r->y, 1, __ATOMIC_SEQ_CST); seen[0] = acquire(&r->x); }
static int sb_bad(const Round *r) { return r->seen[0][0] == 0 && r->seen[1][0] == 0; }

static void lb0(Round *r, u64 *seen) { seen[0] = acquire(&r->x); store(&r->y, 1); }
static void lb1(Round *r, u64 *seen) { seen[0] = acquire(&r->y); store(&r->x, 1); }
static void lb0_weak(Round *r, u64 *seen) { store(&r->y, 1); seen[0] = load(&r->x); }
static void lb1_weak(Round *r, u64 *seen) { store(&r->x, 1); seen[0] = load(&r->y); }
static int lb_bad(const Round *r) { return r->seen[0][0] == 1 && r->seen[1][0] == 1; }

static void co_write(Round *r, u64 *seen) { store(&r->x, 1); store(&r->x, 2); }
static void co_read(Round *r, u64 *seen) { seen[0] = load(&r->x); seen[1] = load(&r->x); }
static void co_read_weak(Round *r, u64 *seen) { seen[1] = load(&r->x); now(); seen[0] = load(&r->x); }
static int co_bad(const Round *r) { return r->seen[1][1] < r->seen[1][0]; }

static const Test tests[] = {
    { "message passing, dmb", { mp_write_dmb, mp_read_dmb }, mp_bad, { mp_write_weak, mp_read_weak } },
    { "message passing, stlr and ldar", { mp_write_rel, mp_read_acq }, mp_bad, { mp_write_weak, mp_read_weak } },
    { "message passing, address dependency", { mp_write_rel, mp_read_addr }, mp_bad, { mp_write_weak, mp_read_weak } },
    { "store buffering, dmb", { sb0_dmb, sb1_dmb }, sb_bad, { sb0_none, sb1_none } },
    { "store buffering, stlr and ldar", { sb0_rel, sb1_rel }, sb_bad, { sb0_none, sb1_none } },
    { "store buffering, exchange", { sb0_swp, sb1_swp }, sb_bad, { sb0_none, sb1_none } },
    { "load buffering, ldar", { lb0, lb1 }, lb_bad, { lb0_weak, lb1_weak } },
    { "coherence of one place", { co_write, co_read }, co_bad, { co_write, co_read_weak } },
};

/* A group may begin: the other one is there, too, or it has been waited for in vain in this batch. */
static void meet_group(unsigned me, u64 place, unsigned *patience)
{
    static struct { _Alignas(LINE) volatile u64 place; } at[2];
    store(&at[me].place, place);
    while (*patience && load(&at[!me].place) < place)
        --*patience;
}

static const Test *test;
static int is_weak;
static u64 total, done, bad; /* done, bad: of thread 0, but for when both have met */

static void *run(void *arg)
{
    unsigned me = arg != NULL;
    Step *step = is_weak ? test->weak[me] : test->run[me];
    static u64 places;
    u64 met = 0, place = places;
    take_core(me);
    for (;;) {
        meet_running(me, &met);
        unsigned patience = 20 * BATCH;
        for (unsigned i = 0; i < BATCH; i++) {
            Round *r = &rounds[me ? i ^ (GROUP - 1) : i];
            if (i % GROUP == 0)
                meet_group(me, ++place, &patience);
            step(r, r->seen[me]);
        }
        meet(&batch, ++met);
        if (!me) {
            for (unsigned i = 0; i < BATCH; i++)
                bad += (u64)test->is_forbidden(&rounds[i]);
            memset(rounds, 0, sizeof(rounds));
            done += BATCH;
            places = place;
        }
        meet(&batch, ++met);
        if (done >= total || (is_weak && bad))
            return NULL;
    }
}

static void both(void *(*f)(void *))
{
    pthread_t other;
    batch = 0;
    pthread_create(&other, NULL, f, (void *)1);
    f(NULL);
    pthread_join(other, NULL);
}

/* ---- a stack of nodes by exclusives */

typedef struct Node {
    struct Node *next;
    u64 taken;
} Node;
static _Alignas(LINE) Node *top;
static Node *nodes;
static u64 popped[2];

static void push(Node *n)
{
    Node *old;
    u64 status;
    __asm__ volatile("1: ldxr %0, %2\n\tstr %0, %3\n\tstlxr %w1, %4, %2\n\tcbnz %w1, 1b"
                     : "=&r"(old), "=&r"(status), "+Q"(top), "=Q"(n->next) : "r"(n) : "memory");
}

static void push_weak(Node *n)
{
    n->next = top;
    __asm__ volatile("" : : : "memory");
    top = n;
}

static Node *pop(void)
{
    Node *old, *next;
    u64 status;
    __asm__ volatile("1: ldaxr %0, %3\n\tcbz %0, 2f\n\tldr %1, [%0]\n\tstxr %w2, %1, %3\n\tcbnz %w2, 1b\n2:"
                     : "=&r"(old), "=&r"(next), "=&r"(status), "+Q"(top) : : "memory");
    return old;
}

/* Each pushes its half once and pops as often as it pushed: every node is taken exactly once, as nobody pops more than there are. */
static void *use_stack(void *arg)
{
    unsigned me = arg != NULL;
    take_core(me);
    meet(&batch, 1);
    for (u64 i = me; i < total; i += 2) {
        (is_weak ? push_weak : push)(&nodes[i]);
        if (i % 3) {
            Node *n = pop();
            popped[me] += n != NULL;
            if (n)
                __atomic_fetch_add(&n->taken, 1, __ATOMIC_RELAXED);
        }
    }
    meet(&batch, 2);
    for (Node *n; (n = pop());) {
        popped[me]++;
        __atomic_fetch_add(&n->taken, 1, __ATOMIC_RELAXED);
    }
    return NULL;
}

static int is_each_taken_once(void)
{
    for (u64 i = 0; i < total; i++)
        if (nodes[i].taken != 1)
            return 0;
    return popped[0] + popped[1] == total;
}

/* ---- a reservation is lost by a store of the value that was there: hardware says so, compare-and-swap cannot */

static int sees_aba(void)
{
    static _Alignas(LINE) u64 cell = 5;
    u64 v, status;
    __asm__ volatile("ldxr %0, %2\n\tstr %3, %2\n\tstr %0, %2\n\tstxr %w1, %0, %2" : "=&r"(v), "=&r"(status), "+Q"(cell) : "r"(6ull) : "memory");
    return status != 0;
}

int main(int argc, char **argv)
{
    total = argc > 1 ? strtoull(argv[1], NULL, 0) : 2000;
    is_weak = argc > 2;
    sched_getaffinity(0, sizeof(all), &all);
    for (unsigned i = 0; i < sizeof(tests) / sizeof(*tests); i++) {
        test = &tests[i];
        bad = done = 0;
        both(run);
        if (bad)
            printf("# %s: %llu of %llu rounds\n", test->name, (unsigned long long)bad, (unsigned long long)done);
        ok(!bad == !is_weak, test->name);
    }
    nodes = calloc(total, sizeof(*nodes));
    both(use_stack);
    ok(is_each_taken_once() == !is_weak, "LL/SC stack without reuse of addresses");
    printf("# ABA within one thread: the store-exclusive %s\n", sees_aba() ? "fails" : "succeeds");
    return failed;
}
