/* SPDX-License-Identifier: MIT */
/* Names and texts of error numbers. */
#ifndef LYRE_LINUX_USER_ERRNOS_H
#define LYRE_LINUX_USER_ERRNOS_H

/* "ENOENT", "No such file or directory"; NULL, "Unknown error" for a number that is none. */
const char *errno_name(int error);
const char *errno_text(int error);

#endif
