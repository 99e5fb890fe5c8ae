import { readFile } from 'node:fs/promises';
import { gunzipSync } from 'node:zlib';
import {
  type TemporaryDatabase,
  type TestServer,
  temporaryDatabase,
} from '../packages/server/src/store/mysql/temporary.ts';

/** A database as Chronologer 0.4.5 left it, with its 3,000 sample records, from a dump of MySQL 9.7. */
export async function oldMysqlDatabase(server: TestServer): Promise<TemporaryDatabase> {
  const database = await temporaryDatabase(server);
  const packed = await readFile(new URL('data/chronologer-0.4.5.mysql.sql.gz', import.meta.url));
  // A collation of MySQL 8 that MariaDB does not know.
  const dump = gunzipSync(packed)
    .toString('utf8')
    .replaceAll('utf8mb4_0900_ai_ci', server.name === 'MySQL' ? 'utf8mb4_0900_ai_ci' : 'utf8mb4_unicode_ci');
  await using session = await database.open();
  // A dump's strings have backslashes.
  await session.run("SET sql_mode = ''");
  await session.run(dump);
  return database;
}
