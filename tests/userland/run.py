#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Debian's programs in a root of the guest's architecture under Lyre: standard output and exit status must be those of the same packages in an amd64
root of the same suite. The guest follows from the emulator's name.

    run.py LYRE [--small] [--only NAME,...] [--ways chroot,prefix] [--qemu] [--options "..."] [--show]

A case is a script in cases/, run by the program that its first line names, in a scratch directory. Lines `#: KEY: VALUE` at its top say
    packages    what it needs in the roots beside the BASE
    mask        REGEX => TEXT (why): replaced in each line of both outputs before they are compared; a line of which nothing is left goes
    root        foreign: a root after debootstrap's first stage, instead of the unpacked packages
    ways        where it makes sense, when not everywhere
    small       it belongs to the tests of every day (busybox, bash, dash and coreutils alone)
    needs       root: to be run by the real root only
    npm         PACKAGE@VERSION: for amd64, and for each guest that has one; found as /npm
    guests      where it exists, when not everywhere
    source      a source package, found as /source
Prints TAP, and per case the ratio of its CPU time to native's (and with --qemu to QEMU's).
"""
import argparse
import collections
import difflib
import functools
import glob
import json
import math
import os
import re
import subprocess
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
TOP = os.path.dirname(os.path.dirname(HERE))
sys.path.insert(0, os.path.join(TOP, 'tools'))
import fetch  # noqa: E402
import root   # noqa: E402

# suite, Debian's name, npm's names of the machine, ELF's number; packages that have another name in that suite than in trixie
Guest = collections.namedtuple('Guest', 'suite arch npm machine renamed', defaults=[{}])
GUESTS = {
    'riscv64': Guest('trixie', 'riscv64', 'riscv64', 0xf3),
    'aarch64': Guest('bookworm', 'arm64', 'arm64|aarch64', 0xb7, {
        'golang-1.24-go': 'golang-1.19-go', 'openjdk-21-jdk-headless': 'openjdk-17-jdk-headless', 'postgresql-17': 'postgresql-15'}),
}
BASE = ['base-files', 'base-passwd', 'bash', 'coreutils', 'dash', 'diffutils', 'libc-bin', 'util-linux']
SMALL = ['bash', 'busybox', 'coreutils', 'dash', 'diffutils']
ENTER = os.path.join(HERE, 'enter.py')
TIMEOUT = 300


class Case:
    def __init__(self, path):
        self.file = os.path.basename(path)
        self.name = self.file.rsplit('.', 1)[0]
        with open(path) as f:
            self.text = f.read()
        self.keys = {}
        for line in self.text.splitlines():
            if m := re.match(r'(?:#|//): (\w+): (.*)', line):
                self.keys.setdefault(m[1], []).append(m[2])
        self.masks = []
        for mask in self.keys.get('mask', []):
            m = re.fullmatch(r'(.+?) => (.*?) \((.+)\)', mask)
            if not m:
                sys.exit('run.py: %s: a mask is REGEX => TEXT (why): %s' % (self.file, mask))
            self.masks.append((re.compile(m[1]), m[2]))
        self.packages = ' '.join(self.keys.get('packages', [])).split()
        self.is_small = 'small' in self.keys
        self.ways = self.keys['ways'][0].split() if 'ways' in self.keys else ['chroot', 'prefix']

    def npm(self, machine):
        """The npm package for a machine; None: there is none."""
        return next((p for p in self.keys['npm'][0].split() if re.search(machine, p)), None)

    def is_for(self, name, guest):
        return name in self.keys.get('guests', [name])[0].split() and ('npm' not in self.keys or self.npm(guest.npm))

    def folders(self, way, guest):
        """What is to be found in the roots beside the packages."""
        result = {}
        if 'npm' in self.keys:
            result['/npm'] = fetch.npm(self.npm('x64' if way == 'native' else guest.npm))
        if 'source' in self.keys:
            result['/source'] = fetch.source(guest.suite, self.keys['source'][0])
        return result

    def command(self):
        return [*self.text.split('\n', 1)[0].removeprefix('#!').split(), self.file]

    def mask(self, text):
        lines = []
        for line in text.split('\n'):
            masked = line
            for pattern, replacement in self.masks:
                masked = pattern.sub(replacement, masked)
            if masked or not line:
                lines.append(masked)
        return '\n'.join(lines)


def run(case, way, where, guest, emulator=None, options=()):
    """{out, err, status, seconds}; status is 'timeout' or None when the place could not be made."""
    spec = {'folders': case.folders(way, guest), 'root': where, 'way': way, 'machine': guest.machine, 'emulator': emulator, 'options': list(options),
            'files': {case.file: case.text}, 'command': case.command()}
    read, write = os.pipe()
    seconds = int(case.keys.get('timeout', [TIMEOUT])[0])
    shell = 'exec "$0" "$1" "$2" 3>&%d' % write
    process = subprocess.Popen(['sh', '-c', shell, sys.executable, ENTER, json.dumps(spec)], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                               stderr=subprocess.PIPE, pass_fds=[write])
    os.close(write)
    try:
        out, err = process.communicate(timeout=seconds)
    except subprocess.TimeoutExpired:
        process.kill()
        out, err = process.communicate()
        status = ['timeout after %d s' % seconds, 0]
    else:
        status = os.read(read, 100).split() or [None, 0]
        status = [int(status[0]), status[1]] if status[0] else status
    os.close(read)
    text = lambda b: b.decode(errors='backslashreplace')
    return {'out': text(out), 'err': text(err), 'status': status[0], 'seconds': float(status[1])}


def explain(case, want, got):
    print('#   status %s wanted, %s got' % (want['status'], got['status']))
    for line in list(difflib.unified_diff(case.mask(want['out']).splitlines(), case.mask(got['out']).splitlines(), 'native', 'lyre', lineterm='', n=1))[:20]:
        print('#   ' + line)
    for who, result in (('native', want), ('lyre', got)):
        for line in result['err'].splitlines()[-12:]:
            print('#   %s: %s' % (who, line))


def mean(ratios):
    return math.exp(sum(map(math.log, ratios)) / len(ratios)) if ratios else 0


def cases_of(args, name):
    cases = [Case(p) for p in sorted(glob.glob(os.path.join(HERE, 'cases', '*')))]
    cases = [c for c in cases if c.is_for(name, GUESTS[name])]
    if args.only:
        cases = [c for c in cases if c.name in args.only.split(',')]
    elif args.small:
        cases = [c for c in cases if c.is_small]
    if not cases:
        sys.exit('run.py: no such case')
    return cases


def roots_finder(is_small, cases, guest):
    """A function from a case to its two roots, amd64 and the guest's."""
    suite = guest.suite
    kind = 'small' if is_small else 'userland'
    packages = SMALL if is_small else sorted({*BASE, *SMALL, *(guest.renamed.get(p, p) for c in cases for p in c.packages)})
    unpacked = functools.cache(lambda arch: root.make(root.named(kind, suite, arch), suite, arch, packages))
    foreign = functools.cache(lambda arch: root.foreign(root.named('foreign', suite, arch), suite, arch))
    return lambda case: [(foreign if 'root' in case.keys else unpacked)(arch) for arch in ('amd64', guest.arch)]


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument('lyre')
    parser.add_argument('--small', action='store_true')
    parser.add_argument('--only', default='')
    parser.add_argument('--ways', default='chroot,prefix')
    parser.add_argument('--qemu', action='store_true')
    parser.add_argument('--options', default='', help='of the emulator')
    parser.add_argument('--show', action='store_true', help="print native's output")
    args = parser.parse_args()
    if os.getuid() != 0 and subprocess.run(['unshare', '-Urmpfn', 'true'], stderr=subprocess.DEVNULL).returncode:
        print('ok 1 - userland # SKIP neither root nor user namespaces')
        return
    name = os.path.basename(args.lyre).rsplit('-', 1)[1]
    guest = GUESTS[name]
    cases = cases_of(args, name)
    roots_of = roots_finder(args.small, cases, guest)
    qemu = fetch.qemu(name) if args.qemu else None
    count = failed = 0
    ratios, table = [], []
    for case in cases:
        if 'root' in case.keys.get('needs', []) and os.getuid() != 0:
            count += 1
            print('ok %d - %s # SKIP needs the real root' % (count, case.name))
            continue
        amd64, foreign = roots_of(case)
        want = run(case, 'native', amd64, guest)
        if args.show:
            print(case.mask(want['out']) + want['err'])
        for way in [w for w in args.ways.split(',') if w in case.ways]:
            got = run(case, way, foreign, guest, os.path.abspath(args.lyre), args.options.split())
            is_ok = want['status'] == got['status'] is not None and case.mask(want['out']) == case.mask(got['out'])
            count += 1
            failed += not is_ok
            print('%sok %d - %s %s' % ('' if is_ok else 'not ', count, case.name, way), flush=True)
            if not is_ok:
                explain(case, want, got)
            elif way == 'chroot':
                rival = run(case, 'binfmt', foreign, guest, qemu)['seconds'] if qemu else 0
                ratio = got['seconds'] / max(want['seconds'], 0.001)
                ratios.append(ratio)
                table.append((ratio, case.name, want['seconds'], got['seconds'], rival))
    for ratio, label, native, lyre, rival in sorted(table, reverse=True):
        print('# %-16s native %6.2f s  lyre %6.2f s  ratio %5.1f%s' % (label, native, lyre, ratio, '  QEMU %6.2f s %5.1f' % (rival, rival / max(native, 0.001)) if qemu else ''))
    print('# geometric mean of %d CPU time ratios to native: %.2f' % (len(ratios), mean(ratios)))
    print('1..%d' % count)
    sys.exit(failed > 0)


if __name__ == '__main__':
    main()
