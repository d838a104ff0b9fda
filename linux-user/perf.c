/* SPDX-License-Identifier: MIT */
/*
 * Files that perf reads. Each record is written by opening, appending, closing: nothing is held that the guest could close or a child could
 * inherit, and after a fork the child's records find the child's file.
 */
#include "linux-user/perf.h"

#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#include "linux-user/errnos.h"
#include "linux-user/symbols.h"
#include "util/hostmem.h"
#include "util/sys.h"
#include "util/textbuf.h"

/* Constant after start, but for what on_region changes under its caller's lock. */
static struct {
    unsigned kinds;           /* OptionsPerf */
    char map_dir[PATH_MAX], dump_dir[PATH_MAX];
    SymbolCache symbols;
    uint64_t index;           /* of the next jitdump record */
    int dump_pid;             /* whose jitdump file has its header */
} perf;

static uint64_t pid_of_process(void) { return (uint64_t)sys_call1(SYS_getpid, 0); }

static int64_t open_file(const char *dir, const char *start, const char *end, int flags)
{
    char path[PATH_MAX + 64];
    TextBuf out = text_init(path, sizeof(path));
    text_str(&out, dir);
    text_str(&out, start);
    text_u64(&out, pid_of_process());
    text_str(&out, end);
    return sys_call3(SYS_open, SYS_PTR(path), (uint64_t)(O_CREAT | O_APPEND | O_CLOEXEC | flags), 0644);
}

/* "main+0x10", or the pc. */
static void name_code(uint64_t pc, unsigned tier, char *buf, size_t size)
{
    SymbolPlace place;
    TextBuf out = text_init(buf, size);
    symbols_find(&perf.symbols, pc, &place);
    text_str(&out, "guest:");
    if (place.name[0]) {
        text_str(&out, place.name);
        text_char(&out, '+');
        text_hex(&out, place.offset);
    } else {
        text_hex(&out, pc);
    }
    text_str(&out, tier == 2 ? ":2" : "");
}

/* ---- perf-PID.map: START SIZE NAME in hexadecimal (tools/perf/Documentation/jit-interface.txt) */

static void add_map_line(const char *name, const void *code, uint32_t size)
{
    char line[256];
    TextBuf out = text_init(line, sizeof(line));
    text_digits(&out, SYS_PTR(code), 16, 1);
    text_char(&out, ' ');
    text_digits(&out, size, 16, 1);
    text_char(&out, ' ');
    text_str(&out, name);
    text_char(&out, '\n');
    int64_t fd = open_file(perf.map_dir, "/perf-", ".map", O_WRONLY);
    if (fd >= 0) {
        text_write(&out, (int)fd);
        sys_call1(SYS_close, (uint64_t)fd);
    }
}

/* ---- jit-PID.dump (tools/perf/Documentation/jitdump-specification.txt) */

typedef struct DumpHeader {
    uint32_t magic, version, total_size, elf_machine, pad, pid;
    uint64_t timestamp, flags;
} DumpHeader;

typedef struct DumpCode {
    uint32_t id, total_size;
    uint64_t timestamp;
    uint32_t pid, tid;
    uint64_t vma, address, size, index;
} DumpCode;

enum { DUMP_MAGIC = 0x4a695444 /* "JiTD" */, DUMP_VERSION = 1, JIT_CODE_LOAD = 0, PAGE = 4096 };

static uint64_t now(void)
{
    struct timespec ts = {0};
    sys_call2(SYS_clock_gettime, CLOCK_MONOTONIC, SYS_PTR(&ts));
    return (uint64_t)ts.tv_sec * 1000000000u + (uint64_t)ts.tv_nsec;
}

/* A page of the file mapped executable is how perf learns of it. */
static void start_dump(int64_t fd)
{
    DumpHeader h = {DUMP_MAGIC, DUMP_VERSION, sizeof(h), EM_X86_64, 0, (uint32_t)pid_of_process(), now(), 0};
    perf.dump_pid = (int)h.pid;
    sys_call3(SYS_write, (uint64_t)fd, SYS_PTR(&h), sizeof(h));
    void *page = hostmem_reserve(PAGE, PAGE);
    if (page) {
        sys_call(SYS_mmap, SYS_PTR(page), PAGE, PROT_READ | PROT_EXEC, MAP_PRIVATE | MAP_FIXED, (uint64_t)fd, 0);
    }
}

static void add_dump_record(const char *name, const void *code, uint32_t size)
{
    char record[sizeof(DumpCode) + 256];
    int64_t fd = open_file(perf.dump_dir, "/jit-", ".dump", O_RDWR);
    if (fd < 0) {
        return;
    }
    if (perf.dump_pid != (int)pid_of_process()) {
        start_dump(fd);
    }
    size_t n = strlen(name) + 1;
    DumpCode r = {JIT_CODE_LOAD, (uint32_t)(sizeof(r) + n + size), now(), (uint32_t)pid_of_process(), (uint32_t)sys_call1(SYS_gettid, 0),
                  SYS_PTR(code), SYS_PTR(code), size, perf.index++};
    memcpy(record, &r, sizeof(r));
    memcpy(record + sizeof(r), name, n);
    sys_call3(SYS_write, (uint64_t)fd, SYS_PTR(record), sizeof(r) + n);
    sys_call3(SYS_write, (uint64_t)fd, SYS_PTR(code), size);
    sys_call1(SYS_close, (uint64_t)fd);
}

static void on_region(uint64_t pc, unsigned tier, const void *code, uint32_t size)
{
    char name[192];
    name_code(pc, tier, name, sizeof(name));
    if (perf.kinds & PERF_MAP) {
        add_map_line(name, code, size);
    }
    if (perf.kinds & PERF_JITDUMP) {
        add_dump_record(name, code, size);
    }
}

/* What an earlier process of this number has left is removed. */
static bool start_file(const char *dir, const char *start, const char *end)
{
    char path[PATH_MAX + 64];
    snprintf(path, sizeof(path), "%s%s%d%s", dir, start, getpid(), end);
    if (unlink(path) && errno != ENOENT) {
        dprintf(2, "lyre: %s: %s\n", path, errno_text(errno));
        return false;
    }
    int64_t fd = open_file(dir, start, end, O_WRONLY);
    if (fd < 0) {
        dprintf(2, "lyre: %s: %s\n", path, errno_text((int)-fd));
        return false;
    }
    sys_call1(SYS_close, (uint64_t)fd);
    return true;
}

bool perf_init(Options *o)
{
    const char *dir = getenv("TMPDIR");
    if (!o->perf) {
        return true;
    }
    perf.kinds = o->perf;
    snprintf(perf.map_dir, sizeof(perf.map_dir), "%s", dir && *dir ? dir : "/tmp");
    if (!getcwd(perf.dump_dir, sizeof(perf.dump_dir))) {
        strcpy(perf.dump_dir, ".");
    }
    o->tcg.on_region = on_region;
    return (!(o->perf & PERF_MAP) || start_file(perf.map_dir, "/perf-", ".map")) &&
           (!(o->perf & PERF_JITDUMP) || start_file(perf.dump_dir, "/jit-", ".dump"));
}
