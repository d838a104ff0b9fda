/* SPDX-License-Identifier: MIT */
/* System calls that are refused fail with ENOSYS whatever their arguments are, as on a kernel that was built without them; what programs do then works.
 * Prints TAP. */
#define _GNU_SOURCE
#include <errno.h>
#include <sched.h>
#include <stdio.h>
#include <sys/auxv.h>
#include <sys/ptrace.h>
#include <sys/rseq.h>
#include <sys/syscall.h>
#include <unistd.h>

#ifndef AT_RSEQ_FEATURE_SIZE
#define AT_RSEQ_FEATURE_SIZE 27
#endif

static int count;

static void ok(int is_ok, const char *name)
{
    printf("%sok %d - %s\n", is_ok ? "" : "not ", ++count, name);
}

int main(void)
{
    static const struct {
        long number;
        const char *name;
    } calls[] = {
        {SYS_ptrace, "ptrace"}, {SYS_rseq, "rseq"}, {SYS_userfaultfd, "userfaultfd"}, {SYS_bpf, "bpf"}, {SYS_pkey_alloc, "pkey_alloc"},
        {SYS_pkey_mprotect, "pkey_mprotect"}, {SYS_pkey_free, "pkey_free"}, {SYS_remap_file_pages, "remap_file_pages"}, {SYS_init_module, "init_module"},
        {SYS_finit_module, "finit_module"}, {SYS_kexec_load, "kexec_load"}, {SYS_kexec_file_load, "kexec_file_load"},
        {SYS_nfsservctl, "nfsservctl"}, {SYS_lookup_dcookie, "lookup_dcookie"}, {453, "map_shadow_stack"}, {511, "a number that is none"}, {-1, "number -1"},
    };
    static char area[4096] __attribute__((aligned(4096)));
    for (unsigned i = 0; i < sizeof(calls) / sizeof(calls[0]); i++) {
        int plain = syscall(calls[i].number, 0, 0, 0, 0, 0, 0) == -1 && errno == ENOSYS;
        int given = syscall(calls[i].number, area, 32, 0, 0x53053053, area, 0) == -1 && errno == ENOSYS;
        int wrong = syscall(calls[i].number, -1L, -1L, -1L, -1L, -1L, -1L) == -1 && errno == ENOSYS;
        ok(plain && given && wrong, calls[i].name);
    }
    ok(getauxval(AT_RSEQ_FEATURE_SIZE) == 0, "no rseq in the auxiliary vector");
    ok(__rseq_size == 0, "glibc has no rseq area");
    int cpu = sched_getcpu();
    ok(cpu >= 0 && cpu < 65536, "sched_getcpu without it");
    ok(ptrace(PTRACE_TRACEME, 0, 0, 0) == -1 && errno == ENOSYS, "PTRACE_TRACEME");
    printf("1..%d\n", count);
    return 0;
}
