#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""What an emulator takes from the C library, before it is linked, is in the list below.

    libc_calls.py EMULATOR LIBRARY...     Prints TAP: a line for each list.

Emulators are compiled with glibc's headers and linked with musl (docs/decisions.md). That is sound for functions whose arguments and results are
integers, strings and buffers, and for constants that both take from the kernel. It is not for structs that a C library lays out by itself (FILE, DIR,
stat, sigaction, pthread_t, jmp_buf, ...), for numbers of its own (sysconf, pathconf), or for what the headers turn into calls of glibc's own (__isoc99_,
_chk, ctype tables). System calls that fill a struct of the kernel's are made by util/sys.h.
"""
import json
import os
import re
import subprocess
import sys

MEMORY = 'memchr memcmp memcpy memmem memmove memset'
STRINGS = 'strchr strcmp strcpy strcspn strdup strlen strncmp strncpy strndup strnlen strpbrk strrchr strsep strspn strstr'
# only while a program starts or ends, or when options ask for reports (HACKING, "Call the C library")
START = '''_exit abort access close dprintf dup2 execl fcntl fnmatch fork getauxval getcwd getenv getpid getrandom madvise mprotect open personality pipe2 read
readlink snprintf strsignal strtol strtoull syscall unlink vdprintf waitpid write'''
DATA = 'environ __errno_location'
ALLOWED = set(' '.join((MEMORY, STRINGS, START, DATA)).split())
# the linker's and the compiler's own
IGNORED = r'_GLOBAL_OFFSET_TABLE_|__start_\w+|__stop_\w+|_end|__ehdr_start|_DYNAMIC|__(u?(div|mod|mul)|float|fix|popcount|clz|ctz)\w*[dtsx][if]\w*'


def symbols(paths):
    """[(defined, undefined)] of objects and of members of libraries."""
    members = [(set(), set())]
    for line in subprocess.check_output(['nm', '-g', *paths], text=True).splitlines():
        words = line.split()
        if line.endswith(':'):
            members.append((set(), set()))
        elif len(words) >= 2 and words[-2] in 'Uw':
            members[-1][1].add(words[-1])
        elif len(words) == 3 and (words[1].isupper() or words[1] in 'uvw'):
            members[-1][0].add(words[2])
    return members


def wanted(objects, libraries):
    """What is undefined in the objects and in those members of the libraries that the linker takes for them."""
    waiting = symbols(objects)
    by_name = {name: m for m in reversed(symbols(libraries)) for name in m[0]}
    defined, undefined = set(), set()
    while waiting:
        more = waiting.pop()
        defined |= more[0]
        undefined |= more[1]
        waiting += [m for m in {id(by_name[n]): by_name[n] for n in more[1] - defined if n in by_name}.values() if not m[0] <= defined]
    return undefined - defined


def main():
    emulator, *libraries = sys.argv[1:]
    build, name = os.path.split(os.path.abspath(emulator))
    with open(os.path.join(build, 'compile_commands.json')) as f:
        objects = [os.path.join(build, c['output']) for c in json.load(f) if c['output'].startswith(name + '.p/')]
    names = {n for n in wanted(objects, libraries) if not re.fullmatch(IGNORED, n)}
    unknown = sorted(names - ALLOWED)
    print('1..2\n%sok 1 - %s has objects, and calls write' % ('' if objects and 'write' in names else 'not ', name))
    print('%sok 2 - %s calls only what is allowed' % ('not ' if unknown else '', name))
    for n in unknown:
        print('# %s is no function on integers, strings and buffers, or not in the list of tests/lint/libc_calls.py' % n)
    sys.exit(bool(unknown) or 'write' not in names)


if __name__ == '__main__':
    main()
