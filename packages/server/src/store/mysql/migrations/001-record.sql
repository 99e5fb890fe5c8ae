-- The table and the indexes of Chronologer 0.4.5, whose databases are taken over in place.
CREATE TABLE IF NOT EXISTS record (
  record_id BIGINT UNSIGNED NOT NULL AUTO_INCREMENT,
  name      VARCHAR(127)    NOT NULL COMMENT 'logger name; of a longer one the first 127 characters',
  ts        DATETIME(6)     NOT NULL COMMENT 'UTC creation time',
  level     INT             NOT NULL COMMENT 'log record level',
  message   VARCHAR(255)             COMMENT 'log record message; of a longer one the first 255 characters',
  logrec    JSON                     COMMENT 'log record, as near as JSON of MySQL comes to its exact text',
  PRIMARY KEY (record_id),
  KEY level_name (level, name),
  KEY ts (ts)
) ENGINE = InnoDB DEFAULT CHARSET = utf8mb4 ROW_FORMAT = COMPRESSED KEY_BLOCK_SIZE = 4;
