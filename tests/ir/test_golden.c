/* SPDX-License-Identifier: MIT */
/*
 * Golden IR: each case of a *.ir file is parsed into the builder, finished, verified and compared with the text below it.
 *
 *   == NAME [plain] [tso] [guards]
 *   (input, see tcg/print.h)
 *   --
 *   (the finished region, its values renumbered in order of appearance)
 *
 * Slots and helpers are those of random_ir.h. usage: test_golden [--update] FILE...; --update rewrites the expectations.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "random_ir.h"
#include "tcg/print.h"
#include "tcg/verify.h"
#include "util/arena.h"

enum { MAX_TEXT = 1 << 20, MAX_IDS = 65536 };

typedef struct Text {
    char *s;
    size_t len;
} Text;

static unsigned ntests, failures;

static void append(void *opaque, const char *s, size_t len)
{
    Text *t = opaque;
    if (t->len + len < MAX_TEXT) {
        memcpy(t->s + t->len, s, len);
        t->len += len;
        t->s[t->len] = 0;
    }
}

static Text text_new(void)
{
    return (Text){ calloc(1, MAX_TEXT), 0 };
}

/* Values become %1, %2, ... in order of appearance. */
static void renumber(Text *out, const char *s)
{
    static unsigned ids[MAX_IDS];
    unsigned n = 0;
    memset(ids, 0, sizeof(ids));
    while (*s) {
        if (*s != '%') {
            append(out, s++, 1);
            continue;
        }
        char *end, buf[16];
        unsigned long id = strtoul(s + 1, &end, 10) % MAX_IDS;
        ids[id] = ids[id] ? ids[id] : ++n;
        append(out, buf, (size_t)snprintf(buf, sizeof(buf), "%%%u", ids[id]));
        s = end;
    }
}

/* Builds the case and prints it into out; or the error. */
static void process(IrBuilder *b, Arena *arena, const char *name, const char *input, Text *out)
{
    IrSettings settings = { .no_fold = strstr(name, " plain"), .is_tso = strstr(name, " tso"),
                            .has_guards = strstr(name, " guards") };
    IrRegion r;
    unsigned line;
    uint32_t insn, block;
    Text raw = text_new();
    arena_reset(arena);
    ir_begin(b, &r, arena, random_slots, random_nslots, random_helpers, random_nhelpers, 0, &settings);
    const char *error = ir_parse(b, input, &line);
    if (error) {
        char buf[256];
        append(out, buf, (size_t)snprintf(buf, sizeof(buf), "line %u: %s\n", line, error));
    } else {
        ir_finish(b);
        ir_print(&r, append, &raw);
        renumber(out, raw.s);
        error = ir_verify(&r, &insn, &block);
        if (error) {
            char buf[256];
            append(out, buf, (size_t)snprintf(buf, sizeof(buf), "verifier: %s (insn %u of b%u)\n", error, insn, block));
        }
    }
    free(raw.s);
}

/* One case of the file; returns where the next begins. Writes the case with what came out to `update`. */
static char *run_case(IrBuilder *b, Arena *arena, char *p, Text *update)
{
    char *name = p + 3, *input = strchr(p, '\n') + 1, *next = strstr(input, "\n== ");
    input[-1] = 0;
    if (next) {
        *next++ = 0;
    }
    char *expected = strstr(input, "\n--\n");
    if (expected) {
        expected[1] = 0;
        expected += 4;
    }
    Text out = text_new();
    process(b, arena, name, input, &out);
    size_t len = expected ? strlen(expected) : 0;
    while (len && expected[len - 1] == '\n') {
        expected[--len] = 0;
    }
    bool ok = expected && len + 1 == out.len && memcmp(expected, out.s, len) == 0;
    printf("%sok %u - %s\n", ok ? "" : "not ", ++ntests, name);
    if (!ok) {
        failures++;
        for (char *l = strtok(strdup(out.s), "\n"); l; l = strtok(NULL, "\n")) {
            printf("#   %s\n", l);
        }
    }
    append(update, "== ", 3);
    append(update, name, strlen(name));
    append(update, "\n", 1);
    append(update, input, strlen(input));
    append(update, "--\n", 3);
    append(update, out.s, out.len);
    append(update, "\n", next ? 1 : 0);
    free(out.s);
    return next;
}

static void run_file(IrBuilder *b, Arena *arena, const char *path, bool is_update)
{
    FILE *f = fopen(path, "r");
    char *text = calloc(1, MAX_TEXT);
    Text update = text_new();
    if (!f || fread(text, 1, MAX_TEXT - 1, f) == 0) {
        printf("not ok %u - %s cannot be read\n", ++ntests, path);
        failures++;
        return;
    }
    fclose(f);
    char *p = strstr(text, "== ");
    append(&update, text, (size_t)(p - text));
    while (p) {
        p = run_case(b, arena, p, &update);
    }
    if (is_update) {
        f = fopen(path, "w");
        fwrite(update.s, 1, update.len, f);
        fclose(f);
    }
    free(text);
    free(update.s);
}

int main(int argc, char **argv)
{
    IrBuilder *b = ir_builder_new();
    Arena *arena = arena_new();
    bool is_update = argc > 1 && strcmp(argv[1], "--update") == 0;
    for (int i = 1 + is_update; i < argc; i++) {
        run_file(b, arena, argv[i], is_update);
    }
    printf("1..%u\n", ntests);
    ir_builder_free(b);
    arena_free(arena);
    return failures != 0;
}
