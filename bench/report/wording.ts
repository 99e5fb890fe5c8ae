import type { Row } from '../measure/row.ts';
import type { Side } from '../servers/kinds.ts';

/** What the page says of each group, in the order in which it shows them. */
export const HEADINGS: Readonly<Record<string, { title: string; text: string }>> = {
  start: {
    title: 'Start and rest',
    text: 'From the start of the process to the first answer of `/health`; resident memory two seconds later.',
  },
  ingest: {
    title: 'Taking records in',
    text: 'Each round: an empty store, a second of warming up, then the load, by wrk on one thread with prebuilt bodies in rotation. The records are counted afterwards: each acknowledged one must be there. CPU is of the server alone, for 1,000,000 records. Disk is what the stopped server leaves.',
  },
  mysql: {
    title: 'Taking records in on MySQL',
    text: "As above, both sides on one server of MySQL, each round in a new database. `CPU of mysqld` is of that server, in this round. Disk is the pages of all tables of the database, with those reserved for more. ROW_FORMAT = DYNAMIC is this server with a migration of the user's own, see docs/stores.md: four fifths of mysqld's work on the table of 0.4.5, for whichever server, is packing its pages.",
  },
  reading: {
    title: 'Reading',
    text: 'One client, one request after the other, each with its own user, hour or id. Quiet, then (`writing`, this server alone) while 5,000 records a second are written.',
  },
  large: {
    title: 'Reading a large store',
    text: 'This server with 10,000,000 records while 5,000 a second are written: one client, one request after the other. Of the original only the queries are measured, on 200,000 records: it takes as long for each, and filling it would take longer than all else. `RSS` counts the pages that processes share once for each.',
  },
};

/** The heads of the columns of the reference and of what is measured beside it. */
export function columnsOf(what: string): readonly [reference: string, ours: string] {
  return what === 'offlog' ? ['Python pair', 'this case'] : ['0.4.5', 'this server'];
}

/** The heads of the columns of those that take part in some measurements only. */
export const OTHERS = {
  dynamic: 'this server, ROW_FORMAT = DYNAMIC',
  victorialogs: 'VictoriaLogs',
} as const satisfies { [side in Side]?: string };

/** Those of them that were measured in some of the rows. */
export function othersIn(rows: readonly Row[]): (keyof typeof OTHERS)[] {
  return (['dynamic', 'victorialogs'] as const).filter((side) => rows.some((row) => row[side] !== undefined));
}

const CASES: Readonly<Record<string, string>> = {
  start: 'start',
  'ndjson-1000-c1': 'NDJSON, 1,000 lines, 1 connection',
  'ndjson-1000-c2': 'NDJSON, 1,000 lines, 2 connections',
  'ndjson-1000-c8': 'NDJSON, 1,000 lines, 8 connections',
  'ndjson-10-c8': 'NDJSON, 10 lines, 8 connections',
  'json-c8': 'one JSON record, 8 connections',
  'json-c64': 'one JSON record, 64 connections',
  'form-c8': 'one form record, 8 connections',
  store: 'the filled store',
  count: 'count of all',
  'count-level': 'count, level ≥ 40 (1 %)',
  'timeline-day': 'timeline by day',
  'timeline-hour': 'timeline by hour',
  'page-newest': 'the newest 100',
  'page-level': 'newest 100, level ≥ 50 (0.05 %)',
  'page-name': 'newest 100 of a rare name (0.01 %)',
  'page-time': 'newest 100 of an hour',
  'page-deep': '100 in the middle, by offset',
  'by-id': 'one by its id',
  'query-like': '`message LIKE`, few matches',
  'query-json': 'JSON path, few matches',
  'large-store': 'the filled store',
  'large-count': 'count of all',
  'large-count-level': 'count, level ≥ 40 (1 %)',
  'large-count-edges': 'count of 1 to 100 hours',
  'large-timeline-day': 'timeline by day',
  'large-timeline-hour': 'timeline by hour',
  'large-timeline-edges': 'timeline of 1 to 100 hours',
  'large-page-newest': 'the newest 100',
  'large-page-common': 'newest 100, level ≥ 20 (80 %)',
  'large-page-level': 'newest 100, level ≥ 50 (0.05 %)',
  'large-page-name': 'newest 100 of a rare name (0.01 %)',
  'large-page-time': 'newest 100 of an hour',
  'large-page-time-level': 'newest 100 of 1 to 24 hours, level ≥ 50',
  'large-page-time-name': 'newest 100 of 1 to 100 hours, a rare name',
  'large-page-level-name': 'newest 100, level ≥ 40, a name (0.1 %)',
  'large-page-deep': '100 in the middle, by offset',
  'large-by-id': 'one by its id',
  'large-query-like': 'count, `message LIKE`, few matches',
  'large-query-json': 'count, JSON path = a number, few matches',
  'large-query-parsed': 'count, JSON path > a number',
  'stores-count': 'count of all',
  'stores-timeline-day': 'timeline by day',
  'stores-page-level': 'newest 100, level ≥ 40 (1 %)',
  'stores-page-name-before': '100 of a rare name (0.01 %), from the middle of the time',
  'stores-query-json': '`query`: count of all with a JSON field = a number',
  slicer: 'the slicer, from bytes',
  'slicer-strange': 'the slicer, from bytes, each record with a key of its own in front',
  'slicer-parse': 'bytes to text and JSON.parse, line by line',
  'slicer-parse-text': 'JSON.parse, from text',
  'slicer-reader': 'the reader of texts, from text',
  'slicer-shape': 'regular expressions of shapes, from text',
  'slicer-text': 'bytes to text alone, line by line',
  'slicer-bytes': 'a loop over single bytes, looking for line feeds',
  'slicer-quotes': '`indexOf` from quote to quote in the bytes',
  'offlog-node': '**Node client, this daemon**',
  'offlog-python': '**Python client, this daemon**',
  'offlog-discard': 'Python client, a reader that only discards',
  'offlog-node-python': 'Node client, Python daemon',
  'offlog-python-8': '8 Python clients, this daemon',
  'offlog-crowd': '500 clients on 50 files, this daemon',
  'offlog-append-file': '`fs.promises.appendFile` a line',
  'offlog-pino': '`pino.destination`, async, minLength 4096',
  'offlog-logger': '`logger`, to journald or syslog',
};

/** A case in words; one on MySQL is what it is on the store of this project. */
export function describeCase(name: string): string {
  return CASES[name.replace(/^mysql-/, '')] ?? name;
}
