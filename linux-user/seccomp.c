/* SPDX-License-Identifier: MIT */
/*
 * seccomp filters: classic BPF programs over struct seccomp_data (linux/seccomp.h, linux/filter.h), newest first, the strictest answer counts. Not
 * here: listeners (SECCOMP_FILTER_FLAG_NEW_LISTENER), and tracers, of which there are none.
 */
#include "linux-user/seccomp.h"

#include <errno.h>
#include <linux/audit.h>
#include <linux/capability.h>
#include <linux/filter.h>
#include <linux/prctl.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <string.h>
#include <sys/mman.h>

#include "linux-user/abi.h"
#include "linux-user/mm.h"
#include "linux-user/signal.h"
#include "linux-user/syscall_rows.h"
#include "linux-user/thread.h"
#include "util/compiler.h"
#include "util/hostmem.h"
#include "util/sys.h"

enum { MAX_TOTAL = 32768, FILTER_COST = 4 }; /* instructions on one path: MAX_INSNS_PER_PATH of the kernel */
enum { NR_READ = 63, NR_WRITE = 64, NR_EXIT = 93, NR_SIGRETURN = 139 };
enum { CODE_SECCOMP = 1 /* SYS_SECCOMP of si_code */ };

typedef struct SeccompFilter {
    atomic_int refs;
    struct SeccompFilter *older;
    unsigned length, total; /* instructions: own, and those of all on the path */
    struct sock_filter insn[];
} SeccompFilter;

/* Mode strict is a filter of no instructions. */
static SeccompFilter strict = { .refs = 1 };

/* ---- sharing */

void seccomp_share(Task *to, const Task *from)
{
    to->seccomp = from->seccomp;
    if (to->seccomp) {
        atomic_fetch_add(&to->seccomp->refs, 1);
    }
}

static void drop(SeccompFilter *f)
{
    while (f && f != &strict && atomic_fetch_sub(&f->refs, 1) == 1) {
        SeccompFilter *older = f->older;
        host_free(f);
        f = older;
    }
}

void seccomp_drop(Task *t) { drop(t->seccomp); }

int seccomp_mode(const Task *t)
{
    return !t->seccomp ? SECCOMP_MODE_DISABLED : t->seccomp == &strict ? SECCOMP_MODE_STRICT : SECCOMP_MODE_FILTER;
}

/* ---- classic BPF */

static uint32_t alu(unsigned op, uint32_t a, uint32_t b)
{
    switch (op) {
    case BPF_ADD: return a + b;
    case BPF_SUB: return a - b;
    case BPF_MUL: return a * b;
    case BPF_DIV: return b ? a / b : 0;
    case BPF_OR: return a | b;
    case BPF_AND: return a & b;
    case BPF_XOR: return a ^ b;
    case BPF_LSH: return a << (b & 31);
    case BPF_RSH: return a >> (b & 31);
    default: return -a; /* BPF_NEG */
    }
}

static bool jumps(unsigned op, uint32_t a, uint32_t b)
{
    switch (op) {
    case BPF_JEQ: return a == b;
    case BPF_JGT: return a > b;
    case BPF_JGE: return a >= b;
    default: return a & b; /* BPF_JSET */
    }
}

/* A program that was checked when it was installed: it ends, and reads nothing but the data. */
static uint32_t run(const SeccompFilter *f, const struct seccomp_data *data)
{
    uint32_t a = 0, x = 0, mem[BPF_MEMWORDS] = {0};
    for (unsigned pc = 0;; pc++) {
        const struct sock_filter *i = &f->insn[pc];
        uint32_t operand = BPF_SRC(i->code) == BPF_X ? x : i->k;
        switch (BPF_CLASS(i->code)) {
        case BPF_LD:
            if (BPF_MODE(i->code) == BPF_ABS) {
                memcpy(&a, (const char *)data + i->k, sizeof(a));
            } else {
                a = BPF_MODE(i->code) == BPF_IMM ? i->k : BPF_MODE(i->code) == BPF_LEN ? sizeof(*data) : mem[i->k];
            }
            break;
        case BPF_LDX:
            x = BPF_MODE(i->code) == BPF_IMM ? i->k : BPF_MODE(i->code) == BPF_LEN ? sizeof(*data) : mem[i->k];
            break;
        case BPF_ST: mem[i->k] = a; break;
        case BPF_STX: mem[i->k] = x; break;
        case BPF_ALU: a = alu(BPF_OP(i->code), a, operand); break;
        case BPF_JMP: pc += BPF_OP(i->code) == BPF_JA ? i->k : jumps(BPF_OP(i->code), a, operand) ? i->jt : i->jf; break;
        case BPF_RET: return BPF_RVAL(i->code) == BPF_A ? a : i->k;
        case BPF_MISC:
            if (BPF_MISCOP(i->code) == BPF_TAX) {
                x = a;
            } else {
                a = x;
            }
            break;
        }
    }
}

/* seccomp_check_filter() and bpf_check_classic() of the kernel. */
static bool is_valid_insn(const struct sock_filter *i, unsigned left)
{
    switch (i->code) {
    case BPF_LD | BPF_W | BPF_ABS: return i->k < sizeof(struct seccomp_data) && i->k % 4 == 0;
    case BPF_LD | BPF_MEM: case BPF_LDX | BPF_MEM: case BPF_ST: case BPF_STX: return i->k < BPF_MEMWORDS;
    case BPF_ALU | BPF_DIV | BPF_K: return i->k != 0;
    case BPF_ALU | BPF_LSH | BPF_K: case BPF_ALU | BPF_RSH | BPF_K: return i->k < 32;
    case BPF_JMP | BPF_JA: return i->k < left;
    case BPF_JMP | BPF_JEQ | BPF_K: case BPF_JMP | BPF_JEQ | BPF_X: case BPF_JMP | BPF_JGE | BPF_K: case BPF_JMP | BPF_JGE | BPF_X:
    case BPF_JMP | BPF_JGT | BPF_K: case BPF_JMP | BPF_JGT | BPF_X: case BPF_JMP | BPF_JSET | BPF_K: case BPF_JMP | BPF_JSET | BPF_X:
        return i->jt < left && i->jf < left;
    case BPF_LD | BPF_W | BPF_LEN: case BPF_LDX | BPF_W | BPF_LEN: case BPF_LD | BPF_IMM: case BPF_LDX | BPF_IMM:
    case BPF_RET | BPF_K: case BPF_RET | BPF_A: case BPF_MISC | BPF_TAX: case BPF_MISC | BPF_TXA: case BPF_ALU | BPF_NEG:
    case BPF_ALU | BPF_ADD | BPF_K: case BPF_ALU | BPF_ADD | BPF_X: case BPF_ALU | BPF_SUB | BPF_K: case BPF_ALU | BPF_SUB | BPF_X:
    case BPF_ALU | BPF_MUL | BPF_K: case BPF_ALU | BPF_MUL | BPF_X: case BPF_ALU | BPF_DIV | BPF_X: case BPF_ALU | BPF_AND | BPF_K:
    case BPF_ALU | BPF_AND | BPF_X: case BPF_ALU | BPF_OR | BPF_K: case BPF_ALU | BPF_OR | BPF_X: case BPF_ALU | BPF_XOR | BPF_K:
    case BPF_ALU | BPF_XOR | BPF_X: case BPF_ALU | BPF_LSH | BPF_X: case BPF_ALU | BPF_RSH | BPF_X:
        return true;
    default: return false;
    }
}

static bool is_valid(const SeccompFilter *f)
{
    for (unsigned i = 0; i < f->length; i++) {
        if (!is_valid_insn(&f->insn[i], f->length - i - 1)) {
            return false;
        }
    }
    return BPF_CLASS(f->insn[f->length - 1].code) == BPF_RET;
}

/* ---- installing */

static SeccompFilter *filter_new(SeccompFilter *older, unsigned length)
{
    SeccompFilter *f = host_alloc(sizeof(*f) + length * sizeof(f->insn[0]));
    atomic_store(&f->refs, 1);
    f->older = older;
    f->length = length;
    f->total = length + FILTER_COST + (older ? older->total : 0);
    return f;
}

static bool may_install(void)
{
    if (sys_call(SYS_prctl, PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0, 0) == 1) {
        return true;
    }
    struct __user_cap_header_struct header = { .version = _LINUX_CAPABILITY_VERSION_3 };
    struct __user_cap_data_struct data[2] = { 0 };
    sys_call2(SYS_capget, SYS_PTR(&header), SYS_PTR(data));
    return data[0].effective >> CAP_SYS_ADMIN & 1;
}

/* The task's reference to the older ones is the new one's now. */
static int64_t install(Task *t, SeccompFilter *f)
{
    t->seccomp = f;
    return 0;
}

static bool is_ancestor(const SeccompFilter *f, const SeccompFilter *of)
{
    for (; of && of != f; of = of->older) {
    }
    return of == f;
}

/* SECCOMP_FILTER_FLAG_TSYNC: all threads get the filters of this one. 0, or the thread that has others. */
static int64_t install_for_all(Task *t, SeccompFilter *f, bool with_errno)
{
    int64_t result = 0;
    lock_acquire(&t->group->lock);
    for (const Task *other = t->group->tasks; other && result == 0; other = other->next) {
        result = is_ancestor(other->seccomp, t->seccomp) ? 0 : with_errno ? -ESRCH : other->tid;
    }
    if (result == 0) {
        install(t, f);
        for (Task *other = t->group->tasks; other; other = other->next) {
            if (other != t) {
                atomic_fetch_add(&f->refs, 1);
                /* the old ones are never freed: that thread may be asking them just now */
                __atomic_store_n(&other->seccomp, f, __ATOMIC_RELEASE);
            }
        }
    }
    lock_release(&t->group->lock);
    return result;
}

static int64_t set_filter(Task *t, uint64_t flags, uint64_t addr)
{
    struct { uint16_t length, pad[3]; uint64_t insns; } program;
    const uint64_t known = SECCOMP_FILTER_FLAG_TSYNC | SECCOMP_FILTER_FLAG_LOG | SECCOMP_FILTER_FLAG_SPEC_ALLOW | SECCOMP_FILTER_FLAG_TSYNC_ESRCH;
    if (flags & ~known) {
        return -EINVAL;
    }
    if (mm_read(&program, addr, sizeof(program))) {
        return -EFAULT;
    }
    if (program.length == 0 || program.length > BPF_MAXINSNS || t->seccomp == &strict) {
        return -EINVAL;
    }
    if (!may_install()) {
        return -EACCES;
    }
    SeccompFilter *f = filter_new(t->seccomp, program.length);
    int64_t result = mm_read(f->insn, program.insns, program.length * sizeof(f->insn[0]));
    result = result < 0 ? result : !is_valid(f) ? -EINVAL : f->total > MAX_TOTAL ? -ENOMEM : 0;
    if (result == 0) {
        result = flags & SECCOMP_FILTER_FLAG_TSYNC ? install_for_all(t, f, flags & SECCOMP_FILTER_FLAG_TSYNC_ESRCH) : install(t, f);
    }
    if (result) {
        host_free(f);
    }
    return result;
}

static int64_t set_strict(Task *t)
{
    if (t->seccomp && t->seccomp != &strict) {
        return -EINVAL;
    }
    t->seccomp = &strict;
    return 0;
}

static int64_t is_action_available(uint64_t addr)
{
    static const uint32_t known[] = { SECCOMP_RET_KILL_PROCESS, SECCOMP_RET_KILL_THREAD, SECCOMP_RET_TRAP, SECCOMP_RET_ERRNO, SECCOMP_RET_TRACE,
                                      SECCOMP_RET_LOG, SECCOMP_RET_ALLOW };
    uint32_t action;
    if (mm_read(&action, addr, sizeof(action))) {
        return -EFAULT;
    }
    for (unsigned i = 0; i < ARRAY_LEN(known); i++) {
        if (known[i] == action) {
            return 0;
        }
    }
    return -EOPNOTSUPP;
}

int64_t sys_seccomp(Task *t, const uint64_t args[6])
{
    uint32_t flags = (uint32_t)args[1];
    switch ((uint32_t)args[0]) {
    case SECCOMP_SET_MODE_STRICT: return flags || args[2] ? -EINVAL : set_strict(t);
    case SECCOMP_SET_MODE_FILTER: return set_filter(t, flags, args[2]);
    case SECCOMP_GET_ACTION_AVAIL: return flags ? -EINVAL : is_action_available(args[2]);
    default: return -EINVAL;
    }
}

int64_t seccomp_set_mode(Task *t, uint64_t mode, uint64_t filter)
{
    return mode == SECCOMP_MODE_STRICT ? set_strict(t) : mode == SECCOMP_MODE_FILTER ? set_filter(t, 0, filter) : -EINVAL;
}

/* ---- asking */

static int64_t trap(Task *t, const struct seccomp_data *data, uint32_t reason, bool is_fatal)
{
    siginfo_t info;
    memset(&info, 0, sizeof(info));
    info.si_signo = SIGSYS;
    info.si_code = CODE_SECCOMP;
    info.si_errno = (int)reason;
    info.si_call_addr = (void *)(uintptr_t)data->instruction_pointer;
    info.si_syscall = data->nr;
    info.si_arch = data->arch;
    if (is_fatal) {
        task_die_by_signal(t, SIGSYS, &info);
    }
    signal_force_info(t, &info);
    return -ENORESULT;
}

/* A thread alone dies by it; the last one takes the process along. */
static int64_t kill_thread(Task *t, const struct seccomp_data *data, int sig)
{
    lock_acquire(&t->group->lock);
    unsigned n = t->group->ntasks;
    lock_release(&t->group->lock);
    if (n > 1) {
        thread_exit(t, sig);
    }
    if (sig == SIGKILL) {
        sys_call2(SYS_kill, (uint64_t)sys_call(SYS_getpid, 0, 0, 0, 0, 0, 0), SIGKILL);
    }
    return trap(t, data, 0, true);
}

bool seccomp_allows(Task *t, uint64_t number, const uint64_t args[6], int64_t *result)
{
    struct seccomp_data data = { .nr = (int)number, .arch = t->abi->audit_arch, .instruction_pointer = t->cpu->pc };
    memcpy(data.args, args, sizeof(data.args));
    const SeccompFilter *f = __atomic_load_n(&t->seccomp, __ATOMIC_ACQUIRE);
    if (f == &strict) {
        bool is_allowed = number == NR_READ || number == NR_WRITE || number == NR_EXIT || number == NR_SIGRETURN;
        *result = is_allowed ? 0 : kill_thread(t, &data, SIGKILL);
        return is_allowed;
    }
    uint32_t answer = SECCOMP_RET_ALLOW;
    for (; f; f = f->older) {
        uint32_t a = run(f, &data);
        if ((int32_t)(a & SECCOMP_RET_ACTION_FULL) < (int32_t)(answer & SECCOMP_RET_ACTION_FULL)) {
            answer = a;
        }
    }
    uint32_t reason = answer & SECCOMP_RET_DATA;
    switch (answer & SECCOMP_RET_ACTION_FULL) {
    case SECCOMP_RET_ALLOW:
    case SECCOMP_RET_LOG:
        return true;
    case SECCOMP_RET_ERRNO:
        *result = -(int64_t)(reason < 4095 ? reason : 4095);
        return false;
    case SECCOMP_RET_TRAP:
        *result = trap(t, &data, reason, false);
        return false;
    case SECCOMP_RET_TRACE:
    case SECCOMP_RET_USER_NOTIF: /* nobody listens */
        *result = -ENOSYS;
        return false;
    case SECCOMP_RET_KILL_THREAD:
        *result = kill_thread(t, &data, SIGSYS);
        return false;
    default:
        *result = trap(t, &data, reason, true);
        return false;
    }
}

/* ---- over execve: lengths and instructions, newest first; nothing for mode strict, in which execve is not allowed */

int seccomp_save(const Task *t)
{
    int fd = t->seccomp ? (int)sys_call2(SYS_memfd_create, SYS_PTR("lyre-seccomp"), 0) : -1;
    for (const SeccompFilter *f = t->seccomp; fd >= 0 && f; f = f->older) {
        sys_call3(SYS_write, SYS_INT(fd), SYS_PTR(&f->length), sizeof(f->length));
        sys_call3(SYS_write, SYS_INT(fd), SYS_PTR(f->insn), f->length * sizeof(f->insn[0]));
    }
    return fd;
}

void seccomp_restore(Task *t, int fd)
{
    SeccompFilter **at = &t->seccomp;
    unsigned length;
    uint64_t offset = 0;
    while (fd >= 0 && sys_call4(SYS_pread64, SYS_INT(fd), SYS_PTR(&length), sizeof(length), offset) == sizeof(length) && length &&
           length <= BPF_MAXINSNS) {
        SeccompFilter *f = filter_new(NULL, length); /* the limit on all of them begins anew */
        sys_call4(SYS_pread64, SYS_INT(fd), SYS_PTR(f->insn), length * sizeof(f->insn[0]), offset + sizeof(length));
        offset += sizeof(length) + length * sizeof(f->insn[0]);
        if (!is_valid(f)) {
            host_free(f);
            break;
        }
        *at = f;
        at = &f->older;
    }
    if (fd >= 0) {
        sys_call1(SYS_close, SYS_INT(fd));
    }
}
