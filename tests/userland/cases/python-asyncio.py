#!/usr/bin/python3
# SPDX-License-Identifier: MIT
#: packages: python3 coreutils
import asyncio, os, signal, socket, sys
async def echo(r, w):
    while d := await r.read(1000): w.write(d.upper()); await w.drain()
    w.close()
async def client(port, n):
    r, w = await asyncio.open_connection('127.0.0.1', port); w.write(b'message %d ' % n * 300); w.write_eof(); d = await r.read(); w.close(); return len(d), d[:9]
async def main():
    s = await asyncio.start_server(echo, '127.0.0.1', 0); port = s.sockets[0].getsockname()[1]; print(sorted(await asyncio.gather(*[client(port, n) for n in range(30)]))[::7]); s.close()
    u = await asyncio.start_unix_server(echo, 'sock'); r, w = await asyncio.open_unix_connection('sock'); w.write(b'unix'); print(await r.read(4)); w.close(); u.close()
    p = await asyncio.create_subprocess_exec('sort', '-r', stdin=-1, stdout=-1); print((await p.communicate(b'a\nc\nb\n'))[0], p.returncode); ps = [await asyncio.create_subprocess_shell('exit %d' % i) for i in range(6)]; print([await p.wait() for p in ps])
    try: await asyncio.wait_for(asyncio.sleep(9), 0.05)
    except TimeoutError: print('timeout')
    loop = asyncio.get_running_loop(); e = asyncio.Event(); loop.add_signal_handler(signal.SIGUSR1, e.set); os.kill(os.getpid(), signal.SIGUSR1); await asyncio.wait_for(e.wait(), 5); print('signal', await loop.run_in_executor(None, sum, range(1000)), await asyncio.to_thread(os.getpid) == os.getpid())
    q = asyncio.Queue(3); got = []
    async def consume():
        while (x := await q.get()) is not None: got.append(x)
    async with asyncio.TaskGroup() as g:
        g.create_task(consume())
        for i in range(500): await q.put(i)
        await q.put(None)
    print(sum(got)); a, b = socket.socketpair(); a.setblocking(False); b.setblocking(False); await loop.sock_sendall(a, b'pair'); print(await loop.sock_recv(b, 9))
    class U(asyncio.DatagramProtocol):
        def connection_made(self, t): self.t = t
        def datagram_received(self, d, a): self.t.sendto(d[::-1], a)
    t, _ = await loop.create_datagram_endpoint(U, local_addr=('127.0.0.1', 0)); k = socket.socket(socket.AF_INET, socket.SOCK_DGRAM); k.setblocking(False); k.connect(t.get_extra_info('sockname')); await loop.sock_sendall(k, b'datagram'); print(await loop.sock_recv(k, 99)); t.close()
    try:
        async with asyncio.timeout(0.02): await asyncio.Future()
    except TimeoutError: print('timeout 2')
    r, w = os.pipe(); f = loop.create_future(); loop.add_reader(r, lambda: f.set_result(os.read(r, 9))); os.write(w, b'pipe'); print(await f); t = asyncio.create_task(asyncio.sleep(9)); t.cancel(); print((await asyncio.gather(t, return_exceptions=True))[0].__class__.__name__)
asyncio.run(main()); sys.exit(4)
