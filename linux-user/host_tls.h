/* SPDX-License-Identifier: MIT */
/* Thread-local storage of host threads that the C library knows nothing of. */
#ifndef LYRE_LINUX_USER_HOST_TLS_H
#define LYRE_LINUX_USER_HOST_TLS_H

#include <stdint.h>

enum { HOST_TLS_SIZE = 4096 };

/* Builds it in a block of HOST_TLS_SIZE bytes and returns the thread pointer for CLONE_SETTLS: errno, stack protector and our own __thread variables
 * work there. 0 when it cannot be built (a dynamic build has storage of its libraries, too): the thread then shares its parent's. */
uint64_t host_tls_make(char *block);

#endif
