-- Records that came in small portions, until there are enough of them for a block. Their ids are behind those of all
-- blocks. A column without a type keeps what it is given.
CREATE TABLE recent (
  record_id INTEGER PRIMARY KEY NOT NULL,
  name      TEXT    NOT NULL,
  ts        INTEGER NOT NULL,  -- microseconds since 1970
  level     INTEGER NOT NULL,
  message   TEXT    NOT NULL,
  logrec    TEXT    NOT NULL   -- the text of a JSON object
);

-- Blocks of records with ascending ids; no two overlap. docs/format.md tells every byte of their parts.
CREATE TABLE block (
  first_id     INTEGER PRIMARY KEY NOT NULL,
  last_id      INTEGER NOT NULL,
  count        INTEGER NOT NULL,
  lowest_time  INTEGER NOT NULL,
  highest_time INTEGER NOT NULL,
  change       INTEGER NOT NULL,  -- rises from block to block in the order in which they were written
  kinds        BLOB    NOT NULL   -- levels and names, with how often each pair occurs
);
CREATE UNIQUE INDEX block_change ON block(change);
CREATE INDEX block_time ON block(lowest_time);  -- retention begins with the oldest

-- Each part by itself, so that a question reads only those that it needs.
CREATE TABLE block_head    (first_id INTEGER PRIMARY KEY NOT NULL, part BLOB NOT NULL);
CREATE TABLE block_message (first_id INTEGER PRIMARY KEY NOT NULL, part BLOB NOT NULL);
CREATE TABLE block_logrec  (first_id INTEGER PRIMARY KEY NOT NULL, part BLOB NOT NULL);

-- block_change: the highest change given out; blocks_removed: rises when a block goes, so that readers notice.
INSERT INTO property VALUES ('block_change', 0), ('blocks_removed', 0);

-- The blocks themselves say between which ids records are.
ALTER TABLE rollup DROP COLUMN first_id;
ALTER TABLE rollup DROP COLUMN last_id;
ALTER TABLE total DROP COLUMN first_id;
ALTER TABLE total DROP COLUMN last_id;

-- Emptied into blocks by the program, step by step, and then dropped; nothing searches it any more.
DROP INDEX level_name;
DROP INDEX ts;
