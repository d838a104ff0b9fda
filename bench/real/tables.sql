-- SPDX-License-Identifier: MIT
-- Tables, indices, joins, groups, windows and text in memory.
CREATE TABLE item(id INTEGER PRIMARY KEY, kind INTEGER, name TEXT, price REAL);
WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 60000)
    INSERT INTO item SELECT i, i * 7919 % 97, printf('name %d of %d', i * 31 % 1009, i), i % 1000 / 7.0 FROM n;
CREATE INDEX by_kind ON item(kind, price);
CREATE INDEX by_name ON item(name);
CREATE TABLE kind(id INTEGER PRIMARY KEY, title TEXT);
INSERT INTO kind SELECT DISTINCT kind, 'kind ' || kind FROM item;
SELECT title, count(*), round(sum(price), 3), max(name) FROM item JOIN kind ON kind.id = item.kind GROUP BY kind.id ORDER BY 3 DESC LIMIT 3;
SELECT count(*) FROM item WHERE name LIKE '%9 of 1%' AND upper(substr(name, 6, 2)) > '2';
SELECT round(sum(r * price), 2) FROM (SELECT price, row_number() OVER (PARTITION BY kind ORDER BY price, id) AS r FROM item);
UPDATE item SET price = price * 1.5, name = replace(name, 'name', 'title') WHERE kind % 3 = 0;
DELETE FROM item WHERE id IN (SELECT id FROM item WHERE price > 150 ORDER BY name LIMIT 9000);
SELECT count(*), round(avg(price), 6), min(name), max(length(name)) FROM item;
SELECT group_concat(DISTINCT a.kind) FROM item a JOIN item b ON a.id = b.id + 1 AND a.price < b.price WHERE a.id < 3000;
