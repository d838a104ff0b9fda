/* SPDX-License-Identifier: MIT */
/* The end of construction: the order of the passes. */
#include "tcg/builder.h"
#include "tcg/builder_state.h"
#include "util/assert.h"

void ir_finish(IrBuilder *b)
{
    lyre_assert(!b->block);
    flow_analyse(b);
    slots_complete(b);
    canon_sink(b, false);
    canon_mark(b, false);
    narrow_phis(b);
    carry_phis(b);
    lazy_flags(b);
    canon_sink(b, b->settings.has_guards);
    canon_mark(b, true);
    canon_share(b);
    step_rebase(b);
    slots_fill_snapshots(b);
    dead_remove(b);
    flow_lay_out(b);
}
