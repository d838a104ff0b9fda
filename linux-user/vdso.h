/* SPDX-License-Identifier: MIT */
/* What the guests' vDSOs (vdso/) are given when they are mapped. */
#ifndef LYRE_LINUX_USER_VDSO_H
#define LYRE_LINUX_USER_VDSO_H

#include "linux-user/task.h"

/* Writes the clocks' resolutions to where the image has `vdso_resolution`; 0 or an error. */
int vdso_write_resolutions(Task *t, uint64_t offset);

#endif
