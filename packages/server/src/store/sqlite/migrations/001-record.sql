-- The table and the indexes of Chronologer 0.4.5, whose databases are taken over in place.
CREATE TABLE IF NOT EXISTS record (
  record_id INTEGER  PRIMARY KEY NOT NULL,
  name      TEXT     NOT NULL,  -- logger name
  ts        DATETIME NOT NULL,  -- microseconds since 1970
  level     INTEGER  NOT NULL,
  message   TEXT,
  logrec    JSON                -- the text of a JSON object
);
CREATE INDEX IF NOT EXISTS level_name ON record(level, name);
CREATE INDEX IF NOT EXISTS ts ON record(ts);
