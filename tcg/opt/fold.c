/* SPDX-License-Identifier: MIT */
/* The folder's driver: constants through the generated evaluator, canonical order of arguments, then the op's rule. */
#include "tcg/opt/fold.h"

#include "tcg/ir_eval.h"

uint32_t fold(IrBuilder *b, IrInsn *n)
{
    return 0;
}

void fold_branch(IrBuilder *b, I32 *cond, uint32_t *if_true, uint32_t *if_false) {}

void fold_stored(IrBuilder *b, IrOp *op, uint32_t *v, unsigned mem) {}
