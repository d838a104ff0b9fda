/* SPDX-License-Identifier: MIT */
/*
 * Moves that happen at once, as a sequence: those whose target no one reads any more go first; what
 * remains are cycles. No sequence touches flags: a cycle of general registers is done by exchanges,
 * any other by way of the scratch vector register (or of a spill slot, when moves from memory to
 * memory need the scratch register themselves).
 */
#include "tcg/regalloc/alloc.h"

static void emit(Ra *ra, Loc dst, Loc src, uint8_t size, bool is_swap)
{
    MAlloc *out = ra->out;
    out->moves = arena_grow(ra->arena, out->moves, sizeof(MMove), &out->cap_moves, out->nmoves + 1);
    out->moves[out->nmoves++] = (MMove){ dst, src, size, is_swap };
}

static bool is_gpr(Loc l) { return l.kind == LOC_REG && l.cls == M_GPR; }
static Loc scratch(const Ra *ra) { return (Loc){ LOC_REG, M_VEC, ra->host->scratch_vec }; }

void ra_emit_move(Ra *ra, Loc dst, Loc src, uint8_t size)
{
    if (dst.kind != LOC_REG && src.kind != LOC_REG) {
        emit(ra, scratch(ra), src, size, false);
        emit(ra, dst, scratch(ra), size, false);
    } else {
        emit(ra, dst, src, size, false);
    }
}

/* Number of a location in Ra.place; homes are never written. */
static uint32_t place(Loc l)
{
    if (l.kind == LOC_REG) {
        return l.cls * RA_REGS + l.index;
    }
    return l.kind == LOC_SPILL ? 2u * RA_REGS + l.index : RA_NEVER;
}

typedef struct Resolver {
    Ra *ra;
    const Pending *moves;
    uint8_t *readers; /* by place: moves left that read it */
    uint16_t *writer; /* by place: move that writes it, + 1 */
    uint16_t *ready;  /* moves whose target no one reads */
    uint32_t nready;
} Resolver;

static void note_done(Resolver *s, uint32_t k)
{
    uint32_t to = place(s->moves[k].dst), from = place(s->moves[k].src);
    s->writer[to] = 0;
    if (from != RA_NEVER && --s->readers[from] == 0 && s->writer[from]) {
        s->ready[s->nready++] = s->writer[from] - 1;
    }
}

enum { LONG_CYCLE = 4 }; /* exchanges depend on each other and are dear: from here on by the scratch register */

/* Moves dst_0 <- dst_1 <- ... <- dst_n-1 <- dst_0, found by following writers from `first`. */
static void emit_cycle(Resolver *s, uint32_t first)
{
    Ra *ra = s->ra;
    bool is_gprs = true, is_through_memory = false;
    uint32_t k = first, last, length = 0;
    do {
        length++;
        last = k;
        const Pending *m = &s->moves[k];
        is_gprs &= is_gpr(m->dst);
        is_through_memory |= m->dst.kind != LOC_REG && m->src.kind != LOC_REG;
        k = s->writer[place(m->src)] - 1;
    } while (k != first);
    is_gprs &= length < LONG_CYCLE;
    Loc temp = scratch(ra);
    if (is_through_memory) {
        lyre_assert(ra->out->nspills < UINT16_MAX);
        temp = (Loc){ LOC_SPILL, s->moves[last].src.cls, ra->out->nspills++ };
        ra->out->is_failed |= ra->out->nspills > ra->host->nspills;
    }
    if (!is_gprs) {
        ra_emit_move(ra, temp, s->moves[last].src, s->moves[last].size);
    }
    for (;;) {
        const Pending *m = &s->moves[k];
        uint32_t next = s->writer[place(m->src)] - 1;
        s->writer[place(m->dst)] = 0;
        s->readers[place(m->src)] = 0;
        if (k == last) {
            if (!is_gprs) {
                ra_emit_move(ra, m->dst, temp, m->size);
            }
            break;
        }
        if (is_gprs) {
            emit(ra, m->dst, m->src, 8, true);
        } else {
            ra_emit_move(ra, m->dst, m->src, m->size);
        }
        k = next;
    }
}

void ra_emit_parallel(Ra *ra, const Pending *moves, uint32_t count)
{
    if (!ra->place_readers) {
        uint32_t places = 2 * RA_REGS + ra->host->nspills + 1;
        ra->place_readers = arena_alloc0(ra->arena, places);
        ra->place_writer = arena_alloc0(ra->arena, sizeof(uint16_t) * places);
    }
    Resolver s = { ra, moves, ra->place_readers, ra->place_writer, NULL, 0 };
    s.ready = arena_alloc(ra->arena, sizeof(uint16_t) * count);
    for (uint32_t k = 0; k < count; k++) {
        uint32_t from = place(moves[k].src), to = place(moves[k].dst);
        if (s.writer[to]) {
            /* Twice the same: a piece begins in the register in which the insn wants the value. */
            lyre_assert(place(moves[s.writer[to] - 1].src) == from);
            continue;
        }
        if (from != RA_NEVER) {
            s.readers[from]++;
        }
        s.writer[to] = k + 1;
    }
    for (uint32_t k = 0; k < count; k++) {
        uint32_t to = place(moves[k].dst);
        if (s.writer[to] == k + 1 && !s.readers[to]) {
            s.ready[s.nready++] = k;
        }
    }
    for (uint32_t k = 0; k < s.nready; k++) {
        const Pending *m = &moves[s.ready[k]];
        ra_emit_move(ra, m->dst, m->src, m->size);
        note_done(&s, s.ready[k]);
    }
    for (uint32_t k = 0; k < count; k++) {
        if (s.writer[place(moves[k].dst)] == k + 1) {
            emit_cycle(&s, k);
        }
    }
}
