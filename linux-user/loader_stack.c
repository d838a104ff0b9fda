/* SPDX-License-Identifier: MIT */
/* The initial stack: strings, auxiliary vector, environment, arguments (the processor supplement's "process initialization"). */
#include <elf.h>
#include <errno.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/mman.h>
#include <sys/resource.h>

#include "linux-user/loader.h"
#include "linux-user/mm.h"
#include "linux-user/options.h"
#include "util/compiler.h"
#include "util/hostmem.h"
#include "util/sys.h"

#define STACK_DEFAULT (8ull << 20)
#define STACK_MIN (256ull << 10)
#define STACK_UNLIMITED (1ull << 30) /* at once; it grows further by faults */

enum { MAX_AUX = 32 };

/* What is being written: a copy in our memory of the topmost bytes of the stack, filled from the top down. */
typedef struct Builder {
    uint8_t *buf;
    uint64_t size;
    uint64_t top;  /* guest address of buf + size */
    uint64_t sp;   /* guest address of what was pushed last */
    bool is_full;
} Builder;

static uint8_t *host_of(const Builder *b, uint64_t addr) { return b->buf + (addr - (b->top - b->size)); }

static uint64_t push(Builder *b, const void *data, uint64_t size)
{
    if (size > b->sp - (b->top - b->size)) {
        b->is_full = true;
        return b->sp;
    }
    b->sp -= size;
    memcpy(host_of(b, b->sp), data, size);
    return b->sp;
}

static uint64_t push_string(Builder *b, const char *s) { return push(b, s, strlen(s) + 1); }

static void put_word(const GuestAbi *abi, uint8_t *p, uint64_t v)
{
    if (abi->word_size == 4) {
        uint32_t w = abi->is_big_endian ? __builtin_bswap32((uint32_t)v) : (uint32_t)v;
        memcpy(p, &w, 4);
    } else {
        v = abi->is_big_endian ? __builtin_bswap64(v) : v;
        memcpy(p, &v, 8);
    }
}

static unsigned list_length(char *const list[])
{
    unsigned n = 0;
    while (list[n]) {
        n++;
    }
    return n;
}

static uint64_t strings_size(char *const list[])
{
    uint64_t size = 0;
    for (; *list; list++) {
        size += strlen(*list) + 1;
    }
    return size;
}

static uint64_t stack_size(const Task *t)
{
    uint64_t limit = t->options->stack_size ? t->options->stack_size : t->mm->limit[MM_LIMIT_STACK];
    if (limit == RLIM_INFINITY || limit > STACK_UNLIMITED) {
        limit = STACK_UNLIMITED;
    }
    uint64_t share = t->mm->limit[MM_LIMIT_AS] / 4;
    limit = limit > share ? share : limit;
    return limit < STACK_MIN ? STACK_MIN : ALIGN_UP(limit, MM_PAGE);
}

/* Reserved at once (so that the kernel finds it when it writes there); memory comes as it is touched. */
static int map_stack(Task *t, uint64_t size, bool is_exec, uint64_t *top)
{
    Mm *mm = t->mm;
    uint64_t start = mm->layout.stack_top - size;
    mm_lock(mm);
    bool is_free = mm_map_is_free(&mm->map, start, mm->layout.stack_top);
    mm_unlock(mm);
    if (!is_free) {
        start = mm_find_free(mm, size, MM_PAGE);
    }
    int64_t r = mm_mmap(mm, start, size, PROT_READ | PROT_WRITE | (is_exec ? PROT_EXEC : 0),
                        MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_STACK | MAP_GROWSDOWN | MAP_FIXED_NOREPLACE, -1, 0);
    if (r < 0) {
        return (int)r;
    }
    *top = start + size;
    mm_lock(mm);
    if (mm_map_room(&mm->map, 2)) {
        mm_map_set_flags(&mm->map, start, *top, 0, AREA_STACK);
    }
    mm_unlock(mm);
    return 0;
}

#define AUX(tag, value) (aux[*n][0] = (tag), aux[*n][1] = (value), ++*n)

/* Sizes and geometries of L1I, L1D, L2, L3: unknown, as on a machine whose device tree does not tell. */
static void fill_caches(uint64_t aux[][2], unsigned *n)
{
    for (unsigned tag = AT_L1I_CACHESIZE; tag <= AT_L3_CACHEGEOMETRY; tag++) {
        AUX(tag, 0);
    }
}

static void fill_aux(const Task *t, const LoadInfo *info, uint64_t random, uint64_t exec_fn, uint64_t platform, uint64_t aux[][2], unsigned *n)
{
    const GuestAbi *abi = t->abi;
    if (!memcmp(abi->vdso, ELFMAG, SELFMAG)) {
        AUX(AT_SYSINFO_EHDR, t->mm->layout.vdso);
    }
    if (abi->has_aux_caches) {
        fill_caches(aux, n);
    }
    if (abi->min_signal_stack) {
        AUX(AT_MINSIGSTKSZ, abi->min_signal_stack);
    }
    AUX(AT_HWCAP, abi->hwcap ? abi->hwcap(t->options->target_cpu) : 0);
    AUX(AT_PAGESZ, abi->target->page_size);
    AUX(AT_CLKTCK, getauxval(AT_CLKTCK));
    AUX(AT_PHDR, info->phdr);
    AUX(AT_PHENT, info->phent);
    AUX(AT_PHNUM, info->phnum);
    AUX(AT_BASE, info->interp_base);
    AUX(AT_FLAGS, getauxval(AT_FLAGS) & ~1ull /* binfmt_misc told us to keep argv[0] */);
    AUX(AT_ENTRY, info->program_entry);
    AUX(AT_UID, getauxval(AT_UID));
    AUX(AT_EUID, getauxval(AT_EUID));
    AUX(AT_GID, getauxval(AT_GID));
    AUX(AT_EGID, getauxval(AT_EGID));
    AUX(AT_SECURE, getauxval(AT_SECURE));
    AUX(AT_RANDOM, random);
    if (abi->hwcap2) {
        AUX(AT_HWCAP2, abi->hwcap2(t->options->target_cpu));
    }
    AUX(AT_EXECFN, exec_fn);
    if (platform) {
        AUX(AT_PLATFORM, platform);
    }
    AUX(AT_NULL, 0);
}
#undef AUX

/* argc, argv, envp and auxv below the strings. */
static void push_vectors(Builder *b, Task *t, const LoadInfo *info, unsigned argc, unsigned envc, uint64_t exec_fn, uint64_t random,
                         uint64_t platform)
{
    const GuestAbi *abi = t->abi;
    uint64_t aux[MAX_AUX][2];
    unsigned naux = 0, word = abi->word_size;
    fill_aux(t, info, random, exec_fn, platform, aux, &naux);
    uint64_t words = 1 + argc + 1 + envc + 1 + 2 * naux, sp = ALIGN_DOWN(b->sp - words * word, 16);
    if (b->is_full || b->sp - (b->top - b->size) < words * word + 16) {
        b->is_full = true;
        return;
    }
    b->sp = sp;
    uint8_t *p = host_of(b, sp);
    put_word(abi, p, argc);
    p += word;
    /* the strings lie in order, ends to starts: arguments, environment */
    uint64_t at = t->group->arg_start;
    for (unsigned i = 0; i < argc + envc; i++) {
        if (i == argc) {
            put_word(abi, p, 0);
            p += word;
        }
        put_word(abi, p, at);
        p += word;
        at += strlen((char *)host_of(b, at)) + 1;
    }
    if (envc == 0) {
        put_word(abi, p, 0);
        p += word;
    }
    put_word(abi, p, 0);
    p += word;
    t->group->auxv_start = sp + (uint64_t)(p - host_of(b, sp));
    for (unsigned i = 0; i < naux; i++, p += 2 * word) {
        put_word(abi, p, aux[i][0]);
        put_word(abi, p + word, aux[i][1]);
    }
    t->group->auxv_end = sp + (uint64_t)(p - host_of(b, sp));
}

static void push_all(Builder *b, Task *t, const char *exec_fn, char *const argv[], char *const envp[], const LoadInfo *info)
{
    static const uint64_t zero = 0;
    unsigned argc = list_length(argv), envc = list_length(envp);
    push(b, &zero, 8);
    uint64_t exec_at = push_string(b, exec_fn);
    t->group->env_end = b->sp;
    for (unsigned i = envc; i-- > 0;) {
        push_string(b, envp[i]);
    }
    t->group->env_start = t->group->arg_end = b->sp;
    for (unsigned i = argc; i-- > 0;) {
        push_string(b, argv[i]);
    }
    t->group->arg_start = b->sp;
    uint64_t platform = t->abi->platform ? push_string(b, t->abi->platform) : 0;
    uint64_t random[2] = {mm_random(t->mm), mm_random(t->mm)};
    if (!t->options->has_seed) {
        sys_call3(SYS_getrandom, SYS_PTR(random), sizeof(random), 0);
    }
    uint64_t random_at = push(b, random, sizeof(random));
    b->sp = ALIGN_DOWN(b->sp - mm_random(t->mm) % 8192, 16);
    push_vectors(b, t, info, argc, envc, exec_at, random_at, platform);
}

int loader_build_stack(Task *t, const char *exec_fn, char *const argv[], char *const envp[], LoadInfo *info, const char **why)
{
    uint64_t pointers = (list_length(argv) + list_length(envp) + 2 * MAX_AUX + 4) * 8ull;
    uint64_t need = strings_size(argv) + strings_size(envp) + strlen(exec_fn) + pointers + 8192 + 256;
    uint64_t size = stack_size(t), top = 0;
    if (need > size * 3 / 4) {
        *why = "arguments and environment do not fit on the stack";
        return -E2BIG;
    }
    int r = map_stack(t, size, info->has_exec_stack, &top);
    if (r < 0) {
        *why = "not enough memory for the stack";
        return r;
    }
    Builder b = {.size = ALIGN_UP(need, MM_PAGE), .top = top, .sp = top};
    b.buf = hostmem_pages_alloc(b.size);
    if (!b.buf) {
        *why = "not enough memory";
        return -ENOMEM;
    }
    push_all(&b, t, exec_fn, argv, envp, info);
    info->stack_pointer = b.sp;
    r = b.is_full ? -E2BIG : mm_write(b.sp, host_of(&b, b.sp), top - b.sp);
    hostmem_pages_free(b.buf, b.size);
    *why = r < 0 ? "cannot write the stack" : NULL;
    return r;
}
