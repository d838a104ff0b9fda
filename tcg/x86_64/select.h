/* SPDX-License-Identifier: MIT */
/*
 * Instruction selection, IR -> MIR: shared by the select*.c files only.
 *
 * WHAT SELECTION ASKS OF THE ENCODER beyond the rows that mops.def began with (composites with branches inside):
 *   DIVMOD_U, DIVMOD_S  | =(rax), u(rax), d(rdx), l       size 4, 8: quotient, remainder by the IR's rules (x/0, MIN/-1)
 *   ALIGN               | u(base), u(index)               imm = mask of the low address bits; any set: out of line `ud2` whose row is
 *                         SIDE_ALIGN with the same address and snap: the fault handler reports TCG_FAULT_ALIGN from the row
 *   LOCK_RMW            | l(base), l(index), d early(rax), l(value), t   cond = 0 and 1 or 2 xor 3 smin 4 smax 5 umin 6 umax:
 *                         mov rax,[m]; 1: mov t,rax; op t,value; lock cmpxchg [m],t; jne 1b. Rows at the load and the cmpxchg
 *   LOCK_AND LOCK_OR LOCK_XOR LOCK_ADD | u(base), u(index), u/i   result not wanted
 *   FMINMAX             | =, u, l, t(vec)                 cond = 0 minnum 1 maxnum 2 min 3 max; ucomis; jp, je out of line, all in line code
 *   UNBOX               | d(vec), u(vec), t(gpr)          unbox.f32
 *   CVT_U64             | d(vec), l(gpr), t(gpr)          u64 to f32/f64
 *   JCC, cond 16 17     | "e and not p", "ne or p"        fcmp_eq
 *   CANON               | =, u
 * and of the allocator: LOAD_HOME's definition has constraint M_ANY (the value may stay in memory: nothing is emitted).
 */
