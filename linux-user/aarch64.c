/* SPDX-License-Identifier: MIT */
/* Linux on aarch64: registers of system calls, flags of open, /proc/cpuinfo. Signal frames: signal_aarch64.c. */
#include <elf.h>
#include <errno.h>
#include <linux/audit.h>
#include <linux/prctl.h>
#include <string.h>

#include "linux-user/abi.h"
#include "linux-user/core.h"
#include "linux-user/cpus.h"
#include "linux-user/mm.h"
#include "linux-user/options.h"
#include "linux-user/signal_aarch64.h"
#include "linux-user/syscall_row.h"
#include "linux-user/vdso.h"
#include "linux-user/vdso_aarch64.h"
#include "target/aarch64/cpu.h"
#include "util/compiler.h"
#include "util/textbuf.h"

enum { X_NUMBER = 8, SVC_SIZE = 4, NR_RENAMEAT = 38, NR_RENAMEAT2 = 276 };

static uint64_t syscall_get(const CpuState *s, uint64_t args[6])
{
    const A64State *r = a64_state_const(s);
    abi_copy_args(args, r->x);
    if ((uint32_t)r->x[X_NUMBER] == NR_RENAMEAT) { /* which the generic table has left out: renameat2 without flags */
        args[4] = 0;
        return NR_RENAMEAT2;
    }
    return (uint32_t)r->x[X_NUMBER];
}

static void syscall_set_result(CpuState *s, int64_t result) { a64_state(s)->x[0] = (uint64_t)result; }

static void syscall_restart(CpuState *s, uint64_t number, uint64_t arg0)
{
    s->pc -= SVC_SIZE;
    a64_state(s)->x[0] = arg0;
}

static void init_thread(CpuState *s, uint64_t entry, uint64_t sp)
{
    s->pc = entry;
    a64_state(s)->sp = sp;
}

static void set_tls(CpuState *s, uint64_t tls) { a64_state(s)->tpidr = tls; }
static void set_sp(CpuState *s, uint64_t sp) { a64_state(s)->sp = sp; }
static uint64_t get_sp(const CpuState *s) { return a64_state_const(s)->sp; }

/* Flags whose bits differ from x86-64 (asm/fcntl.h): O_DIRECTORY, O_NOFOLLOW, O_DIRECT, O_LARGEFILE. */
static uint64_t open_flags(uint64_t flags, bool to_host)
{
    static const uint32_t pairs[][2] = { { 040000, 0200000 }, { 0100000, 0400000 }, { 0200000, 040000 }, { 0400000, 0100000 } };
    uint64_t out = flags & ~0740000ull;
    for (unsigned i = 0; i < ARRAY_LEN(pairs); i++)
        out |= flags & pairs[i][!to_host] ? pairs[i][to_host] : 0;
    return out;
}

/* Names of the bits of AT_HWCAP and AT_HWCAP2 (arch/arm64/kernel/cpuinfo.c). */
static const char *const hwcap_names[] = {
    "fp", "asimd", "evtstrm", "aes", "pmull", "sha1", "sha2", "crc32", "atomics", "fphp", "asimdhp", "cpuid", "asimdrdm", "jscvt",
    "fcma", "lrcpc", "dcpop", "sha3", "sm3", "sm4", "asimddp", "sha512", "sve", "asimdfhm", "dit", "uscat", "ilrcpc", "flagm", "ssbs",
    "sb", "paca", "pacg",
};
static const char *const hwcap2_names[] = {
    "dcpodp", "sve2", "sveaes", "svepmull", "svebitperm", "svesha3", "svesm4", "flagm2", "frint", "svei8mm", "svef32mm", "svef64mm",
    "svebf16", "i8mm", "bf16", "dgh", "rng", "bti", "mte", "ecv", "afp", "rpres", "mte3", "sme", "smei16i64", "smef64f64", "smei8i32",
    "smef16f32", "smeb16f32", "smef32f32", "smefa64", "wfxt", "ebf16", "sveebf16", "cssc", "rprfm", "sve2p1", "sme2", "sme2p1",
    "smei16i32", "smebi32i32", "smeb16b16", "smef16f16", "mops", "hbc",
};

static void put_names(TextBuf *out, uint64_t bits, const char *const *names, unsigned n)
{
    for (unsigned i = 0; i < n; i++) {
        if (bits >> i & 1) {
            text_char(out, ' ');
            text_str(out, names[i]);
        }
    }
}

static void put_hex_field(TextBuf *out, const char *name, uint64_t v)
{
    text_str(out, name);
    text_hex(out, v);
    text_char(out, '\n');
}

static void write_cpuinfo(const TargetCpu *cpu, int fd)
{
    for (unsigned i = 0, n = cpus_allowed(); i < n; i++) {
        char buf[1024];
        TextBuf out = text_init(buf, sizeof(buf));
        text_str(&out, "processor\t: ");
        text_u64(&out, i);
        text_str(&out, "\nBogoMIPS\t: 100.00\nFeatures\t:");
        put_names(&out, a64_hwcap(cpu), hwcap_names, ARRAY_LEN(hwcap_names));
        put_names(&out, a64_hwcap2(cpu), hwcap2_names, ARRAY_LEN(hwcap2_names));
        put_hex_field(&out, "\nCPU implementer\t: ", cpu->midr >> 24 & 0xff);
        text_str(&out, "CPU architecture: 8\n");
        put_hex_field(&out, "CPU variant\t: ", cpu->midr >> 20 & 15);
        put_hex_field(&out, "CPU part\t: ", cpu->midr >> 4 & 0xfff);
        text_str(&out, "CPU revision\t: ");
        text_u64(&out, cpu->midr & 15);
        text_str(&out, "\n\n");
        text_write(&out, fd);
    }
}

/* ---- the vDSO (vdso/aarch64.S) */

/* Branch target identification, as soon as PROT_BTI (asm/mman.h) is used. */
static void allow_guards(Task *t)
{
    enum { PROT_BTI = 0x10 };
    const TargetCpu *cpu = t->options->target_cpu;
    if (a64_has(cpu, A64_EXT_BTI)) {
        *cpu->guards = (A64Guards){ .is_guarded = mm_is_guarded, .mm = t->mm };
        t->mm->has_guards = &cpu->guards->exist;
        t->mm->prot_guard = PROT_BTI;
    }
}

static int vdso_start(Task *t)
{
    allow_guards(t);
    a64_cpu_set_vdso(t->options->target_cpu, &t->mm->layout.vdso);
    return vdso_write_resolutions(t, VDSO_vdso_resolution);
}

/* Keys of pointer authentication (arch/arm64/kernel/pointer_auth.c). */
static int64_t arch_prctl(Task *t, const uint64_t args[6], bool *is_known)
{
    enum { ADDRESS_KEYS = PR_PAC_APIAKEY | PR_PAC_APIBKEY | PR_PAC_APDAKEY | PR_PAC_APDBKEY, ALL = ADDRESS_KEYS | PR_PAC_APGAKEY };
    bool has_keys = a64_has(t->options->target_cpu, A64_EXT_PAUTH);
    uint32_t *off = &a64_state(t->cpu)->keys_off; /* PR_PAC_* are bits per A64Key */
    uint64_t keys = args[1], rest = args[3] | args[4];
    switch ((int)args[0]) {
    case PR_PAC_RESET_KEYS:
        if (!has_keys || args[2] || rest || (keys & ~(uint64_t)ALL))
            return -EINVAL;
        a64_reset_keys(t->cpu, keys ? (unsigned)keys : ALL);
        return 0;
    case PR_PAC_SET_ENABLED_KEYS:
        if (!has_keys || rest || (keys & ~(uint64_t)ADDRESS_KEYS) || (args[2] & ~keys))
            return -EINVAL;
        *off = (*off & ~(uint32_t)keys) | (uint32_t)(keys & ~args[2]);
        return 0;
    case PR_PAC_GET_ENABLED_KEYS:
        return !has_keys || rest || args[1] || args[2] ? -EINVAL : (int64_t)(ADDRESS_KEYS & ~*off);
    default:
        *is_known = false;
        return 0;
    }
}

/* elf_gregset_t: struct user_pt_regs; NT_FPREGSET: struct user_fpsimd_state (asm/ptrace.h). */
static void core_gregs(const CpuState *s, void *out)
{
    uint64_t *regs = out;
    const A64State *r = a64_state_const(s);
    memcpy(regs, r->x, sizeof(r->x));
    regs[31] = r->sp;
    regs[32] = s->pc;
    regs[33] = (uint64_t)r->nzcv << 28;
}

static void core_fpregs(const CpuState *s, void *out)
{
    uint64_t *regs = out;
    memcpy(regs, a64_state_const(s)->v, 512);
    regs[64] = a64_get_fpsr(s) | (uint64_t)a64_state_const(s)->fpcr << 32;
    regs[65] = 0;
}

static const CoreAbi core_aarch64 = {
    .machine = EM_AARCH64, .gregs_size = 34 * 8, .fpregs_size = 528, .gregs = core_gregs, .fpregs = core_fpregs,
};

const GuestAbi abi_aarch64 = {
    .target = &target_aarch64,
    .uname_machine = "aarch64",
    .audit_arch = AUDIT_ARCH_AARCH64,
    .platform = "aarch64",
    .syscall_table = SYSCALL_TABLE_GENERIC,
    .word_size = 8,
    .has_restorer = true,
    .syscall_get = syscall_get,
    .syscall_set_result = syscall_set_result,
    .syscall_restart = syscall_restart,
    .init_thread = init_thread,
    .set_tls = set_tls,
    .set_sp = set_sp,
    .get_sp = get_sp,
    .open_flags = open_flags,
    .hwcap = a64_hwcap,
    .hwcap2 = a64_hwcap2,
    .signal_frame = signal_aarch64_frame,
    .signal_return = signal_aarch64_return,
    .min_signal_stack = SIGNAL_AARCH64_MIN_STACK,
    .guard_property = GNU_PROPERTY_AARCH64_FEATURE_1_AND,
    .guard_bit = GNU_PROPERTY_AARCH64_FEATURE_1_BTI,
    .vdso = vdso_image,
    .vdso_size = VDSO_SIZE,
    .vdso_sigreturn = VDSO___kernel_rt_sigreturn,
    .vdso_start = vdso_start,
    .arch_prctl = arch_prctl,
    .write_cpuinfo = write_cpuinfo,
    .core = &core_aarch64,
};
