/* SPDX-License-Identifier: MIT */
/* What the guests' vDSOs are given when they are mapped. */
#include "linux-user/vdso.h"

#include <time.h>

#include "linux-user/mm.h"
#include "util/sys.h"

enum { CLOCKS = 12 /* of vdso/head.inc, too */ };

/* The clocks that the kernel's vDSO serves (lib/vdso/gettimeofday.c); -1: the kernel is to be asked. */
static int64_t resolution(clockid_t clock)
{
    struct timespec res;
    switch (clock) {
    case CLOCK_REALTIME: case CLOCK_MONOTONIC: case CLOCK_MONOTONIC_RAW: case CLOCK_REALTIME_COARSE: case CLOCK_MONOTONIC_COARSE:
    case CLOCK_BOOTTIME: case CLOCK_TAI:
        return sys_call2(SYS_clock_getres, SYS_INT(clock), SYS_PTR(&res)) == 0 ? res.tv_nsec : -1;
    default:
        return -1;
    }
}

int vdso_write_resolutions(Task *t, uint64_t offset)
{
    int64_t resolutions[CLOCKS];
    for (clockid_t clock = 0; clock < CLOCKS; clock++) {
        resolutions[clock] = resolution(clock);
    }
    return (int)mm_write(t->mm->layout.vdso + offset, resolutions, sizeof(resolutions));
}
