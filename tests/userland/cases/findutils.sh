#!/usr/bin/bash
# SPDX-License-Identifier: MIT
#: packages: findutils coreutils
mkdir -p t/{a,b,c}/{x,y}; for i in {1..60}; do printf '%*s' $i '' > t/a/x/f$i; done; touch t/b/y/{one,two}.txt; ln -s one.txt t/b/y/link; mkfifo t/c/pipe; chmod 600 t/b/y/two.txt; touch -d @1000 t/a/x/f1  # else: newer by less than a tick of the clock
find t -type d | sort; find t -name '*.txt' -printf '%p %s %m %y %d\n' | sort; find t -size -10c -type f | wc -l; find t -newer t/a/x/f1 -type l
find t -name 'f[0-9]' -exec wc -c {} + | tail -1; find t -name 'f1*' -exec echo found {} \; | sort | head -3; find t \( -perm 600 -o -type p \) -print0 | xargs -0 ls -d
find t -regex '.*/f[12]\(0\|5\)' | sort; find t -maxdepth 1 -mindepth 1 | sort; find t -empty | sort; find t -type f -delete; find t -type f | wc -l
seq 1 100 | xargs -n 7 echo | tail -2; seq 1 40 | xargs -P 4 -n 1 sh -c 'echo $(($0 * 2))' | sort -n | tail -1; printf 'a b\nc\n' | xargs -I{} echo '<{}>'; echo x | xargs sh -c 'exit 3'; echo "xargs $?"
find /usr/bin -type f -name 'xz*' | sort | head -5; find /nonexistent 2>&1; echo $?
