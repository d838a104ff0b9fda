#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Random system calls from the rows of syscalls.def, as nobody in new user, pid, mount, net and ipc namespaces, with limits.

    fuzz.py LYRE [--seconds N] [--seed N] [--engines block,tiered,interp] [--batch N]

Guest processes may end as they like; a failure is an error of Lyre's own (`lyre: internal error`, or an assertion) or an emulator that hangs.
Prints `N passed, N failed` where one pass is a batch of calls; a failing batch is run again by its seed.
"""
import argparse
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time

HERE = os.path.dirname(os.path.abspath(__file__))
TOP = os.path.dirname(os.path.dirname(HERE))
LINUX_USER = os.path.join(TOP, 'linux-user')
sys.path[:0] = [HERE, LINUX_USER]
import gen_syscalls  # noqa: E402
import guest_tap  # noqa: E402

LEFT_OUT = {'exit_group', 'sync', 'syncfs', 'vhangup', 'pause'}
MAYBE = ('ARG_ADDR', 'ARG_HEX', 'ARG_ARGV', 'ARG_ENVP', 'ARG_EVENTS', 'ARG_FCNTL_ARG', 'ARG_IOCTL_ARG', 'ARG_FUTEX_ARG', 'ARG_SIGMASK6')  # pointer or number
POINTERS = gen_syscalls.CHECKED | {'ARG_PATH', 'ARG_LPATH'}
BATCH = 300  # processes of one batch
NAMESPACES = ['unshare', '--user', '--map-root-user', '--pid', '--fork', '--kill-child', '--mount', '--net', '--ipc', '--uts']

PROGRAM = r'''
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>
#include "guest.h"
struct row { int nr; const char *name; int nargs; char kind[7]; };
static const struct row rows[] = {
@ROWS@
};
static uint64_t seed;
static uint64_t rnd(void)
{
    seed ^= seed << 13;
    seed ^= seed >> 7;
    seed ^= seed << 17;
    return seed;
}
static char *area;
static uint64_t pointer(void)
{
    switch (rnd() % 10) {
    case 0: return 0;
    case 1: return 8;
    case 2: return rnd();
    case 3: return 0x7f0000000000 + (rnd() & 0xfffffffff000);
    case 4: return (uint64_t)area + 65536 - rnd() % 64;
    default: return (uint64_t)area + rnd() % 65536 / 8 * 8;
    }
}
static uint64_t integer(void)
{
    static const uint64_t special[] = { 0, 1, 2, 8, 64, 4095, 4096, 65536, 0x7fffffff, 0x80000000, 0xffffffff, 1ull << 47, -1ull, -2ull, -100ull };
    switch (rnd() % 4) {
    case 0: return special[rnd() % (sizeof(special) / 8)];
    case 1: return 1ull << rnd() % 64;
    case 2: return rnd() % 16;
    default: return rnd();
    }
}
static uint64_t argument(char kind)
{
    if (kind == 'f') {
        return rnd() % 8 ? rnd() % 24 : integer();
    }
    if (kind == 'p') {
        return pointer();
    }
    return kind == 'a' && rnd() % 2 ? pointer() : integer();
}
static void prepare(void)
{
    struct rlimit r = { 1 << 20, 1 << 20 };
    setrlimit(RLIMIT_FSIZE, &r);
    r.rlim_cur = r.rlim_max = 5;
    setrlimit(RLIMIT_CPU, &r);
    area = mmap(NULL, 65536, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    for (int i = 0; i < 65536 / 8; i++) {
        ((uint64_t *)area)[i] = rnd() % 3 ? integer() : (uint64_t)area + rnd() % 65536;
    }
    for (int i = 0; i < 8; i++) {
        strcpy(area + i * 64, i & 1 ? "file" : ".");
    }
    int fd[2];
    pipe2(fd, O_NONBLOCK);
    open("/dev/null", O_RDWR);
    open("/dev/zero", O_RDWR);
    open(".", O_RDONLY | O_DIRECTORY);
    open("file", O_RDWR | O_CREAT, 0600);
    memfd_create("fuzz", 0);
}
static void on_tick(int sig) {}
static void child(uint64_t s, int calls)
{
    seed = s * 2654435761u + 88172645463325252ull;
    struct itimerval tick = { { 0, 20000 }, { 0, 20000 } }; /* ends calls that wait */
    struct sigaction sa = { .sa_handler = on_tick };
    sigaction(SIGALRM, &sa, NULL);
    setitimer(ITIMER_REAL, &tick, NULL);
    prepare();
    for (int i = 0; i < calls; i++) {
        const struct row *row = &rows[rnd() % (sizeof(rows) / sizeof(rows[0]))];
        uint64_t a[6] = { 0 };
        for (int k = 0; k < row->nargs; k++) {
            a[k] = argument(row->kind[k]);
        }
        guest_call(row->nr, a);
    }
    _exit(0);
}
int main(int argc, char **argv)
{
    uint64_t first = strtoull(argv[1], 0, 0);
    int n = atoi(argv[2]), status;
    for (int i = 0; i < n; i++) {
        pid_t pid = fork();
        if (pid == 0) {
            setpgid(0, 0);
            close(0);
            close(1);
            child(first + i, 60);
        }
        for (int k = 0; waitpid(pid, &status, WNOHANG) != pid; k++) {
            usleep(2000);
            if (k == 400) {
                kill(pid, SIGKILL); /* it waits with the tick blocked, or is stopped */
            }
        }
        while (waitpid(-1, &status, WNOHANG) > 0) {
        }
    }
    return 0;
}
'''


def c_row(row):
    kinds = ''
    for _, kind, *_ in row['args']:
        kinds += 'p' if kind in POINTERS else 'a' if kind in MAYBE else 'f' if kind in ('ARG_FD', 'ARG_ATFD') else 'i'
    return f'    {{ {row["number"]}, "{row["name"]}", {len(kinds)}, "{kinds}" }},'


def make_program(guest, where):
    path = lambda name: os.path.join(LINUX_USER, name)
    structs = gen_syscalls.parse_structs(path('structs.def'))
    lists, _ = gen_syscalls.parse_flags(path('flags.def'))
    rows = [r for r in gen_syscalls.parse_rows(path('syscalls.def'), structs, lists)
            if r['number'] is not None and '!' not in r['flags'] and r['name'] not in LEFT_OUT]
    source = os.path.join(where, 'fuzz.c')
    with open(source, 'w') as f:
        f.write(PROGRAM.replace('@ROWS@', '\n'.join(map(c_row, rows))))
    subprocess.run([guest + '-linux-gnu-gcc', '-O1', '-static', '-w', '-I', os.path.join(HERE, 'guests'), '-o', source[:-2], source], check=True)
    return source[:-2]


def command(lyre, engine, program, seed, n):
    # fallocate past a file's end knows no RLIMIT_FSIZE: the folder is a small file system of its own
    small = 'mount -t tmpfs -o size=64m,mode=777 none . && cd "$PWD" && exec "$@"'
    run = ['sh', '-c', small, 'sh', lyre, '-x', f'engine={engine}', program, str(seed), str(n)]
    if os.geteuid() == 0:
        return ['setpriv', '--reuid=65534', '--regid=65534', '--clear-groups', '--', *NAMESPACES, *run]
    return [*NAMESPACES, *run]


def run_batch(args, engine, where, program, seed, n):
    work = tempfile.mkdtemp(dir=where)
    os.chmod(work, 0o777)
    try:
        done = subprocess.run(command(args.lyre, engine, program, seed, n), cwd=work, stdin=subprocess.DEVNULL, capture_output=True,
                              text=True, errors='replace', timeout=600)
        text = done.stderr + done.stdout
    except subprocess.TimeoutExpired:
        text = 'lyre: internal error: the batch hangs'
    shutil.rmtree(work, ignore_errors=True)
    # ours, or of what sets up the namespaces: the guest writes anything, the C library's table of messages too
    return [line for line in text.splitlines() if 'lyre: internal error' in line or re.fullmatch(r'(unshare|setpriv|mount): .*: Operation not permitted', line)]


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument('lyre', type=os.path.abspath)
    parser.add_argument('--seconds', type=float, default=20)
    parser.add_argument('--seed', type=int, default=int(time.time()) * 1000)
    parser.add_argument('--engines', default='block,tiered', help='one batch each by turns')
    parser.add_argument('--batch', type=int, default=BATCH)
    args = parser.parse_args()
    where = tempfile.mkdtemp(prefix='lyre-fuzz-')
    os.chmod(where, 0o755)
    lyre = shutil.copy(args.lyre, where)  # nobody may not reach the build folder
    args.lyre = lyre
    program = make_program(guest_tap.guest_of(lyre), where)
    passed = failed = 0
    end = time.time() + args.seconds
    seed, engines = args.seed, args.engines.split(',')
    while time.time() < end and failed < 5:
        engine = engines[(passed + failed) % len(engines)]
        errors = run_batch(args, engine, where, program, seed, args.batch)
        failed += bool(errors)
        passed += not errors
        for line in errors[:5]:
            print(f'# engine {engine}, seeds from {seed}: {line}')
        seed += args.batch
    shutil.rmtree(where, ignore_errors=True)
    print(f'{passed} passed, {failed} failed')
    sys.exit(failed > 0)


if __name__ == '__main__':
    main()
