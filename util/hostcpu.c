/* SPDX-License-Identifier: MIT */
/* Registration of rseq areas. The emulators' C library makes none. */
#include "util/hostcpu.h"

#include <linux/rseq.h>
#include <sys/auxv.h>

#include "util/sys.h"

/* AT_RSEQ_FEATURE_SIZE of kernels that also tell the node; a signature (nothing of ours has critical sections). */
enum { WITH_NODE = 24, SIGNATURE = 0x53053053 };

static int64_t call(void *area, int flags) { return sys_call4(SYS_rseq, SYS_PTR(area), sizeof(HostCpuArea), SYS_INT(flags), SIGNATURE); }

void hostcpu_watch(HostCpuArea *area)
{
    *area = (HostCpuArea){ .cpu = (uint32_t)RSEQ_CPU_ID_UNINITIALIZED };
    if (getauxval(AT_RSEQ_FEATURE_SIZE) >= WITH_NODE) {
        call(area, 0);
    }
}

void hostcpu_leave(HostCpuArea *area)
{
    if ((int32_t)area->cpu >= 0) {
        call(area, RSEQ_FLAG_UNREGISTER);
    }
}
