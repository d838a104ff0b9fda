/* SPDX-License-Identifier: MIT */
/*
 * The lock of an address space. While another process shares it (vfork, CLONE_VM), each change works on a map of which a copy was made before:
 * should its owner be killed on the way, the copy comes back. What the kernel had then done already is found as after changes that were not ours.
 */
#include <string.h>

#include "linux-user/mm.h"
#include "linux-user/mm_code.h"
#include "util/compiler.h"
#include "util/hostmem.h"
#include "util/sys.h"

static NOINLINE void save(Mm *mm)
{
    MmSaved *s = &mm->saved;
    if (s->map.cap < mm->map.n) {
        hostmem_pages_free(s->map.areas, s->map.cap * sizeof(MmArea));
        s->map.cap = 0;
        s->map.areas = hostmem_pages_alloc(mm->map.cap * sizeof(MmArea));
        if (!s->map.areas) {
            return;
        }
        s->map.cap = mm->map.cap;
    }
    MmArea *areas = s->map.areas;
    unsigned cap = s->map.cap;
    memcpy(areas, mm->map.areas, mm->map.n * sizeof(MmArea));
    s->map = mm->map;
    s->map.areas = areas;
    s->map.cap = cap;
    s->changed = mm->map.areas;
    s->cap = mm->map.cap;
    s->brk = mm->brk;
    in_order();
    s->is_valid = true;
    in_order();
}

void mm_lock(Mm *mm)
{
    lock_acquire(&mm->lock);
    if (UNLIKELY(atomic_load_explicit(&mm->nsharing, memory_order_relaxed))) {
        save(mm);
    }
}

static void mm_unsave(Mm *mm)
{
    in_order();
    mm->saved.is_valid = false;
}

void mm_unlock(Mm *mm)
{
    if (UNLIKELY(mm->saved.is_valid)) {
        mm_unsave(mm);
    }
    lock_release(&mm->lock);
}

/* The map comes back into the array that the dead thread worked on; one that it had just put in its place is lost. Protections follow the map. */
static void repair(Lock *l)
{
    Mm *mm = CONTAINER_OF(l, Mm, lock);
    MmSaved *s = &mm->saved;
    if (!s->is_valid) {
        return;
    }
    mm->brk = s->brk;
    if (mm->map.areas == s->changed) {
        memcpy(s->changed, s->map.areas, s->map.n * sizeof(MmArea));
        mm->map = s->map;
        mm->map.areas = s->changed;
        mm->map.cap = s->cap;
        mm_unsave(mm);
    } else {
        mm->map = s->map;
        memset(s, 0, sizeof(*s));
    }
    for (unsigned i = 0; i < mm->map.n; i++) {
        const MmArea *a = &mm->map.areas[i];
        if (!(a->flags & (AREA_HOST | AREA_FOREIGN))) {
            sys_call3(SYS_mprotect, a->start, a->end - a->start, (uint64_t)mm_host_prot(a->prot, a->flags));
        }
    }
}

void mm_lock_init(Mm *mm) { mm->lock.repair = repair; }
