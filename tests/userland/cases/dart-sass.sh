#!/usr/bin/bash
# SPDX-License-Identifier: MIT
#: packages: bash coreutils
#: npm: sass-embedded-linux-x64@1.105.0 sass-embedded-linux-arm64@1.105.0
# Dart's virtual machine running a snapshot.
sass() { /npm/dart-sass/src/dart /npm/dart-sass/src/sass.snapshot "$@"; }
{ echo '@use "sass:math"; @use "sass:color"; @use "sass:list"; $all: ();'; echo '@function fib($n) { @if $n < 2 { @return $n } @return fib($n - 1) + fib($n - 2) }'; for i in $(seq 60); do echo ".a$i { width: math.div(${i}px, 7); color: color.adjust(#336699, \$lightness: $((i % 40))%); &:hover { height: fib($((i % 13))) * 1px } @each \$x in a, b, c { &-#{\$x} { content: \"#{\$x}$i\" } } }"; done; } > in.scss
sass --version; sass in.scss > out.css; echo $?; sha256sum < out.css; head -5 out.css; sass --style=compressed in.scss | sha256sum; echo 'a { b: $none }' > bad.scss; sass --no-color bad.scss 2>&1; echo $?; echo 'a { b: 1 + 2 }' | sass --stdin; exit 5
