#!/usr/bin/bash
# SPDX-License-Identifier: MIT
#: packages: bash coreutils
#: npm: @esbuild/linux-x64@0.28.2 @esbuild/linux-riscv64@0.28.2 @esbuild/linux-arm64@0.28.2
# A static Go program from npm: goroutines, its garbage collector, its own preemption by signals.
esbuild=/npm/bin/esbuild
$esbuild --version
for i in $(seq 60); do { echo "import { f$((i + 1)) as next } from './m$((i + 1))'"; for j in $(seq 60); do echo "export const v${i}_$j = (a: number, b?: string): number => { const unused = a * $j; return a > $j ? a ?? 0 : b!.length ** 2 }"; done; echo "export class C$i<T> { #p = 1; static s = 2; get x() { return this.#p?.toString() } }"; echo "export function f$i() { return next() + v${i}_3($i) }"; } > m$i.ts; done
echo 'export const f61 = () => 1' > m61.ts; echo "import { f1 } from './m1'; console.log(f1(), <div class='x'>{...[1]}</div>)" > main.tsx; echo 'a { color: #ff0000; & b { margin: 0px 0px } }' > s.css
for o in '' --minify '--target=es2015 --format=iife' '--sourcemap=inline --minify' '--format=cjs --platform=node'; do $esbuild main.tsx --bundle $o --log-level=error | sha256sum; done; $esbuild s.css --minify; $esbuild --analyze --bundle main.tsx --outfile=out.js --log-level=error 2>&1 | head -3; echo 'let x = ;' | $esbuild 2>&1; echo "${PIPESTATUS[1]}"; echo 'let a: string = "x" as any' | $esbuild --loader=ts; $esbuild m1.ts m2.ts m3.ts --outdir=out --log-level=error; ls out; for i in 1 2 3 4 5 6; do $esbuild main.tsx --bundle --minify --log-level=error | md5sum & done; wait; exit 2
