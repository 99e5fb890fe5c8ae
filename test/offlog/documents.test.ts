import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { access, readFile } from 'node:fs/promises';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const run = promisify(execFile);
const root = new URL('../../', import.meta.url);
const command = fileURLToPath(new URL('packages/offlog/bin/offlog', root));

const page = (name: string): Promise<string> => readFile(new URL(`docs/${name}`, root), 'utf8');

/** The long options in a text. */
function optionsIn(text: string): Set<string> {
  return new Set([...text.matchAll(/(?<![\w-])--[a-z][a-z-]+/g)].map(([option]) => option));
}

test('docs/offlog.md has the options of --help, and no others', async () => {
  const help = await run(command, ['--help']);
  const append = await run(command, ['append', '--help']);
  const text = await page('offlog.md');
  const [, table = ''] = /\n\| option \| default \| meaning \|\n(.*?)\n\n/s.exec(text) ?? [];
  assert.deepEqual([...optionsIn(table)].toSorted(), [...optionsIn(help.stdout)].toSorted());
  for (const option of optionsIn(append.stdout)) assert.ok(text.includes(option), option);
});

for (const name of ['offlog.md', 'offlog-protocol.md']) {
  test(`what docs/${name} links to is there`, async () => {
    const text = await page(name);
    const headings = [...text.matchAll(/^#+ (.*)$/gm)].map(([, heading = '']) =>
      heading
        .toLowerCase()
        .replaceAll(/[^\w -]/g, '')
        .replaceAll(' ', '-'),
    );
    const links = [...text.matchAll(/\]\(([^)]+)\)/g)].map(([, link = '']) => link);
    assert.ok(links.length > 1);
    for (const link of links) {
      if (link.startsWith('#')) assert.ok(headings.includes(link.slice(1)), link);
      else await access(new URL(`docs/${link}`, root));
    }
  });
}
