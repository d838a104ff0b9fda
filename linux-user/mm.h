/* SPDX-License-Identifier: MIT */
/*
 * The guest's address space. 64-bit guests see host addresses as they are, told of a 47-bit user space; what is ours (hostmem.h) is
 * hidden from them. brk, stack, vDSO, PIE and mmap placement are decided here, never by the host kernel.
 */
#ifndef LYRE_LINUX_USER_MM_H
#define LYRE_LINUX_USER_MM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "linux-user/mm_map.h"
#include "tcg/exec.h"
#include "util/lock.h"

typedef struct MmLayout {      /* chosen at exec: random, or by -seed */
    uint64_t mmap_base;        /* top-down from here */
    uint64_t pie_base;
    uint64_t interp_base;
    uint64_t stack_top;
    uint64_t vdso;
    uint64_t address_end;      /* 1 << 47 */
} MmLayout;

typedef enum MmLimit { MM_LIMIT_AS, MM_LIMIT_DATA, MM_LIMIT_STACK, MM_LIMIT_COUNT } MmLimit;

/* What a change of the map began with (mm_lock.c). */
typedef struct MmSaved {
    bool is_valid;
    MmMap map;       /* with an array of its own */
    MmArea *changed; /* the array of the map that is changed */
    unsigned cap;    /* and its */
    uint64_t brk;
} MmSaved;

typedef struct Mm {
    _Atomic int refs;
    Lock lock;                 /* mm_lock, mm_unlock; readers may use lock_acquire */
    _Atomic unsigned nsharing; /* processes that were made to share this memory and may still do */
    MmSaved saved;             /* guarded by: lock */
    Tcg *tcg;
    MmLayout layout;
    uint64_t brk_start, brk;   /* guarded by: lock */
    uint64_t random;           /* state of the generator */
    uint64_t anon_serial;      /* identity of the next shared anonymous mapping; guarded by: lock */
    int prot_guard;            /* bit of PROT_* that the guest has for guarded code: aarch64's PROT_BTI; 0: none */
    bool *has_guards;          /* if there is one: set once some page has it; guarded by: lock */
    bool has_shared;           /* some memory was mapped that others may reach, too */
    bool is_locked_future;     /* mlockall(MCL_FUTURE); guarded by: lock */
    _Atomic uint64_t limit[MM_LIMIT_COUNT]; /* soft limits of the guest, MmLimit */
    MmMap map;                 /* mappings: protection, file identity, flags; guarded by: lock */
    _Atomic(struct HostStack *) stacks; /* of finished threads (thread.h) */
} Mm;

/* The layout is random by `seed`; 0: the same each time, as with ADDR_NO_RANDOMIZE. NULL: no memory. */
Mm *mm_new(const struct Target *target, const TcgSettings *settings, uint64_t seed);
void mm_ref(Mm *mm);
void mm_unref(Mm *mm);

/* Round each change of the address space. */
void mm_lock_init(Mm *mm);
void mm_lock(Mm *mm);
void mm_unlock(Mm *mm);

/* setrlimit has changed a soft limit. */
void mm_set_limit(Mm *mm, MmLimit which, uint64_t value);

/* System calls on the address space: the kernel's argument meaning; negative errno. */
int64_t mm_brk(Mm *mm, uint64_t addr);
int64_t mm_mmap(Mm *mm, uint64_t addr, uint64_t len, int prot, int flags, int fd, uint64_t offset);
int64_t mm_munmap(Mm *mm, uint64_t addr, uint64_t len);
int64_t mm_mprotect(Mm *mm, uint64_t addr, uint64_t len, int prot);
int64_t mm_mremap(Mm *mm, uint64_t old, uint64_t old_len, uint64_t new_len, int flags, uint64_t new_addr);
int64_t mm_madvise(Mm *mm, uint64_t addr, uint64_t len, int advice);
int64_t mm_mseal(Mm *mm, uint64_t addr, uint64_t len, uint64_t flags);
int64_t mm_msync(Mm *mm, uint64_t addr, uint64_t len, int flags);
/* flags of mlock2, or MM_MUNLOCK */
#define MM_MUNLOCK (-1)
int64_t mm_mlock(Mm *mm, uint64_t addr, uint64_t len, int flags);
int64_t mm_mlockall(Mm *mm, int flags);
int64_t mm_munlockall(Mm *mm);
int64_t mm_mincore(Mm *mm, uint64_t addr, uint64_t len, uint64_t vec);
/* Memory that other processes may reach was mapped, or made writable: atomics must be the host's from now on. */
void mm_note_shared(Mm *mm, int prot);
int64_t mm_shmat(Mm *mm, int id, uint64_t addr, int flags);
int64_t mm_shmdt(Mm *mm, uint64_t addr);

/* Copies between guest and our memory: 0 or -EFAULT; partial progress is undefined. They take no lock, survive unmapping at any moment
 * (fix-up table), and refuse what is ours. Writes into protected code pages succeed. */
int mm_read(void *dst, uint64_t src, size_t len);
int mm_write(uint64_t dst, const void *src, size_t len);
/* Length of a guest string without its NUL, or -EFAULT, or -ENAMETOOLONG beyond max. */
int64_t mm_strnlen(uint64_t addr, size_t max);
/* A guest string copied into buf (size bytes): length, -EFAULT or -ENAMETOOLONG. */
int64_t mm_read_string(char *buf, uint64_t addr, size_t size);

/* Before a host system call is given guest pointers: -EFAULT when the range touches memory of ours or lies beyond the address space; for
 * is_write, code pages in it are unprotected first so that the kernel can write. The kernel itself finds unmapped pages. */
int mm_check_range(Mm *mm, uint64_t addr, uint64_t len, bool is_write);

/* The fault handler's questions. A write (SEGV_ACCERR) hit a page that we protect: it is writable now and the access is to be repeated;
 * asked for faults in accessors (access_fixup) too, before they are given up. TcgWriteHit. */
bool mm_write_hit(void *mm, uint64_t addr);
/* A fault on unmapped memory below a MAP_GROWSDOWN mapping: true when it has grown and the instruction is to be repeated. */
bool mm_grow(Mm *mm, uint64_t addr);

extern const TcgMemOps mm_tcg_ops;

/* The guest's view of /proc/self/maps (or smaps) in a new memfd, or a negative errno. */
int mm_open_maps(Mm *mm, bool is_smaps);

/* Whether code there is guarded (Mm.prot_guard). */
bool mm_is_guarded(void *mm, uint64_t addr);

/* For loader.c: where `size` bytes are free, top-down below the base of mmap; 0 when nowhere. */
uint64_t mm_find_free(Mm *mm, uint64_t size, uint64_t align);
/* The program break starts at the first page boundary above `end`, some random pages further. */
void mm_set_brk(Mm *mm, uint64_t end);
/* A number from the seed of this address space, for layout and AT_RANDOM. */
uint64_t mm_random(Mm *mm);

#endif
