/* SPDX-License-Identifier: MIT */
/*
 * The state block of a guest thread and the border ABI: what holds between regions, and what translated code, trampolines,
 * signal handler and C agree on. Offsets are used by assembly: tcg/x86_64/offsets.h is checked against them.
 *
 * BORDER ABI (x86-64 host; refs/translator.md has the measurements)
 *   rbp            state block + STATE_BIAS: the guest's integer registers are in reach of 8-bit displacements. Never
 *                  the base of a guest access, so a non-canonical address is never reported as a stack fault
 *   rsp            return stack of the thread: holds nothing but host return addresses. Spills live in the state block
 *   pins 0..9      rbx r12 r13 r14 r15 rsi rdi r8 r9 r10: the slots with that pin index. Callee-saved ones first
 *   rax rcx rdx r11, xmm0-14   free at borders; xmm15 is the move resolver's scratch, never allocated
 *   MXCSR          guest rounding mode and sticky flags, all exceptions masked, no DAZ/FTZ
 *   DF clear
 * At a border every slot has its value at home (pin register or memory). Homes of pinned slots in memory are stale.
 *
 * CALLS    A guest call is `call region`; the return site begins with `cmp rax, return pc; jne mismatch`: a guest return puts
 *          its target pc into rax and does a bare `ret`. The bottom of the return stack holds the address of the
 *          return_miss trampoline; mismatch resets rsp to the bottom and goes the table's way. The page below the
 *          return stack is a guard: a `call` that faults there is resumed with rsp at the bottom. All return stacks are
 *          emptied before retired code is reclaimed.
 * POLL     `test [state + STATE_POLL_PAGE], eax` with a side-table row; to stop a thread its poll page is made unreadable.
 *          Once at the head of each region and on each back edge inside one.
 * LEAVING  eax = exit argument (see below), jump through CpuState.tramp[]. The trampoline stores the pins home, saves the guest's
 *          MXCSR, makes rounding and masks the host's, goes back to the C stack and returns a TcgEvent from tcg_enter.
 * HELPERS  translated code calls C with rsp switched to CpuState.c_stack (call [rbp + tramp]): rdi = CpuState *. Values that
 *          live on are kept from C's registers by the allocator, kept pins by the emitter; out-of-line slow paths save in CpuState.save[].
 * MOVING   code refers to its own code and data only rip-relative, to everything else through rbp, and to other regions
 *          only through its links: a region can be copied with its data page to any address at the same offsets.
 */
#ifndef LYRE_TCG_STATE_H
#define LYRE_TCG_STATE_H

#include <stdbool.h>
#include <stdint.h>

#include "util/hostcpu.h"

enum {
    STATE_GUEST_SIZE = 2048, /* the target's own struct */
    STATE_BIAS = 128,
    STATE_POLL_PAGE = 8192,  /* offsets from the start of the block */
    STATE_TABLE = 12288,     /* per-thread jump table */
    STATE_TABLE_BITS = 12,
    STATE_TABLE2 = STATE_TABLE + (16 << STATE_TABLE_BITS), /* what was driven out of the first */
    STATE_TABLES_END = STATE_TABLE2 + (16 << STATE_TABLE_BITS),
    STATE_SPILLS = 128,      /* 16-byte spill slots */
    STATE_PINS = 10,
};

/* Why tcg_run returned, or why translated code left. */
typedef enum TcgEvent {
    TCG_EVENT_NONE,
    /* for the caller of tcg_run */
    TCG_EVENT_SYSCALL,    /* pc is after the instruction */
    TCG_EVENT_BREAK,      /* breakpoint instruction at pc */
    TCG_EVENT_ILLEGAL,    /* undefined instruction at pc */
    TCG_EVENT_FAULT,      /* CpuState.fault_*: memory fault of the instruction at pc */
    TCG_EVENT_STOP,       /* tcg_request_stop was called: signals or other requests are pending; pc is exact */
    TCG_EVENT_TRAP,       /* target-specific, CpuState.event_arg says which */
    TCG_EVENT_FETCH_FAULT,/* pc cannot be fetched: fault_addr is the first bad byte */
    TCG_EVENT_FLUSH,      /* the guest says that it has written instructions round event_arg, in whichever mapping; pc is after the instruction */
    /* inside tcg */
    TCG_EVENT_LINK = 16,  /* unlinked direct exit: event_arg = address of the link's data row */
    TCG_EVENT_INDIRECT,   /* per-thread table missed: pc is set, event_arg = inline cache row or 0 */
    TCG_EVENT_RETURN,     /* return stack empty or mismatched: pc is set */
    TCG_EVENT_HOT,        /* a region's counter ran out: pc = its head, event_arg = its data row */
    TCG_EVENT_INTERPRET,  /* run the instruction at pc in the interpreter */
    TCG_EVENT_LOOKUP,     /* context or code changed: look pc up again */
} TcgEvent;

typedef struct TcgTableEntry {
    uint64_t pc; /* guest pc; jumptable.h says what is empty. Context other than 0 is hashed elsewhere: see tcg/exec.c */
    void *code;
} TcgTableEntry;

enum TcgTramp { /* CpuState.tramp[] */
    TRAMP_LEAVE,        /* eax = TcgEvent; pc already in CpuState.pc */
    TRAMP_LINK,         /* rax = address of the link's row */
    TRAMP_INDIRECT,     /* rax = guest pc, rcx = inline cache row or 0: probes the per-thread table first */
    TRAMP_RETURN_MISS,  /* rax = guest pc: return stack bottom and mismatch */
    TRAMP_HOT,          /* rax = region's data row */
    TRAMP_CALL_HELPER,  /* rax = function; arguments in place; switches stacks; keeps rbp, pins that C saves */
    TRAMP_CALL_HELPER_FP,/* the same; guest MXCSR stays loaded */
    TRAMP_COUNT = 16,
};

typedef struct CpuState {
    _Alignas(64) uint8_t guest[STATE_GUEST_SIZE]; /* target's registers; slots' homes */
    uint64_t pc;           /* guest pc whenever C runs */
    uint32_t ctx;          /* context word of pc */
    uint32_t event;        /* TcgEvent being left with */
    uint64_t event_arg;
    uint64_t fault_addr;   /* guest effective address of the faulting access */
    uint32_t fault_kind;   /* TcgFault */
    uint32_t guest_mxcsr;  /* while C runs */
    uint32_t host_mxcsr;
    uint32_t is_in_code;   /* 1 between entry and leaving (signal handlers look at it) */
    void *c_stack;         /* rsp of tcg_enter's frame */
    void *return_bottom;   /* initial rsp of translated code */
    void *tramp[TRAMP_COUNT];
    void *fault_resume;    /* where the signal handler sends a thread whose row has been applied */
    void *owner;           /* linux-user: Task */
    struct TcgThread *tcg; /* the translator's per-thread data */
    void *return_sp;       /* rsp of translated code while C runs */
    uint64_t pin_scratch;  /* home of pins that the target does not use */
    uint16_t pin_home[STATE_PINS]; /* offset of each pin's home */
    uint64_t pc_ignored;   /* bits of a return's target that no pc has: ~Target.pc_mask */
    uint64_t save[64];     /* caller-saved registers round helper calls */
    uint32_t fault_is_write; /* beside fault_kind: of stores and read-modify-writes */
    uint32_t landing;        /* while C runs: kind of the indirect branch that has just led to pc, where the target checks such (Target.can_land); else 0 */
    uint64_t ll_addr, ll_value, ll_value2; /* load-reserved: address, values seen; address ~0: none */
    HostCpuArea host_cpu; /* kept up to date by the kernel while the thread runs */
    _Alignas(16) uint8_t spill[STATE_SPILLS][16];
    /* STATE_POLL_PAGE: one page; STATE_TABLE, STATE_TABLE2: TcgTableEntry[1 << STATE_TABLE_BITS] each */
} CpuState;

/* Kinds of memory fault, from the host's siginfo and the row. */
typedef enum TcgFault {
    TCG_FAULT_MAPERR = 1, /* SIGSEGV, SEGV_MAPERR (also non-canonical) */
    TCG_FAULT_ACCERR,     /* SIGSEGV, SEGV_ACCERR */
    TCG_FAULT_BUS,        /* SIGBUS, BUS_ADRERR: beyond the end of a file */
    TCG_FAULT_ALIGN,      /* misaligned where the ISA forbids it */
    TCG_FAULT_HWPOISON,
} TcgFault;

#endif
