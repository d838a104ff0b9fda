#!/usr/bin/bash
# SPDX-License-Identifier: MIT
#: packages: git coreutils
#: mask: in [0-9.]+ seconds => in TIME (time)
export GIT_AUTHOR_DATE='2020-01-01T00:00:00Z' GIT_COMMITTER_DATE='2020-01-01T00:00:00Z' GIT_AUTHOR_NAME=a GIT_AUTHOR_EMAIL=a@b GIT_COMMITTER_NAME=c GIT_COMMITTER_EMAIL=c@d GIT_PAGER=cat
git init -q -b main repo && cd repo || exit 1
for i in $(seq 1 40); do mkdir -p d$((i % 5)); seq $i $((i + 200)) > d$((i % 5))/f$i; done; git add -A; git commit -q -m first; git rev-parse HEAD
sed -i 's/^150$/changed/' d1/f1 d2/f2; git diff --stat; git diff | md5sum; git commit -qam second; git log --oneline --stat; git checkout -q -b topic HEAD~1; echo new > d3/new; git add .; git commit -qm topic; git checkout -q main; git merge -q -m merged topic; git log --graph --format='%h %s'
git checkout -q -b conflict HEAD~2; echo x > d1/f1; git commit -qam x; git merge main 2>&1; git status --short; git merge --abort; git rebase -q main 2>&1 | head -3; git rebase --abort; git tag -a v1 -m tag main; git describe main; git config pack.threads 1; git gc -q; git fsck --strict; git count-objects -v | grep -v size; git verify-pack -v .git/objects/pack/*.idx | tail -3 | cut -c 1-20
git clone -q . ../clone 2>&1; cd ../clone && git log -1 --format=%H origin/main; git fetch -q; git blame -s d1/f1 2>/dev/null | md5sum; git grep -n changed origin/main | head -3; git archive origin/main | tar tf - | wc -l; git bisect start origin/main origin/main~2 > /dev/null; git bisect run sh -c '! grep -q changed d2/f2' 2>&1 | tail -3; git show HEAD:d4/none; echo "status $?"; git daemon --base-path=.. --export-all --listen=127.0.0.1 --reuseaddr --pid-file=../pid --detach ..; sleep 1; git ls-remote git://127.0.0.1/repo | sort | head -3; git clone -q git://127.0.0.1/repo ../viadaemon && git -C ../viadaemon rev-parse HEAD; kill "$(cat ../pid)"
