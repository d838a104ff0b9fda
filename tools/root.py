#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Makes Debian roots of any architecture by unpacking packages with all that they depend on; no maintainer script runs.

Roots are kept under ${XDG_CACHE_HOME:-~/.cache}/lyre/roots/NAME and grow when more packages are asked for. Treat them as read-only: others use them.

    root.py NAME SUITE ARCH PACKAGE...     prints the folder
"""
import fcntl
import glob
import hashlib
import os
import re
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import fetch  # noqa: E402

ROOTS = os.path.join(fetch.CACHE, 'roots')
UNPACK = 'dpkg-deb --fsys-tarfile "$1" | tar -x --keep-directory-symlink --no-same-owner -C "$2"'
MERGED = ('bin', 'sbin', 'lib', 'lib64')
# What maintainer scripts would have made and programs look for: name -> text, or link -> target.
FILES = {
    'etc/passwd': 'root:x:0:0:root:/root:/bin/bash\nnobody:x:65534:65534:nobody:/nonexistent:/usr/sbin/nologin\n',
    'etc/group': 'root:x:0:\nnogroup:x:65534:\n',
    'etc/hosts': '127.0.0.1 localhost\n',
    'etc/nsswitch.conf': 'passwd: files\ngroup: files\nhosts: files\n',
}
LINKS = {'usr/bin/awk': 'gawk', 'etc/localtime': '../usr/share/zoneinfo/Etc/UTC', 'etc/mtab': '../proc/mounts'}


def archives(suite, arch, packages):
    """{package: its .deb}, dependencies included; downloads what is not there."""
    options = fetch.apt_root(suite, arch)
    cache = next(o for o in options if o.startswith('Dir::Cache=')).split('=', 1)[1]
    command = ['apt-get', *options, '-y', '-qq', '--no-install-recommends', 'install', *packages]
    if subprocess.run([*command, '--download-only'], capture_output=True).returncode:
        fetch.run(['apt-get', *options, '-qq', 'update'])  # the mirror has newer versions than our lists
        fetch.run([*command, '--download-only'])
    wanted = re.findall(r'^Inst (\S+?)(?::\S+)? \((\S+) ', fetch.run([*command, '--simulate']), re.M)
    debs = {}
    for name, version in wanted:
        found = glob.glob('%s/archives/%s_%s_*.deb' % (cache, name, version.replace(':', '%3a')))
        if not found:
            sys.exit('root.py: %s %s is not in %s/archives' % (name, version, cache))
        debs[name] = found[0]
    return debs


def finish(root):
    for name in ('tmp', 'proc', 'sys', 'dev', 'run', 'root'):
        os.makedirs(os.path.join(root, name), exist_ok=True)
    for name, text in FILES.items():
        path = os.path.join(root, name)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, 'w') as f:
            f.write(text)
    for name, target in LINKS.items():
        path = os.path.join(root, name)
        if not os.path.lexists(path) and os.path.exists(os.path.join(os.path.dirname(path), target)):
            os.symlink(target, path)


def named(kind, suite, arch):
    """The name of a root that tests share."""
    return '-'.join([kind, *([] if suite == 'trixie' else [suite]), arch])


def make(name, suite, arch, packages):
    """The root's folder; it has at least these packages afterwards."""
    root = os.path.join(ROOTS, name)
    state = os.path.join(ROOTS, '.state', name)
    asked = os.path.join(state, 'asked-' + hashlib.sha256(' '.join(sorted(packages)).encode()).hexdigest()[:16])
    os.makedirs(state, exist_ok=True)
    with open(os.path.join(state, 'lock'), 'w') as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if os.path.exists(asked):
            return root
        for merged in MERGED:
            os.makedirs(os.path.join(root, 'usr', merged), exist_ok=True)
            if not os.path.lexists(os.path.join(root, merged)):
                os.symlink('usr/' + merged, os.path.join(root, merged))
        for deb in archives(suite, arch, packages).values():
            done = os.path.join(state, os.path.basename(deb))
            if not os.path.exists(done):
                fetch.run(['bash', '-o', 'pipefail', '-c', UNPACK, 'unpack', deb, root])
                open(done, 'w').close()
        finish(root)
        open(asked, 'w').close()
    return root


def foreign(name, suite, arch):
    """A root after debootstrap's first stage: its second is to be run inside. Needs root and debootstrap."""
    where = os.path.join(ROOTS, name)
    if not os.path.exists(where):
        new = tempfile.mkdtemp(dir=ROOTS)
        fetch.run(['debootstrap', '--foreign', '--variant=minbase', '--arch=' + arch, '--keyring=/usr/share/keyrings/debian-archive-keyring.gpg',
                   suite, new, fetch.debian_mirror()])
        os.chmod(new, 0o755)
        os.rename(new, where)
    return where


def main():
    if len(sys.argv) < 5:
        sys.exit(__doc__)
    print(make(sys.argv[1], sys.argv[2], sys.argv[3], sys.argv[4:]))


if __name__ == '__main__':
    main()
