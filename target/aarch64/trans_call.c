/* SPDX-License-Identifier: MIT */
/* Calls of helpers that several chapters need. */
#include "target/aarch64/trans.h"

I64 a64_call_i64(A64Trans *t, unsigned helper, unsigned nargs, const uint32_t *args)
{
    return (I64){ ir_call(t->b, helper, nargs, args) };
}
