/* SPDX-License-Identifier: MIT */
/* The CPUs that the guest sees: as many as this process may run on. */
#ifndef LYRE_LINUX_USER_CPUS_H
#define LYRE_LINUX_USER_CPUS_H

unsigned cpus_allowed(void); /* at least 1 */

#endif
