/* SPDX-License-Identifier: MIT */
/*
 * Runs case files of one guest on Lyre's engines: run_cases ENGINE,ENGINE... FILE...
 * Each engine must give each line's outcome; each row of the .isa files must own a line.
 *
 * A line: WORD,WORD... TEXT ; INPUTS => OUTPUTS [# note]
 *
 * TEXT is the words' assembly, separated by " / ", as the disassembler gives it. INPUTS: x11=5 v3=.. m+96=BYTES, names as in guest.def; what
 * is not named has a fixed background value. OUTPUTS: the same, as far as they differ from the inputs; pc=+N or -N from the first instruction
 * where that is not the end of the code; ill, refused (ILL_ILLOPN), syscall, segv:CODE:ADDRESS, bus:CODE:ADDRESS where it ended so (the code is followed by a
 * breakpoint, which is the normal end). All numbers are hexadecimal but those of registers and offsets; registers of 128 bits have 32 digits.
 */
#include <signal.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/isa/machine.h"
#include "util/assert.h"
#include "util/compiler.h"

enum { MAX_ROWS = 4096 };

/* at: in Regs, in words */
static const struct {
    const char *name;
    unsigned at, count, words;
} registers[] = {
#define BREAK(word)
#define REG(name, count, words) { #name, offsetof(Regs, name) / 8, count, words },
#include "guest.def"
#undef REG
#undef BREAK
};

typedef struct Case {
    Experiment e;
    Outcome want;
    unsigned rows[CODE_WORDS];
    unsigned nrows;
} Case;

static const TargetCpu *cpu;
static bool is_seen[MAX_ROWS];
static unsigned passed, failed;

static void background(Experiment *e)
{
    memset(e, 0, sizeof *e);
    for (unsigned i = 0; i < CODE_WORDS; i++)
        e->code[i] = break_word;
    guest.background(&e->regs);
    for (unsigned i = 0; i < sizeof e->mem; i++)
        ((uint8_t *)e->mem)[i] = (uint8_t)(i * 7 + 3);
}

static bool parse_bytes(uint8_t *mem, const char *s)
{
    char *end;
    unsigned long at = strtoul(s, &end, 10);
    if (*end++ != '=')
        return false;
    for (; end[0] && end[1]; end += 2, at++) {
        char byte[3] = { end[0], end[1], 0 };
        if (at >= WINDOW_WORDS * 8)
            return false;
        mem[at] = (uint8_t)strtoul(byte, NULL, 16);
    }
    return true;
}

/* High words first. */
static bool parse_words(uint64_t *out, unsigned words, const char *digits)
{
    if (words > 1 && strlen(digits) != words * 16)
        return false;
    for (unsigned i = words; i-- > 0; digits += 16) {
        char word[17] = "";
        strncpy(word, digits, 16);
        out[i] = strtoull(word, NULL, 16);
    }
    return true;
}

static bool parse_register(Regs *regs, const char *item)
{
    for (unsigned i = 0; i < ARRAY_LEN(registers); i++) {
        size_t len = strlen(registers[i].name);
        char *end = (char *)item + len;
        unsigned long n = 0;
        if (strncmp(item, registers[i].name, len))
            continue;
        if (registers[i].count > 1)
            n = strtoul(item + len, &end, 10);
        if (*end == '=' && n < registers[i].count)
            return parse_words((uint64_t *)regs + registers[i].at + n * registers[i].words, registers[i].words, end + 1);
    }
    return false;
}

/* One register or memory item of inputs or outputs. */
static bool parse_value(const char *item, Outcome *o)
{
    if (!strncmp(item, "m+", 2))
        return parse_bytes((uint8_t *)o->mem, item + 2);
    return parse_register(&o->regs, item);
}

static bool parse_end(const char *item, Outcome *o)
{
    unsigned long code;
    unsigned long long addr;
    if (!strncmp(item, "pc=", 3)) {
        o->pc = CODE_BASE + (uint64_t)strtoll(item + 3, NULL, 10);
    } else if (!strcmp(item, "ill")) {
        o->sig = SIGILL;
        o->code = ILL_ILLOPC;
    } else if (!strcmp(item, "refused")) {
        o->sig = SIGILL;
        o->code = ILL_ILLOPN;
    } else if (!strcmp(item, "syscall")) {
        o->sig = o->code = 0;
    } else if (sscanf(item, "segv:%lu:%llx", &code, &addr) == 2 ||
               sscanf(item, "bus:%lu:%llx", &code, &addr) == 2) {
        o->sig = *item == 's' ? SIGSEGV : SIGBUS;
        o->code = code;
        o->addr = addr;
    } else {
        return false;
    }
    return true;
}

/* Code words, and the check of their text. */
static bool parse_code(Case *c, char *words, const char *text, unsigned *size)
{
    char shown[512] = "";
    uint8_t *code = (uint8_t *)c->e.code;
    *size = 0;
    for (char *w = strtok(words, ","); w; w = strtok(NULL, ",")) {
        uint32_t raw = (uint32_t)strtoul(w, NULL, 16);
        unsigned len = strlen(w) == 4 ? 2 : 4;
        if (*size + len > sizeof c->e.code - 4)
            return false;
        memcpy(code + *size, &raw, len);
        TargetInsn insn;
        guest.target->decode(cpu, 0, CODE_BASE, code + *size, 4, &insn);
        insn.pc = 0;
        guest.target->disas(&insn, shown + strlen(shown), (unsigned)(sizeof shown - strlen(shown)));
        strncat(shown, " / ", sizeof shown - strlen(shown) - 1);
        c->rows[c->nrows++] = insn.row;
        *size += len;
    }
    size_t n = strlen(shown);
    shown[n < 3 ? 0 : n - 3] = 0;
    if (strcmp(shown, text)) {
        printf("# disassembled as: %s\n", shown);
        return false;
    }
    return true;
}

static bool parse_line(char *line, Case *c)
{
    char *note = strstr(line, " # "), *outs = strstr(line, " =>"), *ins = strstr(line, " ;"),
         *text = strchr(line, ' ');
    unsigned size;
    if (note)
        *note = 0;
    if (!outs || !ins || !text || text > ins || ins > outs)
        return false;
    *outs = *ins = *text = 0;
    c->nrows = 0;
    background(&c->e);
    if (!parse_code(c, line, text + 1, &size))
        return false;
    Outcome *o = &c->want;
    memset(o, 0, sizeof *o);
    o->regs = c->e.regs;
    memcpy(o->mem, c->e.mem, sizeof o->mem);
    for (char *item = strtok(ins + 2, " "); item; item = strtok(NULL, " "))
        if (!parse_value(item, o))
            return false;
    c->e.regs = o->regs;
    memcpy(c->e.mem, o->mem, sizeof o->mem);
    o->pc = CODE_BASE + size;
    o->sig = SIGTRAP;
    o->code = TRAP_BRKPT;
    for (char *item = strtok(outs + 3, " \n"); item; item = strtok(NULL, " \n"))
        if (!parse_value(item, o) && !parse_end(item, o))
            return false;
    if (o->sig == SIGTRAP || o->sig == SIGILL)
        o->addr = o->pc;
    return true;
}

static void show_difference(const char *name, unsigned i, uint64_t got, uint64_t want)
{
    if (got != want)
        printf(" %s%u=%llx (want %llx)", name, i, (unsigned long long)got,
               (unsigned long long)want);
}

static void show_registers(const Regs *got, const Regs *want)
{
    for (unsigned i = 0; i < ARRAY_LEN(registers); i++) {
        unsigned n = registers[i].count * registers[i].words;
        for (unsigned k = 0; k < n; k++) {
            char name[16];
            unsigned at = registers[i].at + k;
            snprintf(name, sizeof name, "%s%s", registers[i].name, registers[i].words == 1 ? "" : k % 2 ? ".high " : ".low ");
            show_difference(name, k / registers[i].words, ((const uint64_t *)got)[at], ((const uint64_t *)want)[at]);
        }
    }
}

static void show(const char *file, unsigned line, const char *engine, const Case *c,
                 const Outcome *got)
{
    const Outcome *want = &c->want;
    printf("# %s:%u: %s: %s:", file, line, engine, guest.row_names[c->rows[c->nrows - 1]]);
    show_registers(&got->regs, &want->regs);
    for (unsigned i = 0; i < WINDOW_WORDS; i++)
        show_difference("m+8*", i, got->mem[i], want->mem[i]);
    const uint64_t *g = &got->pc, *w = &want->pc;
    static const char *const names[] = { "pc", "sig", "code", "addr" };
    for (unsigned i = 0; i < 4; i++)
        if (g[i] != w[i])
            printf(" %s=%llx (want %llx)", names[i], (unsigned long long)g[i],
                   (unsigned long long)w[i]);
    printf("\n");
}

static void run_file(const char *path, Machine *machines, const Engine *const *names, unsigned n)
{
    FILE *f = fopen(path, "r");
    if (!f) {
        perror(path);
        exit(1);
    }
    static char line[4096];
    static Case c;
    for (unsigned number = 1; fgets(line, sizeof line, f); number++) {
        if (*line == '#' || *line == '\n')
            continue;
        if (!parse_line(line, &c)) {
            printf("# %s:%u: cannot be read\n", path, number);
            failed++;
            continue;
        }
        for (unsigned i = 0; i < c.nrows; i++)
            is_seen[c.rows[i]] = true;
        for (unsigned i = 0; i < n; i++) {
            Outcome got;
            machine_put_code(&machines[i], &c.e, CODE_BASE);
            machine_run(&machines[i], &c.e, CODE_BASE, &got);
            if (!memcmp(&got, &c.want, sizeof got)) {
                passed++;
            } else {
                failed++;
                show(path, number, names[i]->name, &c, &got);
            }
        }
    }
    fclose(f);
}

/* A compiling engine must have compiled, not fallen back on the interpreter. */
static void check_engine(const Machine *m, const Engine *engine)
{
    TcgStats st;
    tcg_get_stats(m->tcg, &st);
    uint64_t compiled = st.regions[1] + st.regions[2];
    bool is_ok = engine->engine == TCG_ENGINE_INTERP || engine->engine == TCG_ENGINE_DIRECT ? !compiled : compiled > st.regions[0] * 20;
    printf("# %s: %llu regions interpreted, %llu and %llu compiled\n", engine->name,
           (unsigned long long)st.regions[0], (unsigned long long)st.regions[1],
           (unsigned long long)st.regions[2]);
    if (is_ok)
        passed++;
    else
        failed++;
}

int main(int argc, char **argv)
{
    const Engine *names[8];
    Machine machines[8];
    unsigned n = 0;
    const char *error = NULL;
    cpu = guest.target->cpu_parse(guest.cpu, &error);
    if (argc < 3)
        return 2;
    lyre_assert(guest.nrows <= MAX_ROWS);
    machine_map();
    for (char *e = strtok(argv[1], ","); e && n < 8; e = strtok(NULL, ","), n++) {
        names[n] = engine_find(e);
        if (!names[n]) {
            fprintf(stderr, "no engine %s\n", e);
            return 2;
        }
        machine_init(&machines[n], names[n], cpu);
    }
    for (int i = 2; i < argc; i++)
        run_file(argv[i], machines, names, n);
    for (unsigned i = 0; i < n; i++)
        check_engine(&machines[i], names[i]);
    for (unsigned row = 1; row < guest.nrows; row++) {
        if (is_seen[row]) {
            passed++;
        } else {
            failed++;
            printf("# row %s has no case\n", guest.row_names[row]);
        }
    }
    printf("%u passed, %u failed\n", passed, failed);
    return failed != 0;
}
