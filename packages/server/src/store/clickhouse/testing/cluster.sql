-- migration 001-record
CREATE DATABASE IF NOT EXISTS `logs` ON CLUSTER `three_shards`;

CREATE TABLE IF NOT EXISTS `logs`.schema_migration ON CLUSTER `three_shards`
(
  number UInt32,
  name String,
  checksum String,
  applied_at DateTime
)
ENGINE = ReplicatedReplacingMergeTree('/clickhouse/tables/all/{database}/{table}', '{shard}-{replica}')
ORDER BY number;

CREATE TABLE IF NOT EXISTS `logs`.schema_migration_own ON CLUSTER `three_shards`
(
  name String,
  checksum String,
  applied_at DateTime
)
ENGINE = ReplicatedReplacingMergeTree('/clickhouse/tables/all/{database}/{table}', '{shard}-{replica}')
ORDER BY name;

CREATE TABLE IF NOT EXISTS `logs`.record_local ON CLUSTER `three_shards`
(
  record_id UInt64 CODEC(Delta(8), ZSTD(1)),
  name LowCardinality(String) CODEC(ZSTD(1)),
  ts Int64 CODEC(Delta(8), ZSTD(1)),
  level Int32 CODEC(ZSTD(1)),
  message String CODEC(ZSTD(3)),
  logrec_form LowCardinality(String) CODEC(ZSTD(3)),
  logrec_text String CODEC(ZSTD(3)),
  given String EPHEMERAL,
  logrec JSON(max_dynamic_paths = 256)
    DEFAULT ifNull(accurateCastOrNull(given, 'JSON(max_dynamic_paths = 256)'), CAST('{}', 'JSON(max_dynamic_paths = 256)'))
    CODEC(ZSTD(3)),
  size UInt32 CODEC(ZSTD(1)),
  INDEX ids record_id TYPE minmax GRANULARITY 1,
  INDEX message_words message TYPE tokenbf_v1(16384, 2, 0) GRANULARITY 4,
  PROJECTION rollup
  (
    SELECT ts - positiveModulo(ts, 900000000) AS bucket, level, name, count() GROUP BY bucket, level, name
  )
)
ENGINE = ReplicatedMergeTree('/clickhouse/tables/{shard}/{database}/{table}', '{replica}')
PARTITION BY toDate(18262 + intDiv(record_id, 353894400000))
ORDER BY (ts, record_id)
SETTINGS
  lightweight_mutation_projection_mode = 'rebuild',
  index_granularity = 2048,
  min_compress_block_size = 65536,
  max_compress_block_size = 262144;

CREATE TABLE IF NOT EXISTS `logs`.property ON CLUSTER `three_shards`
(
  name String,
  value Int64,
  written UInt64
)
ENGINE = ReplicatedReplacingMergeTree('/clickhouse/tables/all/{database}/{table}', '{shard}-{replica}')
ORDER BY name
SETTINGS
  index_granularity = 8192;

INSERT INTO `logs`.schema_migration SELECT 1, '001-record', '1c17d5a63fcc49143ffa0e5435549937709b6c7ca33e56dee2b50f3e4f6dc06c', now();

-- migration 002-distributed
CREATE TABLE IF NOT EXISTS `logs`.record ON CLUSTER `three_shards` AS `logs`.record_local
ENGINE = Distributed(`three_shards`, `logs`, record_local, record_id);

INSERT INTO `logs`.schema_migration SELECT 2, '002-distributed', 'a52d4c4ee332c4fc1eb8689b3bcd4ea0ba589ef5c5cda4f7a63ca9e1d4aa6ee5', now();
