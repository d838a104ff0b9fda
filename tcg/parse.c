/* SPDX-License-Identifier: MIT */
/* Textual IR into the builder: for tests. The notation is described in print.h. */
#include <stdlib.h>
#include <string.h>

#include "tcg/builder_state.h"
#include "tcg/print.h"
#include "util/arena.h"

enum { MAX_NAMES = 512, MAX_VALUES = 4096, MAX_WORD = 64 };

typedef struct Parser {
    IrBuilder *b;
    const char *p;        /* rest of the current line */
    const char *error;
    char word[MAX_WORD];  /* the last word read */
    uint32_t nblocks;
    char (*names)[MAX_WORD]; /* of blocks; id = index + 1 */
    uint32_t *values;     /* %N */
} Parser;

static void fail(Parser *q, const char *message)
{
    if (!q->error) {
        q->error = message;
    }
}

static void skip_space(Parser *q)
{
    while (*q->p == ' ' || *q->p == '\t') {
        q->p++;
    }
}

static bool is_end(Parser *q)
{
    skip_space(q);
    return *q->p == 0 || *q->p == '\n' || *q->p == ';';
}

static bool is_word_char(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '.';
}

static bool accept(Parser *q, const char *s)
{
    skip_space(q);
    size_t n = strlen(s);
    bool is_word = is_word_char(s[n - 1]);
    if (strncmp(q->p, s, n) != 0 || (is_word && is_word_char(q->p[n]))) {
        return false;
    }
    q->p += n;
    return true;
}

static void expect(Parser *q, const char *s)
{
    if (!accept(q, s)) {
        fail(q, "punctuation missing");
    }
}

static const char *word(Parser *q)
{
    size_t n = 0;
    skip_space(q);
    while (is_word_char(q->p[n]) && n < MAX_WORD - 1) {
        n++;
    }
    memcpy(q->word, q->p, n);
    q->word[n] = 0;
    q->p += n;
    if (n == 0) {
        fail(q, "word missing");
    }
    return q->word;
}

static uint64_t number(Parser *q)
{
    char *end;
    skip_space(q);
    bool is_negative = *q->p == '-';
    uint64_t v = strtoull(q->p + is_negative, &end, 0);
    if (end == q->p + is_negative) {
        fail(q, "number missing");
    }
    q->p = end;
    return is_negative ? -v : v;
}

static uint32_t block_ref(Parser *q)
{
    word(q);
    for (uint32_t i = 0; i < q->nblocks; i++) {
        if (strcmp(q->names[i], q->word) == 0) {
            return i + 1;
        }
    }
    fail(q, "unknown block");
    return 1;
}

static uint32_t value(Parser *q, IrType type)
{
    IrBuilder *b = q->b;
    if (accept(q, "%")) {
        uint64_t n = number(q);
        uint32_t id = n < MAX_VALUES ? q->values[n] : 0;
        if (!id) {
            fail(q, "value not defined");
            return ir_const_i64(b, 0).id;
        }
        if (type != IR_VOID && build_insn(b, id)->type != type) {
            fail(q, "value of another type");
        }
        return id;
    }
    if (type == IR_V128) {
        expect(q, "{");
        V128Bits v = { .u64 = { number(q) } };
        expect(q, ",");
        v.u64[1] = number(q);
        expect(q, "}");
        return ir_const_v128(b, v).id;
    }
    uint64_t v = number(q);
    switch (type) {
    case IR_I32:
        return ir_const_i32(b, (uint32_t)v).id;
    case IR_F32:
        return ir_const_f32(b, (uint32_t)v).id;
    case IR_F64:
        return ir_const_f64(b, v).id;
    case IR_I64:
        return ir_const_i64(b, v).id;
    default:
        fail(q, "constant of this type");
        return ir_const_i64(b, 0).id;
    }
}

static unsigned slot_ref(Parser *q)
{
    word(q);
    for (unsigned i = 0; i < q->b->r->nslots; i++) {
        if (strcmp(q->b->r->slots[i].name, q->word) == 0) {
            return i;
        }
    }
    fail(q, "unknown slot");
    return 0;
}

static int keyword(Parser *q, const char *const *list, int n)
{
    word(q);
    for (int i = 0; i < n; i++) {
        if (list[i] && strcmp(list[i], q->word) == 0) {
            return i;
        }
    }
    fail(q, "unknown keyword");
    return 0;
}

static int auxiliary(Parser *q, const IrOpInfo *info)
{
    static const char *const rounds[] = { "rne", "rtz", "rdn", "rup", "rmm", NULL, NULL, "dyn" };
    static const char *const conds[] = { "eq", "ne", "cs", "cc", "mi", "pl", "vs", "vc", "hi", "ls", "ge", "lt", "gt", "le" };
    if (info->aux == IR_AUX_NONE) {
        return 0;
    }
    expect(q, ",");
    switch (info->aux) {
    case IR_AUX_RM:
        return keyword(q, rounds, 8);
    case IR_AUX_COND:
        return keyword(q, conds, 14);
    default:
        return (int)number(q);
    }
}

static unsigned memory_attributes(Parser *q)
{
    static const char *const orders[] = { NULL, "acq", "rel", "seq" };
    unsigned mem = 0;
    skip_space(q);
    if (*q->p == 's' || *q->p == 'u') {
        mem |= *q->p++ == 's' ? MEM_SIGNED : 0;
    }
    uint64_t bits = number(q);
    if (bits < 8 || bits > 128 || (bits & (bits - 1))) {
        fail(q, "access size");
        return 0;
    }
    mem |= (unsigned)__builtin_ctzll(bits / 8);
    while (!is_end(q) && !q->error && *q->p != '@') {
        if (accept(q, "be")) {
            mem |= MEM_BIG_ENDIAN;
        } else if (accept(q, "aligned")) {
            mem |= MEM_ALIGNED;
        } else if (strncmp(q->p, "mmu", 3) == 0) {
            q->p += 3;
            mem |= (unsigned)(number(q) & 15) << MEM_INDEX_SHIFT;
        } else {
            mem |= (unsigned)keyword(q, orders, 4) << MEM_ORDER_SHIFT;
        }
    }
    return mem;
}

static uint32_t memory(Parser *q, IrOp op)
{
    const IrOpInfo *info = &ir_op_info[op];
    IrBuilder *b = q->b;
    uint32_t v[3] = { value(q, IR_I64), 0, 0 };
    skip_space(q);
    int64_t disp = 0;
    if (*q->p == '+' || *q->p == '-') {
        q->p += *q->p == '+';
        disp = (int64_t)number(q);
    }
    for (unsigned a = 1; a < info->nargs; a++) {
        expect(q, ",");
        v[a] = value(q, info->arg[a]);
    }
    unsigned mem = memory_attributes(q);
    if (q->error) {
        return 0;
    }
    I64 addr = { v[0] };
    int32_t d = (int32_t)disp;
    if (info->traits & IR_TRAIT_RMW && d) {
        addr = ir_add_i64(b, addr, ir_const_i64(b, (uint64_t)disp));
    }
    switch (op) {
    case IR_LOAD_I32:
        return ir_load_i32(b, addr, d, mem).id;
    case IR_LOAD_I64:
        return ir_load_i64(b, addr, d, mem).id;
    case IR_LOAD_F32:
        return ir_load_f32(b, addr, d, mem).id;
    case IR_LOAD_F64:
        return ir_load_f64(b, addr, d, mem).id;
    case IR_LOAD_V128:
        return ir_load_v128(b, addr, d, mem).id;
    case IR_STORE_I32:
        ir_store_i32(b, addr, d, (I32){ v[1] }, mem);
        return 0;
    case IR_STORE_I64:
        ir_store_i64(b, addr, d, (I64){ v[1] }, mem);
        return 0;
    case IR_STORE_F32:
        ir_store_f32(b, addr, d, (F32){ v[1] }, mem);
        return 0;
    case IR_STORE_F64:
        ir_store_f64(b, addr, d, (F64){ v[1] }, mem);
        return 0;
    case IR_STORE_V128:
        ir_store_v128(b, addr, d, (V128){ v[1] }, mem);
        return 0;
    case IR_CAS_I32:
        return ir_cas_i32(b, addr, (I32){ v[1] }, (I32){ v[2] }, mem).id;
    case IR_CAS_I64:
        return ir_cas_i64(b, addr, (I64){ v[1] }, (I64){ v[2] }, mem).id;
    case IR_CAS_V128:
        return ir_cas_v128(b, addr, (V128){ v[1] }, (V128){ v[2] }, mem).id;
    default:
        return info->result[0] == IR_I32 ? ir_rmw_i32(b, op, addr, (I32){ v[1] }, mem).id
                                         : ir_rmw_i64(b, op, addr, (I64){ v[1] }, mem).id;
    }
}

static uint32_t call(Parser *q)
{
    IrRegion *r = q->b->r;
    uint32_t args[4], n = 0, helper = 0;
    word(q);
    while (helper < r->nhelpers && strcmp(r->helpers[helper].name, q->word) != 0) {
        helper++;
    }
    expect(q, "(");
    if (helper == r->nhelpers) {
        fail(q, "unknown helper");
    }
    while (!q->error && !accept(q, ")")) {
        if (n) {
            expect(q, ",");
        }
        if (n >= r->helpers[helper].nargs) {
            fail(q, "too many arguments");
            break;
        }
        args[n] = value(q, r->helpers[helper].arg[n]);
        n++;
    }
    if (!q->error && n != r->helpers[helper].nargs) {
        fail(q, "arguments missing");
    }
    return q->error ? 0 : ir_call(q->b, helper, n, args);
}

static uint32_t get(Parser *q)
{
    unsigned slot = slot_ref(q);
    IrBuilder *b = q->b;
    switch (b->r->slots[slot].type) {
    case IR_I32:
        return ir_get_i32(b, slot).id;
    case IR_I64:
        return ir_get_i64(b, slot).id;
    case IR_F32:
        return ir_get_f32(b, slot).id;
    case IR_F64:
        return ir_get_f64(b, slot).id;
    case IR_V128:
        return ir_get_v128(b, slot).id;
    default:
        return ir_get_cc(b, slot).id;
    }
}

static void put(Parser *q)
{
    unsigned slot = slot_ref(q);
    IrBuilder *b = q->b;
    expect(q, ",");
    uint32_t v = value(q, b->r->slots[slot].type);
    if (q->error) {
        return;
    }
    switch (b->r->slots[slot].type) {
    case IR_I32:
        ir_put_i32(b, slot, (I32){ v });
        break;
    case IR_I64:
        ir_put_i64(b, slot, (I64){ v });
        break;
    case IR_F32:
        ir_put_f32(b, slot, (F32){ v });
        break;
    case IR_F64:
        ir_put_f64(b, slot, (F64){ v });
        break;
    case IR_V128:
        ir_put_v128(b, slot, (V128){ v });
        break;
    default:
        ir_put_cc(b, slot, (CC){ v });
        break;
    }
}

/* An operation by its row's name. */
static uint32_t operation(Parser *q)
{
    word(q);
    if (strncmp(q->word, "call", 4) == 0) {
        return call(q);
    }
    IrOp op = IR_OP_COUNT - 1;
    while (op > 0 && strcmp(ir_op_name[op], q->word) != 0) {
        op--;
    }
    const IrOpInfo *info = &ir_op_info[op];
    if (info->traits & IR_TRAIT_MAY_FAULT) {
        return memory(q, op);
    }
    if (op == IR_FENCE) {
        static const char *const orders[] = { "none", "acq", "rel", "seq" };
        ir_fence(q->b, (IrOrder)keyword(q, orders, 4));
        return 0;
    }
    if (!(info->traits & (IR_TRAIT_PURE | IR_TRAIT_FP | IR_TRAIT_FPENV | IR_TRAIT_INDEXED)) || info->traits & IR_TRAIT_FLOAT) {
        fail(q, "unknown operation");
        return 0;
    }
    uint32_t v[3] = { 0 };
    for (unsigned a = 0; a < info->nargs; a++) {
        if (a) {
            expect(q, ",");
        }
        v[a] = value(q, info->arg[a]);
    }
    int aux = auxiliary(q, info);
    return q->error ? 0 : ir_build(q->b, op, aux, v[0], v[1], v[2]);
}

static void exit_call(Parser *q, bool is_indirect)
{
    uint64_t pc = 0;
    I64 v = { 0 };
    if (is_indirect) {
        v.id = value(q, IR_I64);
    } else {
        pc = number(q);
    }
    expect(q, "ret=");
    uint64_t ret = number(q);
    uint32_t block = is_end(q) ? 0 : block_ref(q);
    if (block && !q->b->r->blocks[block].is_entry) {
        fail(q, "return site is no entry");
    }
    if (q->error) {
        return;
    }
    if (is_indirect) {
        ir_exit_call_indirect(q->b, v, ret, block);
    } else {
        ir_exit_call(q->b, pc, ret, block);
    }
}

/* Terminators. False: the line is none. */
static bool terminator(Parser *q)
{
    IrBuilder *b = q->b;
    if (accept(q, "goto")) {
        ir_goto(b, block_ref(q));
    } else if (accept(q, "br")) {
        I32 cond = { value(q, IR_I32) };
        expect(q, ",");
        uint32_t t = block_ref(q);
        expect(q, ",");
        uint32_t f = block_ref(q);
        if (!q->error) {
            ir_br(b, cond, t, f);
        }
    } else if (accept(q, "exit")) {
        ir_exit(b, number(q));
    } else if (accept(q, "exit_indirect")) {
        ir_exit_indirect(b, (I64){ value(q, IR_I64) });
    } else if (accept(q, "exit_return")) {
        ir_exit_return(b, (I64){ value(q, IR_I64) });
    } else if (accept(q, "exit_event")) {
        unsigned event = (unsigned)number(q);
        ir_exit_event(b, event, number(q));
    } else if (accept(q, "exit_call")) {
        exit_call(q, false);
    } else if (accept(q, "exit_call_indirect")) {
        exit_call(q, true);
    } else {
        return false;
    }
    return true;
}

static void block_line(Parser *q)
{
    uint32_t block = block_ref(q), single = 0;
    while (!q->error && !accept(q, ":")) {
        if (accept(q, "single=")) {
            single = block_ref(q);
        } else if (accept(q, "pc=")) {
            number(q);
        } else if (!accept(q, "entry") && !accept(q, "cold")) {
            fail(q, "block attribute");
        }
    }
    if (!q->error) {
        ir_block_begin(q->b, block, single);
    }
}

static void line(Parser *q)
{
    if (is_end(q)) {
        return;
    }
    if (accept(q, "block")) {
        if (!ir_is_terminated(q->b)) {
            fail(q, "block not terminated");
            return;
        }
        block_line(q);
        return;
    }
    if (ir_is_terminated(q->b)) {
        fail(q, "outside of a block");
        return;
    }
    if (accept(q, "insn")) {
        ir_insn_begin(q->b, number(q));
    } else if (accept(q, "commit")) {
        ir_insn_commit(q->b);
    } else if (accept(q, "ctx")) {
        ir_set_ctx(q->b, (uint32_t)number(q));
    } else if (accept(q, "poll")) {
        ir_poll(q->b);
    } else if (accept(q, "put")) {
        put(q);
    } else if (accept(q, "%")) {
        uint64_t n = number(q);
        expect(q, "=");
        uint32_t v = accept(q, "get") ? get(q) : operation(q);
        if (n >= MAX_VALUES || !v) {
            fail(q, "no value");
        } else {
            q->values[n] = v;
        }
    } else if (!terminator(q)) {
        operation(q);
    }
}

/* The blocks are made before the first line is read. */
static void declare_blocks(Parser *q, const char *text)
{
    for (const char *p = text; *p; p += strcspn(p, "\n"), p += *p == '\n') {
        q->p = p;
        if (!accept(q, "block") || q->nblocks == MAX_NAMES) {
            continue;
        }
        memcpy(q->names[q->nblocks++], word(q), MAX_WORD);
        uint64_t pc = 0;
        bool is_entry = false, is_cold = false;
        while (!q->error && !is_end(q) && !accept(q, ":")) {
            if (accept(q, "pc=")) {
                pc = number(q);
            } else if (accept(q, "single=")) {
                word(q);
            } else {
                word(q);
                is_entry |= strcmp(q->word, "entry") == 0;
                is_cold |= strcmp(q->word, "cold") == 0;
            }
        }
        uint32_t id = ir_block_new(q->b, pc, is_entry);
        q->b->r->blocks[id].is_cold = is_cold;
    }
}

const char *ir_parse(IrBuilder *b, const char *text, unsigned *line_number)
{
    Parser q = {
        .b = b,
        .names = arena_alloc0(b->arena, MAX_NAMES * sizeof(q.names[0])),
        .values = arena_alloc0(b->arena, MAX_VALUES * sizeof(uint32_t)),
    };
    *line_number = 0;
    declare_blocks(&q, text);
    for (const char *p = text; *p && !q.error; p += strcspn(p, "\n"), p += *p == '\n') {
        ++*line_number;
        q.p = p;
        line(&q);
        if (!q.error && !is_end(&q)) {
            fail(&q, "text after the operation");
        }
    }
    if (!q.error && !ir_is_terminated(b)) {
        fail(&q, "last block not terminated");
    }
    return q.error;
}
