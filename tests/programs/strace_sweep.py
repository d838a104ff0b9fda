#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""-strace beside strace(1) on this machine: each system call of syscalls.def with each bit and small number in each of its flags and commands,
and with strings of several lengths.

    strace_sweep.py LYRE [NAME...]       Prints TAP: a line for each call.

After them strace/filled*.c: calls with filled structs, and each ioctl of ioctls.def. A seccomp filter lets no call through, so that none does anything and all can be made: they fail, or
give 0 if their sixth argument is DONE. Unknown bits' comments (`/* AT_??? */`) do not count. Lines that
may differ are named in strace/differences.txt, with the reason.
"""
import collections
import os
import re
import shutil
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
LINUX_USER = os.path.join(os.path.dirname(os.path.dirname(HERE)), 'linux-user')
sys.path.insert(0, LINUX_USER)
import gen_syscalls  # noqa: E402

# not under a filter, not with other registers' order, printed only once they are over, or known to no strace of Debian 12
LEFT_OUT = {'exit', 'exit_group', 'rt_sigreturn', 'clone', 'execve', 'execveat', 'restart_syscall', 'vhangup'}
POINTERS = gen_syscalls.CHECKED | {'ARG_PATH', 'ARG_LPATH', 'ARG_ADDR', 'ARG_ARGV', 'ARG_ENVP', 'ARG_EVENTS', 'ARG_SIGMASK6'}
NAMED = {'ARG_FLAGS', 'ARG_FLAGS64', 'ARG_OFLAGS', 'ARG_ENUM', 'ARG_HEX', 'ARG_MODE', 'ARG_SOCKOPT', 'ARG_PROTOCOL', 'ARG_IOPRIO', 'ARG_QCMD', 'ARG_SWAP', 'ARG_NOTED'}
STRINGS, LENGTHS = {'ARG_STR', 'ARG_PATH', 'ARG_LPATH'}, [1, 31, 32, 33, 300, 4094, 4095, 4096, 5000]
FIRST = {'ARG_ATFD': '-100', 'ARG_FD': '3'}
VALUES = [*range(21), *(1 << k for k in range(5, 31))]
MASKS = [(r' /\* (\S*\?\?\S*|\?_OK) \*/', ''), (r' += ', ' = '), (r'\b0x[0-9a-f]{9,16}\b|\b0x[1-9a-f][0-9a-f]{3,}[1-9a-f][0-9a-f]*\b', 'ADDRESS'), (r'\(Operation.*', '')]
Difference = collections.namedtuple('Difference', 'name word reason')
PROGRAM = r'''
#include <errno.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>
#define P 0x123450000
#define DONE 0x600dL
#define T(n) (P + 65535 - (n)) /* a string of n characters */
static const unsigned ioctl_numbers[] = { %s };
#include "filled.c"
static const struct { long nr, arg[6]; } calls[] = {
%s};
int main(void)
{
    struct sock_filter f[] = { BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, args[5])), BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, DONE, 0, 1),
                               BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO),
                               BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)), BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_exit_group, 0, 1),
                               BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW), BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EPERM) };
    struct sock_fprog program = { sizeof(f) / sizeof(*f), f };
    mmap((void *)P, 65536, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
    for (int i = 0; i < 8191; i++) {
        ((char *)T(8191))[i] = i %% 97 < 26 ? 'a' + i %% 97 : i %% 97;
    }
    prctl(PR_SET_NO_NEW_PRIVS, 1L, 0L, 0L, 0L);
    prctl(PR_SET_SECCOMP, 2L, &program);
    for (unsigned i = 0; i < sizeof(calls) / sizeof(*calls); i++) {
        const long *a = calls[i].arg;
        syscall(calls[i].nr, a[0], a[1], a[2], a[3], a[4], a[5]);
    }
    filled_calls();
    _exit(0);
}
'''


def calls_of(row):
    """Lists of arguments."""
    counts = {a[2] for a in row['args']}
    sizes = {i for i, a in enumerate(row['args']) if a[0] in ('size', 'sigsetsize', 'sigsz')}
    plain = ['P' if a[1] in POINTERS else '8' if i in counts | sizes else FIRST.get(a[1], '0') for i, a in enumerate(row['args'])]
    yield plain
    for i, arg in enumerate(row['args']):
        values = VALUES if arg[1] in NAMED else [0, 5] if arg[1] in POINTERS - {'ARG_IN'} or i not in counts | sizes else []
        for n in LENGTHS if arg[1] in STRINGS else []:
            yield plain[:i] + ['T(%d)' % n] + plain[i + 1:]
        for v in [0] if arg[1] in POINTERS else values:
            yield plain[:i] + [hex(v)] + plain[i + 1:]


def is_alike(want, got):
    """strace gives each name that an ioctl's number has (`SNDCTL_TMR_START or TCSETS`), -strace one of them."""
    names = re.search(r'\w+(?: or \w+)+', want)
    return want == got or bool(names) and any(want.replace(names[0], name) == got for name in names[0].split(' or '))


def program_text(names):
    structs = gen_syscalls.parse_structs(os.path.join(LINUX_USER, 'structs.def'))
    lists, _ = gen_syscalls.parse_flags(os.path.join(LINUX_USER, 'flags.def'))
    rows = gen_syscalls.parse_rows(os.path.join(LINUX_USER, 'syscalls.def'), structs, lists)
    text = ''
    for r in rows:
        if r['number'] is not None and r['name'] not in LEFT_OUT and not r['name'].startswith('riscv_') and (not names or r['name'] in names):
            calls = ''.join('{ SYS_%s, { %s } },\n' % (r['name'], ', '.join(c) or '0') for c in calls_of(r))
            text += '#ifdef SYS_%s\n%s#endif\n' % (r['name'], calls)
    return PROGRAM % (', '.join(ioctl_numbers(structs)), text)


def ioctl_numbers(structs):
    """Of those that say a length, one with 64 bytes."""
    path = os.path.join(LINUX_USER, 'ioctls.def')
    families = [hex(int(n, 0) | (0 if int(m, 0) >> 16 & 0x3fff else 64 << 16)) for n, m, *_ in gen_syscalls.parse_ioctl_families(path)]
    return [hex(row[0]) for row in gen_syscalls.parse_ioctls(path, structs)] + families


def lines_of(path):
    """Name of the call -> its lines."""
    found = collections.defaultdict(list)
    is_after = False
    for line in open(path, errors='replace'):
        line = re.sub(r'^\d+ +', '', line).rstrip()
        is_after |= 'PR_SET_SECCOMP' in line
        for pattern, by in MASKS:
            line = re.sub(pattern, by, line)
        if is_after and 'PR_SET_SECCOMP, SECCOMP' not in line:
            found[line.split('(')[0]].append(line.rstrip())
    return found


def differences():
    rows = [l.rstrip('\n').split(' ', 2) for l in open(os.path.join(HERE, 'strace', 'differences.txt')) if l[0] != '#']
    return [Difference(name, word, reason) for name, word, reason in rows]


def main():
    lyre, names = os.path.abspath(sys.argv[1]), sys.argv[2:]
    if not shutil.which('strace') or subprocess.run(['strace', '-o', '/dev/null', 'true'], stderr=subprocess.DEVNULL).returncode:
        print('ok 1 - strace # SKIP no strace(1), or no right to trace')
        return
    listed = differences()
    with tempfile.TemporaryDirectory() as folder:
        at = lambda name: os.path.join(folder, name)
        with open(at('calls.c'), 'w') as f:
            f.write(program_text(names))
        for compiler, out in (('gcc', 'native'), ('riscv64-linux-gnu-gcc', 'guest')):
            subprocess.run([compiler, '-w', '-O1', '-static', '-I', os.path.join(HERE, 'strace'), '-o', at(out), at('calls.c')], check=True)
        subprocess.run(['strace', '-f', '-o', at('native.log'), at('native')], timeout=200)
        with open(at('guest.log'), 'w') as f:
            subprocess.run([lyre, '-strace', at('guest')], stderr=f, timeout=200)
        native, guest = lines_of(at('native.log')), lines_of(at('guest.log'))
    failed = 0
    for n, name in enumerate(native, 1):
        pairs = list(zip(native[name], guest[name]))
        unlike = [p for p in pairs if not is_alike(*p)]
        found = {row: [p for p in unlike if re.search(row.word, p[0]) or re.search(row.word, p[1])] for row in listed if row.name == name}
        unlisted = [p for p in unlike if not any(p in of for of in found.values())] or (pairs[:1] if len(native[name]) != len(guest[name]) else [])
        is_bad = bool(unlisted) or (not names and not all(found.values()))
        failed += is_bad
        print('%sok %d - %s: %d lines' % ('not ' if is_bad else '', n, name, len(pairs)))
        for row, of in found.items():
            print('# %d with %s differ: %s%s' % (len(of), row.word, row.reason, '' if of else ', a row of differences.txt that nothing needs'))
        for want, got in unlisted[:4]:
            print('# strace: %s\n# lyre:   %s' % (want[:300], got[:300]))
    print('1..%d' % len(native))
    sys.exit(failed > 0)


if __name__ == '__main__':
    main()
