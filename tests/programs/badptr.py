#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Bad pointers in every pointer argument of every system call.

    badptr.py LYRE [--engine E]

A guest program is made from syscalls.def. It learns from the host's own view of its maps (through a host program that it runs) where Lyre's memory
is, and calls everything with pointers there, into unmapped memory, and above the address space. Pointers into Lyre's memory must give EFAULT, and
nothing may end the emulator. Calls marked unsafe in their rows, and those that end or replace the process, are left out. Prints TAP.
"""
import argparse
import os
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
TOP = os.path.dirname(os.path.dirname(HERE))
LINUX_USER = os.path.join(TOP, 'linux-user')
sys.path[:0] = [HERE, LINUX_USER]
import gen_syscalls  # noqa: E402
import guest_tap  # noqa: E402

LEFT_OUT = {'exit', 'exit_group', 'rt_sigreturn', 'kill', 'tkill', 'tgkill', 'restart_syscall', 'vhangup', 'setsid', 'unshare', 'setns', 'sync', 'syncfs',
            'clone'}
LENIENT = {'execveat', 'openat2'}  # flags and sizes are looked at first, as in the kernel
MAYBE = ('ARG_ADDR', 'ARG_ARGV', 'ARG_ENVP', 'ARG_EVENTS', 'ARG_FCNTL_ARG', 'ARG_IOCTL_ARG', 'ARG_FUTEX_ARG', 'ARG_SIGMASK6')  # pointers that handlers check
POINTERS = gen_syscalls.CHECKED | {'ARG_PATH', 'ARG_LPATH'}

PROGRAM = r'''
#define _GNU_SOURCE
#include <errno.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <fcntl.h>
#include <unistd.h>
#include "guest.h"
struct row { int nr; const char *name; int nargs; char kind[7]; };
static const struct row rows[] = {
@ROWS@
};
static char good[65536];
static uint64_t ours;
static int number;
/* a count behind a pointer, a small buffer size, a descriptor */
static uint64_t benign(char kind) { return kind == 'i' ? 8 : kind == 'f' ? 0 : (uint64_t)good; }
static void find_ours(void)
{
    FILE *f = popen("sed -n 's/^\\([0-9a-f]*\\)-.* rw.* 00:00 0 *$/\\1/p' /proc/$PPID/maps | tail -1", "r");
    if (!f || fscanf(f, "%lx", (long *)&ours) != 1) {
        printf("not ok 1 - maps of ours\n");
        exit(1);
    }
    pclose(f);
}
static int is_bad(long r, int want_efault) { return want_efault && r != -EFAULT; }
static int try_one(const struct row *row, int i, uint64_t bad, int want_efault)
{
    int status;
    fflush(stdout);
    pid_t pid = fork();
    if (pid == 0) {
        uint64_t a[6];
        *(uint32_t *)good = 64;
        for (int k = 0; k < 6; k++) {
            a[k] = k < row->nargs ? benign(row->kind[k]) : 0;
        }
        a[i] = bad;
        alarm(2);
        long r = guest_call(row->nr, a);
        if (is_bad(r, want_efault)) {
            printf("# %s argument %d: %ld\n", row->name, i, r);
            fflush(stdout);
            _exit(3);
        }
        _exit(0);
    }
    while (waitpid(pid, &status, 0) != pid) {
    }
    if (WIFSIGNALED(status) && WTERMSIG(status) != SIGALRM) {
        printf("# %s argument %d: signal %d\n", row->name, i, WTERMSIG(status));
        return 1;
    }
    return WIFEXITED(status) && WEXITSTATUS(status) == 3;
}
int main(void)
{
    find_ours();
    signal(SIGALRM, SIG_DFL);
    for (unsigned n = 0; n < sizeof(rows) / sizeof(rows[0]); n++) {
        const struct row *row = &rows[n];
        int failed = 0;
        for (int i = 0; i < row->nargs; i++) {
            if (row->kind[i] == 'p' || row->kind[i] == 'a') {
                int strict = row->kind[i] == 'p';
                failed += try_one(row, i, ours + 64, strict) + try_one(row, i, 8, 0) + try_one(row, i, 1ull << 47, strict) +
                          try_one(row, i, -4096ull, strict);
            }
        }
        printf("%sok %d - %s\n", failed ? "not " : "", ++number, row->name);
    }
    printf("1..%d\n", number);
    return 0;
}
'''


def c_row(row):
    kinds = ''
    for _, kind, *_ in row['args']:
        kinds += 'p' if kind in POINTERS and row['name'] not in LENIENT else 'a' if kind in POINTERS else 'a' if kind in MAYBE else 'f' if kind in ('ARG_FD', 'ARG_ATFD', 'ARG_PID') else 'i'
    return f'    {{ {row["number"]}, "{row["name"]}", {len(kinds)}, "{kinds}" }},'


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument('lyre')
    parser.add_argument('--engine', default='block')
    args = parser.parse_args()
    path = lambda name: os.path.join(LINUX_USER, name)
    structs = gen_syscalls.parse_structs(path('structs.def'))
    lists, _ = gen_syscalls.parse_flags(path('flags.def'))
    rows = [r for r in gen_syscalls.parse_rows(path('syscalls.def'), structs, lists)
            if r['number'] is not None and r['kind'] != 'none' and '!' not in r['flags'] and r['name'] not in LEFT_OUT]
    rows = [r for r in rows if any(a[1] in POINTERS or a[1] in MAYBE for a in r['args'])]
    guest = guest_tap.guest_of(args.lyre)
    with tempfile.TemporaryDirectory() as where:
        source = os.path.join(where, 'badptr.c')
        with open(source, 'w') as f:
            f.write(PROGRAM.replace('@ROWS@', '\n'.join(map(c_row, rows))))
        subprocess.run([guest + '-linux-gnu-gcc', '-O1', '-static', '-w', '-I', os.path.join(HERE, 'guests'), '-o', source[:-2], source], check=True)
        done = subprocess.run([os.path.abspath(args.lyre), '-x', f'engine={args.engine}', source[:-2]], cwd=where, timeout=280,
                              stdin=subprocess.DEVNULL, capture_output=True, text=True, errors='replace')
    print(done.stdout, end='')
    errors = [line for line in done.stderr.splitlines() if 'internal error' in line]
    for line in errors[:10]:
        print('# ' + line)
    sys.exit(done.returncode != 0 or bool(errors))


if __name__ == '__main__':
    main()
