/* SPDX-License-Identifier: MIT */
/* -strace: structs from their rows, arrays of them. */
#include <signal.h>
#include <string.h>
#include <sys/stat.h>

#include "linux-user/mm.h"
#include "linux-user/strace.h"
#include "linux-user/syscall_rows.h"
#include "util/compiler.h"

enum { STRUCT_MAX = 512, ELEMENTS_SHOWN = 32 };
static const uint64_t GIVEN = UINT64_MAX - 1; /* as a size: all but fields with a + */

static uint64_t load(const uint8_t *p, unsigned size)
{
    uint64_t v = 0;
    memcpy(&v, p, size); /* the guest is little-endian, as the host */
    return v;
}

static void format_struct(TextBuf *out, unsigned id, const uint8_t *p);

static void put_words(TextBuf *out, const uint8_t *p, unsigned n)
{
    for (unsigned i = 0; i < n; i++) {
        text_str(out, i ? ", " : "[");
        text_hex(out, load(p + 4 * i, 4));
    }
    text_char(out, ']');
}

/* What a call has not written has no size. */
static void put_counted(TextBuf *out, const StructField *f, uint64_t addr, uint64_t n)
{
    if (n ? !struct_descs[f->ref].size : f->format == FMT_SOME) {
        strace_address(out, addr);
    } else {
        strace_array(out, f->ref, addr, n);
    }
}

static void put_signal64(TextBuf *out, uint64_t v)
{
    if (v && v <= INT32_MAX && signal_name((int)v)) {
        strace_signo(out, (int)v);
    } else {
        text_u64(out, v);
    }
}

/* A char array, of which a call may have given `size` bytes. */
static void put_chars(TextBuf *out, const char *p, uint64_t size)
{
    size_t n = strnlen(p, size);
    bool is_cut = n && n == size;
    text_quoted(out, p, n - is_cut, is_cut);
}

static void format_field(TextBuf *out, const StructField *f, const uint8_t *p, uint64_t size)
{
    uint64_t v;
    switch (f->format) {
    case FMT_I16: text_i64(out, (int16_t)load(p, 2)); break;
    case FMT_U8: text_u64(out, *p); break;
    case FMT_U16: text_u64(out, load(p, 2)); break;
    case FMT_I32: text_i64(out, (int32_t)load(p, 4)); break;
    case FMT_U32: text_u64(out, load(p, 4)); break;
    case FMT_X32: text_hex(out, load(p, 4)); break;
    case FMT_I64: text_i64(out, (int64_t)load(p, 8)); break;
    case FMT_U64: text_u64(out, load(p, 8)); break;
    case FMT_X64: text_hex(out, load(p, 8)); break;
    case FMT_X16: text_hex(out, load(p, 2)); break;
    case FMT_RLIM: strace_limit(out, load(p, 8)); break;
    case FMT_PTR:
    case FMT_HANDLER:
        v = load(p, 8);
        if (v == 0 || (v == 1 && f->format == FMT_HANDLER)) {
            text_str(out, f->format == FMT_PTR ? "NULL" : v ? "SIG_IGN" : "SIG_DFL");
        } else {
            text_hex(out, v);
        }
        break;
    case FMT_MODE: strace_mode(out, load(p, 4)); break;
    case FMT_OCTAL64: strace_octal(out, load(p, 8)); break;
    case FMT_MODE16: strace_mode(out, load(p, 2)); break;
    case FMT_DEV: strace_device(out, load(p, 8)); break;
    case FMT_BYTES: text_quoted(out, (const char *)p, f->ref, 0); break;
    case FMT_SOCKADDR: strace_sockaddr_bytes(out, p, f->ref); break;
    case FMT_CAPS: strace_caps(out, load(p, 4) | load(p + 12, 4) << 32); break;
    case FMT_ENUM16: strace_enum(out, f->ref, load(p, 2)); break;
    case FMT_ENUM: strace_enum(out, f->ref, load(p, 4)); break;
    case FMT_ENUM64: strace_enum64(out, f->ref, load(p, 8)); break;
    case FMT_STR: put_chars(out, (const char *)p, size < f->ref ? size : f->ref); break;
    case FMT_FLAGS: strace_flags(out, f->ref, load(p, 4)); break;
    case FMT_FLAGS16: strace_flags(out, f->ref, load(p, 2)); break;
    case FMT_FLAGS64: strace_flags(out, f->ref, load(p, 8)); break;
    case FMT_STRUCT: format_struct(out, f->ref, p); break;
    case FMT_SIG64: put_signal64(out, load(p, 8)); break;
    case FMT_SIG: strace_signo(out, (int)load(p, 4)); break;
    case FMT_SIGSET: strace_sigset(out, load(p, 8)); break;
    case FMT_SIGINFO: {
        siginfo_t info;
        memcpy(&info, p, sizeof(info));
        strace_siginfo(out, &info);
        break;
    }
    case FMT_STRING: strace_string(out, load(p, 8)); break;
    case FMT_PATH: strace_path(out, load(p, 8)); break;
    case FMT_NAMED: strace_named(out, f->ref, load(p, 4)); break;
    case FMT_NOTED: strace_noted(out, f->ref, (uint32_t)load(p, 4)); break;
    case FMT_TEXT: strace_text(out, load(p, 8), load(p - f->offset + f->ref, 4)); break;
    case FMT_COUNTED:
    case FMT_SOME: put_counted(out, f, load(p, 8), load(p + 8, 4)); break;
    case FMT_IFINDEX: strace_ifindex(out, (uint32_t)load(p, 4)); break;
    case FMT_DATA:
    case FMT_BUFFER:
        v = load(p - f->offset + f->ref, 4);
        if (f->format == FMT_DATA && load(p, 8) && !v) {
            text_str(out, "\"\"");
        } else if (v) {
            strace_buffer(out, load(p, 8), v);
        } else {
            strace_address(out, load(p, 8));
        }
        break;
    case FMT_RESERVED: put_words(out, p, f->ref); break;
    case FMT_X8: text_hex(out, *p); break;
    case FMT_HWADDR: strace_hwaddr(out, p); break;
    case FMT_KVER: strace_kernel_version(out, (uint32_t)load(p, 4)); break;
    case FMT_WSTATUS: strace_wstatus(out, (int)load(p, 4)); break;
    }
}

/* A device has a number, all else a size. */
static void put_stat(TextBuf *out, const uint8_t *p)
{
    enum { MODE = 16, RDEV = 32, SIZE = 48 };
    uint64_t mode = load(p + MODE, 4);
    text_str(out, "{st_mode=");
    strace_mode(out, mode);
    if (S_ISCHR(mode) || S_ISBLK(mode)) {
        text_str(out, ", st_rdev=");
        strace_device(out, load(p + RDEV, 8));
    } else {
        strace_int(out, ", st_size=", (int64_t)load(p + SIZE, 8));
    }
    text_str(out, ", ...}");
}

/* The times that a file is given. */
static void put_file_times(TextBuf *out, const uint8_t *p)
{
    for (unsigned i = 0; i < 2; i++) {
        uint64_t nsec = load(p + 16 * i + 8, 8);
        text_str(out, i ? ", " : "[");
        if (nsec == UTIME_NOW || nsec == UTIME_OMIT) {
            text_str(out, nsec == UTIME_NOW ? "UTIME_NOW" : "UTIME_OMIT");
        } else {
            format_struct(out, STRUCT_timespec, p + 16 * i);
            if (load(p + 16 * i, 8) || nsec) {
                strace_date(out, (int64_t)load(p + 16 * i, 8), nsec);
            }
        }
    }
    text_char(out, ']');
}

static bool is_zero(const uint8_t *p, uint64_t n)
{
    for (; n && !*p; n--, p++) {
    }
    return n == 0;
}

/* Fields with a + are there if `size` reaches them, and so are those with a & behind them. */
static bool is_shown(const StructField *f, const uint8_t *p, uint64_t size)
{
    const StructCondition *c = &struct_conditions[f->condition];
    bool holds = f->condition == 0 || load(p + c->offset[0], 8) & c->mask[0] || load(p + c->offset[1], 8) & c->mask[1];
    const StructField *group = f;
    for (; *row_text(group->name) == '&'; group--) {
    }
    bool is_reached = *row_text(group->name) != '+' || (group->offset < size && size != GIVEN);
    bool is_needless = f->format == FMT_RESERVED && is_zero(p + f->offset, 4 * (uint64_t)f->ref);
    return !f->is_hidden && is_reached && holds && !is_needless;
}

/* What a caller has put behind the struct that we know: nothing, or zeros. Bytes are shown where the call takes any size, not for bpf. */
static void put_behind(TextBuf *out, unsigned id, uint64_t addr, uint64_t size)
{
    enum { SHOWN = 32, PAGE = 4096 };
    uint8_t copy[PAGE];
    uint64_t known = struct_descs[id].size, n = (size < PAGE ? size : PAGE) - known;
    if (size <= known) {
        return;
    }
    if (mm_read(copy, addr + known, n)) {
        text_str(out, ", ???");
    } else if (!is_zero(copy, n) && !strace_has_any_size(id)) {
        text_str(out, ", ...");
    } else if (!is_zero(copy, n)) {
        text_str(out, ", /* bytes ");
        text_u64(out, known);
        text_str(out, "..");
        text_u64(out, known + n - 1);
        text_str(out, " */ \"");
        strace_bytes(out, copy, n < SHOWN ? (uint32_t)n : SHOWN);
        text_str(out, n > SHOWN ? "\"..." : "\"");
    }
}

/* As much of a struct as `size` covers; without `addr`, of what is behind it nothing is said. */
static void format_sized(TextBuf *out, unsigned id, const uint8_t *p, uint64_t addr, uint64_t size)
{
    const StructDesc *s = &struct_descs[id];
    const StructField *field = &struct_fields[s->field];
    if (s->nfields && !field->name) {
        format_field(out, field, p + field->offset, size);
        return;
    }
    bool is_array = s->nfields && *row_text(field->name) == '[';
    text_char(out, is_array ? '[' : '{');
    const char *comma = "";
    for (unsigned i = 0; i < s->nfields; i++) {
        const StructField *f = &field[i];
        if (!is_shown(f, p, size)) {
            continue;
        }
        text_str(out, comma);
        comma = ", ";
        if (!is_array) {
            text_str(out, row_text(f->name) + strspn(row_text(f->name), f->format == FMT_RESERVED ? "" : "_+&")); /* the C library's __key is the kernel's key */
            text_char(out, '=');
        }
        if (f->format == FMT_STRUCT) {
            format_sized(out, f->ref, p + f->offset, 0, size - f->offset);
        } else {
            format_field(out, f, p + f->offset, size - f->offset);
        }
    }
    if (addr) {
        put_behind(out, id, addr, size);
    }
    text_str(out, s->is_short ? ", ..." : "");
    text_char(out, is_array ? ']' : '}');
}

static void format_struct(TextBuf *out, unsigned id, const uint8_t *p) { format_sized(out, id, p, 0, UINT64_MAX); }

void strace_sized(TextBuf *out, unsigned id, uint64_t addr, uint64_t size)
{
    uint8_t copy[STRUCT_MAX] = { 0 };
    if (addr == 0 || mm_read(copy, addr, size < struct_descs[id].size ? size : struct_descs[id].size)) {
        strace_address(out, addr);
    } else {
        format_sized(out, id, copy, addr, size);
    }
}

/* Structs of one value are shown in brackets, as strace does for what a pointer to an integer leads to. */
static bool is_value(const StructDesc *s)
{
    const StructField *f = &struct_fields[s->field];
    return s->nfields && !f->name && (f->format <= FMT_U8 || f->format == FMT_FLAGS || f->format == FMT_ENUM || f->format == FMT_NAMED);
}

static void put_mmsghdr(TextBuf *out, uint64_t addr, const uint8_t *copy)
{
    text_str(out, "{msg_hdr=");
    strace_msghdr(out, addr, load(copy + 56, 4) ? load(copy + 56, 4) : UINT64_MAX);
    strace_int(out, ", msg_len=", (int64_t)load(copy + 56, 4));
    text_char(out, '}');
}

static void format_at(TextBuf *out, unsigned id, uint64_t addr, bool is_element)
{
    const StructDesc *s = &struct_descs[id];
    uint8_t copy[STRUCT_MAX];
    bool has_brackets = is_value(s) && !is_element;
    if (addr == 0) {
        text_str(out, "NULL");
    } else if (s->nfields == 0 || s->size > sizeof(copy) || mm_read(copy, addr, s->size)) {
        text_hex(out, addr);
    } else if (id == STRUCT_msghdr || id == STRUCT_rmsghdr) {
        strace_msghdr(out, addr, UINT64_MAX);
    } else if (id == STRUCT_mmsghdr || id == STRUCT_rmmsghdr) {
        put_mmsghdr(out, addr, copy);
    } else if (id == STRUCT_stat) {
        put_stat(out, copy);
    } else if (id == STRUCT_uring_restriction) {
        strace_uring_restriction(out, copy);
    } else if (id == STRUCT_timespec2) {
        put_file_times(out, copy);
    } else {
        text_str(out, has_brackets ? "[" : "");
        format_struct(out, id, copy);
        text_str(out, has_brackets ? "]" : "");
    }
}

void strace_struct(TextBuf *out, unsigned id, uint64_t addr) { format_at(out, id, addr, false); }

void strace_given(TextBuf *out, unsigned id, uint64_t addr)
{
    uint8_t copy[STRUCT_MAX];
    const StructDesc *s = &struct_descs[id];
    bool has_filled = false;
    for (unsigned i = 0; i < s->nfields; i++) {
        has_filled |= *row_text(struct_fields[s->field + i].name) == '+';
    }
    if (!has_filled || addr == 0 || mm_read(copy, addr, s->size)) {
        strace_struct(out, id, addr);
    } else {
        format_sized(out, id, copy, 0, GIVEN);
    }
}

void strace_element(TextBuf *out, unsigned id, uint64_t addr) { format_at(out, id, addr, true); }

void strace_list(TextBuf *out, uint64_t n, StracePut *put, const void *what)
{
    text_char(out, '[');
    for (uint64_t i = 0; i < n && i < ELEMENTS_SHOWN; i++) {
        size_t before = out->n;
        text_str(out, i ? ", " : "");
        if (!put(out, what, i)) {
            out->n = before;
            break;
        }
    }
    text_str(out, n > ELEMENTS_SHOWN ? ", ...]" : "]");
}

static bool is_readable(uint64_t addr, uint64_t size)
{
    char c;
    return mm_read(&c, addr, 1) == 0 && mm_read(&c, addr + size - 1, 1) == 0;
}

/* The array as its address, or where it breaks off. */
static void put_unreadable(TextBuf *out, uint64_t addr, bool is_inside)
{
    text_str(out, is_inside ? "... /* " : "");
    text_hex(out, addr);
    text_str(out, is_inside ? " */]" : "");
}

void strace_array(TextBuf *out, unsigned ref, uint64_t addr, uint64_t n)
{
    if (addr == 0) {
        text_str(out, "NULL");
        return;
    }
    text_str(out, n && !is_readable(addr, struct_descs[ref].size) ? "" : "[");
    for (uint64_t i = 0; i < n && i < ELEMENTS_SHOWN; i++) {
        uint64_t at = addr + i * struct_descs[ref].size;
        text_str(out, i ? ", " : "");
        if (!is_readable(at, struct_descs[ref].size)) {
            put_unreadable(out, at, i > 0);
            return;
        }
        strace_element(out, ref, at);
    }
    text_str(out, n > ELEMENTS_SHOWN ? ", ...]" : "]");
}

void strace_iovecs(TextBuf *out, uint64_t addr, uint64_t n, uint64_t used)
{
    if (addr == 0) {
        text_str(out, "NULL");
        return;
    }
    text_char(out, '[');
    for (uint64_t i = 0; i < n && i < ELEMENTS_SHOWN; i++) {
        uint64_t part[2];
        text_str(out, i ? ", " : "");
        if (mm_read(part, addr + 16 * i, sizeof(part))) {
            text_hex(out, addr + 16 * i);
            break;
        }
        uint64_t held = part[1] < used ? part[1] : used;
        used -= used == UINT64_MAX ? 0 : held;
        text_str(out, "{iov_base=");
        if (held || part[1] == 0) {
            strace_buffer(out, part[0], held);
        } else {
            strace_address(out, part[0]);
        }
        strace_uint(out, ", iov_len=", part[1]);
        text_char(out, '}');
    }
    text_str(out, n > ELEMENTS_SHOWN ? ", ...]" : "]");
}
