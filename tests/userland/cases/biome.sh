#!/usr/bin/bash
# SPDX-License-Identifier: MIT
#: packages: bash coreutils
#: npm: @biomejs/cli-linux-x64@2.6.8 @biomejs/cli-linux-arm64@2.6.8
#: mask: in [0-9.]+(ms|s|µs) => in TIME (time)
# A large Rust program: a pool of threads, a parser, atomics in numbers.
for i in $(seq 30); do { echo "import {b$i} from './x$i'"; for j in $(seq 40); do echo "export const  v${i}_$j=(a:number,b?:string)=>{ if(a==$j){return b!.length**2} else {var q = a+$j; return q}}"; done; } > m$i.ts; done; echo 'let x = ;' > bad.js; echo '{"a":[1,2,{"b":null}],"c":1e3}' > d.json; echo 'a{color:red;b{margin:0 0}}' > s.css
/npm/biome --version; /npm/biome format --write --colors=off m*.ts d.json s.css 2>&1; cat m*.ts d.json s.css | sha256sum; /npm/biome lint --colors=off --max-diagnostics=none m*.ts 2>&1 | sed 's| in [0-9.]*[a-zµ]*s\.| in TIME.|' | sort | sha256sum; /npm/biome check --colors=off bad.js 2>&1; echo "$?"; for i in 1 2 3; do /npm/biome format --colors=off m*.ts > /dev/null 2>&1 & done; wait; exit 2
