#!/usr/bin/node
// SPDX-License-Identifier: MIT
//: packages: nodejs
// JIT-heavy work, garbage collection, workers, child processes, sockets, WebAssembly.
const { execFileSync, spawn } = require('child_process'), { Worker, isMainThread, parentPort, workerData } = require('worker_threads'), crypto = require('crypto'), net = require('net'), zlib = require('zlib'), fs = require('fs');
if (!isMainThread) { let s = 0; for (let i = 0; i < 300000; i++) s = (s + i * workerData) | 0; parentPort.postMessage(s); return; }
class P { constructor(x, y) { this.x = x; this.y = y; } len() { return Math.hypot(this.x, this.y); } }
function nbody(n) { let b = [[0, 0, 1], [1, 0, 0.1], [0, 2, 0.01]].map(([x, y, m]) => ({ x, y, vx: y, vy: -x, m })); for (let i = 0; i < n; i++) { for (const p of b) for (const q of b) if (p !== q) { const dx = q.x - p.x, dy = q.y - p.y, d = dx * dx + dy * dy + 0.01, f = q.m / (d * Math.sqrt(d)) * 0.001; p.vx += dx * f; p.vy += dy * f; } for (const p of b) { p.x += p.vx * 0.001; p.y += p.vy * 0.001; } } return b.map(p => p.x.toFixed(9)).join(' '); }
function sieve(n) { const a = new Uint8Array(n + 1); let c = 0; for (let i = 2; i <= n; i++) { if (!a[i]) { c++; for (let j = i * i; j <= n; j += i) a[j] = 1; } } return c; }
const fib = n => n < 2 ? n : fib(n - 1) + fib(n - 2);
console.log(nbody(60000), sieve(500000), fib(24));
let sum = 0; for (let i = 0; i < 300000; i++) sum += new P(i, i + 1).len() % 3; console.log(sum.toFixed(6));
const m = new Map(); for (let i = 0; i < 50000; i++) m.set('k' + i % 1000, (m.get('k' + i % 1000) || 0) + i); console.log(m.size, m.get('k7'));
console.log([...'the quick brown fox'.matchAll(/(\w)(\w+)/g)].map(x => x[2] + x[1]).join(' '), JSON.stringify(JSON.parse('{"a":[1,2,{"b":null}]}')), (2n ** 200n).toString(36), 0.1 + 0.2, parseInt('7f', 16), new Date(0).toISOString());
console.log(crypto.createHash('sha256').update('x'.repeat(100000)).digest('hex'), zlib.gunzipSync(zlib.gzipSync(Buffer.alloc(100000, 'ab'))).length, typeof process.version);
let polymorphic = 0; for (const o of [1, 'a', { valueOf: () => 3 }, [4], 5n].concat(Array(20000).fill({ a: 1, valueOf() { return this.a; } }))) { try { polymorphic += Number(o) || 0; } catch (e) { polymorphic--; } } console.log(polymorphic);
try { (function deep(n) { return deep(n + 1) + 1; })(0); } catch (e) { console.log(e instanceof RangeError); } try { null.x; } catch (e) { console.log(e.message); }
const wasm = new WebAssembly.Instance(new WebAssembly.Module(Uint8Array.from([0, 97, 115, 109, 1, 0, 0, 0, 1, 7, 1, 96, 2, 127, 127, 1, 127, 3, 2, 1, 0, 7, 7, 1, 3, 97, 100, 100, 0, 0, 10, 9, 1, 7, 0, 32, 0, 32, 1, 106, 11]))); let w = 0; for (let i = 0; i < 200000; i++) w = wasm.exports.add(w, i); console.log(w);
let junk = []; for (let i = 0; i < 300; i++) { junk.push(Array(2000).fill(i).map(String)); if (junk.length > 30) junk = []; } console.log(junk.length);
console.log(execFileSync('/bin/echo', ['from', 'echo']).toString().trim());
(async () => {
    console.log(await Promise.all([1, 2, 3, 4].map(k => new Promise((ok, no) => { const w = new Worker(__filename, { workerData: k }); w.on('message', ok); w.on('error', no); }))));
    await new Promise(done => { const s = net.createServer(c => c.pipe(c)).listen(0, '127.0.0.1', () => { const c = net.connect(s.address().port, '127.0.0.1'); let got = 0; c.on('data', d => { got += d.length; if (got === 300000) { console.log('echoed', got); c.end(); s.close(done); } }); c.write(Buffer.alloc(300000)); }); });
    await new Promise(done => spawn('sh', ['-c', 'exit 7']).on('exit', (c, s) => { console.log('exit', c, s); done(); })); await new Promise(done => { const p = spawn('sleep', ['60']); p.on('exit', (c, s) => { console.log('exit', c, s); done(); }); p.kill(); });
    await fs.promises.writeFile('f', 'text'); console.log(await fs.promises.readFile('f', 'utf8'), (await fs.promises.stat('f')).size); function* g() { yield* [1, 2, 3]; } console.log(...g(), [3, 1, 2].sort().toString(), structuredClone({ a: [1] }).a[0]); process.on('exit', c => console.log('bye', c)); process.exitCode = 3;
})();
