#!/usr/bin/bash
# SPDX-License-Identifier: MIT
#: packages: postgresql-17 util-linux coreutils
#: needs: root
#: mask: tps = .*|latency average = .*|initial connection time = .* => TIMES (speed)
#: mask: ^pgbench \(.*\)$ => VERSION (version)
# initdb, a server with several clients on loopback, a fast shutdown and a start from the log.
PATH=$PATH:$(echo /usr/lib/postgresql/*/bin); mkdir data run; chown -R nobody: data run; chmod 755 .
u() { setpriv --reuid=65534 --regid=65534 --clear-groups "$@"; }
u initdb -D data -A trust -U pg --no-sync > initdb.log 2>&1; echo "initdb $?"; tail -2 initdb.log | head -1 | cut -c 1-20
start() { u pg_ctl -D data -w -t 120 -o "-k $PWD/run -p 5499 -c fsync=off" -l run/log start > ctl.log 2>&1; echo "start $?"; }
start; q() { psql -X -h 127.0.0.1 -p 5499 -U pg -At "$@" postgres; }
q <<'END'
create table t as select i, md5(i::text) as m, i * 0.5 as v from generate_series(1, 20000) i; create index on t(m); analyze t;
select count(*), sum(v), min(m), max(m) from t; select i from t where m = md5('4711'); select i % 7, count(*) from t group by 1 order by 1;
begin; update t set v = -v where i % 2 = 0; rollback; select sum(v) from t; create function f(n int) returns int language plpgsql as $$ begin if n < 2 then return n; end if; return f(n - 1) + f(n - 2); end $$; select f(14);
select jsonb_path_query('{"a":[1,2,3]}', '$.a[*] ? (@ > 1)'); select 1/0; select to_tsvector('english', 'quick foxes jumped') @@ to_tsquery('fox'); select avg(x), stddev(x) from generate_series(1, 1000) x; set max_parallel_workers_per_gather = 2; set min_parallel_table_scan_size = 0; set parallel_setup_cost = 0; select count(*) from t where v > 100; select i, lag(i) over (order by i desc) from t order by i limit 3;
END
pgbench -h 127.0.0.1 -p 5499 -U pg -i -q -s 1 postgres > /dev/null 2>&1; echo "init $?"; pgbench -h 127.0.0.1 -p 5499 -U pg -c 4 -j 2 -t 50 postgres 2>/dev/null; q -c 'select count(*) from pgbench_history' -c 'checkpoint'
u pg_ctl -D data -m immediate stop > ctl.log; echo "stop $?"; start; q -c 'select count(*) from pgbench_history'; u pg_ctl -D data -m fast stop > ctl.log; echo "stop $?"
