import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';

/** The units of systemd in deploy/. */

const withoutSystemd =
  spawnSync('systemd-analyze', ['--version']).status === 0 ? false : 'there is no systemd-analyze';

const unit = (name: string): string =>
  readFileSync(fileURLToPath(new URL(`../../deploy/${name}`, import.meta.url)), 'utf8');

test('systemd has nothing against the units', { skip: withoutSystemd }, (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'offlog-units-'));
  t.after(() => rmSync(folder, { recursive: true }));
  // The command and the user are not installed where tests run.
  const service = unit('offlog.service')
    .replaceAll('/usr/local/bin/offlog', '/bin/true')
    .replaceAll(/^(User|Group)=.*$/gm, '$1=root');
  writeFileSync(join(folder, 'offlog.service'), service);
  writeFileSync(join(folder, 'offlog.socket'), unit('offlog.socket'));
  const files = ['offlog.service', 'offlog.socket'].map((name) => join(folder, name));
  const { status, stderr } = spawnSync('systemd-analyze', ['verify', ...files], { encoding: 'utf8' });
  const ours = stderr.split('\n').filter((line) => line.includes(folder) || line.includes('offlog'));
  assert.deepEqual(ours, []);
  assert.equal(status, 0);
  // The check does check.
  writeFileSync(join(folder, 'offlog.service'), service.replace('Type=notify', 'Type=nonsense'));
  const wrong = spawnSync('systemd-analyze', ['verify', ...files], { encoding: 'utf8' });
  assert.match(wrong.stderr, /nonsense/);
});

test('the options of the service are those of the command', () => {
  const command = fileURLToPath(new URL('../../packages/offlog/bin/offlog', import.meta.url));
  const help = execFileSync(command, ['--help'], { encoding: 'utf8' });
  const [, line = ''] = /^ExecStart=(.*)$/m.exec(unit('offlog.service')) ?? [];
  const options = line.split(' ').filter((word) => word.startsWith('--'));
  assert.ok(options.length > 1);
  for (const option of options) assert.ok(help.includes(option), option);
  const [, socket = ''] = /^ListenStream=(.*)$/m.exec(unit('offlog.socket')) ?? [];
  assert.ok(socket !== '' && line.includes(socket));
});
