#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Core files of guest programs, opened by gdb-multiarch: registers, stack, threads, memory; RLIMIT_CORE. Prints TAP.

    core_test.py LYRE SOURCE
"""
import glob
import os
import resource
import shutil
import signal
import subprocess
import sys
import tempfile

# names of the registers that guests/dumped.c sets: integer, floating point
REGISTERS = {'riscv64': ('s7', 'fs3'), 'aarch64': ('x21', 'd11')}
SYSROOT = '/usr/%s-linux-gnu'
count = failed = 0


def ok(is_ok, name, detail=''):
    global count, failed
    count += 1
    failed += not is_ok
    print('%sok %d - %s' % ('' if is_ok else 'not ', count, name), flush=True)
    if not is_ok:
        for line in str(detail).splitlines()[-30:]:
            print('# ' + line)


def run(lyre, program, how, where, limit=resource.RLIM_INFINITY, options=()):
    """(status, standard error, cores) of a run in an empty folder."""
    folder = tempfile.mkdtemp(dir=where)
    process = subprocess.Popen([lyre, *options, program, how], cwd=folder, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True,
                               preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_CORE, (limit, resource.RLIM_INFINITY)))
    try:
        err = process.communicate(timeout=60)[1]
    except subprocess.TimeoutExpired:
        waits = threads_of(process.pid)
        process.kill()
        err = 'no end within a minute\n' + waits + process.communicate()[1]
    return process.returncode, err, glob.glob(folder + '/*')


def threads_of(pid):
    """What each thread does: its state and its system call."""
    text = ''
    for path in glob.glob('/proc/%d/task/*' % pid):
        for name in ('stat', 'syscall', 'wchan'):
            try:
                text += '%s %s: %s\n' % (os.path.basename(path), name, open(os.path.join(path, name)).read().strip())
            except OSError:
                pass
    return text


def gdb(guest, program, core, *commands):
    args = ['gdb-multiarch', '-batch', '-nx', '-ex', 'set width 0', '-ex', 'set sysroot ' + SYSROOT % guest]
    for c in commands:
        args += ['-ex', c]
    env = {k: v for k, v in os.environ.items() if k != 'DEBUGINFOD_URLS'}  # nobody is asked for debug information
    done = subprocess.run([*args, program, core], capture_output=True, text=True, timeout=120, env=env)
    return done.stdout + done.stderr


def check_gdb(guest, program, cores, options):
    integer, double = REGISTERS[guest]
    text = gdb(guest, program, cores[0], 'bt', 'info registers %s pc' % integer, 'p $' + double, 'p initialised', 'p (char *)zeroed + 4500', 'p *list->next', 'info auxv',
               'info proc mappings', 'p $_siginfo.si_signo', 'p $_siginfo._sifields._sigfault.si_addr')
    name = ' '.join(options) or 'tiered'
    for want, what in ((r'terminated with signal SIGSEGV', 'signal'), ('#4 ', 'stack'), ('in main (', 'outermost frame'), ('0x5ec0de', 'integer register'),
                       ('0.75', 'floating-point register'), ('{11, 22, 33, 44}', 'data'), ('"text in bss"', 'bss'), ('value = 1001', 'heap'),
                       ('AT_PAGESZ', 'auxiliary vector'), (os.path.basename(program), 'mapped files'), ('= 11', 'siginfo'),
                       ('(void *) 0x40', 'fault address')):
        ok(want in text, f'{name}: gdb shows {what}', text)


def main():
    lyre, source = os.path.abspath(sys.argv[1]), sys.argv[2]
    guest = os.path.basename(lyre).removeprefix('lyre-')
    where = tempfile.mkdtemp(prefix='lyre-core-')
    pattern = open('/proc/sys/kernel/core_pattern').read().strip()
    if '/' in pattern and pattern[0] != '|':
        print('ok 1 - cores # SKIP core_pattern leads elsewhere')
        return
    signal.signal(signal.SIGQUIT, signal.SIG_DFL)  # a shell ignores it for what it starts in the background
    for link in ('-pie', '-static'):
        program = os.path.join(where, 'dumped' + link)
        subprocess.run([guest + '-linux-gnu-gcc', '-g', '-O1', link, '-pthread', '-o', program, source], check=True)
        for options in (['-x', 'engine=interp'], ['-x', 'engine=region'], []) if link == '-static' else (['-L', SYSROOT % guest],):
            status, err, cores = run(lyre, program, 'segv', where, options=options)
            ok(status == -signal.SIGSEGV and 'lyre: uncaught target signal 11 (Segmentation fault) - core dumped' in err and len(cores) == 1,
               f'{link}: one core', (status, err, cores))
            if not cores:
                continue
            if shutil.which('gdb-multiarch'):
                check_gdb(guest, program, cores, options)
            else:
                print('ok - gdb # SKIP no gdb-multiarch')
    for how, sig in (('abort', signal.SIGABRT), ('trap', signal.SIGTRAP), ('kill', signal.SIGQUIT)):
        status, err, cores = run(lyre, program, how, where)
        ok(status == -sig and len(cores) == 1, f'core of {how}', (status, err, cores))
    status, err, cores = run(lyre, program, 'threads', where)
    if shutil.which('gdb-multiarch') and cores:
        text = gdb(guest, program, cores[0], 'thread apply all bt 8')
        ok(text.count('Thread ') >= 3 and 'spinner' in text and 'pause' in text and 'inner (depth=depth@entry=0' in text, 'threads', text)
    status, err, cores = run(lyre, program, 'segv', where, 0)
    ok(status == -signal.SIGSEGV and not cores, 'RLIMIT_CORE 0: none', (status, cores))
    status, err, cores = run(lyre, program, 'segv', where, 20480)
    ok(status == -signal.SIGSEGV and len(cores) == 1 and os.stat(cores[0]).st_blocks * 512 <= 24576, 'RLIMIT_CORE cuts', (status, cores))
    shutil.rmtree(where)
    print('1..%d' % count)
    sys.exit(failed > 0)


if __name__ == '__main__':
    main()
