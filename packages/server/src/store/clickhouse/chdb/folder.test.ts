import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { mkdir, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { temporaryFolder } from '../../sqlite/temporary.ts';
import { makeFolder, refuseForeign, unmakeFolders } from './folder.ts';
import { ChdbHost } from './host.ts';

test('a folder is made with those that it is in, and they are removed while they are empty', async () => {
  await using temporary = await temporaryFolder();
  const [outer, inner] = [join(temporary.path, 'a'), join(temporary.path, 'a', 'b')];
  const made = makeFolder(inner);
  assert.deepEqual(made, [outer, inner]);
  assert.deepEqual(makeFolder(inner), []);
  await writeFile(join(outer, 'file'), '');
  unmakeFolders(made);
  assert.deepEqual(await readdir(outer), ['file']);
});

test('where no folder can be, it is said plainly and at once', async () => {
  await using temporary = await temporaryFolder();
  const file = join(temporary.path, 'file');
  await writeFile(file, '');
  const message = `${file} is a file, and no folder can be there`;
  assert.throws(() => makeFolder(file), { message });
  assert.throws(() => makeFolder(join(file, 'inside')), { message });
  if (existsSync('/proc')) {
    assert.throws(() => makeFolder('/proc/none/inside'), {
      message: 'the folder /proc/none cannot be made: ENOENT',
    });
  }
});

test('a folder with other things is refused, and nothing is written into it', async () => {
  await using temporary = await temporaryFolder();
  await writeFile(join(temporary.path, 'letter.txt'), '');
  const host = new ChdbHost({ folder: temporary.path }, () => undefined);
  await assert.rejects(() => host.start(), {
    message: `the folder ${temporary.path} holds no store, but other things: letter.txt`,
  });
  assert.deepEqual(await readdir(temporary.path), ['letter.txt']);
  await mkdir(join(temporary.path, 'metadata'));
  refuseForeign(temporary.path);
});
