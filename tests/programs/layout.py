#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Compares every line of structs.def and flags.def with the C headers of the guest and of the host.

    layout.py

A program of static assertions is compiled by the guest's compiler for all rows, and by the host's for those that are said to be equal there (no `!`).
Also checks the numbers of syscalls.def against the guest's unistd.h. Prints TAP.
"""
import os
import re
import subprocess
import sys

TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
LINUX_USER = os.path.join(TOP, 'linux-user')
sys.path.insert(0, LINUX_USER)
import gen_syscalls  # noqa: E402

GUEST = 'riscv64-linux-gnu-gcc'
SIZES = {'i32': 4, 'u32': 4, 'x32': 4, 'i64': 8, 'u64': 8, 'x64': 8, 'i16': 2, 'u16': 2, 'u8': 1, 'ptr': 8, 'mode': 4, 'mode16': 2, 'dev': 8,
         'rlim': 8, 'sig': 4, 'flags': 4, 'flags16': 2, 'flags64': 8}
UNLIKE = {'O_LARGEFILE', '__O_TMPFILE'}  # the C library's are others than the kernel's: 0 on 64-bit architectures; with O_DIRECTORY
HEADERS = ['<fcntl.h>', '<poll.h>', '<sched.h>', '<signal.h>', '<sys/epoll.h>', '<sys/eventfd.h>', '<sys/file.h>', '<sys/inotify.h>', '<sys/ipc.h>',
           '<sys/mman.h>', '<sys/mount.h>', '<sys/msg.h>', '<sys/personality.h>', '<sys/prctl.h>', '<sys/random.h>', '<sys/resource.h>',
           '<sys/sem.h>', '<sys/shm.h>', '<sys/signalfd.h>', '<sys/socket.h>', '<sys/stat.h>', '<sys/timerfd.h>', '<sys/uio.h>', '<sys/wait.h>',
           '<sys/xattr.h>', '<time.h>', '<unistd.h>', '<sys/ioctl.h>', '<sys/syscall.h>', '<stddef.h>', '<stdint.h>', '<stdio.h>']


def struct_tests(structs, is_host):
    """(name, C text) for each struct that has a C type."""
    for name, s in structs.items():
        if not s['ctype'] or (is_host and s['differs']):
            continue
        ctype = s['ctype']
        full = ctype if ctype in ('int', 'uint32_t', 'uint64_t', 'int64_t') or ctype.endswith('_t') else f'struct {ctype}'
        text = f'_Static_assert(sizeof({full}) == {s["size"]}, "size of {name}");\n'
        for field, offset, fmt, is_hidden, _ in s['fields']:
            field = field.lstrip('+&')
            if not field or field.startswith('['):
                continue
            text += f'_Static_assert(offsetof({full}, {field}) == {offset}, "offset of {name}.{field}");\n'
            base = fmt.partition('.')[0]
            if base in SIZES and not is_hidden:
                text += f'_Static_assert(sizeof((({full} *)0)->{field}) == {SIZES[base]}, "size of {name}.{field}");\n'
        yield f'struct {name}', s['headers'], text


def flag_tests(lists):
    for name, entries in lists.items():
        text = ''
        for flag, _, value in entries:
            if value != flag and flag.isidentifier() and flag not in UNLIKE:
                text += f'#ifdef {flag}\n_Static_assert((unsigned long long)(unsigned)({flag}) == (unsigned)({value}), "{flag}");\n#endif\n'
        if text:
            yield f'flags {name}', [], text


def ioctl_tests(rows):
    text = ''.join(f'#ifdef {n}\n_Static_assert((unsigned)({n}) == {v:#x}, "{n}");\n#endif\n' for v, n, _, _ in rows)
    yield 'ioctls', ['<linux/sockios.h>', '<linux/fs.h>', '<linux/kd.h>', '<linux/vt.h>', '<linux/loop.h>', '<linux/perf_event.h>', '<linux/fiemap.h>', '<linux/if_tun.h>', '<linux/input.h>', '<linux/rtc.h>', '<linux/random.h>',
                      '<linux/watchdog.h>', '<linux/nbd.h>', '<linux/hdreg.h>', '<linux/cdrom.h>', '<linux/auto_fs.h>', '<linux/nsfs.h>', '<linux/uinput.h>'], text


def number_tests(rows):
    text = ''.join(f'#ifdef SYS_{r["name"]}\n_Static_assert(SYS_{r["name"]} == {r["number"]}, "{r["name"]}");\n#endif\n'
                   for r in rows if r['number'] is not None)
    yield 'numbers', [], text


def compile_all(compiler, cases):
    """Errors by case: every assertion's text begins with its case's number."""
    source = '#define _GNU_SOURCE\n' + ''.join(f'#include {h}\n' for h in dict.fromkeys([*HEADERS, *(h for c in cases for h in c[1])]))
    source += 'struct termios2 { char size[44]; };\n'
    for i, (_, _, text) in enumerate(cases):
        source += re.sub(r', "(.*)"\);', rf', "{i}: \1");', text)
    done = subprocess.run([compiler, '-std=gnu11', '-fsyntax-only', '-w', '-x', 'c', '-'], input=source, capture_output=True, text=True)
    errors = {}
    for line in done.stderr.splitlines():
        m = re.search(r'assertion failed: "(\d+): (.*)"', line)
        if m or 'error' in line:
            errors.setdefault(int(m[1]) if m else -1, []).append(m[2] if m else line)
    return errors


def main():
    path = lambda name: os.path.join(LINUX_USER, name)
    structs = gen_syscalls.parse_structs(path('structs.def'))
    lists, _ = gen_syscalls.parse_flags(path('flags.def'))
    rows = gen_syscalls.parse_rows(path('syscalls.def'), structs, lists)
    both = [*flag_tests(lists), *ioctl_tests(gen_syscalls.parse_ioctls(path('ioctls.def'), structs))]
    count = failed = 0
    for compiler, cases in ((GUEST, [*struct_tests(structs, False), *both, *number_tests(rows)]), ('gcc', [*struct_tests(structs, True), *both])):
        errors = compile_all(compiler, cases)
        for i, name in [(-1, 'compiles'), *((i, c[0]) for i, c in enumerate(cases))]:
            count += 1
            failed += i in errors
            print(f'{"not " if i in errors else ""}ok {count} - {name} with {compiler}')
            for e in errors.get(i, [])[:8]:
                print(f'# {e}')
    print(f'1..{count}')
    sys.exit(failed > 0)


if __name__ == '__main__':
    main()
