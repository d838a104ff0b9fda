#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Runs one command in a Debian root: new mount, pid and network namespaces (and a user namespace when we are not root), the root as an overlay
that forgets all writes, loopback up. The command's standard output and error go to ours; the last line of descriptor 3 is its status and CPU seconds.

    enter.py SPEC      SPEC: JSON {root, way, machine, emulator, options, folders: {/path: folder}, files: {name: text}, command}

Ways: native (chroot, the command as it is), chroot (chroot, the emulator starts the command), prefix (the emulator with -L, from outside),
binfmt (chroot, the emulator registered with a binfmt_misc of this user namespace; for emulators that do not start children themselves).
"""
import ctypes
import fcntl
import json
import os
import resource
import signal
import struct
import subprocess
import sys

libc = ctypes.CDLL(None, use_errno=True)
NEWNS, NEWUSER, NEWPID, NEWNET = 0x20000, 0x10000000, 0x20000000, 0x40000000
MS_BIND, MS_REC, MS_PRIVATE = 0x1000, 0x4000, 0x40000
PLACE = '/tmp/root'        # of the overlay, in a new /tmp
WORK = '/tmp/case'         # the command's working directory, everywhere
EMULATOR = '/.emulator'    # where it is in a root
MAGIC = r'\x7fELF\x02\x01\x01\x00\x00\x00\x00\x00\x00\x00\x00\x00\x02\x00\x%02x\x00'
MASK = r'\xff\xff\xff\xff\xff\xff\xff\x00\xff\xff\xff\xff\xff\xff\xff\xff\xfe\xff\xff\xff'
ENVIRONMENT = {'PATH': '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin', 'HOME': WORK, 'LC_ALL': 'C', 'TERM': 'dumb', 'TZ': 'UTC',
               'USER': 'root', 'LOGNAME': 'root', 'SHELL': '/bin/bash'}


def check(result, what):
    if result < 0:
        raise OSError(ctypes.get_errno(), '%s: %s' % (what, os.strerror(ctypes.get_errno())))


def mount(source, target, kind=None, flags=0, data=None):
    os.makedirs(target, exist_ok=True)
    encode = lambda s: s.encode() if s else None
    check(libc.mount(encode(source), target.encode(), encode(kind), ctypes.c_ulong(flags), encode(data)), 'mount ' + target)


def new_namespaces(wants_user):
    uid, gid = os.getuid(), os.getgid()
    wants_user |= uid != 0
    check(libc.unshare(NEWNS | NEWPID | NEWNET | (NEWUSER if wants_user else 0)), 'unshare')
    if wants_user:
        for name, text in (('setgroups', 'deny'), ('uid_map', '0 %d 1' % uid), ('gid_map', '0 %d 1' % gid)):
            with open('/proc/self/' + name, 'w') as f:
                f.write(text)


def loopback_up():
    import socket
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
        fcntl.ioctl(s, 0x8914, struct.pack('16sh', b'lo', 0x41))  # SIOCSIFFLAGS, IFF_UP | IFF_RUNNING


def build_root(spec):
    """The root at PLACE, and the files of the case in WORK."""
    way, hold = spec['way'], os.open(spec['root'], os.O_PATH)
    emulator = open(spec['emulator'], 'rb').read() if spec['emulator'] else None
    mount(None, '/', None, MS_REC | MS_PRIVATE)
    mount('tmpfs', '/tmp', 'tmpfs')
    for name in ('upper', 'work'):
        os.makedirs('/tmp/.overlay/' + name)
    mount('overlay', PLACE, 'overlay', 0, 'lowerdir=/proc/self/fd/%d,upperdir=/tmp/.overlay/upper,workdir=/tmp/.overlay/work' % hold)
    os.close(hold)
    if way == 'prefix':
        mount('proc', '/proc', 'proc')
        place = ''
    else:
        mount('proc', PLACE + '/proc', 'proc')
        mount('/dev', PLACE + '/dev', None, MS_BIND | MS_REC)
        mount('tmpfs', PLACE + '/tmp', 'tmpfs')
        place = PLACE
    for path, folder in spec['folders'].items():
        mount(folder, PLACE + path, None, MS_BIND | MS_REC)
    if emulator:
        where = ('/tmp' if way == 'prefix' else PLACE) + EMULATOR
        with open(where, 'wb') as f:
            f.write(emulator)
        os.chmod(where, 0o755)
    if way == 'binfmt':
        mount('binfmt_misc', PLACE + '/proc/sys/fs/binfmt_misc', 'binfmt_misc')
        with open(PLACE + '/proc/sys/fs/binfmt_misc/register', 'w') as f:
            f.write(':lyre-test:M::%s:%s:%s:F' % (MAGIC % spec['machine'], MASK, PLACE + EMULATOR))
    os.makedirs(place + WORK)
    for path, text in spec['files'].items():
        with open(place + WORK + '/' + path, 'w') as f:
            f.write(text)
        os.chmod(place + WORK + '/' + path, 0o755)


def command_of(spec):
    command, way = spec['command'], spec['way']
    if way == 'chroot':
        return [EMULATOR, *spec['options'], *command]
    if way == 'prefix':
        return ['/tmp' + EMULATOR, *spec['options'], '-L', PLACE, PLACE + command[0], *command[1:]]
    return command


def start(spec):
    """In the child that becomes the command."""
    os.setsid()
    signal.signal(signal.SIGPIPE, signal.SIG_DFL)
    command = command_of(spec)
    if spec['way'] != 'prefix':
        os.chroot(PLACE)
    os.chdir(WORK)
    os.close(3)
    os.execve(command[0], command, ENVIRONMENT)


def run(spec):
    """As process 1 of the namespace: (exit status or 128 + signal, CPU seconds)."""
    build_root(spec)
    loopback_up()
    pid = os.fork()
    if pid == 0:
        try:
            start(spec)
        except BaseException as e:
            print('enter.py: %s' % e, file=sys.stderr)
            os._exit(99)
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    while True:
        found, status = os.wait()
        if found == pid:
            break
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    code = os.waitstatus_to_exitcode(status)
    return code if code >= 0 else 128 - code, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def main():
    spec = json.loads(sys.argv[1])
    new_namespaces(spec['way'] == 'binfmt')
    child = os.fork()
    if child == 0:
        libc.prctl(1, signal.SIGKILL)  # PR_SET_PDEATHSIG: when the runner gives up, the namespace goes with us
        code, seconds = run(spec)
        os.write(3, b'%d %f\n' % (code, seconds))
        os._exit(0)
    os.waitpid(child, 0)


main()
