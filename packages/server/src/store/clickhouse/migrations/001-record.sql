-- Names in braces are filled in by schema.ts. With a cluster this is the table of one shard, replicated.

CREATE TABLE IF NOT EXISTS {written} {on_cluster}
(
  record_id UInt64 CODEC(Delta(8), ZSTD(1)),
  name LowCardinality(String) CODEC(ZSTD(1)),
  -- Microseconds since 1970. A DateTime64 ends with the years 1900 and 2299.
  ts Int64 CODEC(Delta(8), ZSTD(1)),
  level Int32 CODEC(ZSTD(1)),
  message String CODEC(ZSTD(3)),
  -- The text of logrec: its form with holes, {"meta": {"lineno": %d}}, which values of the column logrec fill, or, where
  -- that would not give it back to the letter, logrec_text as it came.
  logrec_form LowCardinality(String) CODEC(ZSTD(3)),
  logrec_text String CODEC(ZSTD(3)),
  -- What the column logrec takes of a text that it may not take.
  given String EPHEMERAL,
  logrec JSON(max_dynamic_paths = 256)
    DEFAULT ifNull(accurateCastOrNull(given, 'JSON(max_dynamic_paths = 256)'), CAST('{}', 'JSON(max_dynamic_paths = 256)'))
    CODEC(ZSTD(3)),
  -- What a record takes in a page, so that a page need not be read to know where it ends.
  size UInt32 CODEC(ZSTD(1)),
  INDEX ids record_id TYPE minmax GRANULARITY 1,
  INDEX message_words message TYPE tokenbf_v1(16384, 2, 0) GRANULARITY 4,
  PROJECTION rollup
  (
    SELECT ts - positiveModulo(ts, 900000000) AS bucket, level, name, count() GROUP BY bucket, level, name
  )
)
ENGINE = {merge_tree}
-- The day on which a record came, which its id tells. Days of ts would cut an insert into parts that become visible one by one.
PARTITION BY toDate(18262 + intDiv(record_id, {ids_of_day}))
ORDER BY (ts, record_id)
SETTINGS
  {durable}
  lightweight_mutation_projection_mode = 'rebuild',
  -- A page reads a granule of every column that it needs, and unpacks whole blocks for it.
  index_granularity = 2048,
  min_compress_block_size = 65536,
  max_compress_block_size = 262144;

CREATE TABLE IF NOT EXISTS {database}.property {on_cluster}
(
  name String,
  value Int64,
  -- The value that was written last counts.
  written UInt64
)
ENGINE = {replacing_tree}
ORDER BY name
SETTINGS
  {durable}
  index_granularity = 8192;
