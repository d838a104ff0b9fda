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

void mm_unlock(Mm *mm)
{
    if (UNLIKELY(mm->saved.is_valid)) {
        in_order();
        mm->saved.is_valid = false;
    }
    lock_release(&mm->lock);
}

/* The array that the dead thread worked on is lost: it may have been freed already. Protections follow the map again. */
static void repair(Lock *l)
{
    Mm *mm = CONTAINER_OF(l, Mm, lock);
    if (!mm->saved.is_valid) {
        return;
    }
    mm->map = mm->saved.map;
    mm->brk = mm->saved.brk;
    memset(&mm->saved, 0, sizeof(mm->saved));
    for (unsigned i = 0; i < mm->map.n; i++) {
        const MmArea *a = &mm->map.areas[i];
        if (!(a->flags & (AREA_HOST | AREA_FOREIGN))) {
            sys_call3(SYS_mprotect, a->start, a->end - a->start, (uint64_t)mm_host_prot(a->prot, a->flags));
        }
    }
}

void mm_lock_init(Mm *mm) { mm->lock.repair = repair; }
