#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""What STYLE and DESIGN ask for and a machine can see: include arrows, SPDX lines, sizes of files and functions, names of package hosts, marks of a merge,
files that documents name.
Prints TAP, one line per rule."""
import os
import re
import subprocess
import sys

TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
# folder -> folders it may include from (its own is always allowed)
ARROWS = {
    'util': [],
    'tcg': ['util'],
    'target': ['tcg', 'util'],
    'linux-user': ['target', 'tcg', 'util'],
    'block': ['util'],
    'tools': ['util', 'tcg', 'target/target.h', 'block/block.h', 'linux-user/options.def'],
}
FILE_LIMIT, FUNCTION_LIMIT = 800, 100
# host folders: nothing of tcg/ outside of them takes a host's shape
HOSTS = ['tcg/x86_64']


def tracked(*patterns):
    out = subprocess.check_output(['git', '-C', TOP, 'ls-files', '--cached', '--others', '--exclude-standard'] + list(patterns), text=True)
    return [p for p in out.splitlines() if os.path.exists(os.path.join(TOP, p))]


def read(path):
    with open(os.path.join(TOP, path), errors='replace') as f:
        return f.read()


def includes(text):
    return re.findall(r'^#\s*include\s+"([^"]+)"', text, re.M)


def check_arrows():
    for path in tracked('*.c', '*.h', '*.S'):
        room = path.split('/')[0]
        if room not in ARROWS:
            continue
        for inc in includes(read(path)):
            if '/' not in inc:
                continue
            ok = inc.split('/')[0] == room or any(inc == a or inc.startswith(a + '/') for a in ARROWS[room])
            if not ok:
                yield '%s includes %s' % (path, inc)


def check_spdx():
    for path in tracked('*.c', '*.h', '*.S', '*.py', '*.def', '*.isa', '*.build', 'dev', '.ci/run'):
        if 'SPDX-License-Identifier: MIT' not in '\n'.join(read(path).splitlines()[:2]):
            yield path


def check_files():
    for path in tracked('*.c', '*.h', '*.S', '*.py'):
        n = read(path).count('\n')
        if n > FILE_LIMIT:
            yield '%s has %d lines' % (path, n)


def functions(text):
    """(name, first line, lines) of each function whose body's brace stands in column 0."""
    lines = text.splitlines()
    start = None
    for i, line in enumerate(lines):
        if line.startswith('{'):
            start = i
        elif line.startswith('}') and start is not None:
            head = ' '.join(lines[max(0, start - 3):start])
            names = re.findall(r'(\w+)\s*\(', head)
            yield (names[-1] if names else '?'), start + 1, i - start + 1
            start = None


def check_functions():
    for path in tracked('*.c'):
        text = read(path)
        lines = text.splitlines()
        for name, at, n in functions(text):
            above = '\n'.join(lines[max(0, at - 8):at])
            if n > FUNCTION_LIMIT and not re.search(r'long because', above):
                yield '%s:%d: %s has %d lines (say "long because ..." above it, or cut it)' % (path, at, name, n)


def check_hosts():
    pattern = re.compile(r'https?://[\w.-]*(debian\.org|npmjs\.\w+|nodesource\.com)')
    for path in tracked():
        if path.startswith('tests/lint/'):
            continue
        if pattern.search(read(path)):
            yield path


def check_guest_ifs():
    for path in tracked('tcg/*.c', 'tcg/*.h', 'linux-user/*.c', 'util/*.c'):
        for m in re.finditer(r'^#\s*if.*\b(TARGET_|GUEST_)\w+', read(path), re.M):
            yield '%s: %s' % (path, m[0])


def check_run_path():
    """Nothing that runs while a guest runs calls stdio, GLib or pthread (start-up files are exempt)."""
    exempt = {'linux-user/options.c', 'linux-user/main.c', 'linux-user/logfile.c', 'linux-user/perf.c', 'util/hostmem_libc.c'}
    pattern = re.compile(r'^#\s*include\s+<(stdio\.h|glib\.h|pthread\.h)>', re.M)
    for path in tracked('util/*.c', 'tcg/*.c', 'target/*.c', 'linux-user/*.c'):
        if path not in exempt and pattern.search(read(path)):
            yield path


def check_conflicts():
    for path in tracked():
        for m in re.finditer(r'^(<{7}|>{7}|[|]{7}) .*', read(path), re.M):
            yield '%s: %s' % (path, m[0])


def check_docs():
    """Files, folders and programs that the documents name are there. A path may leave out what stands before it and have * and <guest> in it."""
    files = tracked()
    folders = {f.rsplit('/', n)[0] for f in files for n in range(1, f.count('/') + 1)}
    programs = {f[:-2] for f in files if f.endswith('.c')}
    paths = '\n'.join({*files, *folders, *programs})
    tops = {f.split('/')[0] for f in files if '/' in f}
    for doc in tracked('*.md', 'docs/man/*'):
        for name in re.findall(r'(?<![\w~/.$-])(?:\./)?([\w.*<>-]+(?:/[\w.*<>-]+)*)/?(?![\w/])', read(doc)):
            is_path = re.search(r'[\w*>]\.(c|h|S|py|def|isa|inc|lds|case|build|txt|tsv|md)$', name) or ('/' in name and name.split('/')[0] in tops)
            pattern = re.sub(r'<\w+>|[A-Z]{4,}', '*', name).rstrip('.')
            if is_path and not re.search(r'(?m)^(.*/)?%s$' % re.escape(pattern).replace(r'\*', '.*'), paths):
                yield '%s names %s' % (doc, name)


RULES = [('include arrows', check_arrows), ('SPDX line', check_spdx), ('file size', check_files), ('function size', check_functions),
         ('no names of package hosts', check_hosts), ('no guest in #if', check_guest_ifs), ('run path without stdio', check_run_path),
         ('no marks of a merge', check_conflicts), ('documents name what is there', check_docs)]


def main():
    failed = False
    print('1..%d' % len(RULES))
    for i, (name, rule) in enumerate(RULES, 1):
        findings = list(rule())
        failed |= bool(findings)
        print('%sok %d - %s' % ('not ' if findings else '', i, name))
        for f in findings:
            print('# ' + f)
    sys.exit(failed)


if __name__ == '__main__':
    main()
