/* SPDX-License-Identifier: MIT */
/* The number of the CPU that a thread runs on, kept up to date in memory by the kernel: rseq(2). */
#ifndef LYRE_UTIL_HOSTCPU_H
#define LYRE_UTIL_HOSTCPU_H

#include <stdint.h>

/* struct rseq of linux/rseq.h. */
typedef struct HostCpuArea {
    _Alignas(32) uint32_t start;
    uint32_t cpu;          /* negative: not known, ask the kernel */
    uint64_t critical;
    uint32_t flags, node, unused[2];
} HostCpuArea;

/* From now on the area has the calling thread's CPU and node; when the kernel cannot do it, cpu is negative. */
void hostcpu_watch(HostCpuArea *area);
/* The same thread, before the area's memory goes away. Not needed before its end or an execve. */
void hostcpu_leave(HostCpuArea *area);

#endif
