/* SPDX-License-Identifier: MIT */
/* Memory operations of the interpreter. */
#ifndef LYRE_TCG_INTERP_MEM_H
#define LYRE_TCG_INTERP_MEM_H

#include "tcg/eval.h"
#include "util/access.h"

/* Does one load, store or read-modify-write; args are its operands' values. */
AccessResult interp_access(const IrInsn *i, const IrValue args[3], IrValue *out);

#endif
