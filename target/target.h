/* SPDX-License-Identifier: MIT */
/* The guest ISAs that there are. */
#ifndef LYRE_TARGET_TARGET_H
#define LYRE_TARGET_TARGET_H

#include "tcg/target.h"

extern const Target target_aarch64;
extern const Target target_riscv64;

#endif
