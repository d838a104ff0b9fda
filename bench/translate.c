/* SPDX-License-Identifier: MIT */
/*
 * Translation speed without running anything: translates a riscv64 ELF file region by region, following direct exits from its entry,
 * then from the first address of its code that no region covers. CPU time of this thread less what finding the addresses takes; the parts
 * are shares of it.
 *
 *     translate [-e block|tiered|region] [-n INSNS] [-r ROUNDS] [-p 1] FILE       -p 1: with the parts, which costs some ns
 */
#include <elf.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "target/riscv/cpu.h"
#include "tcg/translate.h"
#include "tcg/x86_64/hostclock.h"

enum { SEEN_BITS = 20, CACHE_SIZE = 192 << 20 };

typedef struct Image {
    const uint8_t *file;
    uint64_t start, end; /* of the executable segment */
    uint64_t offset, entry;
    uint8_t *is_covered; /* by halfword */
} Image;

typedef struct Work {
    uint64_t *pcs;
    uint32_t n;
    uint64_t ticks; /* of run, less those of translation */
    uint64_t seen[1 << SEEN_BITS];
} Work;

static unsigned fetch(void *mm, uint64_t pc, void *buf, unsigned len, TcgFault *fault)
{
    const Image *m = mm;
    if (pc < m->start || pc >= m->end) {
        *fault = TCG_FAULT_MAPERR;
        return 0;
    }
    len = m->end - pc < len ? (unsigned)(m->end - pc) : len;
    memcpy(buf, m->file + m->offset + (pc - m->start), len);
    return len;
}

static bool protect_code(void *mm, uint64_t start, uint64_t end) { return true; }
static const TcgMemOps ops = { .fetch = fetch, .protect_code = protect_code };

static bool load(const char *path, Image *m)
{
    int fd = open(path, O_RDONLY);
    struct stat st;
    if (fd < 0 || fstat(fd, &st)) {
        return false;
    }
    m->file = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_PRIVATE | MAP_POPULATE, fd, 0);
    const Elf64_Ehdr *e = (const Elf64_Ehdr *)m->file;
    const Elf64_Phdr *p = (const Elf64_Phdr *)(m->file + e->e_phoff);
    for (unsigned i = 0; i < e->e_phnum; i++) {
        if (p[i].p_type == PT_LOAD && p[i].p_flags & PF_X) {
            m->start = p[i].p_vaddr;
            m->end = p[i].p_vaddr + p[i].p_filesz;
            m->offset = p[i].p_offset;
        }
    }
    /* what precedes the code in its segment is no code */
    const Elf64_Shdr *s = (const Elf64_Shdr *)(m->file + e->e_shoff);
    for (unsigned i = 0; i < e->e_shnum; i++) {
        if (s[i].sh_flags & SHF_EXECINSTR && s[i].sh_size > (m->end - m->start) / 2) {
            m->offset += s[i].sh_addr - m->start;
            m->start = s[i].sh_addr;
            m->end = s[i].sh_addr + s[i].sh_size;
        }
    }
    m->entry = e->e_entry;
    m->is_covered = calloc((m->end - m->start) / 2 + 1, 1);
    return true;
}

static void push(Work *w, uint64_t pc)
{
    uint32_t h = (uint32_t)(pc * 0x9e3779b97f4a7c15ull >> (64 - SEEN_BITS));
    while (w->seen[h] && w->seen[h] != pc) {
        h = (h + 1) % (1u << SEEN_BITS);
    }
    if (!w->seen[h]) {
        w->seen[h] = pc;
        w->pcs[w->n++] = pc;
    }
}

/* Marks what the region at pc was made of and follows its direct exits. */
static void follow(Tcg *t, Image *m, Work *w, uint64_t pc)
{
    const void *code = map_find(&t->map, (RegionKey){ pc, 0 });
    const Region *r = code ? codecache_find_code(&t->cache, code) : NULL;
    if (!r) {
        return;
    }
    const IrSource *ranges = region_ranges(r);
    for (uint32_t i = 0; i < r->nsources; i++) {
        memset(&m->is_covered[(ranges[i].start - m->start) / 2], 1, (ranges[i].end - ranges[i].start) / 2);
    }
    for (uint32_t i = r->nlinks; i-- > 0;) {
        push(w, region_links(r)[i].pc);
    }
}

/* The next address to translate at; 0: none. */
static uint64_t next_pc(Image *m, Work *w, uint64_t *at)
{
    if (w->n) {
        return w->pcs[--w->n];
    }
    while (*at < m->end && m->is_covered[(*at - m->start) / 2]) {
        *at += 2;
    }
    if (*at >= m->end) {
        return 0;
    }
    m->is_covered[(*at - m->start) / 2] = 1;
    return *at;
}

static void run(TcgThread *th, Image *m, Work *w, unsigned tier, uint64_t max_insns)
{
    uint64_t at = m->start, pc, start = host_clock();
    push(w, m->entry);
    while (th->stats.guest_insns[tier] < max_insns && (pc = next_pc(m, w, &at))) {
        RegionKey key = { pc, 0 };
        if (map_find(&th->tcg->map, key)) { /* as exec.c does before */
            continue;
        }
        w->ticks += host_clock() - start;
        TcgEvent event = translate(th, key, tier);
        start = host_clock();
        if (event == TCG_EVENT_NONE) {
            follow(th->tcg, m, w, pc);
        }
    }
}

static uint64_t cpu_ns(void)
{
    struct timespec ts;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &ts);
    return (uint64_t)ts.tv_sec * 1000000000u + (uint64_t)ts.tv_nsec;
}

int main(int argc, char **argv)
{
    static Image image;
    const char *error = NULL, *path = NULL;
    TcgSettings settings = { .cache_size = CACHE_SIZE, .log_fd = 2, .cpu = riscv_cpu_parse("max", &error) };
    uint64_t max_insns = UINT64_MAX;
    unsigned rounds = 1, tier = 1;
    bool has_phases = false;
    for (int i = 1; i < argc; i++) {
        if (argv[i][0] == '-' && i + 1 < argc) {
            const char *value = argv[++i];
            switch (argv[i - 1][1]) {
            case 'e':
                settings.engine = !strcmp(value, "block") ? TCG_ENGINE_BLOCK : !strcmp(value, "region") ? TCG_ENGINE_REGION
                                                                                                         : TCG_ENGINE_TIERED;
                break;
            case 'n': max_insns = strtoull(value, NULL, 0); break;
            case 'p': has_phases = strtoul(value, NULL, 0); break;
            case 'r': rounds = (unsigned)atoi(value); break;
            default: break;
            }
        } else {
            path = argv[i];
        }
    }
    if (!path || !load(path, &image)) {
        fprintf(stderr, "usage: translate [-e block|tiered|region] [-n INSNS] [-r ROUNDS] [-p 1] FILE\n");
        return 2;
    }
    host_features_detect();
    tier += settings.engine == TCG_ENGINE_REGION;
    Work *w = malloc(sizeof *w);
    w->pcs = malloc((sizeof *w->pcs) << SEEN_BITS);
    for (unsigned i = 0; i < rounds; i++) {
        Tcg *t = tcg_new(&target_riscv64, &settings, &ops, &image);
        CpuState *s = tcg_thread_new(t, NULL);
        t->has_phases = has_phases;
        w->n = 0;
        w->ticks = 0;
        memset(w->seen, 0, sizeof w->seen);
        memset(image.is_covered, 0, (image.end - image.start) / 2);
        uint64_t start = cpu_ns(), start_ticks = host_clock();
        run(s->tcg, &image, w, tier, max_insns);
        uint64_t ns = cpu_ns() - start;
        ns -= (uint64_t)((double)ns * (double)w->ticks / (double)(host_clock() - start_ticks));
        const TcgStats *st = &s->tcg->stats;
        double insns = (double)st->guest_insns[tier];
        printf("%.0f insns, %.2f per region, %.2f bytes/insn: %.1f ns/insn CPU", insns, insns / (double)st->regions[tier],
               (double)st->host_bytes[tier] / insns, (double)ns / insns);
        if (has_phases) {
            double per = (double)ns / insns / (double)(st->phase_ns[0] + st->phase_ns[1] + st->phase_ns[2] + st->phase_ns[3]);
            printf(" (decode %.1f, IR %.1f, compile %.1f, publish %.1f)", (double)st->phase_ns[0] * per, (double)st->phase_ns[1] * per,
                   (double)st->phase_ns[2] * per, (double)st->phase_ns[3] * per);
        }
        printf("\n");
        tcg_thread_free(s);
        tcg_free(t);
    }
    return 0;
}
