/* SPDX-License-Identifier: MIT */
/* Where -d and -strace write: descriptor 2, the -D file, one file for each thread; host code goes through `lyre disas`. */
#ifndef LYRE_LINUX_USER_LOGFILE_H
#define LYRE_LINUX_USER_LOGFILE_H

#include "linux-user/options.h"

/* At start: opens what the options say and sets o->tcg.log_fd and log_fd_of. A descriptor of ours is in *own_fd, else -1. False: a message was printed. */
bool logfile_open(Options *o, int *own_fd);
/* A thread ends: closes its own file. */
void logfile_thread_end(void);

/* The descriptor to write to. */
static inline int logfile_fd(const Options *o) { return o->tcg.log_fd_of ? o->tcg.log_fd_of() : o->tcg.log_fd; }

/* -d page: the guest's memory map. */
void logfile_write_maps(Task *t, int fd);
/* -d int and -d guest_errors: a line `NAME at 0xPC: TEXT 0xVALUE`. */
void logfile_event(const Task *t, const char *name, const char *text, uint64_t value);

#endif
