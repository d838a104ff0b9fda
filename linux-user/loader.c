/* SPDX-License-Identifier: MIT */
/* Which kind of file a program is, and its segments into the guest's address space, as Linux's binfmt_elf does. */
#include "linux-user/loader.h"

#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>

#include "linux-user/loader_elf.h"
#include "linux-user/mm.h"
#include "linux-user/path.h"
#include "util/compiler.h"
#include "util/sys.h"

/* ---- classification */

static ProgramKind invalid(const char *reason, int errnum, const char **why, int *error)
{
    *why = reason;
    *error = errnum;
    return PROGRAM_INVALID;
}

static ProgramKind classify_guest(int fd, const GuestAbi *abi, ElfFile *elf, const char **why, int *error)
{
    const char *bad = elf_read_segments(fd, elf, 1ull << 47);
    if (bad) {
        return invalid(bad, ENOEXEC, why, error);
    }
    static const struct {
        const char *brand, *message;
    } messages[] = {
        {"FreeBSD", "program for FreeBSD, not Linux"},
        {"NetBSD", "program for NetBSD, not Linux"},
        {"OpenBSD", "program for OpenBSD, not Linux"},
    };
    const char *brand = elf_foreign_brand(fd, elf);
    for (unsigned i = 0; brand && i < ARRAY_LEN(messages); i++) {
        if (strcmp(messages[i].brand, brand) == 0) {
            return invalid(messages[i].message, ENOEXEC, why, error);
        }
    }
    return brand ? invalid("program for another operating system, not Linux", ENOEXEC, why, error) : PROGRAM_GUEST;
}

ProgramKind loader_classify(int fd, const GuestAbi *abi, const char **why, int *error)
{
    struct stat st;
    char magic[2];
    ElfFile elf;
    if (sys_call2(SYS_fstat, SYS_INT(fd), SYS_PTR(&st)) < 0) {
        return invalid("cannot be read", EACCES, why, error);
    }
    if (!S_ISREG(st.st_mode)) {
        return invalid(S_ISDIR(st.st_mode) ? "is a directory" : "is not a regular file", EACCES, why, error);
    }
    if (!(st.st_mode & 0111)) {
        return invalid("is not executable", EACCES, why, error);
    }
    if (sys_call4(SYS_pread64, SYS_INT(fd), SYS_PTR(magic), 2, 0) == 2 && magic[0] == '#' && magic[1] == '!') {
        return PROGRAM_SCRIPT;
    }
    const char *bad = elf_read_header(fd, &elf);
    if (bad) {
        return invalid(bad, ENOEXEC, why, error);
    }
    if (elf.type != ET_EXEC && elf.type != ET_DYN) {
        return invalid(elf.type == ET_REL    ? "is an object file, not a program"
                       : elf.type == ET_CORE ? "is a core dump, not a program"
                                             : "damaged ELF header: unknown type",
                       ENOEXEC, why, error);
    }
    const Target *target = abi->target;
    if (elf.machine == target->elf_machine && elf.class == target->elf_class && elf.data == target->elf_data) {
        return classify_guest(fd, abi, &elf, why, error);
    }
    const char *name = elf_arch_name(&elf);
    if (!name) {
        return invalid("program for an unknown architecture", ENOEXEC, why, error);
    }
    *why = name;
    *error = ENOEXEC;
    return elf.machine == EM_X86_64 || elf.machine == EM_386 ? PROGRAM_HOST : PROGRAM_OTHER_GUEST;
}

/* ---- mapping */

typedef struct Image {
    ElfFile elf;
    int fd;
    uint64_t bias;      /* added to the file's addresses */
    uint64_t start, end;/* pages of all segments, without bias */
    uint64_t align;
} Image;

static int fail(int error, const char *reason, const char **why)
{
    *why = reason;
    return -error;
}

static void measure(Image *im)
{
    im->start = UINT64_MAX;
    im->end = 0;
    im->align = MM_PAGE;
    for (unsigned i = 0; i < im->elf.nsegments; i++) {
        const ElfSegment *s = &im->elf.segments[i];
        if (s->type != PT_LOAD || !s->memsz) {
            continue;
        }
        uint64_t start = ALIGN_DOWN(s->vaddr, MM_PAGE), end = ALIGN_UP(s->vaddr + s->memsz, MM_PAGE);
        im->start = start < im->start ? start : im->start;
        im->end = end > im->end ? end : im->end;
        bool is_power = s->align && !(s->align & (s->align - 1));
        if (is_power && s->align > im->align && s->align <= 1ull << 30) {
            im->align = s->align;
        }
    }
}

/* A place for a file that may lie anywhere: at `wanted`, or top-down (wanted 0, or taken). */
static bool choose_bias(Mm *mm, Image *im, uint64_t wanted)
{
    if (im->elf.type == ET_EXEC) {
        im->bias = 0;
        return true;
    }
    uint64_t size = im->end - im->start, at = ALIGN_UP(wanted, im->align);
    if (!wanted || !mm_map_is_free(&mm->map, at, at + size)) {
        at = mm_find_free(mm, size, im->align);
    }
    im->bias = at - ALIGN_DOWN(im->start, im->align);
    return at != 0;
}

static int segment_prot(const ElfSegment *s)
{
    return (s->flags & PF_R ? PROT_READ : 0) | (s->flags & PF_W ? PROT_WRITE : 0) | (s->flags & PF_X ? PROT_EXEC : 0);
}

/* Zeroes the rest of the last page of file data. As in Linux this is left out where the segment cannot be written. */
static int zero_tail(uint64_t from, int prot)
{
    static const char zeros[MM_PAGE];
    uint64_t size = ALIGN_UP(from, MM_PAGE) - from;
    return size && (prot & PROT_WRITE) ? mm_write(from, zeros, size) : 0;
}

static int64_t map_segment(Mm *mm, const Image *im, const ElfSegment *s)
{
    int prot = segment_prot(s);
    uint64_t start = im->bias + s->vaddr, file_end = start + s->filesz, end = start + s->memsz;
    uint64_t page = ALIGN_DOWN(start, MM_PAGE), bss = ALIGN_UP(file_end, MM_PAGE);
    if (s->filesz) {
        int64_t r = mm_mmap(mm, page, file_end - page, prot, MAP_PRIVATE | MAP_FIXED, im->fd, ALIGN_DOWN(s->offset, MM_PAGE));
        if (r < 0) {
            return r;
        }
        if (s->memsz > s->filesz && (r = zero_tail(file_end, prot)) < 0) {
            return r;
        }
    } else if (page != start && mm_map_find(&mm->map, page)) {
        zero_tail(start, prot); /* begins in the last page of the segment before, which may be read-only */
    } else {
        bss = page;
    }
    if (end > bss) {
        return mm_mmap(mm, bss, end - bss, prot | PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
    }
    return 0;
}

static int map_image(Mm *mm, Image *im, uint64_t wanted, const char **why)
{
    measure(im);
    if (!choose_bias(mm, im, wanted)) {
        return fail(ENOMEM, "no room in the address space", why);
    }
    if (mm_map_has(&mm->map, im->bias + im->start, im->bias + im->end, AREA_HOST)) {
        return fail(ENOMEM, "its addresses are taken by the emulator", why);
    }
    for (unsigned i = 0; i < im->elf.nsegments; i++) {
        const ElfSegment *s = &im->elf.segments[i];
        int64_t r = s->type == PT_LOAD && s->memsz ? map_segment(mm, im, s) : 0;
        if (r < 0) {
            return fail((int)-r, r == -ENOMEM  ? "not enough memory for its segments"
                                 : r == -EPERM ? "its lowest address is below vm.mmap_min_addr"
                                               : "a segment cannot be mapped", why);
        }
    }
    return 0;
}

/* ---- the program interpreter */

static int read_interp_path(const Image *im, char path[PATH_MAX], const char **why)
{
    for (unsigned i = 0; i < im->elf.nsegments; i++) {
        const ElfSegment *s = &im->elf.segments[i];
        if (s->type != PT_INTERP) {
            continue;
        }
        if (s->filesz < 2 || s->filesz > PATH_MAX ||
            sys_call4(SYS_pread64, SYS_INT(im->fd), SYS_PTR(path), s->filesz, s->offset) != (int64_t)s->filesz || path[s->filesz - 1]) {
            return fail(ENOEXEC, "damaged ELF file: name of the program interpreter", why);
        }
        return 1;
    }
    return 0;
}

static int load_interp(Task *t, Image *im, const char *path, const char **why)
{
    char buf[PATH_MAX];
    const char *host = path_translate(t, AT_FDCWD, path, true, buf, sizeof(buf));
    im->fd = (int)sys_call3(SYS_open, SYS_PTR(host), O_RDONLY | O_CLOEXEC, 0);
    if (im->fd < 0) {
        return fail(-im->fd, "its program interpreter (dynamic loader) cannot be opened; -L names the directory of the guest's system", why);
    }
    const Target *target = t->abi->target;
    if (elf_read_header(im->fd, &im->elf) || elf_read_segments(im->fd, &im->elf, t->mm->layout.address_end)) {
        return fail(ELIBBAD, "its program interpreter is damaged", why);
    }
    if (im->elf.machine != target->elf_machine || im->elf.class != target->elf_class || im->elf.data != target->elf_data) {
        return fail(ELIBBAD, "its program interpreter is for another architecture; -L names the directory of the guest's system", why);
    }
    return map_image(t->mm, im, t->mm->layout.interp_base, why);
}

/* ---- all of it */

/* Address of the program headers in memory: PT_PHDR, or by the segment that holds their file offset. */
static uint64_t find_phdr(const Image *im)
{
    for (unsigned i = 0; i < im->elf.nsegments; i++) {
        const ElfSegment *s = &im->elf.segments[i];
        if (s->type == PT_PHDR) {
            return im->bias + s->vaddr;
        }
        if (s->type == PT_LOAD && s->offset <= im->elf.phoff && im->elf.phoff < s->offset + s->filesz) {
            return im->bias + s->vaddr + (im->elf.phoff - s->offset);
        }
    }
    return 0;
}

/* As the kernel finds them: the lowest and highest ends of file data, executable or not. */
static void find_ranges(const Image *im, LoadInfo *out)
{
    out->code_start = UINT64_MAX;
    for (unsigned i = 0; i < im->elf.nsegments; i++) {
        const ElfSegment *s = &im->elf.segments[i];
        if (s->type != PT_LOAD || !s->memsz) {
            continue;
        }
        uint64_t start = im->bias + s->vaddr, end = start + s->filesz;
        out->code_start = start < out->code_start ? start : out->code_start;
        out->data_start = start > out->data_start ? start : out->data_start;
        out->code_end = (s->flags & PF_X) && end > out->code_end ? end : out->code_end;
        out->data_end = end > out->data_end ? end : out->data_end;
    }
}

static bool wants_exec_stack(const ElfFile *elf)
{
    for (unsigned i = 0; i < elf->nsegments; i++) {
        if (elf->segments[i].type == PT_GNU_STACK) {
            return elf->segments[i].flags & PF_X;
        }
    }
    return false;
}

/* The page of our code in the guest's address space. */
static int map_vdso(Task *t, const char **why)
{
    const GuestAbi *abi = t->abi;
    Mm *mm = t->mm;
    uint64_t size = ALIGN_UP(abi->vdso_size, abi->target->page_size);
    int64_t r = mm_mmap(mm, 0, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    uint64_t at = mm->layout.vdso = r < 0 ? 0 : (uint64_t)r;
    if (r < 0 || mm_write(at, abi->vdso, abi->vdso_size) || (abi->vdso_start && abi->vdso_start(t)) || mm_mprotect(mm, at, size, PROT_READ | PROT_EXEC)) {
        return fail(ENOMEM, "no memory for the vDSO", why);
    }
    lock_acquire(&mm->lock);
    if (mm_map_room(&mm->map, 2)) {
        mm_map_set_flags(&mm->map, at, at + size, 0, AREA_VDSO);
    }
    lock_release(&mm->lock);
    return 0;
}

/* The file that is entered says whether its code is guarded; a program that has an interpreter leaves its own code to that (arch_elf_adjust_prot()). */
static int guard_image(Task *t, const Image *im, const char **why)
{
    int64_t value = t->mm->prot_guard ? elf_property(im->fd, &im->elf, t->abi->guard_property) : 0;
    if (value < 0) {
        return fail((int)-value, "damaged ELF file: GNU property note", why);
    }
    for (unsigned i = 0; i < im->elf.nsegments && (value & t->abi->guard_bit); i++) {
        const ElfSegment *s = &im->elf.segments[i];
        if (s->type != PT_LOAD || !s->memsz || !(s->flags & PF_X)) {
            continue;
        }
        uint64_t start = ALIGN_DOWN(im->bias + s->vaddr, MM_PAGE), end = ALIGN_UP(im->bias + s->vaddr + s->memsz, MM_PAGE);
        int64_t r = mm_mprotect(t->mm, start, end - start, segment_prot(s) | t->mm->prot_guard);
        if (r < 0) {
            return fail((int)-r, "not enough memory for its segments", why);
        }
    }
    return 0;
}

int loader_load(Task *t, int fd, const char *exec_fn, char *const argv[], char *const envp[], LoadInfo *out, const char **why)
{
    Image program = {.fd = fd}, interp = {.fd = -1};
    char path[PATH_MAX];
    memset(out, 0, sizeof(*out));
    *why = elf_read_header(fd, &program.elf);
    if (!*why) {
        *why = elf_read_segments(fd, &program.elf, t->mm->layout.address_end);
    }
    if (*why) {
        return -ENOEXEC;
    }
    int has_interp = read_interp_path(&program, path, why);
    if (has_interp < 0) {
        return has_interp;
    }
    int r = map_image(t->mm, &program, t->mm->layout.pie_base, why);
    if (r < 0) {
        return r;
    }
    out->entry = out->program_entry = program.bias + program.elf.entry;
    out->brk_start = program.bias + program.end;
    mm_set_brk(t->mm, out->brk_start);
    if (has_interp) {
        r = load_interp(t, &interp, path, why);
        r = r < 0 ? r : map_vdso(t, why);
        r = r < 0 ? r : guard_image(t, &interp, why);
        if (interp.fd >= 0) {
            sys_call1(SYS_close, SYS_INT(interp.fd));
        }
        if (r < 0) {
            return r;
        }
        out->interp_base = interp.bias;
        out->entry = interp.bias + interp.elf.entry;
    } else if ((r = map_vdso(t, why)) < 0 || (r = guard_image(t, &program, why)) < 0) {
        return r;
    }
    find_ranges(&program, out);
    out->phdr = find_phdr(&program);
    out->phnum = program.elf.nsegments;
    out->phent = program.elf.phentsize;
    out->has_exec_stack = wants_exec_stack(&program.elf);
    return loader_build_stack(t, exec_fn, argv, envp, out, why);
}
