import type { DatabaseSync } from 'node:sqlite';

/** What is wrong with the numbers that blocks are written by, as sentences. */
export function propertyFaults(database: DatabaseSync): string[] {
  const properties = new Map(
    database
      .prepare(
        `SELECT CAST(name AS TEXT) AS name, CASE typeof(value) WHEN 'integer' THEN CAST(value AS REAL) END AS value
         FROM property`,
      )
      .all()
      .map(({ name, value }) => [name, value]),
  );
  const faults = ['block_change', 'blocks_removed', 'last_id']
    .filter((name) => typeof properties.get(name) !== 'number')
    .map((name) => `The property ${name} is missing or no number`);
  const change = properties.get('block_change');
  const highest = highestChange(database);
  if (typeof change === 'number' && change < highest) {
    faults.push(`The property block_change is ${change}, and the highest change of a block ${highest}`);
  }
  return faults;
}

/** Writes what `propertyFaults` misses; to be used inside a transaction. */
export function mendProperties(database: DatabaseSync): void {
  const write = database.prepare(
    `INSERT INTO property VALUES (?, ?)
     ON CONFLICT DO UPDATE SET value = max(excluded.value, CASE typeof(value) WHEN 'integer' THEN value ELSE 0 END)`,
  );
  write.run('block_change', highestChange(database));
  write.run('blocks_removed', 0);
  write.run('last_id', 0);
}

function highestChange(database: DatabaseSync): number {
  const row = database
    .prepare(
      "SELECT CAST(coalesce(max(change), 0) AS REAL) AS change FROM block WHERE typeof(change) = 'integer'",
    )
    .get();
  return Number(row?.change);
}
