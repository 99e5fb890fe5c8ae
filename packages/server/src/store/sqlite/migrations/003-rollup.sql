-- Counts that are kept in the transaction of the records they count, so that counts and timelines read no records.
-- A bucket is a quarter of an hour (900,000,000 microseconds): the largest step that the offsets of all time zones in
-- use are multiples of. first_id and last_id bound the ids of a bucket's records, and may be wider after a purge.
CREATE TABLE rollup (
  bucket   INTEGER NOT NULL,
  level    INTEGER NOT NULL,
  name     TEXT    NOT NULL,
  count    INTEGER NOT NULL,
  first_id INTEGER NOT NULL,
  last_id  INTEGER NOT NULL,
  PRIMARY KEY (bucket, level, name)
) WITHOUT ROWID;

CREATE TABLE total (
  level    INTEGER NOT NULL,
  name     TEXT    NOT NULL,
  count    INTEGER NOT NULL,
  first_id INTEGER NOT NULL,
  last_id  INTEGER NOT NULL,
  PRIMARY KEY (level, name)
) WITHOUT ROWID;

-- last_id: the highest id ever given out (an id is never given twice, also when its record was purged);
-- purged_at: when retention last ran, microseconds since 1970.
CREATE TABLE property (
  name  TEXT PRIMARY KEY NOT NULL,
  value INTEGER NOT NULL
) WITHOUT ROWID;

INSERT INTO rollup
SELECT (ts - (ts % 900000000 + 900000000) % 900000000) / 900000000, level, name, count(*), min(record_id), max(record_id)
FROM record GROUP BY 1, 2, 3;

INSERT INTO total
SELECT level, name, sum(count), min(first_id), max(last_id) FROM rollup GROUP BY level, name;

INSERT INTO property SELECT 'last_id', coalesce(max(record_id), 0) FROM record;
