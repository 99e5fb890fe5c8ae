import type { MeasuredStore } from '../measure/stores.ts';
import { chdbPlace, findChdb, HOW_TO_GET_CHDB } from './chdb.ts';
import { findMysql, MYSQL_VARIABLE, mysqlPlace } from './mysql.ts';
import { sqlitePlace } from './place.ts';

/** The stores that can be measured here; of the others it is said why not. */
export async function findStores(say: (line: string) => void): Promise<MeasuredStore[]> {
  const mysql = await findMysql();
  const chdb = await findChdb();
  if (mysql === undefined) say(`${MYSQL_VARIABLE} names no server, so MySQL is left out`);
  if (chdb === undefined) say(HOW_TO_GET_CHDB);
  const stores: MeasuredStore[] = [
    {
      name: 'sqlite',
      version: process.versions.sqlite ?? 'unknown',
      jsonField: (name) => `json_extract(logrec, '$.data.${name}')`,
      make: sqlitePlace,
    },
  ];
  if (mysql !== undefined) {
    const { version, jsonField } = mysql;
    stores.push({ name: 'mysql', version, jsonField, make: () => mysqlPlace(mysql) });
  }
  if (chdb !== undefined) {
    stores.push({
      name: 'chdb',
      version: chdb,
      jsonField: (name) => `logrec.data.${name}`,
      make: chdbPlace,
    });
  }
  return stores;
}
