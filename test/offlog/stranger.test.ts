import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { findPythons } from '../clients/pythons.ts';
import { startDaemon } from './daemon-process.ts';
import { freshFolder, startPythonDaemon, VERSIONS, without } from './pythons.ts';

/** A client made from docs/offlog-protocol.md alone, on each daemon that speaks the protocol. */

const script = fileURLToPath(new URL('stranger.py', import.meta.url));
const python = (await findPythons()).at(-1);
const withoutPython = python === undefined && 'there is no python3 on PATH';

type Daemon = { socket: string; [Symbol.asyncDispose](): Promise<void> };

const DAEMONS: { name: string; skip: string | false; start(folder: string): Promise<Daemon> }[] = [
  { name: 'this daemon', skip: withoutPython, start: () => startDaemon() },
  ...VERSIONS.map((version) => ({
    name: `the daemon of offlog ${version}`,
    skip: withoutPython || without(version),
    start: (folder: string) => startPythonDaemon(version, folder),
  })),
];

/** Appends data with the stranger's client; answers its exit code and what it complained of. */
async function append(socket: string, path: string, data: Buffer) {
  const child = spawn(python?.command ?? '', [script, socket, path], { stdio: ['pipe', 'ignore', 'pipe'] });
  let complaint = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    complaint += text;
  });
  // It may end before it has read everything.
  child.stdin.on('error', () => {});
  child.stdin.end(data);
  const [code] = await once(child, 'close');
  return { code, complaint };
}

for (const { name, skip, start } of DAEMONS) {
  test(`a client made from the document, on ${name}: 20 MB arrive, then more`, { skip }, async () => {
    await using folder = await freshFolder();
    await using daemon = await start(folder.path);
    const path = join(folder.path, 'a.log');
    const data = Buffer.alloc(
      20_000_000,
      Uint8Array.from({ length: 251 }, (_, i) => i),
    );
    assert.deepEqual(await append(daemon.socket, path, data), { code: 0, complaint: '' });
    assert.deepEqual(await append(daemon.socket, path, Buffer.from('more')), { code: 0, complaint: '' });
    const hash = (bytes: Buffer) => createHash('sha256').update(bytes).digest('hex');
    assert.equal(hash(await readFile(path)), hash(Buffer.concat([data, Buffer.from('more')])));
  });

  test(`a client made from the document, on ${name}: errors are told`, { skip }, async () => {
    await using folder = await freshFolder();
    await using daemon = await start(folder.path);
    const path = join(folder.path, 'none', 'a.log');
    assert.deepEqual(await append(daemon.socket, path, Buffer.from('x')), {
      code: 1,
      complaint: `OSError: FileNotFoundError: [Errno 2] No such file or directory: '${path}'\n`,
    });
    assert.deepEqual(await append(daemon.socket, '/dev/full', Buffer.alloc(1_000_000)), {
      code: 1,
      complaint: 'OSError: OSError: [Errno 28] No space left on device\n',
    });
  });
}
