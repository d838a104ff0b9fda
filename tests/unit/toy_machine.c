/* SPDX-License-Identifier: MIT */
/* Memory and faults of the toy machine. */
#include "tests/unit/toy_machine.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "util/access.h"
#include "util/assert.h"

static _Thread_local CpuState *current;

static unsigned fetch(void *mm, uint64_t pc, void *buf, unsigned len, TcgFault *fault)
{
    unsigned first = 4096 - (pc & 4095);
    first = len < first ? len : first;
    AccessResult r = access_copy(buf, (const void *)pc, first);
    if (r.kind) {
        *fault = (TcgFault)r.kind;
        return 0;
    }
    return first < len && access_copy((char *)buf + first, (const void *)(pc + first), len - first).kind == 0 ? len : first;
}

static bool protect_code(void *mm, uint64_t start, uint64_t end)
{
    ToyMachine *m = mm;
    uint64_t first = (start - (uintptr_t)m->memory) / 4096, last = (end - 1 - (uintptr_t)m->memory) / 4096;
    if (last >= TOY_MEMORY / 4096) {
        return false;
    }
    bool is_ok = true;
    lock_acquire(&m->lock);
    for (; is_ok && first <= last; first++) {
        uint8_t byte, *page = m->memory + first * 4096;
        is_ok = access_copy(&byte, page, 1).kind == ACCESS_OK;
        if (is_ok) {
            m->is_code[first] = true;
            mprotect(page, 4096, PROT_READ);
        }
    }
    lock_release(&m->lock);
    return is_ok;
}

static bool write_hit(void *mm, uint64_t addr)
{
    ToyMachine *m = mm;
    uint64_t page = (addr - (uintptr_t)m->memory) / 4096;
    if (page >= TOY_MEMORY / 4096) {
        return false;
    }
    uint8_t *at = m->memory + page * 4096;
    lock_acquire(&m->lock);
    if (m->is_code[page]) {
        tcg_invalidate(m->tcg, (uintptr_t)at, (uintptr_t)at + 4096);
        m->is_code[page] = false;
        mprotect(at, 4096, PROT_READ | PROT_WRITE);
        m->write_hits++;
    }
    lock_release(&m->lock);
    return !m->is_read_only[page]; /* no code: another thread was faster */
}

static const TcgMemOps ops = { .fetch = fetch, .protect_code = protect_code };

static void on_fault(int sig, siginfo_t *info, void *uc)
{
    if (!tcg_handle_fault(current, sig, info, uc)) {
        lyre_assert_fail("fault is the guest's", __FILE__, __LINE__);
    }
}

void toy_machine_init(ToyMachine *m, const TcgSettings *settings)
{
    memset(m, 0, sizeof *m);
    m->memory = mmap(NULL, TOY_MEMORY, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    m->tcg = tcg_new(&target_toy, settings, &ops, m);
    lyre_assert(m->memory != MAP_FAILED && m->tcg);
    tcg_set_write_hit(m->tcg, write_hit);
    struct sigaction sa = { .sa_sigaction = on_fault, .sa_flags = SA_SIGINFO | SA_ONSTACK };
    static const int signals[] = { SIGSEGV, SIGBUS, SIGILL, SIGTRAP };
    for (unsigned i = 0; i < sizeof signals / sizeof *signals; i++) {
        sigaction(signals[i], &sa, NULL);
    }
}

void toy_machine_finish(ToyMachine *m)
{
    tcg_free(m->tcg);
    munmap(m->memory, TOY_MEMORY);
}

void toy_write(ToyMachine *m, uint32_t offset, const void *data, uint32_t size)
{
    for (uint32_t page = offset / 4096; page <= (offset + size - 1) / 4096; page++) {
        write_hit(m, (uintptr_t)m->memory + page * 4096);
    }
    memcpy(m->memory + offset, data, size);
}

uint64_t toy_put(ToyMachine *m, uint32_t offset, const uint32_t *code)
{
    uint32_t n = 0;
    while (code[n]) {
        n++;
    }
    toy_write(m, offset, code, n * sizeof *code);
    return (uintptr_t)m->memory + offset;
}

CpuState *toy_thread_begin(ToyMachine *m)
{
    static _Thread_local stack_t stack;
    if (!stack.ss_sp) {
        stack.ss_size = 64 << 10;
        stack.ss_sp = malloc(stack.ss_size);
        sigaltstack(&stack, NULL);
    }
    current = tcg_thread_new(m->tcg, m);
    lyre_assert(current);
    tcg_thread_enter(current);
    return current;
}

void toy_thread_end(CpuState *s)
{
    current = NULL;
    tcg_thread_free(s);
}

static int passed, failed;

void tap_ok(bool is_ok, const char *name)
{
    printf("%sok %d - %s\n", is_ok ? "" : "not ", passed + failed + 1, name);
    fflush(stdout);
    passed += is_ok;
    failed += !is_ok;
}

int tap_done(void)
{
    printf("1..%d\n", passed + failed);
    return failed != 0;
}
