/* SPDX-License-Identifier: MIT */
/* Signal frames of aarch64, for its GuestAbi. */
#ifndef LYRE_LINUX_USER_SIGNAL_AARCH64_H
#define LYRE_LINUX_USER_SIGNAL_AARCH64_H

#include "linux-user/abi.h"
#include "linux-user/signal.h"

/* AT_MINSIGSTKSZ: struct rt_sigframe, the frame record above it, and what aligning may take (minsigstksz_setup() of the kernel). */
enum { SIGNAL_AARCH64_MIN_STACK = 4688 + 16 + 16 };

int signal_aarch64_frame(Task *t, int sig, const siginfo_t *info, const SigAction *action, uint64_t mask);
int signal_aarch64_return(Task *t);

#endif
