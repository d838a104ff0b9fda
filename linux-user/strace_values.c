/* SPDX-License-Identifier: MIT */
/* -strace: how values look: strings and buffers, numbers with a meaning (modes, devices, limits, dates). */
#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include "linux-user/mm.h"
#include "linux-user/strace.h"
#include "linux-user/syscall_rows.h"

enum { STRING_SHOWN = 32, PATH_SHOWN = 4095 };

/* ---- strings and buffers */

/* A string that ends within `max` bytes; of a longer one, `shown`. */
static void put_string(TextBuf *out, uint64_t addr, size_t max, size_t shown)
{
    char copy[PATH_SHOWN + 1];
    int64_t n = addr ? mm_read_string(copy, addr, max) : 0;
    if (n == -ENAMETOOLONG) {
        text_quoted(out, copy, max < shown ? max : shown, true);
    } else if (addr == 0 || n < 0) {
        strace_address(out, addr);
    } else {
        text_quoted(out, copy, (size_t)n, false);
    }
}

void strace_string(TextBuf *out, uint64_t addr) { put_string(out, addr, STRING_SHOWN + 1, STRING_SHOWN); }
void strace_path(TextBuf *out, uint64_t addr) { put_string(out, addr, PATH_SHOWN + 1, PATH_SHOWN); }
void strace_text(TextBuf *out, uint64_t addr, uint64_t room)
{
    if (addr && room == 0) {
        text_str(out, "\"\"");
    } else {
        put_string(out, addr, room < STRING_SHOWN ? room : STRING_SHOWN + 1, STRING_SHOWN);
    }
}

void strace_buffer(TextBuf *out, uint64_t addr, uint64_t len)
{
    char copy[STRING_SHOWN];
    size_t n = len < STRING_SHOWN ? (size_t)len : STRING_SHOWN;
    if (addr == 0) {
        text_str(out, "NULL");
    } else if (mm_read(copy, addr, n)) {
        text_hex(out, addr);
    } else {
        text_quoted(out, copy, n, len > n);
    }
}

void strace_bytes(TextBuf *out, const uint8_t *bytes, uint32_t n)
{
    for (uint32_t i = 0; i < n; i++) {
        text_str(out, "\\x");
        text_digits(out, bytes[i], 16, 2);
    }
}

/* ---- numbers */

void strace_int(TextBuf *out, const char *name, int64_t v)
{
    text_str(out, name);
    text_i64(out, v);
}

void strace_uint(TextBuf *out, const char *name, uint64_t v)
{
    text_str(out, name);
    text_u64(out, v);
}

void strace_octal(TextBuf *out, uint64_t v)
{
    if (v < 0100) {
        text_char(out, '0');
        text_char(out, (char)('0' + v / 8));
        text_char(out, (char)('0' + v % 8));
    } else {
        text_octal(out, v);
    }
}

void strace_mode(TextBuf *out, uint64_t mode)
{
    static const char *const types[16] = { [S_IFREG >> 12] = "S_IFREG", [S_IFDIR >> 12] = "S_IFDIR", [S_IFCHR >> 12] = "S_IFCHR",
                                           [S_IFBLK >> 12] = "S_IFBLK", [S_IFIFO >> 12] = "S_IFIFO", [S_IFLNK >> 12] = "S_IFLNK",
                                           [S_IFSOCK >> 12] = "S_IFSOCK" };
    if (types[mode >> 12 & 15]) {
        text_str(out, types[mode >> 12 & 15]);
        text_char(out, '|');
        text_str(out, mode & S_ISUID ? "S_ISUID|" : "");
        text_str(out, mode & S_ISGID ? "S_ISGID|" : "");
        text_str(out, mode & S_ISVTX ? "S_ISVTX|" : "");
        mode &= 0777;
    }
    strace_octal(out, mode);
}

void strace_limit(TextBuf *out, uint64_t v)
{
    if (v == UINT64_MAX) {
        text_str(out, "RLIM64_INFINITY");
    } else if (v > 1024 && v % 1024 == 0) {
        text_u64(out, v / 1024);
        text_str(out, "*1024");
    } else {
        text_u64(out, v);
    }
}

void strace_device(TextBuf *out, uint64_t v)
{
    text_str(out, "makedev(");
    text_hex(out, gnu_dev_major(v));
    text_str(out, ", ");
    text_hex(out, gnu_dev_minor(v));
    text_char(out, ')');
}

void strace_caps(TextBuf *out, uint64_t set)
{
    if (set == 0) {
        text_char(out, '0');
    }
    for (const char *bar = ""; set; set &= set - 1, bar = "|") {
        text_str(out, bar);
        text_str(out, "1<<");
        strace_enum(out, LIST_cap, (unsigned)__builtin_ctzll(set));
    }
}

void strace_kernel_version(TextBuf *out, uint32_t v)
{
    text_str(out, "KERNEL_VERSION(");
    text_u64(out, v >> 16);
    text_str(out, ", ");
    text_u64(out, v >> 8 & 0xff);
    text_str(out, ", ");
    text_u64(out, v & 0xff);
    text_char(out, ')');
}

void strace_enum64(TextBuf *out, unsigned list, uint64_t v)
{
    if (v >> 32) { /* names are of 32 bits */
        text_hex(out, v);
    } else {
        strace_enum(out, list, v);
    }
}

/* A comment: 1970-01-02T03:46:40.000000005+0000 */
void strace_date(TextBuf *out, int64_t sec, uint64_t nsec)
{
    int64_t days = sec / 86400 - (sec % 86400 < 0), rest = sec - days * 86400;
    /* days since 1 March 0000, in eras of 400 years of the Gregorian calendar */
    int64_t z = days + 719468, era = (z >= 0 ? z : z - 146096) / 146097, doe = z - era * 146097;
    int64_t yoe = (doe - doe / 1460 + doe / 36524 - doe / 146096) / 365, doy = doe - (365 * yoe + yoe / 4 - yoe / 100), mp = (5 * doy + 2) / 153;
    int64_t month = mp < 10 ? mp + 3 : mp - 9, parts[] = { yoe + era * 400 + (month <= 2), month, doy - (153 * mp + 2) / 5 + 1, rest / 3600,
                                                          rest / 60 % 60, rest % 60 };
    static const char marks[] = " --T::";
    text_str(out, " /*");
    for (unsigned i = 0; i < 6; i++) {
        text_char(out, marks[i]);
        text_digits(out, (uint64_t)parts[i], 10, i ? 2 : 4);
    }
    if (nsec) {
        text_char(out, '.');
        text_digits(out, nsec, 10, 9);
    }
    text_str(out, "+0000 */");
}
