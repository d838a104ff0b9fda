/* SPDX-License-Identifier: MIT */
/* What differs between guests in the Linux ABI: one constant of type GuestAbi per guest, in linux-user/<guest>.c. */
#ifndef LYRE_LINUX_USER_ABI_H
#define LYRE_LINUX_USER_ABI_H

#include "linux-user/task.h"
#include "target/target.h"

struct LoadInfo;
struct CoreAbi;

/* The six registers with a call's arguments, one by one: a wide load of two that were just stored would wait for the cache. */
static inline void abi_copy_args(uint64_t to[6], const uint64_t *from)
{
#pragma GCC unroll 6
    for (unsigned i = 0; i < 6; i++) {
        to[i] = __atomic_load_n(&from[i], __ATOMIC_RELAXED);
    }
}

typedef struct GuestAbi {
    const Target *target;
    const char *uname_machine;   /* "riscv64" */
    uint32_t audit_arch;         /* AUDIT_ARCH_*, as filters see it */
    const char *platform;        /* AT_PLATFORM or NULL */
    unsigned syscall_table;      /* column of syscalls.def */
    unsigned word_size;          /* 8 */
    bool is_big_endian;
    bool has_restorer;           /* struct sigaction has sa_restorer */

    /* Arguments of a system call from the registers; the number is returned. */
    uint64_t (*syscall_get)(const CpuState *s, uint64_t args[6]);
    void (*syscall_set_result)(CpuState *s, int64_t result);
    /* Sets pc back to the system call instruction with its first argument restored. */
    void (*syscall_restart)(CpuState *s, uint64_t number, uint64_t arg0);

    void (*init_thread)(CpuState *s, uint64_t entry, uint64_t sp);
    void (*set_tls)(CpuState *s, uint64_t tls);
    void (*set_sp)(CpuState *s, uint64_t sp);
    uint64_t (*get_sp)(const CpuState *s);

    /* Flags of open() between guest and host; NULL: they are the same. */
    uint64_t (*open_flags)(uint64_t flags, bool to_host);

    /* Hardware capabilities for the auxiliary vector; AT_MINSIGSTKSZ (0: none); whether the host's caches are told (AT_L1I_CACHESIZE and so on). */
    uint64_t (*hwcap)(const TargetCpu *cpu);
    uint64_t (*hwcap2)(const TargetCpu *cpu);
    uint64_t min_signal_stack;
    bool has_aux_caches;

    /* Builds the frame of `sig` on the guest stack and enters the handler: 0, or -EFAULT (the caller then forces SIGSEGV). */
    int (*signal_frame)(Task *t, int sig, const siginfo_t *info, const SigAction *action, uint64_t mask);
    /* rt_sigreturn: state, mask and altstack from the frame at the stack pointer; -EFAULT for a bad one. */
    int (*signal_return)(Task *t);

    /* Image of the vDSO, an ELF file, or just the code that returns from signal handlers; offset of that code. Once it is mapped at
     * t->mm->layout.vdso, and before anything runs, vdso_start (or NULL) fills in what depends on the CPU: 0 or negative errno. */
    const uint8_t *vdso;
    size_t vdso_size;
    uint64_t vdso_sigreturn;
    int (*vdso_start)(Task *t); /* NULL: nothing */

    /* Property of ELF files (GNU_PROPERTY_*) and its bit that asks for guarded code (Mm.prot_guard). 0: there is none. */
    uint32_t guard_property, guard_bit;

    /* The guest's /proc/cpuinfo; NULL: empty. */
    void (*write_cpuinfo)(const TargetCpu *cpu, int fd);

    const struct CoreAbi *core;  /* NULL: no core files */

    /* System calls that only this architecture has (riscv_hwprobe, ...): *is_known false if not one of them. */
    int64_t (*arch_syscall)(Task *t, uint64_t number, const uint64_t args[6], bool *is_known);
    /* The same for options of prctl. */
    int64_t (*arch_prctl)(Task *t, const uint64_t args[6], bool *is_known);
} GuestAbi;

extern const GuestAbi abi_aarch64;
extern const GuestAbi abi_riscv64;

#endif
