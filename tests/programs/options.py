#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""The command line and environment of an emulator.   options.py LYRE   Prints TAP."""
import os
import re
import shutil
import struct
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import guest_tap

# first word of `-cpu help`, names in the registers of `-d cpu` and of floating point, a value of -cpu with what then happens, hwcap of max,
# whether tier 1 works in one pass
GUESTS = {
    'riscv64': dict(cpu='rv64', registers='fcsr', fp='f0', model=('rv64,-c', -4, '', 'Illegal instruction'), hwcap='112d', one_pass=True),
    'aarch64': dict(cpu='cortex-a76', registers='sp', fp='v0', model=('cortex-a53', 0, 'hwcap=8fb$', ''), hwcap='3fbffffb', one_pass=False),
}
count = failed = 0


def report(is_ok, name, why):
    global count, failed
    count += 1
    failed += not is_ok
    print('%sok %d - %s' % ('' if is_ok else 'not ', count, name))
    if not is_ok:
        print('# %s' % (why,))


def addresses(log):
    return [int(a, 16) for a in re.findall(r'^IN: ([0-9a-f]{16})$', log, re.M)]


def test_logs(guest, run, check, c, crash):
    """Each item of -d prints something, and only what it is for."""
    log = run('-d', 'in_asm', *c).stderr
    starts = addresses(log)
    report(len(starts) > 50 and re.search(r'^0x[0-9a-f]+:  [0-9a-f]+ +(c\.)?addi? ', log, re.M), '-d in_asm', log[:400])
    a, b = starts[5], starts[20]
    for name, value, wanted in (('START+SIZE', '%#x+2' % a, {a}), ('START-SIZE', '%#x-1' % a, {a}), ('START..LAST', '%#x..%#x' % (b, b), {b}),
                                ('two ranges', '%#x+1,%#x..%#x' % (a, b, b + 1), {a, b})):
        got = set(addresses(run('-d', 'in_asm', '-dfilter', value, *c).stderr))
        report(wanted <= got <= set(range(a - 1, a + 3)) | set(range(b - 1, b + 3)), '-dfilter ' + name, (value, got))
    for value in ('5', '5+', '+5', '5+0', '9..5', '5+1,x', '1-9', ','.join('%d+1' % i for i in range(17))):
        check('wrong -dfilter ' + value[:12], ['-dfilter', value, *c], 1, '', '-dfilter')
    check('-d op', ['-d', 'op', *c], 7, 'argc', r'^OP:\nblock b1 pc=')
    check('-d op_opt', ['-d', 'op_opt', *c], 7, 'argc', r'^OP after optimisation:\nblock b1 pc=')
    check('-d mir', ['-d', 'mir', *c], 7, 'argc', r'LABEL\.0 .*@')
    check('-d out_asm', ['-d', 'out_asm', *c], 7, 'argc', r'^OUT: region [0-9a-f]{16} tier 1.*\n0x[0-9a-f]+:  [0-9a-f]+ +\w+ ')
    check('-d out_asm -x raw', ['-d', 'out_asm', '-x', 'raw', *c], 7, 'argc', r'^OUT: region .*\nOUT: [0-9a-f]+: [0-9a-f]+$')
    check('-d exec', ['-d', 'exec', *c], 7, 'argc', r'^Trace 0: [0-9a-f]+ \[')
    few, all_ = (len(run('-d', items, *c).stderr.splitlines()) for items in ('exec', 'exec,nochain'))
    report(all_ > 2 * few, '-d nochain', (few, all_))
    d = run('-d', 'cpu', *c).stderr
    report(re.search(r'^pc +[0-9a-f]{16} %s ' % guest['registers'], d, re.M) and not re.search('^%s ' % guest['fp'], d, re.M), '-d cpu', d[:300])
    check('-d cpu,fpu', ['-d', 'cpu,fpu', *c], 7, 'argc', '^%s +[0-9a-f]{16}' % guest['fp'])
    check('-d page', ['-d', 'page', *c], 7, 'argc', r'^[0-9a-f]+-[0-9a-f]+ r-xp .*exec$')
    check('-d tid without a name for each', ['-d', 'tid', '-D', '/tmp/x', *c], 1, '', '-d tid: -D with %d')
    check('-d unimp', ['-d', 'unimp', crash, 'badptr'], 0, '', r'^lyre: unsupported syscall unknown \(9999\)')
    check('-d guest_errors', ['-d', 'guest_errors', crash, 'badptr'], 0, '', r'guest error at 0x[0-9a-f]+: a pointer .* 0x40\n.*unknown system call 0x270f$')
    check('-d int', ['-d', 'int', crash, 'trap'], -5, '', r'exception at 0x[0-9a-f]+: SIGTRAP 0x')
    check('-d help lists what is there', ['-d', 'help'], 0, '^guest_errors .*(\n.*)*^crash ', '')
    check('-trace', ['-trace', 'guest_user_*', *c], 7, 'argc', 'exit_group')
    check('-trace enable=', ['-trace', 'enable=exec_tb', *c], 7, 'argc', '^Trace 0')
    check('-trace help', ['-trace', 'help'], 0, '^translate_block', '')
    check('-trace of nothing', ['-trace', 'nonsense', *c], 1, '', 'no such event')
    d = run('-strace', crash, 'threads')
    lines = d.stderr.splitlines()
    odd = [l for l in lines if not re.fullmatch(r'\d+ (\w+\(.*\) += (\?|-?\w+)( .*)?|--- .* ---|\+\+\+ .* \+\+\+)', l)]
    report(len(lines) > 40 and not odd and len({l.split()[0] for l in lines}) == 4, '-strace: whole lines, with the thread', odd or lines)
    check('-strace of the start', ['-strace', crash, 'x'], 0, '', r'\A\d+ execve\("[^"]*crash", \["[^"]{,32}"(\.\.\.)?, "x"\], 0x\w+ /\* \d vars? \*/\) += 0\n')
    check('-strace of the end', ['-strace', crash], 0, '', r'\d+ exit_group\(0\) += \?\n\d+ \+\+\+ exited with 0 \+\+\+\n\Z')
    check('-strace of death', ['-strace', crash, 'term'], -15, '', r'tgkill.* = 0\n\d+ --- SIGTERM .*\n\d+ \+\+\+ killed by SIGTERM \+\+\+\n\Z')
    with tempfile.TemporaryDirectory() as folder:
        d = run('-strace', '-d', 'tid', '-D', os.path.join(folder, 'log-%d'), crash, 'threads')
        logs = {f: open(os.path.join(folder, f)).read() for f in os.listdir(folder)}
        good = {f: t for f, t in logs.items() if t and all(l.startswith(f[4:] + ' ') for l in t.splitlines())}
        report(d.returncode == 0 and d.stderr == '' and len(good) == 4, '-d tid: a file for each thread', (d, logs))
        log = os.path.join(folder, 'code')
        run('-d', 'out_asm', '-D', log, *c)
        text = ''
        for _ in range(100):  # `lyre disas` may write on for a moment
            text = open(log).read()
            if re.search(r'\n\n\Z', text):
                break
            time.sleep(0.1)
        report(re.search(r'^0x[0-9a-f]+:  [0-9a-f]+ +mov ', text, re.M) and 'OUT: 7' not in text, '-d out_asm into a file', text[-300:])
        d = run('-d', 'out_asm', '-D', os.path.join(folder, 'log'), crash, 'wait')
        report(d.returncode == 7, '`lyre disas` is no child of the guest', d)


def test_perf(lyre, child, clean):
    with tempfile.TemporaryDirectory() as folder:
        d = subprocess.Popen([lyre, '-x', 'engine=block', '-perfmap', '-jitdump', child, 'child'], env=dict(clean, TMPDIR=folder), cwd=folder, stdout=subprocess.PIPE,
                             stderr=subprocess.PIPE, text=True)
        out, err = d.communicate(timeout=60)
        name = os.path.join(folder, 'perf-%d.map' % d.pid)
        lines = open(name).read().splitlines() if os.path.exists(name) else []
        good = [l for l in lines if re.fullmatch(r'7[0-9a-f]+ [0-9a-f]+ guest:\S+', l)]
        report(d.returncode == 7 and err == '' and len(good) == len(lines) > 50 and any(' guest:main+' in l for l in lines), '-perfmap', (err, lines[:5]))
        name = os.path.join(folder, 'jit-%d.dump' % d.pid)
        data = open(name, 'rb').read() if os.path.exists(name) else b''
        at, names = 40, []
        if len(data) > 40:
            report(struct.unpack_from('<IIIIII', data) == (0x4A695444, 1, 40, 62, 0, d.pid), '-jitdump header', data[:40])
            while at < len(data):
                kind, size, _, pid, tid, vma, address, length, index = struct.unpack_from('<IIQIIQQQQ', data, at)
                end = data.index(b'\0', at + 56)
                if kind or pid != d.pid or index != len(names) or size != end + 1 - at + length:
                    break
                names.append(data[at + 56:end].decode())
                at += size
        report(at == len(data) and len(names) == len(lines), '-jitdump records', (at, len(data), len(names), len(lines)))
        d = subprocess.run([lyre, '-perfmap', child, 'child'], env=dict(clean, TMPDIR='/nonexistent'), capture_output=True, text=True)
        report(d.returncode == 1 and '/nonexistent/perf-' in d.stderr, '-perfmap that cannot be written', d)


def main():
    lyre = os.path.abspath(sys.argv[1])
    name = os.path.basename(lyre)
    guest = GUESTS[guest_tap.guest_of(lyre)]
    here = os.path.dirname(os.path.abspath(__file__))
    child = guest_tap.compile_guest(lyre, 'exec', [os.path.join(here, 'guests', 'exec.c')])
    crash = guest_tap.compile_guest(lyre, 'crash', [os.path.join(here, 'guests', 'crash.c')])
    memory = guest_tap.compile_guest(lyre, 'memory', [os.path.join(here, 'guests', 'memory.c')])
    clean = {'PATH': '/bin:/usr/bin'}

    def run(*args, env=None):
        return subprocess.run([lyre, *args], env=dict(clean, **(env or {})), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                              stderr=subprocess.PIPE, text=True, errors='replace', timeout=60)

    def check(name, args, status, out=None, err=None, env=None):
        """out, err: a pattern that must be found, '' for nothing at all, None for whatever."""
        d = run(*args, env=env)
        fits = lambda want, text: want is None or (text == '' if want == '' else re.search(want, text, re.M))
        report(d.returncode == status and fits(out, d.stdout) and fits(err, d.stderr), name, d)

    c = (child, 'child')
    check('-h', ['-h'], 0, r'^usage: %s \[options\] program' % name, '')
    check('--help', ['--help'], 0, r'-strace +STRACE', '')
    check('-version', ['-version'], 0, r'^%s version \d+\.' % name, '')
    check('-syscalls', ['-syscalls'], 0, r'openat +implemented\n(.*\n)*.* mseal .*\n\d+ passed to .*, \d+ implemented, \d+ missing', '')
    check('-d help', ['-d', 'help'], 0, r'^in_asm ', '')
    check('-cpu help', ['-cpu', 'help'], 0, guest['cpu'], '')
    check('no program', [], 1, '', 'no program')
    check('unknown option', ['-nonsense', child], 1, '', 'unknown option -nonsense')
    check('option without its argument', ['-L'], 1, '', '-L needs an argument')
    for option in ('-g', '-plugin'):
        check(option, [option, 'x', child], 1, '', re.escape(option) + ' is not in this version')
    check('wrong values', ['-s', '12x', child], 1, '', '-s 12x')
    check('wrong log item', ['-d', 'exec,nonsense', child], 1, '', 'nonsense: unknown item')
    check('wrong CPU', ['-cpu', 'nonsense', child], 1, '', '-cpu nonsense')
    check('wrong CPU feature', ['-cpu', 'max,+nonsense', child], 1, '', '-cpu max')
    check('wrong host CPU', ['-host-cpu', 'v9', child], 1, '', '-host-cpu v9')
    check('wrong -x', ['-x', 'engine=steam', child], 1, '', 'engine=steam')
    check('wrong base', ['-B', '0x1000', child], 1, '', '-B 0x1000')
    check('wrong page size', ['-p', '16384', child], 1, '', '-p 16384: pages of this guest have 4096 bytes')
    check('wrong reserved size', ['-R', 'x', child], 1, '', '-R x')
    check('accepted and without effect, -p', ['-p', '4096', *c], 7, 'argc=2', '')
    check('accepted and without effect', ['-R', '4G', '-B', '0', '-t', '34 36 2', *c], 7, 'argc=2', '')
    check('end of options', ['--', *c], 7, 'argc=2', '')
    check('double dash', ['--seed', '5', *c], 7, 'argc=2', '')
    check('options of the program', [*c, '-h'], 7, r'argc=3 \[.*\] \[child\] \[-h\]', '')
    check('-0', ['-0', 'zero', *c], 7, r'argc=2 \[zero\] \[child\]', '')
    check('-E', ['-E', 'A=1,B=2', '-E', 'A=3', *c], 7, r'^env=\[PATH=[^]]*\]\[B=2\]\[A=3\]$', '')
    check('-U', ['-U', 'PATH,X', *c], 7, r'^env=\[Y=1\]$', '', env={'X': '1', 'Y': '1'})
    check('-U of an assignment', ['-U', 'X=1', *c], 1, '', 'a name is wanted')
    check('LYRE_SET_ENV', c, 7, r'\[A=1\]', '', env={'LYRE_SET_ENV': 'A=1'})
    check('QEMU_SET_ENV', c, 7, r'\[A=2\]', '', env={'QEMU_SET_ENV': 'A=2'})
    check('LYRE_ before QEMU_', c, 7, r'\[A=1\]$', '', env={'LYRE_SET_ENV': 'A=1', 'QEMU_SET_ENV': 'A=2'})
    check('command line before environment', ['-0', 'two', *c], 7, r'\[two\]', '', env={'QEMU_ARGV0': 'one'})
    check('QEMU_STRACE', c, 7, 'argc', 'exit_group', env={'QEMU_STRACE': '1'})
    check('-strace', ['-strace', *c], 7, 'argc', 'exit_group')
    check('-d strace', ['-d', 'strace', *c], 7, 'argc', 'exit_group')
    check('-d stats', ['-d', 'stats', *c], 7, 'argc', r'tier 0 +[1-9]\d+ guest insns executed\ntier 1 +\d+ regions')
    check('-d stats without tier 0', ['-d', 'stats', '-x', 'engine=block', *c], 7, 'argc', r'\Atier 1 +\d+ regions')
    check('-d stats with tier 0 alone', ['-d', 'stats', '-x', 'engine=direct', *c], 7, 'argc', r'\Atier 0 +[1-9]\d+ guest insns executed\ninterpreted')
    d = run('-d', 'stats', '-x', 'engine=block', *c)
    m = re.search(r'^tier 1 +(\d+) regions.*\nin one pass +(\d+) regions of tier 1$', d.stderr, re.M)
    report(not guest['one_pass'] or m and int(m[2]) > 0.85 * int(m[1]), 'most of tier 1 is made in one pass', d.stderr)
    test_logs(guest, run, check, c, crash)
    test_perf(lyre, child, clean)
    with tempfile.TemporaryDirectory() as folder:
        log = os.path.join(folder, 'log-%d')
        d = run('-strace', '-D', log, *c)
        files = os.listdir(folder)
        text = open(os.path.join(folder, files[0])).read() if files else ''
        report(d.returncode == 7 and d.stderr == '' and len(files) == 1 and re.fullmatch(r'log-\d+', files[0]) and 'exit_group' in text, '-D', (d, files))
    check('-D that cannot be written', ['-D', '/nonexistent/log', *c], 1, '', 'nonexistent')
    check('-one-insn-per-tb', ['-one-insn-per-tb', *c], 7, 'argc', '')
    check('-r', ['-r', '5.4.3-lyre', crash, 'system'], 0, 'release=5.4.3-lyre machine=' + name.removeprefix('lyre-'), '')
    check('QEMU_UNAME', [crash, 'system'], 0, 'release=1.2 ', '', env={'QEMU_UNAME': '1.2'})
    check('-s', ['-s', '3M', crash, 'system'], 0, '^stack=3072k ', '')
    check('QEMU_STACK_SIZE', [crash, 'system'], 0, '^stack=524288k ', '', env={'QEMU_STACK_SIZE': '512M'})
    value, *result = guest['model']
    check('-cpu', ['-cpu', value, crash, 'system'], *result)
    check('-cpu max', ['-cpu', 'max', crash, 'system'], 0, 'hwcap=%s$' % guest['hwcap'], '')
    check('QEMU_CPU', [crash, 'system'], 1, '', '-cpu nonsense', env={'QEMU_CPU': 'nonsense'})
    check('-x raw is no engine', ['-x', 'engine=raw', *c], 1, '', 'engine=raw')
    check('-singlestep', ['-singlestep', *c], 7, 'argc', '')
    check('-tb-size', ['-tb-size', '1', *c], 7, 'argc', '')
    check('-tb-size that is too small', ['-tb-size', '1k', *c], 7, 'argc', '')
    check('-tb-size that is too large', ['-tb-size', '4G', *c], 7, 'argc', '')
    for x in ('engine=interp', 'engine=block', 'engine=region', 'engine=region,move', 'engine=tiered', 'engine=direct', 'hot=2', 'cold=0', 'cold=9'):
        check('-x ' + x, ['-x', x, *c], 7, 'argc', '')
    a, b, other = (run('-seed', n, crash, 'random').stdout for n in ('5', '5', '6'))
    report(a and a == b and a != other, 'random numbers under -seed', (a, b, other))
    a, b = (run(crash, 'random').stdout for n in range(2))
    report(a and a != b, 'random numbers without', (a, b))
    a, b, other = (run('-seed', n, memory, 'layout').stdout for n in ('5', '5', '6'))
    report(a and a == b and a != other, '-seed', (a, b, other))
    a, b = (run(memory, 'layout').stdout for _ in range(2))
    report(a and a != b, 'random layout', (a, b))
    if os.getuid() == 0:
        with tempfile.TemporaryDirectory() as folder:
            shutil.copy(lyre, folder + '/lyre')
            shutil.copy(child, folder + '/copy')
            d = subprocess.run(['/lyre', '/copy', 'again'], env=clean, preexec_fn=lambda: os.chroot(folder), capture_output=True, text=True, timeout=60)
            report(d.returncode == 7 and 'argc=2 [x] [child]' in d.stdout, 'started without /proc, a program executes another', d)
    else:
        print('ok - started without /proc # SKIP chroot needs root')
    print('1..%d' % count)
    sys.exit(1 if failed else 0)


main()
