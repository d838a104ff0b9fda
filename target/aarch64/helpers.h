/* SPDX-License-Identifier: MIT */
/* The C functions that helpers.def names. */
#ifndef LYRE_TARGET_AARCH64_HELPERS_H
#define LYRE_TARGET_AARCH64_HELPERS_H

#include "target/aarch64/vec.h"

/* helpers.c */
uint32_t a64_helper_crc32(CpuState *s, uint32_t acc, uint64_t data, uint32_t bytes);
uint32_t a64_helper_crc32c(CpuState *s, uint32_t acc, uint64_t data, uint32_t bytes);
uint64_t a64_helper_read_sys(CpuState *s, uint32_t reg);
uint64_t a64_helper_host_time(CpuState *s, uint64_t clock);
uint64_t a64_helper_get_idc(CpuState *s);
void a64_helper_set_idc(CpuState *s, uint64_t v);
uint64_t a64_helper_get_fpcr(CpuState *s);
void a64_helper_set_fpcr(CpuState *s, uint64_t v);
uint64_t a64_helper_get_pstate(CpuState *s, uint32_t bit);
void a64_helper_set_pstate(CpuState *s, uint32_t bit, uint64_t is_set);

/* helpers_crypto.c */
A64Vec a64_helper_crypto(CpuState *s, A64Vec d, A64Vec n, A64Vec m, uint32_t what);
uint64_t a64_helper_random(CpuState *s);

/* helpers_pauth.c */
uint64_t a64_helper_pac_add(CpuState *s, uint64_t ptr, uint64_t modifier, uint32_t key);
uint64_t a64_helper_pac_auth(CpuState *s, uint64_t ptr, uint64_t modifier, uint32_t key);
uint64_t a64_helper_pac_is_off(CpuState *s, uint32_t key);
uint64_t a64_helper_pac_strip(CpuState *s, uint64_t ptr);
uint64_t a64_helper_pac_generic(CpuState *s, uint64_t data, uint64_t modifier);

/* helpers_fp.c */
uint64_t a64_helper_fp(CpuState *s, uint64_t a, uint64_t b, uint64_t c, uint32_t what);
uint64_t a64_helper_fp_odd(CpuState *s, uint64_t a, uint64_t b, uint64_t c, uint32_t what);
A64Vec a64_helper_vfp(CpuState *s, A64Vec d, A64Vec n, A64Vec m, uint32_t what);
A64Vec a64_helper_vfp_odd(CpuState *s, A64Vec d, A64Vec n, A64Vec m, uint32_t what);
A64Vec a64_helper_vfp_convert(CpuState *s, A64Vec n, uint32_t what);

#endif
