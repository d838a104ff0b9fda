/* SPDX-License-Identifier: MIT */
/* The first task of a process, made after start. Those that clone makes: thread.c. */
#include "linux-user/task.h"

#include <linux/prctl.h>
#include <signal.h>
#include <sys/resource.h>

#include "linux-user/loader.h"
#include "linux-user/mm.h"
#include "linux-user/options.h"
#include "linux-user/thread.h"
#include "util/hostmem.h"
#include "util/sys.h"

static void take_limit(uint64_t limit[2], unsigned which, unsigned resource)
{
    sys_call4(SYS_prlimit64, 0, resource, 0, SYS_PTR(limit));
    limit[0] = hostmem_start_limit(which);
}

Task *task_new_first(const Options *options, Mm *mm)
{
    Task *t = host_alloc(sizeof(*t));
    t->cpu = tcg_thread_new(mm->tcg, t);
    if (!t->cpu) {
        host_free(t);
        return NULL;
    }
    t->log = options->tcg.log;
    t->abi = options->abi;
    t->options = options;
    t->mm = mm;
    t->sighand = host_alloc(sizeof(*t->sighand));
    t->files = host_alloc(sizeof(*t->files));
    t->fs = host_alloc(sizeof(*t->fs));
    t->group = host_alloc(sizeof(*t->group));
    t->sighand->refs = t->files->refs = t->fs->refs = t->group->refs = 1;
    t->files->self_fd = t->files->log_fd = t->group->exe_fd = -1;
    t->fs->prefix = (char *)(uintptr_t)options->prefix;
    take_limit(t->group->rlimit_as, 0, RLIMIT_AS);
    take_limit(t->group->rlimit_data, 1, RLIMIT_DATA);
    take_limit(t->group->rlimit_stack, 2, RLIMIT_STACK);
    t->tid = (int)sys_call1(SYS_gettid, 0);
    t->altstack_flags = SS_DISABLE;
    thread_group_add(t);
    return t;
}

void task_tell_kernel(Task *t, const LoadInfo *info, const char *comm)
{
    TaskGroup *g = t->group;
    struct prctl_mm_map map = {
        .start_code = info->code_start,
        .end_code = info->code_end,
        .start_data = info->data_start,
        .end_data = info->data_end,
        .start_brk = t->mm->brk_start,
        .brk = t->mm->brk_start,
        .start_stack = info->stack_pointer,
        .arg_start = g->arg_start,
        .arg_end = g->arg_end,
        .env_start = g->env_start,
        .env_end = g->env_end,
        .auxv = (void *)(uintptr_t)g->auxv_start,
        .auxv_size = (uint32_t)(g->auxv_end - g->auxv_start),
        .exe_fd = (uint32_t)-1,
    };
    /* a 64-bit auxv is what the host's kernel shows; other word sizes keep ours */
    g->is_kernel_told = t->abi->word_size == 8 && !t->abi->is_big_endian &&
                        sys_call(SYS_prctl, PR_SET_MM, PR_SET_MM_MAP, SYS_PTR(&map), sizeof(map), 0, 0) == 0;
    const char *base = comm;
    for (const char *p = comm; *p; p++) {
        base = *p == '/' ? p + 1 : base;
    }
    sys_call2(SYS_prctl, PR_SET_NAME, SYS_PTR(base));
}
