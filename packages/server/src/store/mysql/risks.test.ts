import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { risksIn } from './risks.ts';
import { TEST_SERVERS, temporaryDatabase } from './temporary.ts';

for (const [what, values, due] of [
  ['MySQL as it comes', [1, 1, 1, 'ON'], []],
  ['without a binary log its sync does not count', [1, 0, 0, 1], []],
  ['a log that is written once a second', [2, 1, 1, 'ON'], [/innodb_flush_log_at_trx_commit .* is 2/]],
  ['a binary log that is not synced', [1, 1, 0, 'ON'], [/sync_binlog .* is 0/]],
  ['all of it', [0, 1, 100, 'OFF'], [/innodb_flush/, /sync_binlog .* is 100/, /innodb_doublewrite/]],
] as const) {
  test(what, () => {
    const risks = risksIn(values);
    assert.equal(risks.length, due.length, risks.join('\n'));
    due.forEach((reason, index) => {
      assert.match(risks[index] ?? '', reason);
    });
  });
}

for (const server of TEST_SERVERS) {
  describe(`risks of ${server.name}`, { skip: server.skip }, () => {
    test('are told of the settings that it has', async () => {
      await using database = await temporaryDatabase(server);
      for (const risk of await database.engine.risks()) assert.match(risk, /of the MySQL server is/);
    });
  });
}
