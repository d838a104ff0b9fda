#!/usr/bin/python3
# SPDX-License-Identifier: MIT
#: packages: python3 coreutils
# vfork, exec errors, pipes, signals, timeouts, sessions, descriptors.
import os, signal, subprocess, sys
run = lambda *a, **k: subprocess.run(a, capture_output=True, text=True, **k)
print(run('echo', 'a', 'b').stdout, run('sh', '-c', 'exit 9').returncode, run('sh', '-c', 'kill -9 $$').returncode)
for name in ('/nonexistent', '/etc/passwd', '/etc'):
    try: run(name)
    except OSError as e: print(type(e).__name__, e.errno)
try: run('true', cwd='/nowhere')
except OSError as e: print(type(e).__name__, e.filename)
try: run('sleep', '9', timeout=0.3)
except subprocess.TimeoutExpired as e: print('timeout', e.timeout)
p = subprocess.Popen(['sort', '-n'], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
print(p.communicate('\n'.join(str(i * 37 % 1000) for i in range(1000)))[0].split()[::250])
a = subprocess.Popen(['seq', '5000'], stdout=subprocess.PIPE); b = subprocess.Popen(['wc', '-c'], stdin=a.stdout, stdout=subprocess.PIPE); a.stdout.close(); print(b.communicate()[0].split(), a.wait())
print(run('env', env={'A': '1'}).stdout, run('sh', '-c', 'echo $0 $PPID', env={}).stdout.split()[1] == str(os.getpid()))
r, w = os.pipe(); print(run('sh', '-c', 'echo through >&%d' % w, pass_fds=[w]).returncode, os.read(r, 99))
print(run('sh', '-c', 'echo err >&2; echo out').stderr, run('id', '-u').stdout, run('sh', '-c', 'ps -o sid= -p $$ 2>/dev/null || cut -d" " -f6 /proc/$$/stat', start_new_session=True).stdout.strip() != str(os.getsid(0)))
for how in (dict(close_fds=False), dict(close_fds=True), dict(restore_signals=False), dict(preexec_fn=lambda: os.nice(5)), dict(umask=0o27), dict(process_group=0)):
    print(list(how)[0], run('sh', '-c', 'nice; umask', **how).stdout.split())
pid = os.posix_spawn('/bin/sh', ['sh', '-c', 'exit 11'], os.environ); print(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))
p = subprocess.Popen(['sh', '-c', 'trap "exit 12" TERM; echo ready; while :; do sleep 0.01; done'], stdout=subprocess.PIPE); p.stdout.readline(); p.terminate(); print(p.wait())
p = subprocess.Popen(['sleep', '9']); p.send_signal(signal.SIGSTOP); print(os.WIFSTOPPED(os.waitpid(p.pid, os.WUNTRACED)[1])); p.kill(); print(p.wait())
fd = os.pidfd_open(os.spawnlp(os.P_NOWAIT, 'sh', 'sh', '-c', 'exit 13')); print(os.waitid(os.P_PIDFD, fd, os.WEXITED).si_status)
print(subprocess.getstatusoutput('echo hi; exit 3'), run(sys.executable, '-c', 'import sys; print(sys.argv, sys.flags.isolated); sys.exit(4)', 'x').returncode, os.path.basename(sys.executable), [run('true').returncode for _ in range(30)].count(0))
pids = [os.fork() or os._exit(i) for i in range(20)]; print(sorted(os.waitstatus_to_exitcode(os.waitpid(p, 0)[1]) for p in pids)); print(run('sh', '-c', './script', cwd='.').returncode)
open('script', 'w').write('#!/usr/bin/env python3\nimport sys; print(sys.argv); sys.exit(6)\n'); os.chmod('script', 0o755); print(run('./script', 'arg'), os.readlink('/proc/self/exe').split('/')[-1].startswith('python3')); sys.stdout.flush(); os.execlp('sh', 'sh', '-c', 'echo exec; exit 14')
