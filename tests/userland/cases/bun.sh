#!/usr/bin/bash
# SPDX-License-Identifier: MIT
#: packages: bash coreutils
#: npm: @oven/bun-linux-x64@1.4.5 @oven/bun-linux-aarch64@1.4.5
# JavaScriptCore: a JIT of four tiers, a collector with helper threads; a bundler, sockets.
bun=/npm/bin/bun
cat > t.ts <<'END'
import { createHash } from 'crypto'; import { Worker, isMainThread, parentPort, workerData } from 'worker_threads'; import { spawnSync } from 'child_process'; import fs from 'fs';
interface P { x: number; y?: string }
function fib(n: number): number { return n < 2 ? n : fib(n - 1) + fib(n - 2) }
function sieve(n: number) { const a = new Uint8Array(n + 1); let c = 0; for (let i = 2; i <= n; i++) if (!a[i]) { c++; for (let j = i * i; j <= n; j += i) a[j] = 1 } return c }
class V { constructor(public x: number, public y: number) {} add(o: V) { return new V(this.x + o.x, this.y - o.y) } }
console.log(fib(25), sieve(1000000)); let v = new V(0, 0); for (let i = 0; i < 500000; i++) v = v.add(new V(i / 3, i % 7)); console.log(v.x, v.y);
let s = 0; for (let i = 1; i < 300000; i++) s += Math.sqrt(i) / i + (i ** 0.5 | 0) + Math.fround(i / 7); console.log(s, 1e21 | 0, -1 >>> 0, 2 ** 53 + 1, 0.1 + 0.2, NaN | 0, (1e10 * 3) | 0, 5e-324 / 2);
const m = new Map<string, number>(); for (let i = 0; i < 100000; i++) m.set('k' + i % 997, (m.get('k' + i % 997) ?? 0) + i); console.log(m.size, m.get('k13')); console.log(JSON.stringify([...'naïve 😀'].map(c => c.codePointAt(0))), 'aXbXc'.replace(/x/gi, (a, i) => i), 12345678901234567890n ** 5n % 1000007n);
console.log([5, 1, 4].toSorted(), structuredClone({ a: new Date(0), b: new Set([1]) }), createHash('sha256').update('x'.repeat(100000)).digest('hex'), Bun.hash.crc32('abc'));
try { (null as any).x } catch (e) { console.log((e as Error).name) } try { (function f(): any { return f() + 1 })() } catch (e) { console.log((e as Error).name) }
const junk: any[] = []; for (let i = 0; i < 200000; i++) { junk[i % 1000] = { i, a: [i, { b: 'x' + i }] } } Bun.gc(true); console.log(junk[7].a[1].b);
const server = Bun.serve({ port: 0, fetch: async r => new Response((await r.text()).toUpperCase()) }); const all = await Promise.all(Array.from({ length: 20 }, (_, i) => fetch(server.url, { method: 'POST', body: 'hello ' + i }).then(r => r.text()))); console.log(all.join()); server.stop(true);
console.log(spawnSync('sh', ['-c', 'cat; exit 3'], { input: 'through a pipe' })); fs.writeFileSync('f', 'line\n'.repeat(1000)); console.log(fs.readFileSync('f', 'utf8').length);
const w = new Worker(new URL('./w.ts', import.meta.url), { workerData: 20 }); w.on('message', (x: any) => { console.log('worker', x); w.terminate().then(() => process.exit(6)) });
END
echo "import { parentPort, workerData } from 'worker_threads'; const f = (n: number): number => n < 2 ? n : f(n - 1) + f(n - 2); parentPort!.postMessage(f(workerData))" > w.ts
$bun --version; $bun t.ts 2>&1 | sed 's/pid: [0-9]*/pid: PID/'; echo "${PIPESTATUS[0]}"; $bun build t.ts --target=bun --minify | sha256sum; echo 'let x = ;' > bad.js; $bun bad.js 2>&1 | head -3; exit 2
