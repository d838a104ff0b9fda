// SPDX-License-Identifier: MIT
// What programs in JavaScript do: objects, closures, maps, strings, sorting, typed arrays, JSON, regular expressions.
'use strict';
let x = 1;
const step = () => (x = (Math.imul(x, 1103515245) + 12345) & 0x7fffffff);

class Vector {
    constructor(a, b) { this.a = a; this.b = b; }
    add(o) { return new Vector(this.a + o.a, this.b - o.b); }
}
let v = new Vector(0, 0);
for (let i = 0; i < 3e6; i++) v = v.add(new Vector(i & 7, 1.5));

const counts = new Map();
const words = Array.from({ length: 60000 }, () => 'w' + step() % 5000);
for (const w of words) counts.set(w, (counts.get(w) || 0) + 1);
const top = [...counts].sort((p, q) => q[1] - p[1] || (p[0] < q[0] ? -1 : 1)).slice(0, 3).map(p => p[0]);

const data = Array.from({ length: 8000 }, (_, i) => ({ id: i, tags: ['a' + i % 7, 'b'], value: i / 3 }));
const again = JSON.parse(JSON.stringify(data)).filter(d => d.tags[0] === 'a3').reduce((s, d) => s + d.value, 0);

const n = 160, m = new Float64Array(n * n).map((_, i) => i % 13), r = new Float64Array(n * n);
for (let i = 0; i < n; i++) for (let j = 0; j < n; j++) { let s = 0; for (let k = 0; k < n; k++) s += m[i * n + k] * m[k * n + j]; r[i * n + j] = s; }
const text = words.join(' ').replace(/w(\d)(\d+)/g, '$2w$1');
console.log(v.a, v.b, top.join(), again.toFixed(3), r.reduce((p, q) => p + q), text.length, text.split(/w4/).length);
