/* SPDX-License-Identifier: MIT */
/* The parts that splitting made, by begin and then by number: a binary heap. */
#include "tcg/regalloc/alloc.h"

void ra_queue_push(Ra *ra, uint32_t p)
{
    ra->heap = arena_grow(ra->arena, ra->heap, sizeof(uint32_t), &ra->cap_heap, ra->nheap + 1);
    uint32_t k = ra->nheap++, begin = ra->parts[p].begin;
    for (; k; k = (k - 1) / 2) {
        uint32_t up = ra->heap[(k - 1) / 2];
        if (ra->parts[up].begin < begin || (ra->parts[up].begin == begin && up < p)) {
            break;
        }
        ra->heap[k] = up;
    }
    ra->heap[k] = p;
}

uint32_t ra_queue_pop(Ra *ra)
{
    uint32_t top = ra->heap[0], p = ra->heap[--ra->nheap], k = 0, begin = ra->parts[p].begin;
    for (;;) {
        uint32_t c = 2 * k + 1;
        if (c >= ra->nheap) {
            break;
        }
        if (c + 1 < ra->nheap) {
            const Part *l = &ra->parts[ra->heap[c]], *r = &ra->parts[ra->heap[c + 1]];
            c += r->begin < l->begin || (r->begin == l->begin && ra->heap[c + 1] < ra->heap[c]);
        }
        const Part *child = &ra->parts[ra->heap[c]];
        if (child->begin > begin || (child->begin == begin && ra->heap[c] > p)) {
            break;
        }
        ra->heap[k] = ra->heap[c];
        k = c;
    }
    ra->heap[k] = p;
    return top;
}
