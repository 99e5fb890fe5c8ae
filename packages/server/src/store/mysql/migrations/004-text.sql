-- The exact texts of records: MySQL's JSON orders keys anew, rounds numbers and refuses some texts. Each row is a piece
-- of a chunk of records with consecutive ids; no chunk reaches over a multiple of 256 ids, its stripe.
CREATE TABLE IF NOT EXISTS record_text (
  stripe   BIGINT UNSIGNED NOT NULL COMMENT 'record_id DIV 256',
  first_id BIGINT UNSIGNED NOT NULL,
  piece    INT UNSIGNED    NOT NULL COMMENT 'from 0; there are several where max_allowed_packet is small',
  last_id  BIGINT UNSIGNED NOT NULL,
  size     INT UNSIGNED    NOT NULL COMMENT 'bytes of the unpacked texts',
  token    BINARY(8)       NOT NULL COMMENT 'of the transaction that wrote it',
  part     MEDIUMBLOB      NOT NULL COMMENT 'zstd; see docs/format.md',
  PRIMARY KEY (stripe, first_id, piece)
) ENGINE = InnoDB ROW_FORMAT = DYNAMIC;

-- Names of more than 127 characters, for filters by longer prefixes.
CREATE TABLE IF NOT EXISTS long_name (
  record_id BIGINT UNSIGNED NOT NULL,
  name      LONGBLOB        NOT NULL COMMENT 'in UTF-8',
  PRIMARY KEY (record_id)
) ENGINE = InnoDB;
START TRANSACTION;
