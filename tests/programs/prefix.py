#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""-L: which file a path means: below the prefix, through absolute symbolic links there, or the host's.   prefix.py LYRE   Prints TAP."""
import os
import shutil
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import guest_tap

HERE = os.path.dirname(os.path.abspath(__file__))
FILES = {'etc/only-here': 'inner', 'usr/bin/real': 'real', 'tmp/hidden': 'hidden', 'dev/null': 'hidden', 'proc/version': 'hidden'}
LINKS = {'etc/alternatives/name': '/usr/bin/real', 'usr/bin/name': '/etc/alternatives/name', 'usr/bin/relative': '../../etc/only-here',
         'opt': '/usr', 'usr/bin/dangling': '/nowhere/at/all', 'usr/bin/program': '/etc/alternatives/program', 'etc/alternatives/program': '/usr/bin/prefix'}
SAME = 'stat=0 lstat=0 statx=0 access=0,0 islink=%d link=%s text=%s'
CASES = [
    ('/etc/only-here', SAME % (0, '', 'inner')),
    ('//etc/../etc/./only-here', SAME % (0, '', 'inner')),
    ('/../etc/only-here', SAME % (0, '', 'inner')),
    ('/usr/bin/relative', SAME % (1, '../../etc/only-here', 'inner')),
    ('/usr/bin/name', SAME % (1, '/etc/alternatives/name', 'real')),
    ('/opt/bin/name', SAME % (1, '/etc/alternatives/name', 'real')),
    ('/usr/bin/dangling', 'stat=-1 lstat=0 statx=-1 access=-1,0 islink=1 link=/nowhere/at/all text='),
    ('/opt/bin', 'stat=0 lstat=0 statx=0 access=0,0 islink=0 link= entries=6'),
    ('/dev/../etc/only-here', SAME % (0, '', 'inner')),
    ('/tmp/hidden', 'stat=-1 lstat=-1 statx=-1 access=-1,-1 islink=0 link= text='),
    ('/opt/../usr/bin/name', SAME % (1, '/etc/alternatives/name', 'real')),
    ('/nonexistent', 'stat=-1 lstat=-1 statx=-1 access=-1,-1 islink=0 link= text='),
]
OUTSIDE = {'direct': '/usr/bin/real', 'second': 'direct', 'folder': '/usr', 'circle': 'circle'}
RELATIVE = [
    ('/usr/bin', 'name', SAME % (1, '/etc/alternatives/name', 'real')),
    ('/usr/bin', '../bin/name', SAME % (1, '/etc/alternatives/name', 'real')),
    ('/', 'opt/bin/name', SAME % (1, '/etc/alternatives/name', 'real')),
    ('/etc', '../opt/bin/relative', SAME % (1, '../../etc/only-here', 'inner')),
    ('/etc', 'ROOT/usr/bin/name', SAME % (1, '/etc/alternatives/name', 'real')),
    ('/elsewhere', 'direct', SAME % (1, '/usr/bin/real', 'real')),
    ('/elsewhere', './second', SAME % (1, 'direct', 'real')),
    ('/elsewhere', 'folder/bin/../bin/name', SAME % (1, '/etc/alternatives/name', 'real')),
    ('/elsewhere', 'circle', 'stat=-1 lstat=0 statx=-1 access=-1,0 islink=1 link=circle text='),
    ('/usr/bin', 'dangling', 'stat=-1 lstat=0 statx=-1 access=-1,0 islink=1 link=/nowhere/at/all text='),
    ('/etc', 'nothing', 'stat=-1 lstat=-1 statx=-1 access=-1,-1 islink=0 link= text='),
]


def main():
    lyre = os.path.abspath(sys.argv[1])
    guest = guest_tap.compile_guest(lyre, 'prefix', [os.path.join(HERE, 'guests', 'prefix.c')])
    with tempfile.TemporaryDirectory() as root:
        for name, text in FILES.items():
            os.makedirs(os.path.dirname(os.path.join(root, name)), exist_ok=True)
            with open(os.path.join(root, name), 'w') as f:
                f.write(text)
        os.makedirs(root + '/etc/alternatives')
        for name, target in LINKS.items():
            os.symlink(target, os.path.join(root, name))
        shutil.copy(guest, root + '/usr/bin/prefix')
        run = lambda *args: subprocess.run([lyre, '-L', root, *args], stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=60)
        lines = run(guest, *(path for path, _ in CASES)).stdout.splitlines()
        results = [(path, want, line.removeprefix(path + ': ')) for (path, want), line in zip(CASES, lines + [''] * len(CASES))]
        # relative paths below the prefix, its files by the host's names, links elsewhere: an absolute link is the guest's word
        os.mkdir(root + '/elsewhere')
        for name, target in OUTSIDE.items():
            os.symlink(target, os.path.join(root, 'elsewhere', name))
        for cwd, path, want in RELATIVE:
            line = subprocess.run([lyre, '-L', root, guest, path.replace('ROOT', root)], cwd=root + cwd, stdin=subprocess.DEVNULL, capture_output=True, text=True).stdout
            results.append((path + ' from ' + cwd, want, line.strip().removeprefix(path.replace('ROOT', root) + ': ')))
        d = run(guest, '-exec', '/usr/bin/program', '/etc/only-here')
        results.append(('execve through links', 'status 7', 'status %d' % d.returncode))
        proc = run(guest, '/proc/version').stdout
        results.append(('/proc is the host\'s', 'True', str('Linux' in proc)))
        results.append(('-L with slashes', lines[0], subprocess.run([lyre, '-L', root + '//', guest, CASES[0][0]], capture_output=True, text=True).stdout.strip()))
    for i, (name, want, got) in enumerate(results, 1):
        print('%sok %d - %s' % ('' if want == got else 'not ', i, name))
        if want != got:
            print('# wanted %s\n# got    %s' % (want, got))
    print('1..%d' % len(results))
    sys.exit(any(want != got for _, want, got in results))


main()
