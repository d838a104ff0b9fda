/* SPDX-License-Identifier: MIT */
/* Lines of -d output by raw system call: no stdio, usable anywhere. */
#ifndef LYRE_TCG_LOG_H
#define LYRE_TCG_LOG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A line under construction; longer text is cut. */
typedef struct LogLine {
    char text[400];
    unsigned len;
} LogLine;

void log_str(LogLine *l, const char *s);
void log_hex(LogLine *l, uint64_t v, unsigned digits);
void log_dec(LogLine *l, uint64_t v);
/* Value with `decimals` places, v in units of 10^-decimals. */
void log_fixed(LogLine *l, uint64_t v, unsigned decimals);
void log_pad(LogLine *l, unsigned column);
/* Writes the line and a newline, and empties it. */
void log_flush(LogLine *l, int fd);

#endif
