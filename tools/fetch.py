#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Fetches and unpacks Debian packages of any architecture and suite, without touching the machine's own apt.

The mirror is the machine's own Debian entry (deb822 or one-line); third-party entries are ignored. Packages are kept under
${XDG_CACHE_HOME:-~/.cache}/lyre/debian/<suite>-<arch>/<package>_<version>_<hash>; once there, no network is needed.

    fetch.py SUITE ARCH PACKAGE...     prints the folder of each
"""
import fcntl
import glob
import hashlib
import os
import re
import shutil
import subprocess
import sys

CACHE = os.path.join(os.environ.get('XDG_CACHE_HOME') or os.path.expanduser('~/.cache'), 'lyre')


def deb822_entries(path):
    for stanza in re.split(r'\n\s*\n', open(path).read()):
        lines = [l for l in stanza.splitlines() if not l.startswith('#')]
        fields = {}
        for line in lines:
            if ':' in line and not line[0].isspace():
                key, value = line.split(':', 1)
                fields[key.strip().lower()] = value.strip()
        if 'deb' in fields.get('types', '').split():
            for uri in fields.get('uris', '').split():
                yield uri, fields.get('suites', '').split(), fields.get('components', '').split()


def one_line_entries(path):
    for line in open(path):
        m = re.match(r'\s*deb\s+(?:\[[^\]]*\]\s+)?(\S+)\s+(\S+)\s+(.*)', line)
        if m:
            yield m.group(1), [m.group(2)], m.group(3).split('#')[0].split()


def debian_mirror():
    """URI of the machine's own Debian entry: the one that offers this release's suite with component main."""
    codename = 'bookworm'
    for line in open('/etc/os-release'):
        if line.startswith('VERSION_CODENAME='):
            codename = line.split('=', 1)[1].strip().strip('"')
    entries = []
    for path in sorted(glob.glob('/etc/apt/sources.list.d/*.sources')):
        entries += deb822_entries(path)
    for path in ['/etc/apt/sources.list'] + sorted(glob.glob('/etc/apt/sources.list.d/*.list')):
        if os.path.exists(path):
            entries += one_line_entries(path)
    for uri, suites, components in entries:
        if codename in suites and 'main' in components:
            return uri
    sys.exit('fetch.py: no Debian entry with suite %s and component main in /etc/apt' % codename)


def apt_root(suite, arch, kind='deb'):
    """Private apt configuration; its package lists are fetched once. kind: `deb`, or `deb-src` for source packages."""
    root = os.path.join(CACHE, 'apt', '%s-%s' % (suite, arch if kind == 'deb' else 'source'))
    for d in ('lists/partial', 'cache/archives/partial', 'etc', 'state'):
        os.makedirs(os.path.join(root, d), exist_ok=True)
    status = os.path.join(root, 'state', 'status')
    open(status, 'a').close()
    with open(os.path.join(root, 'etc', 'sources.list'), 'w') as f:
        f.write('%s [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg arch=%s] %s %s main\n' % (kind, arch, debian_mirror(), suite))
    options = []
    for key, value in (('Dir::Etc::sourcelist', root + '/etc/sources.list'), ('Dir::Etc::sourceparts', '/dev/null'),
                       ('Dir::State', root + '/state'), ('Dir::State::status', status), ('Dir::State::lists', root + '/lists'),
                       ('Dir::Cache', root + '/cache'), ('APT::Architecture', arch), ('APT::Architectures', arch),
                       ('APT::Sandbox::User', 'root'), ('Acquire::Languages', 'none')):
        options += ['-o', '%s=%s' % (key, value)]
    stamp = os.path.join(root, 'updated')
    if not os.path.exists(stamp):
        run(['apt-get'] + options + ['-qq', 'update'])
        open(stamp, 'w').close()
    return options


def run(command, cwd=None):
    result = subprocess.run(command, cwd=cwd, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    if result.returncode:
        sys.exit('fetch.py: %s failed:\n%s' % (' '.join(command), result.stdout))
    return result.stdout


def fetch(suite, arch, package):
    """Folder with the unpacked package; downloads it when it is not there."""
    where = os.path.join(CACHE, 'debian', '%s-%s' % (suite, arch))
    os.makedirs(where, exist_ok=True)
    with open(os.path.join(where, '.lock'), 'w') as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        known = sorted(glob.glob(os.path.join(where, package + '_*')))
        if known:
            return known[-1]
        print('fetching %s (%s, %s) ...' % (package, suite, arch), file=sys.stderr)
        scratch = os.path.join(where, '.new-' + package)
        shutil.rmtree(scratch, ignore_errors=True)
        os.makedirs(scratch)
        run(['apt-get'] + apt_root(suite, arch) + ['-qq', 'download', package], cwd=scratch)
        deb = glob.glob(scratch + '/*.deb')[0]
        digest = hashlib.sha256(open(deb, 'rb').read()).hexdigest()[:16]
        version = run(['dpkg-deb', '-f', deb, 'Version']).strip().replace(':', '%')
        run(['dpkg-deb', '-x', deb, scratch + '/root'])
        target = os.path.join(where, '%s_%s_%s' % (package, version, digest))
        os.rename(scratch + '/root', target)
        shutil.rmtree(scratch)
        return target


def source(suite, package):
    """Folder of the unpacked source package, as its authors made it: without Debian's patches, which may ask for autotools."""
    where = os.path.join(CACHE, 'debian', suite + '-source')
    os.makedirs(where, exist_ok=True)
    with open(os.path.join(where, '.lock'), 'w') as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        target = os.path.join(where, package)
        if not os.path.exists(target):
            print('fetching the source of %s (%s) ...' % (package, suite), file=sys.stderr)
            scratch = os.path.join(where, '.new-' + package)
            shutil.rmtree(scratch, ignore_errors=True)
            os.makedirs(scratch)
            run(['apt-get'] + apt_root(suite, 'amd64', 'deb-src') + ['-qq', '--download-only', 'source', package], cwd=scratch)
            run(['dpkg-source', '--skip-patches', '-x', glob.glob(scratch + '/*.dsc')[0], scratch + '/tree'], cwd=scratch)
            os.rename(scratch + '/tree', target)
            shutil.rmtree(scratch)
        return target


def npm(spec):
    """Folder of an npm package, NAME@VERSION, for whatever machine it is made."""
    where = os.path.join(CACHE, 'npm', spec.replace('/', '+'))
    os.makedirs(os.path.dirname(where), exist_ok=True)
    with open(where + '.lock', 'w') as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not os.path.exists(where):
            print('fetching %s ...' % spec, file=sys.stderr)
            shutil.rmtree(where + '.new', ignore_errors=True)
            os.makedirs(where + '.new')
            run(['npm', 'pack', '--silent', spec], cwd=where + '.new')
            run(['tar', '-xzf', os.path.basename(glob.glob(where + '.new/*.tgz')[0])], cwd=where + '.new')
            os.rename(where + '.new/package', where)
            shutil.rmtree(where + '.new')
    return where


def qemu(guest):
    """Path of the newest qemu-<guest> (sid): the rival in benchmarks, the oracle in differential tests."""
    return os.path.join(fetch('sid', 'amd64', 'qemu-user'), 'usr/bin/qemu-' + guest)


def main():
    if len(sys.argv) < 4:
        sys.exit(__doc__)
    for package in sys.argv[3:]:
        print(fetch(sys.argv[1], sys.argv[2], package))


if __name__ == '__main__':
    main()
