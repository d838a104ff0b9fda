/* SPDX-License-Identifier: MIT */
/* Region formation: decoding ahead, finding basic blocks, their order, and the calls of the target that make IR of them. */
#include "tcg/region.h"

#include <stdatomic.h>
#include <string.h>

#include "tcg/builder_state.h"
#include "util/assert.h"
#include "util/compiler.h"

enum { NO_BLOCK = FORM_MAX_BLOCKS };

/* ---- fetching and decoding */

/* The bytes up to `end` of the instructions that were decoded from the window. */
static void keep_bytes(Former *f, uint64_t end)
{
    size_t n = (size_t)(end - f->run);
    lyre_assert(n <= sizeof f->bytes - f->nbytes);
    if (n) {
        memcpy(f->bytes + f->nbytes, f->window + (f->run - f->window_pc), n);
        f->nbytes += (uint32_t)n;
        f->run = end;
    }
}

/* From protecting on a write is reported before it happens: in the count of invalidations, which was read before. */
static NOINLINE void fill_window(Former *f, uint64_t pc, unsigned len)
{
    keep_bytes(f, pc);
    uint64_t start = ALIGN_DOWN(pc, (uint64_t)sizeof f->window);
    bool is_inside = pc + len <= start + sizeof f->window; /* else it may reach into another page: the instruction alone */
    unsigned n = is_inside ? (unsigned)sizeof f->window : len;
    f->window_pc = is_inside ? start : pc;
    if (!f->ops->protect_code(f->mm, f->window_pc, f->window_pc + n)) {
        f->is_guarded = false;
        f->seen_invalidations = FORM_SEEN_NOTHING;
    }
    f->window_len = f->ops->fetch(f->mm, f->window_pc, f->window, n, &f->fault);
    if (f->window_len < pc - f->window_pc) {
        f->window_len = 0;
    }
    f->window_whole = f->window_len >= len ? f->window_len - len + 1 : 0;
}

void region_forget_bytes(Former *f)
{
    f->window_len = f->window_whole = 0;
}

/* Says in f->fault why there is no instruction behind `avail` bytes. */
static NOINLINE bool fail_decode(Former *f, uint64_t pc, unsigned avail)
{
    if (avail) { /* part of it is there: what follows is not */
        uint8_t byte;
        f->ops->fetch(f->mm, pc + avail, &byte, 1, &f->fault);
    }
    f->fault_addr = pc + avail;
    return false;
}

static NOINLINE bool decode_at_edge(Former *f, uint64_t pc, TargetInsn *out)
{
    const Target *target = f->target;
    fill_window(f, pc, target->max_insn);
    uint64_t at = pc - f->window_pc;
    unsigned avail = f->window_len ? f->window_len - (unsigned)at : 0;
    bool is_ok = avail >= target->min_insn && target->decode(f->cpu, f->key.ctx, pc, f->window + at, avail, out);
    lyre_assert(!is_ok || (out->len && out->len <= avail));
    return is_ok || fail_decode(f, pc, avail);
}

/* The instruction at pc, where the run ends. */
static inline bool decode(Former *f, uint64_t pc, TargetInsn *out)
{
    uint64_t at = pc - f->window_pc;
    if (UNLIKELY(at >= f->window_whole)) {
        return decode_at_edge(f, pc, out);
    }
    bool is_ok = f->target->decode(f->cpu, f->key.ctx, pc, f->window + at, f->window_len - (unsigned)at, out);
    lyre_assert(is_ok && out->len);
    return true;
}

/* ---- discovery */

/* Place of the pc in the table of blocks, or the free place for it: the table is never half full. */
static uint16_t *table_place(const Former *f, uint64_t pc)
{
    uint32_t i = (uint32_t)(pc * 0x9e3779b97f4a7c15ull >> (64 - FORM_TABLE_BITS));
    while (f->table[i] && f->blocks[f->table[i] - 1].pc != pc) {
        i = (i + 1) & ((1u << FORM_TABLE_BITS) - 1);
    }
    return (uint16_t *)&f->table[i];
}

static uint32_t find_block(const Former *f, uint64_t pc)
{
    uint16_t found = *table_place(f, pc);
    return found ? found - 1u : NO_BLOCK;
}

/* The caller knows that no block starts there. */
static uint32_t append_block(Former *f, uint64_t pc)
{
    if (f->nblocks == f->max_blocks) {
        return NO_BLOCK;
    }
    *table_place(f, pc) = (uint16_t)(f->nblocks + 1);
    f->blocks[f->nblocks] = (FormBlock){ .pc = pc, .end = pc };
    return f->nblocks++;
}

/* Cuts a decoded block that has an instruction at pc: the new block takes the rest. */
static bool split_block(Former *f, FormBlock *k, uint64_t pc)
{
    for (uint32_t i = k->first; i < k->first + k->n; i++) {
        if (f->insns[i].pc == pc) {
            uint32_t rest = append_block(f, pc);
            if (rest != NO_BLOCK) {
                f->blocks[rest].first = i;
                f->blocks[rest].n = k->first + k->n - i;
                f->blocks[rest].end = k->end;
                k->n = i - k->first;
                k->end = pc;
            }
            return true;
        }
    }
    return false;
}

/* The block that starts at pc, made if there is room: by cutting one, or to be decoded later. */
static uint32_t add_leader(Former *f, uint64_t pc)
{
    uint32_t found = find_block(f, pc);
    if (found != NO_BLOCK) {
        return found;
    }
    for (uint32_t i = 0; i < f->nblocks; i++) {
        FormBlock *k = &f->blocks[i];
        if (pc > k->pc && pc < k->end && split_block(f, k, pc)) {
            return find_block(f, pc);
        }
    }
    return append_block(f, pc);
}

/* The lowest start of another block above pc: where decoding of this one must end. */
static uint64_t next_leader(const Former *f, uint64_t pc)
{
    uint64_t next = ~0ull;
    for (uint32_t i = 0; i < f->nblocks; i++) {
        uint64_t start = f->blocks[i].pc;
        if (start > pc && start < next) {
            next = start;
        }
    }
    return next;
}

/* Decodes up to the block's last instruction, a limit, or another block. Returns that instruction, or NULL when nothing could be. */
static const TargetInsn *decode_block(Former *f, FormBlock *k)
{
    uint64_t pc = k->pc, limit = next_leader(f, pc);
    k->first = f->ninsns;
    f->run = pc;
    while (f->ninsns < f->max_insns && (pc < limit || pc == k->pc) && decode(f, pc, &f->insns[f->ninsns])) {
        const TargetInsn *insn = &f->insns[f->ninsns++];
        pc += insn->len;
        if (insn->flow != FLOW_NEXT) {
            break;
        }
    }
    k->n = f->ninsns - k->first;
    k->end = pc;
    keep_bytes(f, pc);
    return k->n ? &f->insns[f->ninsns - 1] : NULL;
}

/* Whether what leads to pc by a jump, a taken branch or a return did so rarely: tier 1 looks such targets up. */
static bool is_cold(const Former *f, uint64_t pc)
{
    return f->runs_of && f->runs_of(f->opaque, (RegionKey){ pc, f->key.ctx }) < f->cold_runs;
}

static void add_target(Former *f, uint64_t pc)
{
    if (!is_cold(f, pc)) {
        add_leader(f, pc);
    }
}

/* Whether the last instruction shows that the block before it ran rarely, because what must follow it did. */
static bool is_cold_end(const Former *f, const TargetInsn *last)
{
    switch (last->flow) {
    case FLOW_JUMP:
        return is_cold(f, last->target);
    case FLOW_CALL:
    case FLOW_CALL_INDIRECT:
        return is_cold(f, last->pc + last->len);
    default:
        return false;
    }
}

/* The decoded block stays outside. */
static void drop_block(Former *f, FormBlock *k)
{
    f->nbytes -= (uint32_t)(k->end - k->pc);
    f->ninsns = k->first;
    k->n = 0;
    k->end = k->pc;
}

static void add_successors(Former *f, const TargetInsn *last)
{
    uint64_t next = last->pc + last->len;
    switch (last->flow) {
    case FLOW_BRANCH:
        add_leader(f, next);
        add_target(f, last->target);
        break;
    case FLOW_JUMP:
        add_leader(f, last->target);
        break;
    case FLOW_CALL:
    case FLOW_CALL_INDIRECT: {
        uint32_t site = is_cold(f, next) ? NO_BLOCK : add_leader(f, next);
        if (site != NO_BLOCK) {
            f->blocks[site].is_entry = true;
        }
        break;
    }
    default:
        break;
    }
}

/* ---- order */

static const TargetInsn *last_insn(const Former *f, const FormBlock *k)
{
    return &f->insns[k->first + k->n - 1];
}

static bool is_call(const TargetInsn *insn)
{
    return insn->flow == FLOW_CALL || insn->flow == FLOW_CALL_INDIRECT;
}

/* Blocks of the region that follow block k; a call's return site counts for the order alone. */
static unsigned successors(const Former *f, const FormBlock *k, uint32_t out[2], bool *has_call)
{
    const TargetInsn *last = last_insn(f, k);
    uint64_t pcs[2];
    unsigned npcs = 0, n = 0;
    *has_call = is_call(last);
    if (last->flow == FLOW_BRANCH || last->flow == FLOW_JUMP) {
        pcs[npcs++] = last->target;
    }
    if (last->flow == FLOW_BRANCH || last->flow == FLOW_NEXT || *has_call) {
        pcs[npcs++] = last->pc + last->len;
    }
    for (unsigned i = 0; i < npcs; i++) {
        uint32_t succ = find_block(f, pcs[i]);
        if (succ != NO_BLOCK && f->blocks[succ].n && !(*has_call && !f->blocks[succ].is_entry)) {
            out[n++] = succ;
        }
    }
    return n;
}

/* Reverse post-order by depth-first search from the head. */
static void order_blocks(Former *f)
{
    struct { uint16_t block; uint8_t n, at; uint32_t succ[2]; } stack[FORM_MAX_BLOCKS];
    bool is_seen[FORM_MAX_BLOCKS] = { true };
    uint16_t post[FORM_MAX_BLOCKS];
    uint32_t depth = 0, npost = 0;
    bool has_call;
    stack[depth].block = 0;
    stack[depth].at = 0;
    stack[depth++].n = (uint8_t)successors(f, &f->blocks[0], stack[0].succ, &has_call);
    while (depth) {
        __typeof__(&stack[0]) top = &stack[depth - 1];
        if (top->at == top->n) {
            post[npost++] = top->block;
            depth--;
            continue;
        }
        uint32_t succ = top->succ[top->at++];
        if (!is_seen[succ]) {
            is_seen[succ] = true;
            stack[depth].block = (uint16_t)succ;
            stack[depth].at = 0;
            stack[depth].n = (uint8_t)successors(f, &f->blocks[succ], stack[depth].succ, &has_call);
            depth++;
        }
    }
    f->norder = npost;
    for (uint32_t i = 0; i < npost; i++) {
        f->order[i] = post[npost - 1 - i];
        f->blocks[f->order[i]].rpo = i + 1;
    }
}

static void count_predecessors(Former *f)
{
    for (uint32_t i = 0; i < f->norder; i++) {
        uint32_t succ[2];
        bool has_call;
        unsigned n = successors(f, &f->blocks[f->order[i]], succ, &has_call);
        for (unsigned j = 0; j < n && !has_call; j++) {
            f->blocks[succ[j]].npreds++;
            f->blocks[succ[j]].pred = f->order[i];
        }
    }
}

static bool discover_graph(Former *f)
{
    memset(f->table, 0, sizeof f->table);
    append_block(f, f->key.pc);
    f->blocks[0].is_entry = true;
    for (uint32_t i = 0; i < f->nblocks && f->ninsns < f->max_insns; i++) {
        if (f->blocks[i].n) {
            continue; /* cut from another */
        }
        const TargetInsn *last = decode_block(f, &f->blocks[i]);
        if (!last && i == 0) {
            return false;
        }
        if (last && i && !f->blocks[i].is_entry && is_cold_end(f, last)) {
            drop_block(f, &f->blocks[i]);
        } else if (last) {
            TargetInsn insn = *last;
            add_successors(f, &insn);
        }
    }
    order_blocks(f);
    count_predecessors(f);
    return true;
}

/* ---- what is found by going on behind each instruction, over branches too: to the region one block */

static bool is_line(const Former *f) { return f->shape != SHAPE_GRAPH; }

/* Decodes one or more behind the n that there are: their number. */
static uint32_t decode_more(Former *f, uint64_t pc, uint32_t n)
{
    uint64_t at = pc - f->window_pc;
    if (UNLIKELY(at >= f->window_whole)) {
        return decode_at_edge(f, pc, &f->insns[n]);
    }
    uint32_t max = f->max_insns - n;
    uint32_t more = f->target->decode_run(f->cpu, f->key.ctx, pc, f->window + at, f->window_len - (unsigned)at, &f->insns[n], max);
    lyre_assert(more && more <= max);
    return more;
}

/* What has never run is left out, where that is known. */
static bool has_seen(const Former *f, uint64_t pc)
{
    return !f->has_seen || f->has_seen(f->opaque, (RegionKey){ pc, f->key.ctx });
}

static bool discover_line(Former *f)
{
    uint64_t pc = f->key.pc;
    uint32_t n = 0, more = 0;
    f->run = pc;
    while (n < f->max_insns && (more = decode_more(f, pc, n))) {
        n += more;
        const TargetInsn *last = &f->insns[n - 1];
        pc = last->pc + last->len;
        if (last->flow != FLOW_NEXT && (last->flow != FLOW_BRANCH || f->shape == SHAPE_BLOCK || !has_seen(f, pc))) {
            break;
        }
    }
    keep_bytes(f, pc);
    f->blocks[0] = (FormBlock){ .pc = f->key.pc, .end = pc, .n = n, .rpo = 1, .is_entry = true };
    f->order[0] = 0;
    f->norder = f->nblocks = 1;
    f->ninsns = n;
    return n != 0;
}

bool region_discover(Former *f, RegionKey key, RegionShape shape, uint32_t max_insns)
{
    f->key = key;
    f->shape = shape;
    f->max_insns = max_insns < FORM_MAX_INSNS ? max_insns : FORM_MAX_INSNS;
    f->max_blocks = FORM_MAX_BLOCKS;
    f->ninsns = f->nblocks = f->nbytes = 0;
    uint64_t now = atomic_load(f->invalidations);
    if (UNLIKELY(now != f->seen_invalidations)) {
        region_forget_bytes(f);
        f->seen_invalidations = now;
    }
    f->is_guarded = true;
    return is_line(f) ? discover_line(f) : discover_graph(f);
}

/* ---- IR */

/* Index of the region's block at pc, when it can be reached from the current one without leaving. */
static uint32_t inner_block(const Former *f, uint64_t pc)
{
    uint32_t i = find_block(f, pc);
    return i != NO_BLOCK && f->blocks[i].rpo ? i : NO_BLOCK;
}

/* Whether the decoder announced that the instruction may go on there: order, predecessors and polls were found from that. */
static bool is_announced(const TargetInsn *insn, uint64_t pc)
{
    bool is_next = pc == insn->pc + insn->len;
    switch (insn->flow) {
    case FLOW_BRANCH:
        return is_next || pc == insn->target;
    case FLOW_JUMP:
        return pc == insn->target;
    case FLOW_NEXT:
    case FLOW_CALL:
    case FLOW_CALL_INDIRECT:
        return is_next;
    default: /* an indirect jump whose target turned out to be known leaves by a link */
        return false;
    }
}

/* TargetTrans.block_of. Of a call's blocks only the return site counts, as an entry. */
static uint32_t block_of(void *opaque, uint64_t pc)
{
    const Former *f = opaque;
    uint32_t i = inner_block(f, pc);
    if (i == NO_BLOCK || !is_announced(f->insn, pc) || (is_call(f->insn) && !f->blocks[i].is_entry)) {
        return 0;
    }
    return f->blocks[i].ir;
}

static bool is_back_edge(const Former *f, uint64_t pc)
{
    uint32_t i = inner_block(f, pc);
    return i != NO_BLOCK && f->blocks[i].rpo <= f->blocks[f->current].rpo;
}

/* Each cycle has a back edge; the thread can be stopped before the branch that takes it. */
static bool must_poll(const Former *f, const TargetInsn *insn)
{
    switch (insn->flow) {
    case FLOW_BRANCH:
        return is_back_edge(f, insn->target) || is_back_edge(f, insn->pc + insn->len);
    case FLOW_JUMP:
        return is_back_edge(f, insn->target);
    default:
        return false;
    }
}

/* A block without terminator goes on behind its last instruction. */
static void end_block(Former *f, uint64_t pc, uint32_t next, bool has_poll)
{
    ir_insn_begin(f->b, pc);
    if (has_poll) {
        ir_poll(f->b);
    }
    if (next) {
        ir_goto(f->b, next);
    } else {
        ir_exit(f->b, pc);
    }
}

static void build_block(Former *f, IrRegion *r, TargetTrans *trans, uint32_t block)
{
    const FormBlock *k = &f->blocks[block];
    uint32_t pred = 0;
    if (!k->is_entry && k->npreds == 1 && f->blocks[k->pred].rpo < k->rpo && build_is_edge(r, f->blocks[k->pred].ir, k->ir)) {
        pred = f->blocks[k->pred].ir;
    }
    f->current = block;
    ir_block_begin(f->b, k->ir, pred);
    for (uint32_t i = k->first; i < k->first + k->n; i++) {
        f->insn = &f->insns[i];
        ir_insn_begin(f->b, f->insn->pc);
        if (must_poll(f, f->insn)) {
            ir_poll(f->b);
        }
        f->target->translate(trans, f->insn);
        if (ir_is_terminated(f->b)) {
            break;
        }
    }
    if (!ir_is_terminated(f->b)) {
        uint32_t next = block_of(f, k->end);
        end_block(f, k->end, next, next && is_back_edge(f, k->end));
    }
}

/* TargetTrans.block_of in a line: a branch falls through to the next instruction. */
static uint32_t next_in_line(void *opaque, uint64_t pc)
{
    const Former *f = opaque;
    const TargetInsn *insn = f->insn;
    bool is_next = insn->flow == FLOW_BRANCH && pc == insn->pc + insn->len && insn != &f->insns[f->ninsns - 1];
    return is_next ? IR_GO_ON : 0;
}

/* Nothing leads back in a line, so there is nothing to poll. */
static void build_line(Former *f, TargetTrans *trans)
{
    IrBuilder *b = f->b;
    void (*translate)(TargetTrans *, const TargetInsn *) = f->target->translate;
    ir_block_begin(b, f->blocks[0].ir, 0);
    for (const TargetInsn *insn = f->insns, *end = insn + f->ninsns; insn != end; insn++) {
        if (UNLIKELY(!b->block) && !ir_resume(b, insn->pc)) {
            return;
        }
        f->insn = insn;
        build_insn_begin(b, insn->pc);
        translate(trans, insn);
    }
    if (b->block) {
        end_block(f, f->blocks[0].end, 0, false);
    }
}

void region_build(Former *f, IrBuilder *b, IrRegion *out, struct Arena *arena, const IrSettings *settings)
{
    const Target *target = f->target;
    TargetTrans trans = { b, f->cpu, f->key.ctx, f, is_line(f) ? next_in_line : block_of, NULL };
    ir_begin(b, out, arena, target->slots, target->nslots, target->helpers, target->nhelpers, f->key.ctx, settings);
    out->tag_bits = target->tag_bits;
    out->align_window = target->align_window;
    f->b = b;
    for (uint32_t i = 0; i < f->norder; i++) {
        FormBlock *k = &f->blocks[f->order[i]];
        k->ir = ir_block_new(b, k->pc, k->is_entry);
    }
    if (is_line(f)) {
        build_line(f, &trans);
    } else {
        for (uint32_t i = 0; i < f->norder; i++) {
            build_block(f, out, &trans, f->order[i]);
        }
    }
    out->guest_insns = f->ninsns;
}

/* ---- sources */

uint32_t region_sources(const Former *f, IrSource out[FORM_MAX_BLOCKS])
{
    uint32_t n = 0;
    if (is_line(f)) {
        out[0] = (IrSource){ f->key.pc, f->blocks[f->nblocks - 1].end };
        return 1;
    }
    for (uint32_t i = 0; i < f->nblocks; i++) {
        IrSource s = { f->blocks[i].pc, f->blocks[i].end };
        uint32_t at = n;
        if (s.start == s.end) {
            continue;
        }
        while (at > 0 && out[at - 1].start > s.start) {
            at--;
        }
        memmove(&out[at + 1], &out[at], (n - at) * sizeof *out);
        out[at] = s;
        n++;
    }
    uint32_t merged = 0;
    for (uint32_t i = 0; i < n; i++) {
        if (merged && out[merged - 1].end >= out[i].start) {
            uint64_t end = out[merged - 1].end;
            out[merged - 1].end = out[i].end > end ? out[i].end : end;
        } else {
            out[merged++] = out[i];
        }
    }
    return merged;
}

bool region_protect(const Former *f, const IrSource *sources, uint32_t n)
{
    const uint64_t mask = f->target->page_size - 1;
    for (uint32_t i = 0; i < n;) {
        uint64_t start = sources[i].start, end = sources[i].end;
        while (++i < n && sources[i].start <= ((end + mask) | mask)) { /* in a page that is touched, or the next one */
            end = sources[i].end;
        }
        if (!f->ops->protect_code(f->mm, start, end)) {
            return false;
        }
    }
    return true;
}

static bool is_same_code(Former *f, uint64_t pc, const uint8_t *old, uint32_t len)
{
    while (len) {
        uint8_t now[256];
        uint32_t n = len < sizeof now ? len : (uint32_t)sizeof now;
        if (f->ops->fetch(f->mm, pc, now, n, &f->fault) != n || memcmp(now, old, n)) {
            return false;
        }
        pc += n;
        old += n;
        len -= n;
    }
    return true;
}

bool region_is_unchanged(Former *f)
{
    if (is_line(f)) {
        return is_same_code(f, f->key.pc, f->bytes, f->nbytes);
    }
    uint32_t at = 0;
    for (uint32_t i = 0, next; i < f->ninsns; i = next) { /* by runs of instructions that follow each other */
        uint64_t pc = f->insns[i].pc, end = pc + f->insns[i].len;
        for (next = i + 1; next < f->ninsns && f->insns[next].pc == end; next++) {
            end += f->insns[next].len;
        }
        uint32_t len = (uint32_t)(end - pc);
        if (!is_same_code(f, pc, f->bytes + at, len)) {
            return false;
        }
        at += len;
    }
    return true;
}
