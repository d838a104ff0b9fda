#!/usr/bin/bash
# SPDX-License-Identifier: MIT
#: packages: sqlite3
sqlite3 db <<'END'
pragma journal_mode=wal;
create table t(id integer primary key, name text, value real);
with recursive n(i) as (select 1 union all select i+1 from n where i < 20000) insert into t select i, printf('name-%05d', i * 7919 % 20000), i * 0.37 from n;
create index by_name on t(name);
select count(*), sum(value), min(name), max(name) from t;
select name, value from t where name between 'name-00100' and 'name-00110' order by name desc;
select id % 10 as k, round(avg(value), 4), group_concat(substr(name, -1), '') from t where id < 200 group by k having k > 3;
begin; update t set value = value * 2 where id % 3 = 0; delete from t where id % 5 = 0; rollback;
begin; update t set value = -value where id % 2 = 0; commit; select total(value) from t;
select json_extract('{"a":[1,2,{"b":"x"}]}', '$.a[2].b'), json_group_array(id) from t where id < 6;
create virtual table f using fts5(body); insert into f values('the quick brown fox'), ('lazy dogs sleep'); select * from f where f match 'qui* OR sleep';
select name, row_number() over (order by value), lag(id) over (order by id) from t limit 4;
select hex(randomblob(4)) is not null, abs(-3.5), 5/2, 5.0/2, 1e300*1e10, typeof(null), date(0,'unixepoch'), upper('x'), sqrt(2), exp(1), 9223372036854775807 + 1;
explain query plan select * from t where name = 'x'; select * from nowhere;
pragma integrity_check;
END
echo "status $?"; for i in 1 2 3 4; do sqlite3 -cmd '.timeout 20000' db "insert into t(name) values('p$i')" & done; wait; sqlite3 -csv -header db 'select count(*) as n from t where value is null'; sqlite3 db .dump | tail -3; sqlite3 db 'vacuum' '.schema'; stat -c %s db
