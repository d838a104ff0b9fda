/* SPDX-License-Identifier: MIT */
/* A machine for the toy ISA: memory, signal handlers and a translator with given settings. */
#ifndef LYRE_TESTS_TOY_MACHINE_H
#define LYRE_TESTS_TOY_MACHINE_H

#include "tcg/exec.h"
#include "tests/unit/toy_target.h"
#include "util/lock.h"

enum { TOY_MEMORY = 1 << 20 };

typedef struct ToyMachine {
    uint8_t *memory;    /* TOY_MEMORY bytes, page aligned; code is run from it */
    Tcg *tcg;
    Lock lock;
    bool is_code[TOY_MEMORY / 4096]; /* guarded by: lock */
    bool is_read_only[TOY_MEMORY / 4096]; /* set by the test, as it sets the host's protection */
    _Atomic int write_hits;
} ToyMachine;

void toy_machine_init(ToyMachine *m, const TcgSettings *settings);
void toy_machine_finish(ToyMachine *m);
/* Writes as a personality does for the guest: code made of these pages is dropped. */
void toy_write(ToyMachine *m, uint32_t offset, const void *data, uint32_t size);
/* Assembles at memory + offset: 0-terminated words. Returns the guest address. */
uint64_t toy_put(ToyMachine *m, uint32_t offset, const uint32_t *code);
/* A state for the calling thread; its faults are handled from now on. */
CpuState *toy_thread_begin(ToyMachine *m);
void toy_thread_end(CpuState *s);

/* Ends a TAP test: prints the line, counts. */
void tap_ok(bool is_ok, const char *name);
int tap_done(void);

#endif
