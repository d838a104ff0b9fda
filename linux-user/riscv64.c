/* SPDX-License-Identifier: MIT */
/* Linux on riscv64: registers of system calls, capabilities, and the two system calls of its own. Signal frames: signal_riscv64.c. */
#include <elf.h>
#include <errno.h>
#include <linux/audit.h>
#include <string.h>

#include "linux-user/abi.h"
#include "linux-user/core.h"
#include "linux-user/cpus.h"
#include "linux-user/mm.h"
#include "linux-user/options.h"
#include "linux-user/signal_riscv64.h"
#include "linux-user/syscall_row.h"
#include "linux-user/vdso.h"
#include "linux-user/vdso_riscv64.h"
#include "target/riscv/cpu.h"
#include "util/compiler.h"
#include "util/sys.h"
#include "util/textbuf.h"

enum { X_SP = 2, X_TP = 4, X_A0 = 10, X_A7 = 17 };
enum { NR_HWPROBE = 258, NR_FLUSH_ICACHE = 259, ECALL_SIZE = 4 };

static uint64_t syscall_get(const CpuState *s, uint64_t args[6])
{
    const RiscvState *r = riscv_state_const(s);
    abi_copy_args(args, r->x + X_A0);
    return r->x[X_A7];
}

static void syscall_set_result(CpuState *s, int64_t result) { riscv_state(s)->x[X_A0] = (uint64_t)result; }

static void syscall_restart(CpuState *s, uint64_t number, uint64_t arg0)
{
    s->pc -= ECALL_SIZE;
    riscv_state(s)->x[X_A0] = arg0;
}

static void init_thread(CpuState *s, uint64_t entry, uint64_t sp)
{
    s->pc = entry & target_riscv64.pc_mask;
    riscv_state(s)->x[X_SP] = sp;
}

static void set_tls(CpuState *s, uint64_t tls) { riscv_state(s)->x[X_TP] = tls; }
static void set_sp(CpuState *s, uint64_t sp) { riscv_state(s)->x[X_SP] = sp; }
static uint64_t get_sp(const CpuState *s) { return riscv_state_const(s)->x[X_SP]; }

static void put_isa(TextBuf *out, const TargetCpu *cpu)
{
    static const char *const names[] = {
#define EXT(id, name, needs, hwprobe) name,
#include "target/riscv/extensions.def"
#undef EXT
    };
    text_str(out, "rv64");
    for (unsigned i = 0; i < 2 * ARRAY_LEN(names); i++) { /* single letters first */
        const char *name = names[i % ARRAY_LEN(names)];
        bool is_long = name[1];
        if (riscv_has(cpu, (RvExt)(i % ARRAY_LEN(names))) && is_long == (i >= ARRAY_LEN(names))) {
            text_str(out, is_long ? "_" : "");
            text_str(out, name);
        }
    }
}

static void write_cpuinfo(const TargetCpu *cpu, int fd)
{
    for (unsigned i = 0, n = cpus_allowed(); i < n; i++) {
        char buf[1024];
        TextBuf out = text_init(buf, sizeof(buf));
        text_str(&out, "processor\t: ");
        text_u64(&out, i);
        text_str(&out, "\nhart\t\t: ");
        text_u64(&out, i);
        text_str(&out, "\nisa\t\t: ");
        put_isa(&out, cpu);
        text_str(&out, "\nmmu\t\t: sv48\nmvendorid\t: 0x0\nmarchid\t\t: 0x0\nmimpid\t\t: 0x0\nhart isa\t: ");
        put_isa(&out, cpu);
        text_str(&out, "\n\n");
        text_write(&out, fd);
    }
}

/* ---- riscv_hwprobe (Documentation/arch/riscv/hwprobe.rst) */

typedef struct HwProbe {
    int64_t key;
    uint64_t value;
} HwProbe;

enum {
    KEY_MVENDORID, KEY_MARCHID, KEY_MIMPID, KEY_BASE_BEHAVIOR, KEY_IMA_EXT_0, KEY_CPUPERF_0, KEY_ZICBOZ_BLOCK_SIZE,
    KEY_HIGHEST_VIRT_ADDRESS, KEY_TIME_CSR_FREQ, KEY_MISALIGNED_SCALAR_PERF, KEY_MISALIGNED_VECTOR_PERF, KEY_VENDOR_EXT_THEAD_0,
    KEY_ZICBOM_BLOCK_SIZE, KEY_COUNT /* HWPROBE_KEYS of vdso/riscv64.S */,
};
enum { HWPROBE_WHICH_CPUS = 1, BASE_BEHAVIOR_IMA = 1, MISALIGNED_FAST = 3, MISALIGNED_VECTOR_UNSUPPORTED = 4 };

static void probe(const TargetCpu *cpu, HwProbe *p)
{
    switch (p->key) {
    case KEY_MVENDORID:
    case KEY_MARCHID:
    case KEY_MIMPID:
    case KEY_VENDOR_EXT_THEAD_0:
        p->value = 0;
        break;
    case KEY_BASE_BEHAVIOR:
        p->value = BASE_BEHAVIOR_IMA;
        break;
    case KEY_IMA_EXT_0:
        p->value = riscv_hwprobe_ima_ext_0(cpu);
        break;
    case KEY_CPUPERF_0:
    case KEY_MISALIGNED_SCALAR_PERF:
        p->value = MISALIGNED_FAST;
        break;
    case KEY_ZICBOZ_BLOCK_SIZE:
        p->value = riscv_has(cpu, RV_EXT_ZICBOZ) ? RISCV_CBO_SIZE : 0;
        break;
    case KEY_ZICBOM_BLOCK_SIZE:
        p->value = riscv_has(cpu, RV_EXT_ZICBOM) ? RISCV_CBO_SIZE : 0;
        break;
    case KEY_HIGHEST_VIRT_ADDRESS:
        p->value = (1ull << 47) - 1;
        break;
    case KEY_TIME_CSR_FREQ:
        p->value = RISCV_TIME_FREQUENCY;
        break;
    case KEY_MISALIGNED_VECTOR_PERF:
        p->value = MISALIGNED_VECTOR_UNSUPPORTED;
        break;
    default:
        p->key = -1;
        p->value = 0;
    }
}

/* Whether a CPU with `have` is one that the caller asks for by `want`. */
static bool is_match(const HwProbe *have, const HwProbe *want)
{
    bool is_bitmask = want->key == KEY_BASE_BEHAVIOR || want->key == KEY_IMA_EXT_0 || want->key == KEY_VENDOR_EXT_THEAD_0;
    return have->key == want->key && (is_bitmask ? (have->value & want->value) == want->value : have->value == want->value);
}

/* All CPUs are alike: the set stays as it is (cut to those that exist), or becomes empty. */
static int64_t which_cpus(uint64_t addr, uint64_t size, bool is_all)
{
    uint8_t set[1024] = {0}, online[1024] = {0};
    size = size < sizeof(set) ? size : sizeof(set);
    if (size == 0 || addr == 0) {
        return -EINVAL;
    }
    sys_call3(SYS_sched_getaffinity, 0, sizeof(online), SYS_PTR(online));
    if (mm_read(set, addr, size) < 0) {
        return -EFAULT;
    }
    bool is_empty = true;
    for (uint64_t i = 0; i < size; i++) {
        is_empty &= set[i] == 0;
    }
    for (uint64_t i = 0; i < size; i++) {
        set[i] = is_all ? (is_empty ? online[i] : set[i] & online[i]) : 0;
    }
    return mm_write(addr, set, size);
}

static int64_t hwprobe(Task *t, uint64_t pairs, uint64_t count, uint64_t set_size, uint64_t set, uint64_t flags)
{
    bool is_all = true;
    if ((flags & ~(uint64_t)HWPROBE_WHICH_CPUS) || (!(flags & HWPROBE_WHICH_CPUS) && !set_size != !set)) {
        return -EINVAL;
    }
    for (uint64_t i = 0; i < count; i++) {
        HwProbe want, have;
        uint64_t addr = pairs + i * sizeof(want);
        if (mm_read(&want, addr, sizeof(want)) < 0) {
            return -EFAULT;
        }
        have = want;
        probe(t->options->target_cpu, &have);
        bool is_asking = flags & HWPROBE_WHICH_CPUS;
        is_all &= is_match(&have, &want);
        if ((!is_asking || have.key == -1) && mm_write(addr, &have, sizeof(have)) < 0) {
            return -EFAULT;
        }
    }
    return flags & HWPROBE_WHICH_CPUS ? which_cpus(set, set_size, is_all) : 0;
}

static int64_t arch_syscall(Task *t, uint64_t number, const uint64_t args[6], bool *is_known)
{
    *is_known = true;
    switch (number) {
    case NR_HWPROBE:
        return hwprobe(t, args[0], args[1], args[2], args[3], args[4]);
    case NR_FLUSH_ICACHE:
        if (args[2] & ~1ull) {
            return -EINVAL;
        }
        /* writes of this process are noticed anyway; those of others to shared memory are not */
        if (args[0] < args[1]) {
            tcg_invalidate(t->mm->tcg, args[0], args[1]);
        }
        return 0;
    default:
        *is_known = false;
        return -ENOSYS;
    }
}

/* ---- the vDSO (vdso/riscv64.S) */

static int vdso_start(Task *t)
{
    uint64_t values[KEY_COUNT];
    for (int64_t key = 0; key < KEY_COUNT; key++) {
        HwProbe p = { .key = key };
        probe(t->options->target_cpu, &p);
        values[key] = p.value;
    }
    riscv_cpu_set_vdso(t->options->target_cpu, &t->mm->layout.vdso);
    int64_t error = mm_write(t->mm->layout.vdso + VDSO_vdso_hwprobe, values, sizeof(values));
    return error ? (int)error : vdso_write_resolutions(t, VDSO_vdso_resolution);
}

/* elf_gregset_t: struct user_regs_struct (pc, x1 to x31); NT_FPREGSET: f0 to f31, fcsr (asm/ptrace.h). */
static void core_gregs(const CpuState *s, void *out)
{
    uint64_t *regs = out;
    regs[0] = s->pc;
    memcpy(&regs[1], &riscv_state_const(s)->x[1], 31 * sizeof(uint64_t));
}

static void core_fpregs(const CpuState *s, void *out)
{
    uint64_t *regs = out;
    memcpy(regs, riscv_state_const(s)->f, 32 * sizeof(uint64_t));
    regs[32] = riscv_get_fcsr(s);
}

static const CoreAbi core_riscv64 = {
    .machine = EM_RISCV, .gregs_size = 32 * 8, .fpregs_size = 33 * 8, .gregs = core_gregs, .fpregs = core_fpregs,
};

const GuestAbi abi_riscv64 = {
    .target = &target_riscv64,
    .uname_machine = "riscv64",
    .audit_arch = AUDIT_ARCH_RISCV64,
    .syscall_table = SYSCALL_TABLE_GENERIC,
    .word_size = 8,
    .syscall_get = syscall_get,
    .syscall_set_result = syscall_set_result,
    .syscall_restart = syscall_restart,
    .init_thread = init_thread,
    .set_tls = set_tls,
    .set_sp = set_sp,
    .get_sp = get_sp,
    .hwcap = riscv_hwcap,
    .min_signal_stack = SIGNAL_RISCV64_FRAME_SIZE,
    .has_aux_caches = true,
    .signal_frame = signal_riscv64_frame,
    .signal_return = signal_riscv64_return,
    .vdso = vdso_image,
    .vdso_size = VDSO_SIZE,
    .vdso_sigreturn = VDSO___vdso_rt_sigreturn,
    .vdso_start = vdso_start,
    .write_cpuinfo = write_cpuinfo,
    .core = &core_riscv64,
    .arch_syscall = arch_syscall,
};
