import { DatabaseSync } from 'node:sqlite';
import { type MessagePort, parentPort, workerData } from 'node:worker_threads';
import { type Columns, decodeLines } from './decode.ts';
import type { Done, Work } from './messages.ts';

const { path } = workerData as { path: string };
const database = new DatabaseSync(path);
database.exec(`
  PRAGMA journal_mode = WAL;
  PRAGMA synchronous = FULL;
  CREATE TABLE record(
    record_id INTEGER PRIMARY KEY NOT NULL, name TEXT NOT NULL, ts DATETIME NOT NULL, level INTEGER NOT NULL,
    message TEXT, logrec JSON
  );
  CREATE INDEX level_name ON record(level, name);
  CREATE INDEX ts ON record(ts);
`);
const insert = database.prepare(
  'INSERT INTO record(name, ts, level, message, logrec) VALUES (?, ?, ?, ?, ?)',
);

function store({ names, ts, levels, messages, logrecs }: Columns): number {
  for (let i = 0; i < names.length; i++) {
    insert.run(names[i] ?? null, ts[i] ?? null, levels[i] ?? null, messages[i] ?? null, logrecs[i] ?? null);
  }
  return names.length;
}

const waiting: Work[] = [];

/** Everything that waits is one transaction, and answered after its fsync. */
function commit(): void {
  const works = waiting.splice(0);
  if (works.length === 0) return;
  database.exec('BEGIN');
  const done = works.map((work): Done => {
    const columns = 'columns' in work ? work.columns : decodeLines(work.body);
    return { request: work.request, stored: store(columns) };
  });
  database.exec('COMMIT');
  for (const answer of done) parentPort?.postMessage(answer);
}

function take(work: Work): void {
  waiting.push(work);
  setImmediate(commit);
}

// The main thread sends work, and once, where decoding has a thread of its own, the port to that thread.
parentPort?.on('message', (message: Work | { port: MessagePort }) => {
  if ('port' in message) message.port.on('message', take);
  else take(message);
});
