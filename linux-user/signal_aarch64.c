/* SPDX-License-Identifier: MIT */
/*
 * Signal frames of aarch64: struct rt_sigframe of arch/arm64/kernel/signal.c, from the uapi headers asm/ucontext.h and
 * asm/sigcontext.h. Above the frame lies a frame record for unwinders. Of the records in the reserved space there are the one
 * of FP and SIMD, and for memory faults the exception syndrome; on the way back others than the first are skipped, as by a kernel that
 * does not know them.
 */
#include "linux-user/signal_aarch64.h"

#include <errno.h>
#include <stddef.h>
#include <string.h>

#include "linux-user/mm.h"
#include "target/aarch64/cpu.h"
#include "util/sys.h"

enum { X_FP = 29, X_LR = 30, PSTATE_NZCV_SHIFT = 28, PSTATE_BTYPE_SHIFT = 10, PSTATE_SSBS = 1 << 12, PSTATE_DIT = 1 << 24, PSTATE_NOT_USER = 0x3df };
enum { SA_RESTORER_FLAG = 0x04000000, RESERVED_SIZE = 4096 };
#define FPSIMD_MAGIC 0x46508001u
#define ESR_MAGIC 0x45535201u

typedef struct A64Record {
    uint32_t magic, size;
} A64Record;

typedef struct A64Fpsimd {
    A64Record head;
    uint32_t fpsr, fpcr;
    uint64_t v[32][2];
} A64Fpsimd;

typedef struct A64EsrRecord {
    A64Record head;
    uint64_t esr;
} A64EsrRecord;

typedef struct A64Sigcontext {
    uint64_t fault_address, x[31], sp, pc, pstate;
    _Alignas(16) uint8_t reserved[RESERVED_SIZE];
} A64Sigcontext;

typedef struct A64Ucontext {
    uint64_t flags, link;
    uint64_t stack_sp;
    int32_t stack_flags, stack_pad;
    uint64_t stack_size;
    uint64_t sigmask;
    uint8_t unused[120]; /* 1024 bits less the mask */
    A64Sigcontext mcontext;
} A64Ucontext;

typedef struct A64Frame {
    siginfo_t info;
    A64Ucontext uc;
    uint64_t record[2]; /* fp, lr: struct frame_record */
} A64Frame;

_Static_assert(offsetof(A64Ucontext, sigmask) == 40 && offsetof(A64Ucontext, mcontext) == 176, "asm/ucontext.h");
_Static_assert(offsetof(A64Sigcontext, pstate) == 272 && offsetof(A64Sigcontext, reserved) == 288, "asm/sigcontext.h");
_Static_assert(sizeof(A64Fpsimd) == 528 && offsetof(A64Frame, record) == 4688, "struct rt_sigframe");

static uint64_t get_pstate(const CpuState *s)
{
    const A64State *r = a64_state_const(s);
    return (uint64_t)s->landing << PSTATE_BTYPE_SHIFT | (uint64_t)r->nzcv << PSTATE_NZCV_SHIFT | (r->pstate & A64_PSTATE_DIT ? PSTATE_DIT : 0) |
           (r->pstate & A64_PSTATE_SSBS ? PSTATE_SSBS : 0);
}

static void set_pstate(CpuState *s, uint64_t v)
{
    A64State *r = a64_state(s);
    s->landing = a64_has_guards(r->cpu) ? v >> PSTATE_BTYPE_SHIFT & 3 : 0;
    r->nzcv = v >> PSTATE_NZCV_SHIFT & 15;
    r->pstate = (v & PSTATE_DIT ? A64_PSTATE_DIT : 0) | (v & PSTATE_SSBS ? A64_PSTATE_SSBS : 0);
}

/* WnR and CM. An atomic operation counts as a read where a read would have failed as well, cache maintenance as a write; DC ZVA is a plain store. */
static uint64_t kind_of_access(const CpuState *s, uint64_t addr)
{
    enum { WNR = 1 << 6, CM = 1 << 8, DC_ZVA = 0xd50b7420 };
    uint32_t insn = 0;
    uint8_t byte;
    if (mm_read(&insn, s->pc, sizeof(insn)))
        return s->fault_is_write ? WNR : 0;
    bool is_atomic = (insn & 0x3b200c00) == 0x38200000 || (insn & 0x3fa07c00) == 0x08a07c00 /* CAS */ || (insn & 0xbfa07c00) == 0x08207c00 /* CASP */;
    if ((insn & 0xfffff000) == 0xd50b7000 && (insn & ~31u) != DC_ZVA)
        return WNR | CM;
    return s->fault_is_write && !(is_atomic && mm_read(&byte, addr, 1)) ? WNR : 0;
}

/* ESR_EL1 of an abort from EL0 (Arm ARM D24.2.40): a page that is not there is said to be missing in the last level of the tables. For addresses
 * that are no user's the kernel tells no more than that (set_thread_esr()). */
static uint64_t syndrome(const CpuState *s, const siginfo_t *info)
{
    enum { INSTRUCTION_ABORT = 0x20, DATA_ABORT = 0x24, IL = 1 << 25 };
    enum { TRANSLATION_0 = 4, TRANSLATION_3 = 7, PERMISSION_3 = 15, ALIGNMENT = 33 };
    uint64_t addr = (uint64_t)(uintptr_t)info->si_addr;
    bool is_fetch = addr == s->pc && info->si_signo == SIGSEGV, is_user = addr >> 48 == 0;
    uint64_t status = !is_user ? TRANSLATION_0 : info->si_signo == SIGBUS ? (info->si_code == BUS_ADRALN ? ALIGNMENT : TRANSLATION_3)
                      : info->si_code == SEGV_ACCERR ? PERMISSION_3 : TRANSLATION_3;
    uint64_t class = is_fetch ? INSTRUCTION_ABORT : DATA_ABORT;
    return class << 26 | IL | (is_fetch ? 0 : kind_of_access(s, addr)) | status;
}

static void fill_context(const Task *t, const siginfo_t *info, A64Sigcontext *c)
{
    const CpuState *s = t->cpu;
    const A64State *r = a64_state_const(s);
    A64Fpsimd *f = (A64Fpsimd *)c->reserved;
    bool is_fault = (info->si_signo == SIGSEGV || info->si_signo == SIGBUS) && info->si_code > 0;
    c->fault_address = is_fault ? (uint64_t)(uintptr_t)info->si_addr : 0;
    memcpy(c->x, r->x, sizeof(c->x));
    c->sp = r->sp;
    c->pc = s->pc;
    c->pstate = get_pstate(s);
    f->head = (A64Record){ FPSIMD_MAGIC, sizeof(*f) };
    f->fpsr = a64_get_fpsr(s);
    f->fpcr = r->fpcr;
    memcpy(f->v, r->v, sizeof(f->v));
    if (is_fault) {
        A64EsrRecord e = { { ESR_MAGIC, sizeof(e) }, syndrome(s, info) };
        memcpy(c->reserved + sizeof(*f), &e, sizeof(e));
    }
}

int signal_aarch64_frame(Task *t, int sig, const siginfo_t *info, const SigAction *action, uint64_t mask)
{
    CpuState *s = t->cpu;
    A64State *r = a64_state(s);
    A64Frame f;
    uint64_t addr = signal_frame_address(t, action, r->sp, sizeof(f));
    if (addr == 0)
        return -EFAULT;
    memset(&f, 0, sizeof(f));
    if (action->flags & SIGNAL_SA_SIGINFO)
        f.info = *info;
    f.uc.stack_sp = t->altstack_sp;
    f.uc.stack_flags = t->altstack_flags;
    f.uc.stack_size = t->altstack_size;
    f.uc.sigmask = mask;
    fill_context(t, info, &f.uc.mcontext);
    f.record[0] = r->x[X_FP];
    f.record[1] = r->x[X_LR];
    if (mm_write(addr, &f, sizeof(f)))
        return -EFAULT;
    r->x[0] = (uint64_t)sig;
    if (action->flags & SIGNAL_SA_SIGINFO) {
        r->x[1] = addr + offsetof(A64Frame, info);
        r->x[2] = addr + offsetof(A64Frame, uc);
    }
    r->x[X_FP] = addr + offsetof(A64Frame, record);
    r->x[X_LR] = action->flags & SA_RESTORER_FLAG ? action->restorer : t->mm->layout.vdso + t->abi->vdso_sigreturn;
    r->sp = addr;
    s->pc = action->handler;
    s->landing = a64_has_guards(r->cpu) ? A64_BTYPE_CALL : A64_BTYPE_NONE; /* setup_return() */
    s->ll_addr = ~0ull;
    return 0;
}

/* The FP and SIMD record, which must be there once; NULL: the frame is bad. */
static const A64Fpsimd *find_fpsimd(const A64Sigcontext *c)
{
    const A64Fpsimd *found = NULL;
    for (size_t at = 0; at + sizeof(A64Record) <= RESERVED_SIZE;) {
        A64Record head;
        memcpy(&head, c->reserved + at, sizeof(head));
        if (head.magic == 0)
            return head.size == 0 ? found : NULL;
        bool is_bad = head.size < sizeof(head) || head.size % 16 || head.size > RESERVED_SIZE - at;
        if (is_bad || (head.magic == FPSIMD_MAGIC && (found || head.size != sizeof(*found))))
            return NULL;
        if (head.magic == FPSIMD_MAGIC)
            found = (const A64Fpsimd *)(c->reserved + at);
        at += head.size;
    }
    return NULL;
}

int signal_aarch64_return(Task *t)
{
    CpuState *s = t->cpu;
    A64State *r = a64_state(s);
    struct { siginfo_t info; A64Ucontext uc; } f;
    if ((r->sp & 15) || mm_read(&f, r->sp, sizeof(f)))
        return -EFAULT;
    const A64Sigcontext *c = &f.uc.mcontext;
    const A64Fpsimd *fp = find_fpsimd(c);
    if (!fp || (c->pstate & PSTATE_NOT_USER))
        return -EFAULT;
    int64_t error = signal_set_mask(t, f.uc.sigmask);
    if (error)
        return (int)error;
    memcpy(r->x, c->x, sizeof(r->x));
    r->sp = c->sp;
    s->pc = c->pc;
    set_pstate(s, c->pstate);
    a64_set_fpcr(s, fp->fpcr);
    a64_set_fpsr(s, fp->fpsr);
    memcpy(r->v, fp->v, sizeof(r->v));
    s->ll_addr = ~0ull;
    /* as restore_altstack() of the kernel: a stack_t that is not valid changes nothing */
    signal_set_altstack(t, f.uc.stack_sp, f.uc.stack_size, f.uc.stack_flags, r->sp);
    return 0;
}
