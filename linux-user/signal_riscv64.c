/* SPDX-License-Identifier: MIT */
/* Signal frames of riscv64: struct rt_sigframe of arch/riscv/kernel/signal.c, from the uapi headers asm/ucontext.h, asm/sigcontext.h, asm/ptrace.h. */
#include "linux-user/signal_riscv64.h"

#include <errno.h>
#include <stddef.h>
#include <string.h>

#include "linux-user/mm.h"
#include "target/riscv/cpu.h"
#include "util/sys.h"

enum { X_RA = 1, X_SP = 2, X_A0 = 10 };

typedef struct RiscvSigcontext {
    uint64_t pc, x[31];    /* user_regs_struct: pc, then x1..x31 */
    uint64_t f[32];        /* __riscv_d_ext_state */
    uint32_t fcsr;
    uint32_t pad[64];
    uint32_t reserved;     /* __riscv_extra_ext_header shares the end of the union: 0 */
    uint32_t magic, size;  /* END_MAGIC, END_HDR_SIZE: 0 */
} RiscvSigcontext;

typedef struct RiscvUcontext {
    uint64_t flags, link;
    uint64_t stack_sp;
    int32_t stack_flags, stack_pad;
    uint64_t stack_size;
    uint64_t sigmask;
    uint8_t unused[128];   /* 1024 bits less the mask, and up to the alignment of 16 of what follows */
    RiscvSigcontext mcontext;
} RiscvUcontext;

typedef struct RiscvFrame {
    siginfo_t info;
    RiscvUcontext uc;
} RiscvFrame;

_Static_assert(offsetof(RiscvUcontext, sigmask) == 40 && offsetof(RiscvUcontext, mcontext) == 176, "asm/ucontext.h");
_Static_assert(offsetof(RiscvSigcontext, fcsr) == 512 && offsetof(RiscvSigcontext, reserved) == 772 && sizeof(RiscvSigcontext) == 784,
               "asm/sigcontext.h");
_Static_assert(sizeof(RiscvFrame) == SIGNAL_RISCV64_FRAME_SIZE, "struct rt_sigframe");

int signal_riscv64_frame(Task *t, int sig, const siginfo_t *info, const SigAction *action, uint64_t mask)
{
    CpuState *s = t->cpu;
    RiscvState *r = riscv_state(s);
    RiscvFrame f;
    uint64_t addr = signal_frame_address(t, action, r->x[X_SP], sizeof(f));
    if (addr == 0) {
        return -EFAULT;
    }
    memset(&f, 0, sizeof(f));
    f.info = *info;
    f.uc.stack_sp = t->altstack_sp;
    f.uc.stack_flags = t->altstack_flags;
    f.uc.stack_size = t->altstack_size;
    f.uc.sigmask = mask;
    f.uc.mcontext.pc = s->pc;
    memcpy(f.uc.mcontext.x, &r->x[1], sizeof(f.uc.mcontext.x));
    memcpy(f.uc.mcontext.f, r->f, sizeof(f.uc.mcontext.f));
    f.uc.mcontext.fcsr = riscv_get_fcsr(s);
    if (mm_write(addr, &f, sizeof(f))) {
        return -EFAULT;
    }
    r->x[X_RA] = t->mm->layout.vdso + t->abi->vdso_sigreturn;
    r->x[X_SP] = addr;
    r->x[X_A0] = (uint64_t)sig;
    r->x[X_A0 + 1] = addr + offsetof(RiscvFrame, info);
    r->x[X_A0 + 2] = addr + offsetof(RiscvFrame, uc);
    s->pc = action->handler & target_riscv64.pc_mask;
    s->ll_addr = ~0ull;
    return 0;
}

int signal_riscv64_return(Task *t)
{
    CpuState *s = t->cpu;
    RiscvState *r = riscv_state(s);
    RiscvFrame f;
    if ((r->x[X_SP] & 15) || mm_read(&f, r->x[X_SP], sizeof(f)) || f.uc.mcontext.reserved || f.uc.mcontext.magic || f.uc.mcontext.size) {
        return -EFAULT;
    }
    int64_t error = signal_set_mask(t, f.uc.sigmask);
    if (error) {
        return (int)error;
    }
    memcpy(&r->x[1], f.uc.mcontext.x, sizeof(f.uc.mcontext.x));
    memcpy(r->f, f.uc.mcontext.f, sizeof(f.uc.mcontext.f));
    riscv_set_fcsr(s, f.uc.mcontext.fcsr);
    s->pc = f.uc.mcontext.pc & ~1ull;
    s->ll_addr = ~0ull;
    /* as restore_altstack() of the kernel: a stack_t that is not valid changes nothing */
    signal_set_altstack(t, f.uc.stack_sp, f.uc.stack_size, f.uc.stack_flags, r->x[X_SP]);
    return 0;
}
