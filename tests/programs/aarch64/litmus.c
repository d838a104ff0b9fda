/* SPDX-License-Identifier: MIT */
/*
 * Litmus tests of the memory model (Arm ARM B2.3): two threads per test, in rounds; what the architecture forbids must never be seen. Before each
 * round both meet. The stack of LL/SC never uses an address again; with reuse (ABA), what compare-and-swap lets through is told,
 * not judged (docs/decisions.md).
 *   litmus [ROUNDS]
 */
#include <pthread.h>
#include <sched.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef uint64_t u64;
enum { LINE = 64, BATCH = 512 };

/* Each round of a batch has lines of its own. */
typedef struct Round {
    _Alignas(LINE) u64 met;
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

/* ---- what the threads do in a round, and what may not come of it */

typedef struct Test {
    const char *name;
    void (*run[2])(Round *r, u64 seen[2]);
    int (*is_forbidden)(const Round *r);
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
static int lb_bad(const Round *r) { return r->seen[0][0] == 1 && r->seen[1][0] == 1; }

static void co_write(Round *r, u64 *seen) { store(&r->x, 1); store(&r->x, 2); }
static void co_read(Round *r, u64 *seen) { seen[0] = load(&r->x); seen[1] = load(&r->x); }
static int co_bad(const Round *r) { return r->seen[1][1] < r->seen[1][0]; }

static const Test tests[] = {
    { "message passing, dmb", { mp_write_dmb, mp_read_dmb }, mp_bad },
    { "message passing, stlr and ldar", { mp_write_rel, mp_read_acq }, mp_bad },
    { "message passing, address dependency", { mp_write_rel, mp_read_addr }, mp_bad },
    { "store buffering, dmb", { sb0_dmb, sb1_dmb }, sb_bad },
    { "store buffering, stlr and ldar", { sb0_rel, sb1_rel }, sb_bad },
    { "store buffering, exchange", { sb0_swp, sb1_swp }, sb_bad },
    { "load buffering, ldar", { lb0, lb1 }, lb_bad },
    { NULL, { sb0_none, sb1_none }, sb_bad }, /* allowed: shows that the rounds do meet */
    { "coherence of one place", { co_write, co_read }, co_bad },
};

static const Test *test;
static u64 total, bad;

static void *run(void *arg)
{
    unsigned me = arg != NULL;
    u64 met = 0;
    for (u64 done = 0; done < total; done += BATCH) {
        meet(&batch, ++met);
        for (unsigned i = 0; i < BATCH; i++) {
            meet(&rounds[i].met, 1);
            test->run[me](&rounds[i], rounds[i].seen[me]);
        }
        meet(&batch, ++met);
        if (!me) {
            for (unsigned i = 0; i < BATCH; i++)
                bad += (u64)test->is_forbidden(&rounds[i]);
            memset(rounds, 0, sizeof(rounds));
        }
    }
    return NULL;
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
    meet(&batch, 1);
    for (u64 i = me; i < total; i += 2) {
        push(&nodes[i]);
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
    for (unsigned i = 0; i < sizeof(tests) / sizeof(*tests); i++) {
        test = &tests[i];
        bad = 0;
        both(run);
        if (bad || !test->name)
            printf("# %s: %llu of %llu rounds\n", test->name ? test->name : "store buffering without barriers, which may be", (unsigned long long)bad,
                   (unsigned long long)total);
        if (test->name)
            ok(!bad, test->name);
    }
    nodes = calloc(total, sizeof(*nodes));
    both(use_stack);
    ok(is_each_taken_once(), "LL/SC stack without reuse of addresses");
    printf("# ABA within one thread: the store-exclusive %s\n", sees_aba() ? "fails" : "succeeds");
    return failed;
}
