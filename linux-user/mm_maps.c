/* SPDX-License-Identifier: MIT */
/* /proc/self/maps and smaps as the guest must see them: the host's lines cut to guest areas, with the guest's protections and names. */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "linux-user/mm.h"
#include "util/compiler.h"
#include "util/hostmem.h"
#include "util/sys.h"

enum { OUT_SIZE = 16384, NAME_COLUMN = 73 };

typedef struct Out {
    int fd;
    unsigned used;
    char buf[OUT_SIZE];
} Out;

/* One line of the host's file, cut and renamed. */
typedef struct Line {
    uint64_t start, end, offset, inode;
    uint32_t prot;
    bool is_shared;
    const char *device, *name; /* into the host's text */
    size_t device_len, name_len;
} Line;

static void flush(Out *o)
{
    for (unsigned done = 0; done < o->used;) {
        int64_t n = sys_call3(SYS_write, SYS_INT(o->fd), SYS_PTR(o->buf + done), o->used - done);
        if (n <= 0) {
            break;
        }
        done += (unsigned)n;
    }
    o->used = 0;
}

static void put(Out *o, const char *text, size_t n)
{
    while (n > 0) {
        size_t part = n < OUT_SIZE - o->used ? n : OUT_SIZE - o->used;
        memcpy(o->buf + o->used, text, part);
        o->used += (unsigned)part;
        text += part;
        n -= part;
        if (o->used == OUT_SIZE) {
            flush(o);
        }
    }
}

static char *format_number(char *p, uint64_t v, unsigned base, unsigned width)
{
    char digits[24];
    unsigned n = 0;
    do {
        digits[n++] = "0123456789abcdef"[v % base];
        v /= base;
    } while (v || n < width);
    while (n > 0) {
        *p++ = digits[--n];
    }
    return p;
}

static void put_line(Out *o, const Line *l)
{
    char text[160], *p = text;
    p = format_number(p, l->start, 16, 8);
    *p++ = '-';
    p = format_number(p, l->end, 16, 8);
    *p++ = ' ';
    *p++ = l->prot & PROT_READ ? 'r' : '-';
    *p++ = l->prot & PROT_WRITE ? 'w' : '-';
    *p++ = l->prot & PROT_EXEC ? 'x' : '-';
    *p++ = l->is_shared ? 's' : 'p';
    *p++ = ' ';
    p = format_number(p, l->offset, 16, 8);
    *p++ = ' ';
    memcpy(p, l->device, l->device_len);
    p += l->device_len;
    *p++ = ' ';
    p = format_number(p, l->inode, 10, 1);
    *p++ = ' ';
    while (l->name_len && p < text + NAME_COLUMN) {
        *p++ = ' ';
    }
    put(o, text, (size_t)(p - text));
    put(o, l->name, l->name_len);
    put(o, "\n", 1);
}

static const char *parse_number(const char *p, unsigned base, uint64_t *out)
{
    uint64_t v = 0;
    for (;; p++) {
        unsigned d = *p >= '0' && *p <= '9' ? (unsigned)(*p - '0') : *p >= 'a' && *p <= 'f' ? (unsigned)(*p - 'a' + 10) : 16;
        if (d >= base) {
            *out = v;
            return p;
        }
        v = v * base + d;
    }
}

/* False for a line that is no mapping's (smaps: "Size: ..."). */
static bool parse_line(const char *p, const char *end, Line *l)
{
    const char *q = parse_number(p, 16, &l->start);
    if (q == p || *q != '-') {
        return false;
    }
    q = parse_number(q + 1, 16, &l->end);
    if (*q != ' ' || end - q < 8) {
        return false;
    }
    l->is_shared = q[4] == 's';
    q = parse_number(q + 6, 16, &l->offset);
    l->device = ++q;
    while (q < end && *q != ' ') {
        q++;
    }
    l->device_len = (size_t)(q - l->device);
    q = parse_number(q + 1, 10, &l->inode);
    while (q < end && *q == ' ') {
        q++;
    }
    l->name = q;
    l->name_len = (size_t)(end - q);
    return true;
}

static bool can_join(const Line *a, const Line *b)
{
    return a->name && a->end == b->start && a->prot == b->prot && a->is_shared == b->is_shared && a->inode == b->inode &&
           (a->inode == 0 || a->offset + (a->end - a->start) == b->offset) && a->device_len == b->device_len &&
           memcmp(a->device, b->device, a->device_len) == 0 && a->name_len == b->name_len && memcmp(a->name, b->name, a->name_len) == 0;
}

/* Our protections split what is one mapping for the guest: equal neighbours are joined. */
typedef struct Writer {
    Mm *mm;
    Out *out;
    Line pending; /* name NULL: none */
    bool is_smaps;
} Writer;

static void set_name(Line *l, const char *name)
{
    l->name = name;
    l->name_len = strlen(name);
}

/* The part of a host line that lies in `a`. */
static void add_piece(Writer *w, Line l, const MmArea *a)
{
    uint64_t start = l.start > a->start ? l.start : a->start, end = l.end < a->end ? l.end : a->end;
    if (l.inode) {
        l.offset += start - l.start;
    }
    l.start = start;
    l.end = end;
    l.prot = a->prot;
    if (a->flags & AREA_STACK) {
        set_name(&l, "[stack]");
    } else if (a->flags & AREA_BRK) {
        set_name(&l, "[heap]");
    } else if (a->flags & AREA_VDSO) {
        set_name(&l, "[vdso]");
    } else if (l.name_len && l.name[0] == '[' && !memmem(l.name, l.name_len, "anon:", 5) && !memmem(l.name, l.name_len, "anon_shmem:", 11)) {
        set_name(&l, ""); /* the kernel's own idea of our stack and heap */
    }
    if (!w->is_smaps && can_join(&w->pending, &l)) {
        w->pending.end = l.end;
        return;
    }
    if (w->pending.name) {
        put_line(w->out, &w->pending);
    }
    w->pending = l;
}

/* All of the host's file, in pages of ours. */
static char *read_all(const char *path, size_t *size, size_t *length)
{
    int64_t fd = sys_call3(SYS_open, SYS_PTR(path), O_RDONLY | O_CLOEXEC, 0);
    if (fd < 0) {
        return NULL;
    }
    *size = 64 << 10;
    char *text = NULL;
    for (;;) { /* once more with more room, until it fits */
        text = hostmem_pages_alloc(*size);
        *length = 0;
        int64_t n = 0;
        while (text && *length < *size && (n = sys_call3(SYS_read, (uint64_t)fd, SYS_PTR(text + *length), *size - *length)) > 0) {
            *length += (size_t)n;
        }
        if (!text || *length < *size) {
            break;
        }
        hostmem_pages_free(text, *size);
        *size *= 4;
        sys_call3(SYS_lseek, (uint64_t)fd, 0, SEEK_SET);
    }
    sys_call1(SYS_close, (uint64_t)fd);
    return text;
}

static void write_guest_view(Writer *w, const char *text, size_t length)
{
    const MmMap *m = &w->mm->map;
    bool is_shown = false;
    const char *end;
    for (const char *p = text; p < text + length && (end = memchr(p, '\n', (size_t)(text + length - p))); p = end + 1) {
        Line l = {0};
        if (!parse_line(p, end, &l)) {
            if (is_shown) { /* smaps: what belongs to the line above */
                if (w->pending.name) {
                    put_line(w->out, &w->pending);
                    w->pending.name = NULL;
                }
                put(w->out, p, (size_t)(end + 1 - p));
            }
            continue;
        }
        is_shown = false;
        for (unsigned i = mm_map_lower(m, l.start); i < m->n && m->areas[i].start < l.end; i++) {
            if (!(m->areas[i].flags & AREA_HOST)) {
                add_piece(w, l, &m->areas[i]);
                is_shown = true;
            }
        }
    }
    if (w->pending.name) {
        put_line(w->out, &w->pending);
    }
}

int mm_open_maps(Mm *mm, bool is_smaps)
{
    size_t size = 0, length = 0;
    int64_t fd = sys_call2(SYS_memfd_create, SYS_PTR(is_smaps ? "smaps" : "maps"), 1 /* MFD_CLOEXEC */);
    if (fd < 0) {
        return (int)fd;
    }
    Out *out = hostmem_pages_alloc(sizeof(*out));
    mm_lock(mm);
    char *text = read_all(is_smaps ? "/proc/self/smaps" : "/proc/self/maps", &size, &length);
    if (out && text) {
        out->fd = (int)fd;
        Writer w = {.mm = mm, .out = out, .is_smaps = is_smaps};
        write_guest_view(&w, text, length);
        flush(out);
    }
    mm_unlock(mm);
    hostmem_pages_free(text, size);
    hostmem_pages_free(out, sizeof(*out));
    sys_call3(SYS_lseek, (uint64_t)fd, 0, SEEK_SET);
    return (int)fd;
}
