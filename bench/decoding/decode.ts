import { recordFromJson } from '@chronologer/record';

/** The records of a body as columns: few arrays are cheaper to hand from thread to thread than many objects. */
export type Columns = {
  names: string[];
  ts: number[];
  levels: number[];
  messages: string[];
  logrecs: string[];
};

/** Reads an NDJSON body, a record a line. Throws at the first bad one. */
export function decodeLines(body: Uint8Array): Columns {
  const columns: Columns = { names: [], ts: [], levels: [], messages: [], logrecs: [] };
  const text = Buffer.from(body.buffer, body.byteOffset, body.byteLength).toString('utf8');
  const options = { raw: false, now: Date.now() * 1000 };
  for (let start = 0; start < text.length; ) {
    const end = text.indexOf('\n', start);
    const record = recordFromJson(text.slice(start, end), options);
    columns.names.push(record.name);
    columns.ts.push(record.ts);
    columns.levels.push(record.level);
    columns.messages.push(record.message);
    columns.logrecs.push(record.logrec);
    start = end + 1;
  }
  return columns;
}
