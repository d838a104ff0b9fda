#!/usr/bin/bash
# SPDX-License-Identifier: MIT
#: packages: bash coreutils libgcc-s1
#: npm: lightningcss-cli-linux-x64-gnu@1.33.0 lightningcss-cli-linux-arm64-gnu@1.33.0
# Rust: floating point in colours and lengths, a parser.
for i in $(seq 300); do echo ".c$i { color: lab(${i}% $i -$((i / 3))); width: calc(${i}px * 2 / 3 + 1em); & > p:hover { transition: all .${i}s ease-in; background: linear-gradient(${i}deg, oklch(0.$i 0.1 $i), #ff00$((10 + i % 90))) } } @media (min-width: ${i}px) { .d$i { margin: 0px 0px ${i}pt } }"; done > in.css
/npm/lightningcss --version 2>&1; for o in '' --minify '--targets >=0.25%' '--minify --targets ie11' --custom-media; do /npm/lightningcss $o in.css -o out.css; echo $?; sha256sum < out.css; done; head -c 300 out.css; echo 'a { color: ' | /npm/lightningcss --minify /dev/stdin 2>&1; echo 'a { b: c;; } }}' > bad.css; /npm/lightningcss bad.css; echo $?; exit 4
