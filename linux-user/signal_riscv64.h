/* SPDX-License-Identifier: MIT */
/* Signal frames of riscv64, for its GuestAbi. */
#ifndef LYRE_LINUX_USER_SIGNAL_RISCV64_H
#define LYRE_LINUX_USER_SIGNAL_RISCV64_H

#include "linux-user/abi.h"
#include "linux-user/signal.h"

enum { SIGNAL_RISCV64_FRAME_SIZE = 1088 }; /* struct rt_sigframe, without vector state */

int signal_riscv64_frame(Task *t, int sig, const siginfo_t *info, const SigAction *action, uint64_t mask);
int signal_riscv64_return(Task *t);

#endif
