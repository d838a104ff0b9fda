/* SPDX-License-Identifier: MIT */
/* The CPUs that the guest sees. */
#include "linux-user/cpus.h"

#include <stdint.h>

#include "util/sys.h"

unsigned cpus_allowed(void)
{
    uint64_t mask[128] = {0};
    int64_t n = sys_call3(SYS_sched_getaffinity, 0, sizeof(mask), SYS_PTR(mask));
    unsigned count = 0;
    for (int64_t i = 0; i < n / 8; i++) {
        count += (unsigned)__builtin_popcountll(mask[i]);
    }
    return count ? count : 1;
}
