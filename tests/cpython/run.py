#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""CPython's own test modules in an amd64 and in a riscv64 Debian root: every test must end the same way in both.

    run.py LYRE [MODULE...] [--jobs 2] [--rerun-native] [--option "-x engine=region"]

The amd64 outcome is kept under ~/.cache/lyre/cpython. Tests that differ run once more in both roots, since some measure time; those that still do are
listed in differences.txt, a reason each; any other difference fails. Prints TAP, a line per module. The output of a module is
build/cpython/<module>.log, of its second run <module>.again.log.
"""
import argparse
import concurrent.futures
import os
import shutil
import subprocess
import sys
import tempfile
import time

HERE = os.path.dirname(os.path.abspath(__file__))
TOP = os.path.dirname(os.path.dirname(HERE))
sys.path.insert(0, os.path.join(TOP, 'tools'))
import fetch
import root

PACKAGES = '''base-files base-passwd bash coreutils dash diffutils findutils grep gzip libc-bin netbase openssl procps sed tar tzdata
    python3.13 libpython3.13-testsuite'''.split()
SHOWN = 15
PYTHON = '/usr/bin/python3.13'
# The module, and how many seconds one of its tests may take natively; under Lyre ten times that.
MODULES = {
    'test_struct': 60, 'test_math': 60, 'test_json': 60, 'test_signal': 60, 'test_threading': 60, 'test_subprocess': 60, 'test_socket': 60,
    'test_mmap': 60, 'test_ctypes': 60, 'test_asyncio': 60, 'test_multiprocessing_fork': 120, 'test_multiprocessing_forkserver': 120,
    'test_multiprocessing_spawn': 120, 'test_multiprocessing_main_handling': 60,
    'test_os': 60, 'test_posix': 60, 'test_time': 60, 'test_select': 60, 'test_selectors': 60, 'test_poll': 60, 'test_epoll': 60,
    'test_faulthandler': 60, 'test_fcntl': 60, 'test_resource': 60, 'test_io': 60, 'test_float': 60, 'test_cmath': 60, 'test_complex': 60,
    'test_decimal': 60, 'test_zlib': 60, 'test_ssl': 60, 'test_sqlite3': 60, 'test_pty': 60, 'test_tempfile': 60, 'test_shutil': 60,
    'test_thread': 60, 'test_threadsignals': 60, 'test_eintr': 120, 'test_fork1': 60, 'test_wait3': 60, 'test_wait4': 60, 'test_popen': 60,
    'test_long': 60, 'test_array': 60, 'test_hashlib': 300, 'test_posixpath': 60, 'test_pathlib': 60, 'test_concurrent_futures': 120,
    'test_fractions': 60, 'test_statistics': 60, 'test_random': 60, 'test_re': 60, 'test_pickle': 60, 'test_file': 60, 'test_fileio': 60,
    'test_ioctl': 60, 'test_tty': 60, 'test_openpty': 60, 'test_platform': 60, 'test_sys': 60, 'test_cmd_line': 60, 'test_socketserver': 60,
    'test_bytes': 60, 'test_queue': 60, 'test_contextlib': 60, 'test_memoryview': 60, 'test_bz2': 60, 'test_lzma': 60,
}


def differences():
    """(module, test) -> (native's outcome, Lyre's outcome): the listed ones; '*' is any."""
    listed = {}
    for line in open(os.path.join(HERE, 'differences.txt')):
        if line.strip() and not line.startswith('#'):
            module, test, native, lyre = line.split(' # ')[0].split()
            listed[module, test] = (native, lyre)
    return listed


def read_outcomes(path):
    """Test -> its outcomes in order of the alphabet, `died` for one that began and did not end."""
    outcomes = {}
    for line in open(path) if os.path.exists(path) else ():
        word, test = line.rstrip('\n').split(' ', 1)
        outcomes.setdefault(test, set()).add(word)
    return {t: ','.join(sorted(w - {'+'})) or 'died' for t, w in outcomes.items() if t != '.'}


def is_complete(path):
    return os.path.exists(path) and open(path).read().endswith('end .\n')


def run_module(module, base, command, out, seconds, only=()):
    """Runs a module, or some of its tests, in a copy of the root until each test has an outcome, however often one of them kills it."""
    name = module + '.again' if only else module
    results = os.path.join(out, name)
    log = results + '.log'
    for path in (results, log):
        if os.path.exists(path):
            os.remove(path)
    with tempfile.TemporaryDirectory(prefix='lyre-cpython-') as scratch, open(log, 'w') as f:
        for _ in range(20):
            before = os.path.getsize(results) if os.path.exists(results) else -1
            try:
                subprocess.run(['unshare', '--user', '--map-root-user', '--mount', '--pid', '--fork', '--kill-child', '--net', '--ipc',
                                'bash', os.path.join(HERE, 'enter.sh'), base, scratch, out, *command, '/results/.one_module.py', module, '/results/' + name,
                                str(seconds), *only], stdin=subprocess.DEVNULL, stdout=f, stderr=f, timeout=seconds * 30)
            except subprocess.TimeoutExpired:
                f.write('\nrun.py: timed out\n')
            if is_complete(results) or not os.path.exists(results) or os.path.getsize(results) == before:
                break
    return read_outcomes(results)


def compare(module, native, lyre, listed):
    """Lines about unlisted differences, and about listed ones that are none."""
    lines = []
    for test in sorted(set(native) | set(lyre)):
        pair = native.get(test, 'missing'), lyre.get(test, 'missing')
        known = listed.get((module, test))
        if known and not all(k in ('*', p) for k, p in zip(known, pair)):
            lines.append('%s %s %s %s # listed as %s %s' % (module, test, *pair, *known))
        elif pair[0] != pair[1] and not known:
            lines.append('%s %s %s %s' % (module, test, *pair))
    return lines


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument('lyre')
    parser.add_argument('modules', nargs='*')
    parser.add_argument('--jobs', type=int, default=2)
    parser.add_argument('--rerun-native', action='store_true')
    parser.add_argument('--option', default='')
    args = parser.parse_intermixed_args()
    modules = args.modules or list(MODULES)
    roots = {arch: root.make('cpython-' + arch, 'trixie', arch, PACKAGES) for arch in ('amd64', 'riscv64')}
    outs = {'amd64': os.path.join(fetch.CACHE, 'cpython'), 'riscv64': os.path.join(TOP, 'build', 'cpython')}
    for out in outs.values():
        os.makedirs(out, exist_ok=True)
        shutil.copy(os.path.join(HERE, 'one_module.py'), os.path.join(out, '.one_module.py'))
    lyre = '.lyre-%d' % os.getpid()
    shutil.copy(args.lyre, os.path.join(outs['riscv64'], lyre))
    listed = differences()

    def run_native(module, only=()):
        return run_module(module, roots['amd64'], [PYTHON], outs['amd64'], MODULES.get(module, 60), only)

    def run_guest(module, only=()):
        command = ['/results/' + lyre, *args.option.split(), PYTHON]
        return run_module(module, roots['riscv64'], command, outs['riscv64'], MODULES.get(module, 60) * 10, only)

    def job(module):
        start = time.time()
        kept = os.path.join(outs['amd64'], module)
        native = run_native(module) if args.rerun_native or not is_complete(kept) else read_outcomes(kept)
        between = time.time()
        guest = run_guest(module)
        times = between - start, time.time() - between
        first = compare(module, native, guest, listed)
        if first and native and guest:
            again = [line.split()[1] for line in first]
            native.update(run_native(module, again))
            guest.update(run_guest(module, again))
        return module, native, compare(module, native, guest, listed), first, times

    failed = 0
    with concurrent.futures.ThreadPoolExecutor(max_workers=args.jobs) as pool:
        done = concurrent.futures.as_completed([pool.submit(job, m) for m in modules])
        for number, future in enumerate(done, 1):
            module, native, lines, first, times = future.result()
            is_ok = not lines and bool(native)
            failed += not is_ok
            print('%sok %d - %s: %d tests (native %.0f s, Lyre %.0f s)' % ('' if is_ok else 'not ', number, module, len(native), *times))
            shown = lines + ['%s, not when run again' % line for line in first if line not in lines]
            print(''.join('# %s\n' % line for line in shown[:SHOWN]), end='', flush=True)
            if len(shown) > SHOWN:
                print('# ... and %d more' % (len(shown) - SHOWN), flush=True)
    print('1..%d' % len(modules), flush=True)
    os.remove(os.path.join(outs['riscv64'], lyre))
    sys.exit(failed > 0)


if __name__ == '__main__':
    main()
