/* SPDX-License-Identifier: MIT */
/* Until a back end is linked in: every compilation fails. */
#include "tcg/code.h"

void host_compile(IrRegion *r, const HostSettings *settings, CodeBlob *out) { out->is_failed = true; }
