/* SPDX-License-Identifier: MIT */
/* Calls of helpers that several chapters need. */
#include "target/aarch64/trans.h"

I64 a64_call_i64(A64Trans *t, unsigned helper, unsigned nargs, const uint32_t *args)
{
    return (I64){ ir_call(t->b, helper, nargs, args) };
}

/* direct.c has its own. */
V128 a64_call_vec(A64Trans *t, uint32_t what, V128 d, V128 n, V128 m)
{
    I32 word = ir_const_i32(t->b, what);
    uint32_t args[] = { d.id, n.id, m.id, word.id };
    return (V128){ ir_call(t->b, A64_HELPER_vec, 4, args) };
}
