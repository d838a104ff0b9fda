/* SPDX-License-Identifier: MIT */
/* Signal frames of aarch64, for its GuestAbi. */
#ifndef LYRE_LINUX_USER_SIGNAL_AARCH64_H
#define LYRE_LINUX_USER_SIGNAL_AARCH64_H

#include "linux-user/abi.h"
#include "linux-user/signal.h"

int signal_aarch64_frame(Task *t, int sig, const siginfo_t *info, const SigAction *action, uint64_t mask);
int signal_aarch64_return(Task *t);

#endif
