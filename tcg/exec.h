/* SPDX-License-Identifier: MIT */
/*
 * The translator at run time: find or make the region for a pc, run it, link it, retire it. What a personality (linux-user, later
 * bsd-user, softmmu) sees of tcg/.
 */
#ifndef LYRE_TCG_EXEC_H
#define LYRE_TCG_EXEC_H

#include <signal.h>
#include <stdbool.h>
#include <stdint.h>

#include "tcg/ir.h"
#include "tcg/state.h"

struct Target;
typedef struct Tcg Tcg; /* one per guest address space (Mm): code cache, maps, settings */

typedef enum TcgEngine { TCG_ENGINE_TIERED, TCG_ENGINE_INTERP, TCG_ENGINE_BLOCK, TCG_ENGINE_REGION, TCG_ENGINE_DIRECT } TcgEngine;

enum { TCG_LOG_RANGES = 16, TCG_COLD_DEFAULT = 63, TCG_COLD_MAX = 64 };
typedef struct TcgSettings {
    TcgEngine engine;       /* -x engine=interp|block|region|direct */
    bool is_moved;          /* -x move */
    uint64_t cache_size;    /* bytes of code and data; 0: default */
    uint32_t hot_threshold; /* runs of a tier-1 region before it is recompiled as a larger one */
    uint32_t cold_visits;   /* of a block that are executed directly before it is translated: TCG_COLD_DEFAULT, below TCG_COLD_MAX */
    bool one_insn;          /* -one-insn-per-tb */
    uint32_t log;           /* TcgLog bits */
    int log_fd;
    int (*log_fd_of)(void); /* not NULL: the calling thread's, in place of log_fd */
    struct TcgRange { uint64_t start, last; } log_range[TCG_LOG_RANGES]; /* -dfilter */
    unsigned nlog_ranges;   /* 0: everything is logged */
    /* Not NULL: told of each region of host code that becomes findable. Called with a lock held. */
    void (*on_region)(uint64_t pc, unsigned tier, const void *code, uint32_t size);
    uint64_t seed;
    const struct TargetCpu *cpu; /* -cpu, from the target's cpu_parse */
} TcgSettings;
typedef enum TcgLog {
    TCG_LOG_IN_ASM = 1, TCG_LOG_OUT_ASM = 2, TCG_LOG_OP = 4, TCG_LOG_OP_OPT = 8, TCG_LOG_INT = 16, TCG_LOG_EXEC = 32,
    TCG_LOG_CPU = 64, TCG_LOG_PAGE = 128, TCG_LOG_NOCHAIN = 256, TCG_LOG_UNIMP = 512, TCG_LOG_GUEST_ERRORS = 1024,
    TCG_LOG_STATS = 2048, TCG_LOG_STRACE = 4096, TCG_LOG_TID = 8192, TCG_LOG_FPU = 16384, TCG_LOG_MIR = 32768,
    TCG_LOG_CRASH = 65536,
} TcgLog;

/* What the translator asks of the personality. */
typedef struct TcgMemOps {
    /* Copies up to len bytes that may be executed at pc; returns how many (0: fetch fault, *fault says why). */
    unsigned (*fetch)(void *mm, uint64_t pc, void *buf, unsigned len, TcgFault *fault);
    /* The range round pc that may be executed, and whose bytes are read as data is (reading may fault still); false: there is none. */
    bool (*exec_range)(void *mm, uint64_t pc, uint64_t *start, uint64_t *end);
    /* Called, without translator locks, before a region made of [start, end) is published: writes to these pages must be reported
     * by tcg_invalidate from now on. false: the pages are not mapped executable any more. */
    bool (*protect_code)(void *mm, uint64_t start, uint64_t end);
} TcgMemOps;

Tcg *tcg_new(const struct Target *target, const TcgSettings *settings, const TcgMemOps *ops, void *mm);
void tcg_free(Tcg *t);

/* A thread's state block (in guarded host memory, with return stack, poll page and jump table); pc and slots are zero. */
CpuState *tcg_thread_new(Tcg *t, void *owner);
void tcg_thread_free(CpuState *s);
/* Call once on the thread that will run it: notes the stack. */
void tcg_thread_enter(CpuState *s);
/* State for a clone: slots, pc, ctx and MXCSR of `from`. */
void tcg_thread_copy(CpuState *to, const CpuState *from);

/* Runs from s->pc until an event for the caller; s is exact then. */
TcgEvent tcg_run(CpuState *s);

/* Makes the thread of `s` return TCG_EVENT_STOP soon. Async-signal-safe, callable from any thread and from a handler on
 * the thread itself. A request that arrives while the thread is in C is seen at the next tcg_run. */
void tcg_request_stop(CpuState *s);
/* The same from a handler on the thread itself: costs little when that is in C. */
void tcg_request_stop_here(CpuState *s);

/* Host signal handlers call this first for SIGSEGV, SIGBUS, SIGFPE, SIGILL. If the host pc is in translated code or in an accessor of the
 * interpreter: puts the exact guest state into s, changes uc so that tcg_run returns the event, and returns true.
 * Not ours: false (the caller then looks at its own accessors). `write_hit` is asked first, for SEGV_ACCERR writes: true means that the
 * personality has made the page writable (code page, copy-on-write of ours) and the access is to be repeated. */
bool tcg_handle_fault(CpuState *s, int sig, siginfo_t *info, void *uc);
/* For a report of a fault of ours: says on standard error which region it was in, if in translated code. */
void tcg_describe_fault(const CpuState *s, const void *uc);
/* What runs on TCG_EVENT_SYSCALL, in place of a return from tcg_run, when it is set: the way back into translated code is shorter. The state is
 * exact; the function may change all of it, and need not return. */
typedef void TcgSyscall(CpuState *s);
void tcg_set_syscall(Tcg *t, TcgSyscall *fn);
typedef bool TcgWriteHit(void *mm, uint64_t addr);
void tcg_set_write_hit(Tcg *t, TcgWriteHit *fn);

/* Guest code in [start, end) changed or went away: regions made of it are unlinked and retired. From any thread; also from the fault
 * handler (lock is never held across a guest access). */
void tcg_invalidate(Tcg *t, uint64_t start, uint64_t end);
void tcg_invalidate_all(Tcg *t);
/* From now on another thread or process may reach the guest's memory: atomics and fences must be the host's. Called before that, by the only
 * thread. Until then they cost no more than plain accesses. */
void tcg_set_parallel(Tcg *t);

/* Exact state of a thread whose host context was caught in translated code, without leaving it (for signal frames, debuggers). */
bool tcg_state_at(CpuState *s, void *uc);

/* fork in the guest: all locks are taken, and released on both sides; the child keeps only `self`. */
void tcg_fork_prepare(Tcg *t);
void tcg_fork_parent(Tcg *t);
void tcg_fork_child(Tcg *t, CpuState *self);

/* -d stats. Written by raw system calls. */
void tcg_print_stats(const Tcg *t, int fd);
typedef enum TcgPhase { TCG_PHASE_DECODE, TCG_PHASE_IR, TCG_PHASE_COMPILE, TCG_PHASE_PUBLISH, TCG_PHASES } TcgPhase;
typedef struct TcgStats {
    uint64_t regions[3], guest_insns[3], host_bytes[3], translate_ns[3]; /* per tier: interpreted, 1, 2; ns: of the thread's CPU time, with -d stats only */
    uint64_t phase_ns[TCG_PHASES]; /* parts of translate_ns, all tiers */
    uint64_t onepass_regions;      /* those of tier 1 that were made in one pass */
    uint64_t direct_insns;         /* executed by tier 0 */
    uint64_t evictions, retired, links, lookups, invalidations, faults, stops, ic_fills;
} TcgStats;
void tcg_get_stats(const Tcg *t, TcgStats *out);

#endif
