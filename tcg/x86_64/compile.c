/* SPDX-License-Identifier: MIT */
/* The back end's driver: selection, register allocation, code. */
#include "tcg/code.h"
#include "tcg/mir_print.h"
#include "tcg/state.h"
#include "tcg/x86_64/carry.h"
#include "tcg/x86_64/emit.h"
#include "tcg/x86_64/mops.h"
#include "tcg/x86_64/select.h"

/* Registers without a use at borders come first, then pins that C saves last: borrowing those costs calls nothing. */
const MHost x86_mhost = {
    .allocatable = { 0xffff & ~(1u << X86_RSP | 1u << X86_RBP), 0x7fff },
    .order = {
        { X86_RAX, X86_RCX, X86_RDX, X86_R11, X86_R10, X86_R9, X86_R8, X86_RDI, X86_RSI, X86_R15, X86_R14, X86_R13, X86_R12,
          X86_RBX, 0xff },
        { 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 0xff },
    },
    .pins = { X86_RBX, X86_R12, X86_R13, X86_R14, X86_R15, X86_RSI, X86_RDI, X86_R8, X86_R9, X86_R10 },
    .npins = X86_NPINS,
    .scratch_vec = X86_SCRATCH_VEC,
    .nspills = STATE_SPILLS,
};

static void log_mir(int fd, const MRegion *m, const MAlloc *alloc)
{
    static const char *const gprs[] = { "rax", "rcx", "rdx", "rbx", "rsp", "rbp", "rsi", "rdi",
                                        "r8",  "r9",  "r10", "r11", "r12", "r13", "r14", "r15" };
    const char *ops[MOP_COUNT];
    for (unsigned i = 0; i < MOP_COUNT; i++) {
        ops[i] = mop_name[i];
    }
    const MirNames names = { .ops = ops, .regs = { gprs } };
    mir_print(fd, m, alloc, &names);
}

void host_compile(IrRegion *r, const HostSettings *settings, CodeBlob *out)
{
    MRegion m = { .arena = out->arena };
    MAlloc alloc;
    mir_select(r, settings, &m);
    if (m.has_carries) {
        mir_keep_carries(&m);
    }
    emit_keep_runs(&m);
    mir_allocate(&m, &x86_mhost, &alloc);
    if (alloc.is_failed) {
        out->is_failed = true;
        return;
    }
    if (settings->mir_fd > 0) {
        log_mir(settings->mir_fd, &m, &alloc);
    }
    x86_emit(&m, &alloc, r, settings, out);
    out->guest_insns = r->guest_insns;
}
