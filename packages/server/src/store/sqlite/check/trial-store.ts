import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import type { LogRecord } from '@chronologer/record';
import type { CheckResult, Finding } from '../../store.ts';
import type { SealingSizes } from '../blocks/sealing.ts';
import { SqliteEngine } from '../engine.ts';
import { temporaryFolder } from '../temporary.ts';
import { SqliteWriter } from '../writer.ts';

/** What a check said and answered. */
interface Checked extends CheckResult {
  readonly findings: readonly Finding[];
  readonly told: readonly string[];
}

/** A database of its own for a test, with nobody connected to it. */
export class TrialStore {
  readonly file: string;
  readonly engine: SqliteEngine;

  constructor(file: string) {
    this.file = file;
    this.engine = new SqliteEngine(file, 'sqlite:///store');
  }

  /** Each batch in a transaction of its own. */
  insert(batches: readonly (readonly LogRecord[])[], sizes: SealingSizes): void {
    const writer = new SqliteWriter(this.file, sizes);
    for (const batch of batches) writer.insert([batch]);
    writer.close();
  }

  /** Runs statements; returns how many rows they changed. */
  change(...statements: string[]): number {
    const database = new DatabaseSync(this.file);
    const changes = statements.reduce((sum, sql) => sum + Number(database.prepare(sql).run().changes), 0);
    database.close();
    return changes;
  }

  /** The bytes of a part, to be written back changed. */
  damage(table: string, column: string, firstId: number, damage: (bytes: Buffer) => Buffer): void {
    const database = new DatabaseSync(this.file);
    const row = database.prepare(`SELECT ${column} AS part FROM ${table} WHERE first_id = ?`).get(firstId);
    if (row?.part instanceof Uint8Array) {
      const part = damage(Buffer.from(row.part));
      database.prepare(`UPDATE ${table} SET ${column} = ? WHERE first_id = ?`).run(part, firstId);
    }
    database.close();
  }

  check(repair = false): Checked {
    const findings: Finding[] = [];
    const told: string[] = [];
    const listener = {
      found: (finding: Finding) => findings.push(finding),
      progress: () => undefined,
      told: (what: string) => told.push(what),
    };
    return { ...this.engine.check(listener, { repair }), findings, told };
  }

  /** All records that readers are given, as JSON texts by their ids. */
  records(): Map<number, string> {
    const reader = this.engine.openReader();
    const found = new Map<number, string>();
    try {
      for (let cursor: Parameters<typeof reader.page>[1] | undefined = { skip: 0, take: 1e9 }; cursor; ) {
        const page = reader.page({ names: [] }, cursor, 1e8);
        const text = new TextDecoder().decode(page.bytes);
        for (const record of JSON.parse(`[${text}]`)) found.set(record.id, JSON.stringify(record));
        cursor = page.next;
      }
    } finally {
      reader.close();
    }
    return found;
  }
}

/** A migrated store, which goes with the test. */
export async function trialStore(): Promise<{ store: TrialStore } & AsyncDisposable> {
  const folder = await temporaryFolder();
  const store = new TrialStore(join(folder.path, 'store.sqlite'));
  store.engine.migrate(() => undefined);
  return { store, [Symbol.asyncDispose]: () => folder[Symbol.asyncDispose]() };
}

/** Records of three names and four levels, 20 s apart. */
export function someRecords(count: number): LogRecord[] {
  return Array.from({ length: count }, (_, index) => ({
    name: `n${index % 3}`,
    ts: 1_790_000_000_000_000 + index * 20_000_000,
    level: 10 * (index % 4),
    message: `message ${index}`,
    logrec: `{"data": {"n": ${index}}}`,
  }));
}
