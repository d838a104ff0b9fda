/* SPDX-License-Identifier: MIT */
/* From a region key to published code: forming, building, compiling, publishing, with the retries that each may need. */
#ifndef LYRE_TCG_TRANSLATE_H
#define LYRE_TCG_TRANSLATE_H

#include "tcg/region.h"
#include "tcg/runtime.h"
#include "tcg/stats.h"

/* A thread's working memory for translation. */
struct Translator {
    Former former;
    IrBuilder *builder;
    Onepass *onepass; /* NULL: the target has none */
    struct Arena *arena;
    PhaseClock clock;
};

Translator *translator_new(TcgThread *th);
void translator_free(Translator *tr);
/* The calling thread's, made at first use. */
Translator *translator_of(TcgThread *th);

/* Translates the region at `key` and publishes it, unless another thread did. The caller is offline. TCG_EVENT_NONE: look it up
 * again; TCG_EVENT_FETCH_FAULT with the state's fault fields; TCG_EVENT_INTERPRET: it cannot be compiled now. */
TcgEvent translate(TcgThread *th, RegionKey key, unsigned tier);

/* IR of the region for the interpreter, in the translator's arena until the next translation. false: fetch fault, fault fields are set. */
bool translate_to_ir(TcgThread *th, RegionKey key, RegionShape shape, unsigned max_insns, IrRegion *r);

#endif
