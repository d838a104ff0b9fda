#!/usr/bin/python3
# SPDX-License-Identifier: MIT
#: packages: python3
import multiprocessing as mp, os, signal, sys, time
from multiprocessing import shared_memory
def square(x): return x * x
def child(q, v, a, lock, e):
    for _ in range(200):
        with lock: v.value += 1
    a[os.getpid() % 4] += 0; e.wait(); q.put('x' * 70000)
def fail(): raise SystemExit(7)
def die(): os.kill(os.getpid(), signal.SIGKILL)
def touch(name):
    m = shared_memory.SharedMemory(name); m.buf[5] = 77; m.close()
def main():
    for method in ('fork', 'spawn', 'forkserver'):
        c = mp.get_context(method)
        with c.Pool(3) as p: print(method, sum(p.map(square, range(500))), p.apply_async(square, (9,)).get(60), list(p.imap_unordered(square, [3])))
        q, v, a, lock, e = c.Queue(), c.Value('i', 0), c.Array('d', 4), c.Lock(), c.Event(); ps = [c.Process(target=child, args=(q, v, a, lock, e)) for _ in range(3)]; [p.start() for p in ps]; e.set(); print([len(q.get()) for _ in ps], [p.join() or p.exitcode for p in ps], v.value)
        for f in (fail, die): p = c.Process(target=f); p.start(); p.join(); print(f.__name__, p.exitcode)
    m = shared_memory.SharedMemory(create=True, size=4096); p = mp.Process(target=touch, args=(m.name,)); p.start(); p.join(); print(m.buf[5]); m.close(); m.unlink()
    a, b = mp.Pipe(); p = mp.Process(target=lambda: b.send({'k': [1, 2]})) if False else mp.get_context('fork').Process(target=b.send, args=({'k': [1, 2]},)); p.start(); print(a.recv(), a.poll(0.01)); p.join()
    with mp.Manager() as g: d = g.dict(); ps = [mp.Process(target=d.__setitem__, args=(i, i * i)) for i in range(4)]; [p.start() for p in ps]; [p.join() for p in ps]; print(sorted(d.items()))
    p = mp.get_context('fork').Process(target=time.sleep, args=(60,)); p.start(); p.terminate(); p.join(); print(p.exitcode, mp.active_children()); sys.exit(3)
if __name__ == '__main__': main()
