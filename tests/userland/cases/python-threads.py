#!/usr/bin/python3
# SPDX-License-Identifier: MIT
#: packages: python3
import concurrent.futures, queue, signal, sys, threading, time
lock, count = threading.Lock(), 0
def add():
    global count
    for _ in range(5000):
        with lock: count += 1
ts = [threading.Thread(target=add) for _ in range(8)]; [t.start() for t in ts]; [t.join() for t in ts]; print(count)
q, out = queue.Queue(50), queue.Queue()
def worker():
    while (x := q.get()) is not None: out.put(x * x)
ws = [threading.Thread(target=worker) for _ in range(4)]; [w.start() for w in ws]; [q.put(i) for i in range(2000)]; [q.put(None) for _ in ws]; [w.join() for w in ws]; print(sum(out.get() for _ in range(2000)))
b, seen = threading.Barrier(5), []
def at(i): b.wait(); seen.append(i); b.wait()
ts = [threading.Thread(target=at, args=(i,)) for i in range(5)]; [t.start() for t in ts]; [t.join() for t in ts]; print(sorted(seen))
e, c = threading.Event(), threading.Condition(); threading.Timer(0.05, e.set).start(); print(e.wait(5), e.wait(0))
s = threading.Semaphore(2); print(s.acquire(), s.acquire(), s.acquire(timeout=0.05)); l = threading.local(); l.x = 1
with concurrent.futures.ThreadPoolExecutor(6) as p: print(sum(p.map(lambda n: sum(range(n)), range(400))), [f.result() for f in [p.submit(pow, 2, i) for i in range(5)]])
got = []; signal.signal(signal.SIGALRM, lambda *a: got.append(threading.current_thread().name)); t = threading.Thread(target=lambda: time.sleep(0.3)); t.start(); signal.setitimer(signal.ITIMER_REAL, 0.02, 0.02); t.join(); signal.setitimer(signal.ITIMER_REAL, 0); print(len(got) > 3, set(got))
signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGUSR1]); signal.pthread_kill(threading.get_ident(), signal.SIGUSR1); print(signal.sigwait([signal.SIGUSR1]).name, signal.sigtimedwait([signal.SIGUSR2], 0.02))
threading.stack_size(256 * 1024); made = 0
for _ in range(300): t = threading.Thread(target=int); t.start(); t.join(); made += 1
print(made, threading.active_count(), sys.getswitchinterval()); threading.excepthook = lambda a: print('hook', a.exc_type.__name__); t = threading.Thread(target=lambda: 1 / 0); t.start(); t.join(); threading.Thread(target=lambda: (time.sleep(0.1), print('last')), daemon=False).start(); sys.exit(5)
