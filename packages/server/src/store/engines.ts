import { ClickhouseEngine } from './clickhouse/engine.ts';
import { parseDsn } from './dsn.ts';
import { MysqlEngine } from './mysql/engine.ts';
import { SqliteEngine } from './sqlite/engine.ts';
import type { Engine } from './store.ts';

/** The engine of a DSN. Throws an Error that says what is wrong with it, the known schemes listed. */
export function openEngine(dsn: string): Engine {
  const parsed = parseDsn(dsn);
  switch (parsed.scheme) {
    case 'sqlite':
      return new SqliteEngine(parsed.path, `sqlite:///${parsed.path}`);
    case 'mysql':
      return new MysqlEngine(parsed);
    case 'clickhouse':
    case 'chdb':
      return new ClickhouseEngine(parsed);
  }
}
