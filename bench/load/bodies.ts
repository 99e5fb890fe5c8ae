import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { asForm, asJson, benchRecord } from './records.ts';

/** How records travel: the content type and how many of them a request carries. */
export type Shape = { type: 'ndjson' | 'json' | 'form'; records: number };

export const CONTENT_TYPE = {
  ndjson: 'application/x-ndjson',
  json: 'application/json',
  form: 'application/x-www-form-urlencoded',
} as const;

/** The first record's time, in Unix seconds: 2026-01-01T00:00Z, whatever the day of the run. */
export const FIRST_CREATED = 1_767_225_600;

/** The records of a store that is filled lie in this many seconds: a week. */
export const FILLED_SECONDS = 7 * 86_400;

/** A body of consecutive records; `secondsApart` may be a fraction. */
export function body(shape: Shape, first: number, secondsApart: number, bytes: number): string {
  const records = Array.from({ length: shape.records }, (_, i) =>
    benchRecord(first + i, FIRST_CREATED + (first + i) * secondsApart, bytes),
  );
  if (shape.type === 'ndjson') return records.map((record) => `${asJson(record)}\n`).join('');
  const [record] = records;
  if (record === undefined || records.length > 1) throw new Error(`a ${shape.type} body carries one record`);
  return shape.type === 'json' ? asJson(record) : asForm(record);
}

/** Writes `count` different bodies into `folder` as 1, 2, … for wrk to send in rotation. */
export async function writeBodies(folder: string, shape: Shape, count: number, bytes: number): Promise<void> {
  await mkdir(folder, { recursive: true });
  for (let i = 0; i < count; i++) {
    await writeFile(join(folder, String(i + 1)), body(shape, i * shape.records, 0.6, bytes));
  }
}
