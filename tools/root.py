#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Makes a Debian root of any architecture from packages and what they depend on, unpacked only: no maintainer script runs.

The root is kept under ${XDG_CACHE_HOME:-~/.cache}/lyre/roots/NAME-SUITE-ARCH and made anew when the list of packages changes.
Users must not write into it; tests run on an overlay of it.

    root.py NAME SUITE ARCH PACKAGE...     prints its path
"""
import fcntl
import glob
import os
import shutil
import subprocess
import sys

import fetch

ROOTS = os.path.join(fetch.CACHE, 'roots')
LINKS = {'usr/bin/sh': 'dash', 'etc/localtime': '/usr/share/zoneinfo/Etc/UTC', 'etc/mtab': '/proc/mounts'}
FILES = {'etc/hosts': '127.0.0.1 localhost\n::1 localhost ip6-localhost\n', 'etc/hostname': 'lyre\n',
         'etc/nsswitch.conf': 'passwd: files\ngroup: files\nhosts: files\nservices: files\nprotocols: files\n'}


def download(suite, arch, packages, archives):
    """Paths of the .deb files of packages and of all that they depend on."""
    os.makedirs(os.path.join(archives, 'partial'), exist_ok=True)
    fetch.run(['apt-get'] + fetch.apt_root(suite, arch)
              + ['-o', 'Dir::Cache::archives=' + archives, '-qq', '-y', '--no-install-recommends', '--download-only', 'install'] + packages)
    return sorted(glob.glob(archives + '/*.deb'))


def finish(root):
    """What maintainer scripts would have made, as far as programs miss it."""
    for name in ('passwd', 'group'):
        shutil.copy(os.path.join(root, 'usr/share/base-passwd', name + '.master'), os.path.join(root, 'etc', name))
    for name, text in FILES.items():
        with open(os.path.join(root, name), 'w') as f:
            f.write(text)
    for name, target in LINKS.items():
        if not os.path.lexists(os.path.join(root, name)):
            os.symlink(target, os.path.join(root, name))


def make(name, suite, arch, packages):
    """Path of the root; downloads and unpacks when it is not there."""
    root = os.path.join(ROOTS, '%s-%s-%s' % (name, suite, arch))
    stamp = os.path.join(root, '.packages')
    os.makedirs(ROOTS, exist_ok=True)
    with open(root + '.lock', 'w') as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if os.path.exists(stamp) and open(stamp).read().split() == packages:
            return root
        print('making %s ...' % root, file=sys.stderr)
        shutil.rmtree(root, ignore_errors=True)
        for merged in ('bin', 'sbin', 'lib', 'lib64'):
            os.makedirs(os.path.join(root, 'usr', merged))
            os.symlink('usr/' + merged, os.path.join(root, merged))
        archives = root + '.archives'
        for deb in download(suite, arch, packages, archives):
            data = subprocess.Popen(['dpkg-deb', '--fsys-tarfile', deb], stdout=subprocess.PIPE)
            subprocess.run(['tar', '-x', '--keep-directory-symlink', '--no-same-owner', '-C', root], stdin=data.stdout, check=True)
            data.wait()
        shutil.rmtree(archives)
        finish(root)
        with open(stamp, 'w') as f:
            f.write('\n'.join(packages))
    return root


def main():
    if len(sys.argv) < 5:
        sys.exit(__doc__)
    print(make(*sys.argv[1:4], sys.argv[4:]))


if __name__ == '__main__':
    main()
