import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Rows } from '../measure/row.ts';
import { storesTable } from './stores-table.ts';

test('each store has a column, and what was not measured is left empty', () => {
  const rows = new Rows();
  rows.add('ours', 'stores-sqlite', 'rate', 'records/s', 104_321);
  rows.add('ours', 'stores-mysql', 'rate', 'records/s', 9014);
  rows.add('ours', 'stores-mysql-count', 'p50', 'ms', 1.854);
  rows.add('ours', 'stores-mysql-count', 'p95', 'ms', 110.25);
  const lines = storesTable({
    what: 'stores-1000000',
    date: '2026-11-21T12:00:00',
    machine: { cpu: 'X', cores: 2, memoryGigabytes: 4, kernel: '6', fileSystem: 'ext4', busy: 0 },
    versions: { mysql: 'MySQL 9.7.4' },
    durability: {},
    settings: { records: 1_000_000, bytes: 800 },
    rows: rows.all(),
  });
  assert.match(
    lines[0] ?? '',
    /^\*\*1,000,000 records of 800 bytes\.\*\* 2026-11-21, 2 cores .*MySQL 9\.7\.4/,
  );
  assert.ok(lines.includes('|  | sqlite | mysql | chdb |'));
  assert.ok(lines.includes('| taken in, records/s | 104,000 | 9,010 |  |'));
  assert.ok(lines.includes('| count of all, p50 / p95, ms |  | 1.85 / 110 |  |'), lines.join('\n'));
});
