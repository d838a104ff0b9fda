/* SPDX-License-Identifier: MIT */
/* Memory operations of the interpreter. */
#ifndef LYRE_TCG_INTERP_MEM_H
#define LYRE_TCG_INTERP_MEM_H

#include "tcg/eval.h"
#include "util/access.h"

/* An address without its top bits, which are the sign of what is left. */
static inline uint64_t interp_strip_tag(uint64_t addr, unsigned tag_bits) { return (uint64_t)((int64_t)(addr << tag_bits) >> tag_bits); }
/* Does one load, store or read-modify-write; args are its operands' values. tag_bits, align_window: of the target. */
AccessResult interp_access(unsigned tag_bits, unsigned align_window, const IrInsn *i, const IrValue args[3], IrValue *out);

#endif
