-- The names of loggers, each once. The hash finds a name of any length.
CREATE TABLE IF NOT EXISTS logger (
  name_id INT UNSIGNED NOT NULL AUTO_INCREMENT,
  hash    BINARY(32)   NOT NULL COMMENT 'SHA-256 of the name in UTF-8',
  name    LONGBLOB     NOT NULL COMMENT 'in UTF-8',
  PRIMARY KEY (name_id),
  UNIQUE KEY hash (hash)
) ENGINE = InnoDB;

-- Counts that are kept in the transaction of the records they count, so that counts and timelines read no records.
-- A bucket is a quarter of an hour (900,000,000 microseconds): the largest step that the offsets of all time zones in
-- use are multiples of. first_id and last_id bound the ids of a bucket's records, and may be wider after a purge.
CREATE TABLE IF NOT EXISTS rollup (
  bucket   INT             NOT NULL,
  level    INT             NOT NULL,
  name_id  INT UNSIGNED    NOT NULL,
  count    BIGINT          NOT NULL,
  first_id BIGINT UNSIGNED NOT NULL,
  last_id  BIGINT UNSIGNED NOT NULL,
  PRIMARY KEY (bucket, level, name_id)
) ENGINE = InnoDB;

CREATE TABLE IF NOT EXISTS total (
  level   INT          NOT NULL,
  name_id INT UNSIGNED NOT NULL,
  count   BIGINT       NOT NULL,
  PRIMARY KEY (level, name_id)
) ENGINE = InnoDB;

-- last_id: the highest id ever given out (an id is never given twice, also when its record was purged, nor after a
-- restart of MySQL 5.7, which forgets AUTO_INCREMENT). Its row is what writers wait for each other with.
-- purged_at: when retention last ran, microseconds since 1970.
CREATE TABLE IF NOT EXISTS property (
  name  VARCHAR(32) NOT NULL,
  value BIGINT      NOT NULL,
  PRIMARY KEY (name)
) ENGINE = InnoDB;

START TRANSACTION;
DELETE FROM total;
DELETE FROM rollup;
DELETE FROM logger;
INSERT INTO logger (hash, name)
SELECT UNHEX(SHA2(name, 256)), name FROM (SELECT DISTINCT CAST(name AS BINARY) AS name FROM record) AS names;
INSERT INTO rollup
SELECT FLOOR((TO_SECONDS(record.ts) - 62167219200) / 900), record.level, logger.name_id,
  COUNT(*), MIN(record.record_id), MAX(record.record_id)
FROM record JOIN logger ON logger.hash = UNHEX(SHA2(CAST(record.name AS BINARY), 256))
GROUP BY 1, 2, 3;
INSERT INTO total SELECT level, name_id, SUM(count) FROM rollup GROUP BY level, name_id;
INSERT INTO property SELECT 'last_id', COALESCE(MAX(record_id), 0) FROM record
ON DUPLICATE KEY UPDATE value = VALUES(value);
