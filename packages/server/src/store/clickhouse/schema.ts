import { builtInMigrations, type Migration } from '../migration-files.ts';
import type { Names } from './database.ts';
import { IDS_OF_DAY } from './ids.ts';
import { quotedName } from './literal.ts';

const FOLDER = new URL('./migrations/', import.meta.url);
/** How the names of those end that are for clusters alone. */
const FOR_CLUSTERS = '.cluster';

const DATABASE = 'CREATE DATABASE IF NOT EXISTS {database} {on_cluster}';
const JOURNAL = `CREATE TABLE IF NOT EXISTS {database}.schema_migration {on_cluster}
(
  number UInt32,
  name String,
  checksum String,
  applied_at DateTime
)
ENGINE = {replacing_tree}
ORDER BY number`;

const OWN_JOURNAL = `CREATE TABLE IF NOT EXISTS {database}.schema_migration_own {on_cluster}
(
  name String,
  checksum String,
  applied_at DateTime
)
ENGINE = {replacing_tree}
ORDER BY name`;

/** The table that is written to: with a cluster that of the shard, beside one over all shards for reading. */
export function writtenTable({ database, cluster }: Names): string {
  return `${quotedName(database)}.${cluster === undefined ? 'record' : 'record_local'}`;
}

export function onCluster({ cluster }: Names): string {
  return cluster === undefined ? '' : `ON CLUSTER ${quotedName(cluster)}`;
}

/** What makes the database and the journals of migrations, built-in and the user's own. */
export function foundation(names: Names): string[] {
  return [DATABASE, JOURNAL, OWN_JOURNAL].map((statement) => filled(statement, names));
}

/**
 * The built-in migrations for a database, in order; each of their statements may be run again. The checksum is that of the
 * file, whatever it is filled with.
 */
export function migrations(names: Names): Migration[] {
  return builtInMigrations(FOLDER)
    .filter(({ name }) => names.cluster !== undefined || !name.endsWith(FOR_CLUSTERS))
    .map(({ name, sql, ...rest }) => ({
      ...rest,
      name: name.replace(FOR_CLUSTERS, ''),
      sql: statementsOf(filled(sql, names))
        .map((statement) => `${statement};\n`)
        .join('\n'),
    }));
}

/** A text with the names in its braces filled in; other braces, such as those of JSON, stay. */
function filled(text: string, names: Names): string {
  const { database, cluster } = names;
  const values: Readonly<Record<string, string>> = {
    database: quotedName(database),
    cluster: quotedName(cluster ?? ''),
    on_cluster: onCluster(names),
    written: writtenTable(names),
    ids_of_day: String(IDS_OF_DAY),
    ...(cluster === undefined ? ON_ONE_SERVER : ON_A_CLUSTER),
  };
  return text.replace(/\{(\w+)\}/g, (whole, name) => values[name] ?? whole).replace(/ +$/gm, '');
}

/** A server without replicas answers when the disk has it, and knows the inserts that are sent again. */
const ON_ONE_SERVER = {
  merge_tree: 'MergeTree',
  replacing_tree: 'ReplacingMergeTree',
  durable:
    'fsync_after_insert = 1,\n  fsync_part_directory = 1,\n  non_replicated_deduplication_window = 1000,',
};

/**
 * On a cluster durability is that of its replicas (insert_quorum), which also know the inserts that are sent again. The
 * macros are those of the servers' configuration. Properties and the journal are the same on all shards.
 */
const ON_A_CLUSTER = {
  merge_tree: "ReplicatedMergeTree('/clickhouse/tables/{shard}/{database}/{table}', '{replica}')",
  replacing_tree:
    "ReplicatedReplacingMergeTree('/clickhouse/tables/all/{database}/{table}', '{shard}-{replica}')",
  durable: '',
};

/** Texts and quoted names, in which signs mean nothing, and comments. */
const WHOLE =
  /('[^'\\]*(?:\\[\s\S][^'\\]*)*'|"[^"\\]*(?:\\[\s\S][^"\\]*)*"|`[^`\\]*(?:\\[\s\S][^`\\]*)*`)|--[^\n]*|\/\*[\s\S]*?\*\//g;

/** The statements of a text, without its comments. A statement ends with a semicolon that is in no text. */
export function statementsOf(text: string): string[] {
  const texts: string[] = [];
  // A NUL, which is in no file of migrations, holds the place of a text.
  const code = text.replace(WHOLE, (_whole, quoted?: string) => {
    if (quoted === undefined) return ' ';
    texts.push(quoted);
    return '\0';
  });
  return code
    .replace(/^\s*\n/gm, '')
    .split(';')
    .map((statement) => statement.replace(/\0/g, () => texts.shift() ?? '').trim())
    .filter((statement) => statement !== '');
}
