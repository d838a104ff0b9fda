/* SPDX-License-Identifier: MIT */
/* Where the emulators are: lyre-ARCH beside the front end, in ../libexec/lyre, in PATH. */
#ifndef LYRE_TOOLS_LYRE_EMULATORS_H
#define LYRE_TOOLS_LYRE_EMULATORS_H

#include <limits.h>
#include <stdbool.h>

/* The absolute path of an architecture's emulator; false: there is none. */
bool emulator_find(const char *arch, char path[PATH_MAX]);
/* On standard error: "ARCH: no emulator", where it was looked for, and which there are. */
void emulator_complain(const char *arch);
/* The architecture that this machine runs by itself: its programs need no emulator. */
const char *emulator_host_arch(void);

#endif
